"""Sessions of replacements that were begun and not ended, so that the next call goes on where a killed one stopped.

A file in plain, of numbers alone: what it says of the set is a keyed hash. How a session travels does not belong here.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.audiences.books import KEY
from pipelines.audiences.sinks import Session, SessionExpired
from pipelines.identity.files import read_private, write_private
from pipelines.identity.keyring import Keyring
from pipelines.settings import Home

_LASTS = timedelta(minutes=80)
"""A session is gone on with for so long after it began; Meta lets one last 90 minutes."""


class Sessions:
    """The sessions of a home's audiences."""

    def __init__(self, home: Home, ring: Keyring) -> None:
        self._folder, self._key = home.audiences / "sessions", ring.key(KEY)

    @contextmanager
    def of(self, segment: str, recipient: str, *, members: pl.DataFrame, at: datetime) -> Iterator[Session]:
        """Give the session in which these members replace an audience: the one begun for the same set, or a fresh one.

        It ends with the block. One that broke off is kept, unless the recipient says that it has expired.
        """
        file = self._folder / f"{recipient}-{segment}.json"
        digest = self._digest(members)
        kept = _read(file)
        is_same = bool(kept) and kept["set"] == digest and at - datetime.fromisoformat(kept["at"]) < _LASTS
        if not is_same:
            # From the operating system: a number that was used for another set would mix two sets at the recipient.
            number = int.from_bytes(os.urandom(8), "big") >> 1 or 1
            kept = {"session": number, "set": digest, "at": at.isoformat(), "began_at": None, "acknowledged": 0}
            _write(file, kept)

        def acknowledged(batch: int) -> None:
            kept["acknowledged"] = batch
            _write(file, kept)

        # `at` may be any instant that somebody names; how long a session lasts is a matter of the sender's clock.
        def began(instant: datetime) -> None:
            kept["began_at"] = instant.isoformat()
            _write(file, kept)

        try:
            yield Session(
                kept["session"],
                first_batch=kept["acknowledged"] + 1,
                acknowledged=acknowledged,
                is_resumed=is_same,
                began_at=datetime.fromisoformat(kept["began_at"]) if kept.get("began_at") else None,
                began=began,
            )
        except SessionExpired:
            file.unlink(missing_ok=True)
            raise
        file.unlink(missing_ok=True)

    def _digest(self, members: pl.DataFrame) -> str:
        digest = hmac.new(self._key, digestmod=hashlib.sha256)
        fields = [name for name in members.columns if name.endswith("_sha256")]
        for row in members.select(fields).sort(fields).iter_rows():
            digest.update(repr(row).encode())
        return digest.hexdigest()


def _read(file: Path) -> dict[str, Any]:
    if not file.exists():
        return {}
    found: dict[str, Any] = json.loads(read_private(file))
    return found


def _write(file: Path, content: dict[str, Any]) -> None:
    write_private(file, content=json.dumps(content).encode())
