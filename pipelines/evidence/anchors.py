"""Where heads of the evidence ledger are kept outside the home: a file, or a server that takes and returns them as lines.

Whoever holds the home's keys could write the ledger anew from its beginning; not what somebody else keeps. Its address is a
secret, as it may bear a token. Not here: what a head is (entries).
"""

from __future__ import annotations

import errno
import os
import threading
import urllib.error
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from pipelines import settings
from pipelines.evidence.entries import Head, NotCanonical, read_head
from pipelines.identity.keyring import Keyring
from pipelines.notices import posting
from pipelines.settings import Home

_MOST_BYTES = 20_000_000
_SAMPLE = 100
_SECONDS = 10
_LONGEST_HEAD = 1_000
_BEGINNING = b'{"digest":"'
_NO_PLACE = "anchor_url is neither http(s)://… nor file:///… nor an absolute path"
_T = TypeVar("_T")


class AnchorUnusable(RuntimeError):
    """Heads cannot be kept at the anchor, or not be read from it; the message says nothing of its address."""


def address_of(ring: Keyring) -> str:
    """Return where heads are kept; empty where no anchor was given."""
    return posting.address(ring, settings.ANCHOR_URL)


def refuse_unusable(home: Home, address: str) -> None:
    """Raise AnchorUnusable where heads could not be kept at an address, as far as can be told without keeping one."""
    if _is_server(address.strip()):
        return
    place = _file(home, address.strip())
    if not place.parent.is_dir():
        raise AnchorUnusable("the folder of anchor_url does not exist")
    if place.exists() and not (place.is_file() and all(map(_is_head, kept(home, address.strip())))):
        raise AnchorUnusable(
            "anchor_url is something else already: give a file that does not exist yet, or one of heads"
        )


def keep(home: Home, address: str, head: Head) -> None:
    """Keep a head at the anchor. Raises AnchorUnusable."""
    if _is_server(address):
        _answered(
            lambda: posting.post_once(address, head.line, name=settings.ANCHOR_URL),
            "the head was not kept by the anchor",
        )
        return
    place = _file(home, address)
    try:
        _append(place, head.line)
    except OSError as error:
        raise AnchorUnusable(f"the anchor's file cannot be written ({type(error).__name__})") from None


def kept(home: Home, address: str, *, may_give_nothing: bool = False) -> list[bytes]:
    """Return every head that the anchor holds, as lines. Raises AnchorUnusable.

    With `may_give_nothing`, a server that refuses to give back what it took holds nothing; one that cannot be reached is
    unusable all the same.
    """
    if _is_server(address):
        return _fetched(address, may_give_nothing=may_give_nothing)
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
    """Cut off what a killed writer has left of a head after the last line's end; return how many bytes are left."""
    size = os.fstat(descriptor).st_size
    tail = os.pread(descriptor, _LONGEST_HEAD, max(0, size - _LONGEST_HEAD))
    torn = tail[tail.rfind(b"\n") + 1 :]
    if torn and torn[: len(_BEGINNING)] != _BEGINNING[: len(torn)]:
        raise AnchorUnusable("the anchor's file ends with something that is no head: give another one")
    if torn:
        os.ftruncate(descriptor, size - len(torn))
    return size - len(torn)


def _fetched(address: str, *, may_give_nothing: bool) -> list[bytes]:
    def fetch() -> bytes:
        try:
            return posting.get_once(address, name=settings.ANCHOR_URL, most_bytes=_MOST_BYTES)
        except urllib.error.HTTPError:
            if may_give_nothing:
                return b""
            raise

    what = "the heads that the anchor holds cannot be read from it"
    lines = _answered(fetch, what).splitlines(keepends=True)
    if lines and not any(_is_head(line) for line in lines[:_SAMPLE]):
        raise AnchorUnusable(f"{what}: what it answers are none")
    return lines


def _answered(call: Callable[[], _T], what: str) -> _T:
    """Return what a server answers within seconds, however it spends them. Raises AnchorUnusable."""
    found: list[_T] = []
    failure = ["the server is too slow"]

    def answer() -> None:
        failure[0] = posting.tried(lambda: found.append(call()), times=1)

    # A thread, since no time limit of a socket ends a server that drips; it is left behind.
    waiting = threading.Thread(target=answer, daemon=True)
    waiting.start()
    waiting.join(_SECONDS)
    if not found:
        raise AnchorUnusable(f"{what}: {failure[0]}")
    return found[0]


def _is_head(line: bytes) -> bool:
    try:
        read_head(line)
    except NotCanonical:
        return False
    return True


def _is_server(address: str) -> bool:
    return _parts(address).scheme in ("http", "https")


def _parts(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:
        raise AnchorUnusable(_NO_PLACE) from None


def _file(home: Home, address: str) -> Path:
    parts = _parts(address)
    text = unquote(parts.path) if parts.scheme == "file" else address
    place = Path(text)
    if not place.is_absolute() or "\0" in text:
        raise AnchorUnusable(_NO_PLACE)
    if place.resolve().is_relative_to(home.root):
        raise AnchorUnusable("anchor_url lies inside the home, where whoever changes the ledger could change it too")
    return place
