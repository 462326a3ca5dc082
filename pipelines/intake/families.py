"""Values that are mapped once per distinct value: browsers to families, IPv6 addresses to networks.

User agents are read with ua-parser's rules; a value that cannot be read becomes NULL.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

import polars as pl

FAMILIES = ("browser_family", "os_family", "device_family")
_IPV6_PREFIX = 48


def browsers(user_agents: Iterable[str]) -> pl.DataFrame:
    """Return `value` and its browser, operating-system and device family."""
    schema = {"value": pl.String, **dict.fromkeys(FAMILIES, pl.String)}
    return pl.DataFrame([(text, *_families(text)) for text in user_agents], schema=schema, orient="row")


def networks(addresses: Iterable[str]) -> pl.DataFrame:
    """Return `value` and the /48 (or /24 of a mapped IPv4 address) it lies in, NULL where it is no address."""
    rows = [(text, _network(text)) for text in addresses]
    return pl.DataFrame(rows, schema={"value": pl.String, "network": pl.String}, orient="row")


@lru_cache(maxsize=100_000)
def _families(user_agent: str) -> tuple[str | None, str | None, str | None]:
    import ua_parser

    found = ua_parser.parse(user_agent)
    return (
        found.user_agent.family if found.user_agent else None,
        found.os.family if found.os else None,
        found.device.family if found.device else None,
    )


def _network(address: str) -> str | None:
    try:
        parsed = ipaddress.IPv6Address(address)
    except ValueError:
        return None
    if parsed.ipv4_mapped:
        return str(ipaddress.ip_network((int(parsed.ipv4_mapped), 24), strict=False))
    return str(ipaddress.ip_network((int(parsed), _IPV6_PREFIX), strict=False))
