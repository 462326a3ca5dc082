"""The master key: from the environment or a private file. What it wraps does not belong here."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
from pathlib import Path

from pipelines import settings
from pipelines.identity.errors import MissingKey, WrongKey
from pipelines.identity.files import put_in_place, read_private, write_private

KEY_BYTES = 32


def fingerprint(master: bytes) -> str:
    """Return a short name of the master key that does not reveal it."""
    return hmac.digest(master, b"crosslife master key", "sha256")[:8].hex()


def load_or_create(home: settings.Home) -> bytes:
    """Return the master key, making the key file when there is neither variable nor file."""
    path = settings.key_file(home)
    if settings.master_key_text() is None and not path.exists():
        write_private(path, content=base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
    return candidates(home)[0]


def candidates(home: settings.Home) -> list[bytes]:
    """Return the master key, then the one a broken-off rotation may have left beside it.

    Raises MissingKey, WrongKey (not 32 bytes in base64) or LooseKeyFile.
    """
    text = settings.master_key_text()
    if text is not None:
        return [decode(text, source=settings.MASTER_KEY_VARIABLE)]
    paths = [path for path in (settings.key_file(home), next_file(home)) if path.exists()]
    if not paths:
        message = (
            f"no master key: neither {settings.MASTER_KEY_VARIABLE} nor {settings.key_file(home)} is there. "
            "Bring the key back from your safe; for a new home run `crosslife keys init`"
        )
        raise MissingKey(message)
    return [read_file(path) for path in paths]


def read_file(path: Path) -> bytes:
    """Return the master key of a private file; raise WrongKey or LooseKeyFile."""
    return decode(read_private(path).decode("ascii", "replace"), source=str(path))


def decode(text: str, *, source: str) -> bytes:
    """Return the 32 bytes that the base64 text stands for; raise WrongKey naming the source only."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        message = f"{source} does not hold a master key: 32 bytes in base64 are expected"
        raise WrongKey(message)
    return key


def next_file(home: settings.Home) -> Path:
    """Return where the new master key waits during a rotation."""
    path = settings.key_file(home)
    return path.with_name(f"{path.name}.next")


def stage_next(home: settings.Home, *, text: str | None) -> bytes:
    """Write a new master key, the given or a random one, beside the present one, and return it."""
    key = os.urandom(KEY_BYTES) if text is None else decode(text, source="the new master key")
    write_private(next_file(home), content=base64.b64encode(key) + b"\n")
    return key


def adopt_next(home: settings.Home) -> None:
    """Put the staged master key in the place of the present one."""
    put_in_place(next_file(home), path=settings.key_file(home))
