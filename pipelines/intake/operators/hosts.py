"""Addresses to the site they lie on: the registered part of the host name, and nothing that could name a person."""

from __future__ import annotations

import re
from collections.abc import Collection

import polars as pl

COLUMNS = ("host",)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#\\]*)")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}")
_DIGITS = re.compile(r"(?:\d[.-]?){6}")
_SHORT = 3


def map_values(values: Collection[str]) -> pl.DataFrame:
    """Return the site of each address (`google.co.id`); NULL for user names, numbers, IP addresses and odd spellings."""
    rows = [(text, _site(text)) for text in values]
    return pl.DataFrame(rows, schema={"value": pl.String, "host": pl.String}, orient="row")


def _site(url: str) -> str | None:
    found = _URL.match(url)
    if not found or "@" in found[1] or "%" in found[1]:
        return None
    host = found[1].split(":")[0].rstrip(".").lower()
    if not _HOST.fullmatch(host) or _DIGITS.search(host) or "xn--" in host:
        return None
    parts = host.split(".")
    # `co.id`, `or.id`, `com.au`: the name is registered one level deeper. The public suffix list would need the network.
    depth = _SHORT if len(parts) > 2 and len(parts[-1]) == 2 and len(parts[-2]) <= _SHORT else 2
    return ".".join(parts[-depth:])
