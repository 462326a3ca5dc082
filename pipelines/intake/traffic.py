"""Says of each row of the website's traffic whether it is a visitor's: crawlers, programs, our own staff, declared tests.

A row that is none is flagged and counted, and kept. Which fields tell stands in the contract, our networks and test
sources in the register beside it; how a user agent is read in `operators.crawlers`.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Address, IPv6Network

import duckdb
import polars as pl

from pipelines.contracts.traffic import Traffic, TrafficRule
from pipelines.engine import quoted
from pipelines.intake.operators import crawlers

OWN = "traffic_"  # the column of what a row's own address and campaign tell


def own_reason(rule: TrafficRule, known: Traffic, texts: Mapping[str, str]) -> str:
    """SQL: `internal` or `test` where a plain IPv4 address or the campaign tells; `texts` is the SQL of each path's text."""
    cases = []
    v4 = [network for network in known.internal_networks if isinstance(network, IPv4Network)]
    if rule.ip and v4:
        number = _ipv4_number(texts[rule.ip])
        inside = [f"{number} between {int(n.network_address)} and {int(n.broadcast_address)}" for n in v4]
        cases.append(f"when {' or '.join(inside)} then 'internal'")
    if rule.declared and known.test_sources:
        listed = ", ".join(f"'{quoted(source.lower())}'" for source in known.test_sources)
        cases.append(f"when lower(trim({texts[rule.declared]})) in ({listed}) then 'test'")
    return f"case {' '.join(cases)} end" if cases else "null::varchar"


def map_user_agents(connection: duckdb.DuckDBPyConnection, column: str | None) -> None:
    """Make `map_agents` (value, told) of the chunk's user agents that are no visitor's."""
    connection.register("map_agents", crawlers.reasons(_distinct(connection, column)))


def map_addresses(connection: duckdb.DuckDBPyConnection, column: str | None, known: Traffic) -> None:
    """Make `map_inside` (value) of the chunk's addresses beyond plain IPv4 that lie in a network of our own."""
    found = [text for text in _distinct(connection, column) if _is_inside(text, known)]
    connection.register("map_inside", pl.DataFrame({"value": pl.Series(found, dtype=pl.String)}))


def _distinct(connection: duckdb.DuckDBPyConnection, column: str | None) -> list[str]:
    if column is None:
        return []
    query = f"select distinct {column} from chunk where reason is null and {column} is not null order by 1"
    return [value for (value,) in connection.execute(query).fetchall()]


def _is_inside(text: str, known: Traffic) -> bool:
    try:
        address = IPv6Address(text)
    except ValueError:
        return False
    inside = address.ipv4_mapped
    if inside:
        return any(inside in network for network in known.internal_networks if isinstance(network, IPv4Network))
    return any(address in network for network in known.internal_networks if isinstance(network, IPv6Network))


def _ipv4_number(s: str) -> str:
    """SQL: a dotted address as a number; NULL where it is none."""
    parts = f"string_split({s}, '.')"
    of = [f"try_cast({parts}[{n}] as utinyint)::bigint" for n in range(1, 5)]
    return f"({of[0]} * 16777216 + {of[1]} * 65536 + {of[2]} * 256 + {of[3]})"
