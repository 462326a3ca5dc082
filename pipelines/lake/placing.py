"""What the manifest does to the disk: one rename made durable; and how it remembers a text without keeping it."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import suppress
from pathlib import Path

_SALT_BYTES = 32


def put_in_place(root: Path, *, staged: str | None, target: str) -> None:
    """Rename a staged file onto its target, or remove the target where nothing is staged; both relative to `root`.

    Done again, it changes nothing.
    """
    place = root / target
    if staged is None:
        place.unlink(missing_ok=True)
        with suppress(OSError):  # another file is in it, or it was removed before
            place.parent.rmdir()
        return
    source = root / staged
    if source.exists():  # else an earlier attempt has moved it
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        source.replace(place)
        sync_folder(place.parent)


def salted_digest(text: str, *, salt: bytes) -> str:
    """Return a keyed hash of a text, 40 hexadecimal digits."""
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), key=salt, digest_size=20).hexdigest()


def salt_of(connection: sqlite3.Connection) -> bytes:
    """Return the salt of a manifest, drawn at the first call."""
    with connection:
        connection.execute("insert into salt select ? where not exists (select 1 from salt)", [os.urandom(_SALT_BYTES)])
    return bytes(connection.execute("select value from salt").fetchone()[0])


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: what was renamed into it, and what was removed."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
