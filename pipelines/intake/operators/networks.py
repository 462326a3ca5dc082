"""IPv6 addresses to the networks they lie in; plain IPv4 is cut in SQL (`treatments.ipv4_network`)."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection

import polars as pl

COLUMNS = ("network",)
_IPV4_PREFIX, _IPV6_PREFIX = 24, 48


def map_values(values: Collection[str]) -> pl.DataFrame:
    """Return the /48 of each address, or the /24 of an IPv4 address inside it; NULL where it is no address."""
    rows = [(text, _network(text)) for text in values]
    return pl.DataFrame(rows, schema={"value": pl.String, "network": pl.String}, orient="row")


def _network(address: str) -> str | None:
    try:
        parsed = ipaddress.IPv6Address(address)
    except ValueError:
        return None
    if parsed.teredo:
        return None  # both ends of the tunnel stand in the address
    inside = parsed.ipv4_mapped or parsed.sixtofour
    if inside:
        return str(ipaddress.ip_network((int(inside), _IPV4_PREFIX), strict=False))
    return str(ipaddress.ip_network((int(parsed), _IPV6_PREFIX), strict=False))
