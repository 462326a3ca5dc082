"""Where heads of the evidence ledger are kept outside the home: a file, or a server that takes and returns them as lines.

Whoever holds the home's keys could write the ledger anew from its beginning; not what somebody else keeps. Its address is a
secret, as it may bear a token. Not here: what a head is (entries).
"""

from __future__ import annotations

import errno
import os
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipelines import settings
from pipelines.evidence.entries import LONGEST_LINE, Head, NotCanonical, read_head
from pipelines.identity.keyring import Keyring
from pipelines.notices import posting
from pipelines.settings import Home

_MOST_BYTES = 20_000_000
_SAMPLE = 100


class AnchorUnusable(RuntimeError):
    """Heads cannot be kept at the anchor, or not be read from it; the message says nothing of its address."""


def address_of(ring: Keyring) -> str:
    """Return where heads are kept; empty where no anchor was given."""
    return posting.address(ring, settings.ANCHOR_URL)


def refuse_unusable(home: Home, address: str) -> None:
    """Raise AnchorUnusable where heads could not be kept at an address, as far as can be told without keeping one."""
    if not _is_server(address.strip()) and not _file(home, address.strip()).parent.is_dir():
        raise AnchorUnusable("the folder of anchor_url does not exist")


def keep(home: Home, address: str, head: Head) -> None:
    """Keep a head at the anchor. Raises AnchorUnusable."""
    if _is_server(address):
        if failure := posting.tried(partial(posting.post_once, address, head.line, name=settings.ANCHOR_URL)):
            raise AnchorUnusable(f"the head was not kept by the anchor: {failure}")
        return
    place = _file(home, address)
    try:
        _append(place, head.line)
    except OSError as error:
        raise AnchorUnusable(f"the anchor's file cannot be written ({type(error).__name__})") from None


def kept(home: Home, address: str) -> list[bytes]:
    """Return every head that the anchor holds, as lines. Raises AnchorUnusable."""
    if _is_server(address):
        return _fetched(address)
    place = _file(home, address)
    try:
        lines = place.read_bytes().splitlines(keepends=True) if place.exists() else []
    except OSError as error:
        raise AnchorUnusable(f"the anchor's file cannot be read ({type(error).__name__})") from None
    # What a killed writer has left of a line counts for nothing, and is cut off by the next.
    return [line for line in lines if line.endswith(b"\n")]


def _append(place: Path, line: bytes) -> None:
    """Add a line, durably and whole or not at all; what a writer that was killed has left of one is cut off before."""
    descriptor = os.open(place, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = _whole_lines(descriptor)
        try:
            if os.write(descriptor, line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)


def _whole_lines(descriptor: int) -> int:
    """Cut off what follows the last line's end; return how many bytes are left."""
    size = os.fstat(descriptor).st_size
    tail = os.pread(descriptor, LONGEST_LINE, max(0, size - LONGEST_LINE))
    torn = len(tail) - (tail.rfind(b"\n") + 1)
    if torn:
        os.ftruncate(descriptor, size - torn)
    return size - torn


def _fetched(address: str) -> list[bytes]:
    found: list[bytes] = []

    def fetch() -> None:
        found.append(posting.get_once(address, name=settings.ANCHOR_URL, most_bytes=_MOST_BYTES))

    if failure := posting.tried(fetch):
        raise AnchorUnusable(f"the heads that the anchor holds cannot be read from it: {failure}")
    lines = found[0].splitlines(keepends=True)
    if lines and not any(_is_head(line) for line in lines[:_SAMPLE]):
        raise AnchorUnusable("the heads that the anchor holds cannot be read from it: what it answers are none")
    return lines


def _is_head(line: bytes) -> bool:
    try:
        read_head(line)
    except NotCanonical:
        return False
    return True


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
