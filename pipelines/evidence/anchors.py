"""Where heads of the evidence ledger are kept outside the home: a file, or a server that takes and returns them as lines.

Whoever holds the home's keys could write the ledger anew from its beginning; not what somebody else keeps. Its address is a
secret, as it may bear a token. Not here: what a head is (entries).
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipelines import settings
from pipelines.evidence.entries import Head
from pipelines.identity.keyring import Keyring
from pipelines.notices import posting
from pipelines.settings import Home

_MOST_BYTES = 100_000_000


class AnchorUnusable(RuntimeError):
    """Heads cannot be kept at the anchor, or not be read from it; the message says nothing of its address."""


def address_of(ring: Keyring) -> str:
    """Return where heads are kept; empty where no anchor was given."""
    return posting.address(ring, settings.ANCHOR_URL)


def keep(home: Home, address: str, head: Head) -> None:
    """Keep a head at the anchor. Raises AnchorUnusable."""
    if _is_server(address):
        if failure := posting.tried(partial(posting.post_once, address, head.line, name=settings.ANCHOR_URL)):
            raise AnchorUnusable(f"the head was not kept by the anchor: {failure}")
        return
    place = _file(home, address)
    try:
        with place.open("ab") as file:
            file.write(head.line)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise AnchorUnusable(f"the anchor's file cannot be written ({type(error).__name__})") from None


def kept(home: Home, address: str) -> list[bytes]:
    """Return every head that the anchor holds, as lines. Raises AnchorUnusable."""
    if _is_server(address):
        return _fetched(address)
    place = _file(home, address)
    try:
        return place.read_bytes().splitlines(keepends=True) if place.exists() else []
    except OSError as error:
        raise AnchorUnusable(f"the anchor's file cannot be read ({type(error).__name__})") from None


def _fetched(address: str) -> list[bytes]:
    found: list[bytes] = []

    def fetch() -> None:
        found.append(posting.get_once(address, name=settings.ANCHOR_URL, most_bytes=_MOST_BYTES))

    if failure := posting.tried(fetch):
        raise AnchorUnusable(f"the heads that the anchor holds cannot be read from it: {failure}")
    return found[0].splitlines(keepends=True)


def _is_server(address: str) -> bool:
    return urlsplit(address).scheme in ("http", "https")


def _file(home: Home, address: str) -> Path:
    parts = urlsplit(address)
    place = Path(unquote(parts.path) if parts.scheme == "file" else address)
    if not place.is_absolute():
        raise AnchorUnusable("anchor_url is neither http(s)://… nor file:///… nor an absolute path")
    if place.resolve().is_relative_to(home.root):
        raise AnchorUnusable("anchor_url lies inside the home, where whoever changes the ledger could change it too")
    return place
