"""Backup keys, each of one backup, and beside them what was dropped and destroyed since: one sealed file outside the home.

The file outlives the home and must not lie in any of its copies. Its keys are wrapped under a key of the file's own, and that
one under the master key (under two while it is exchanged, so that each step of it may be the last). The whole bears a seal. What
a backup is does not belong here.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipelines import settings
from pipelines.identity import master
from pipelines.identity.errors import WrongKey
from pipelines.identity.files import locked, read_private, write_private

_FORMAT = 1
_SEAL = b"crosslife backup keys v1\n"
_OWN = "the file's own key"
_NONCE_BYTES = 12


@dataclass(frozen=True)
class BackupKey:
    """The key of one backup, wrapped; `day` is the day of the backup."""

    id: str
    day: str
    made_at: str
    wrapped: str


@dataclass
class Book:
    """What the file holds.

    `horizons` is `dataset/kind` → the last day that was dropped, `destroyed` the ids of keys that are gone for good, `ended`
    the ids of backups whose key was destroyed → the day on which it was, `ring` which keys the home had when last looked at.
    """

    own: bytes
    wrappings: dict[str, str]
    keys: dict[str, BackupKey] = field(default_factory=dict)
    horizons: dict[str, str] = field(default_factory=dict)
    destroyed: set[str] = field(default_factory=set)
    ended: dict[str, str] = field(default_factory=dict)
    ring: set[str] = field(default_factory=set)

    def draw(self, backup_id: str) -> tuple[bytes, str]:
        """Return a new key, and how it is wrapped; it is kept once an entry bears it."""
        key = os.urandom(master.KEY_BYTES)
        return key, _wrap(key, under=self.own, name=backup_id)

    def key(self, backup_id: str) -> bytes:
        """Return the key of a backup that has one."""
        return _unwrap(self.keys[backup_id].wrapped, under=self.own, name=backup_id)


def read(home: settings.Home) -> Book:
    """Return what the file of backup keys holds, nothing where there is none. Raises WrongKey, LooseKeyFile, MissingKey."""
    masters = master.candidates(home)
    file = place_of(home)
    if not file.exists():
        own = os.urandom(master.KEY_BYTES)
        return Book(own, {master.fingerprint(masters[0]): _wrap(own, under=masters[0], name=_OWN)})
    document = _document(file)
    for candidate in masters:
        if wrapping := document["masters"].get(master.fingerprint(candidate)):
            own = _unwrap(wrapping, under=candidate, name=_OWN)
            _refuse_altered(file, document, own=own)
            return _book(document, own=own)
    raise WrongKey(
        f"{file} was written under another master key (fingerprint {', '.join(document['masters'])}): give the right "
        f"{settings.MASTER_KEY_VARIABLE} or key file"
    )


@contextmanager
def changing(home: settings.Home) -> Iterator[Book]:
    """Give what the file holds, to be changed, and replace the file by it at the end; others wait."""
    file = place_of(home)
    with locked(file.with_name(f"{file.name}.lock"), is_patient=True):
        book = read(home)
        before = _said(book)
        yield book
        if _said(book) != before or not file.exists():
            document = _said(book)
            write_private(file, content=json.dumps({**document, "seal": _seal_of(document, own=book.own)}).encode())


def place_of(home: settings.Home) -> Path:
    """Return where backup keys lie. Raises WrongKey where that is inside the home, which the keys have to outlive."""
    file = settings.backup_keys_file(home)
    if file.is_relative_to(home.root):
        raise WrongKey(
            f"{settings.BACKUP_KEYS_VARIABLE} lies inside the home: name a file outside of it and of backups"
        )
    return file


def admit(home: settings.Home, *, master_key: bytes) -> None:
    """Let another master key open the file, beside the present one."""
    if place_of(home).exists():
        with changing(home) as book:
            book.wrappings[master.fingerprint(master_key)] = _wrap(book.own, under=master_key, name=_OWN)


def settle(home: settings.Home, *, fingerprint: str) -> None:
    """Let no other master key than this one open the file any more."""
    if place_of(home).exists() and set(_document(place_of(home))["masters"]) != {fingerprint}:
        with changing(home) as book:
            if fingerprint in book.wrappings:
                book.wrappings = {fingerprint: book.wrappings[fingerprint]}


def _book(document: dict[str, Any], *, own: bytes) -> Book:
    entries = [BackupKey(**each) for each in document["keys"]]
    return Book(
        own,
        dict(document["masters"]),
        {each.id: each for each in entries},
        dict(document["horizons"]),
        set(document["destroyed"]),
        dict(document["ended"]),
        set(document["ring"]),
    )


def _said(book: Book) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "masters": dict(book.wrappings),
        "keys": [asdict(each) for each in book.keys.values()],
        "horizons": dict(sorted(book.horizons.items())),
        "destroyed": sorted(book.destroyed),
        "ended": dict(book.ended),
        "ring": sorted(book.ring),
    }


def _document(file: Path) -> dict[str, Any]:
    try:
        document = json.loads(read_private(file))
    except ValueError:
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("masters"), dict):
        raise WrongKey(f"{file} is no file of backup keys: without it no backup of this home can be opened")
    return document


def _refuse_altered(file: Path, document: dict[str, Any], *, own: bytes) -> None:
    said = {name: value for name, value in document.items() if name != "seal"}
    if not hmac.compare_digest(str(document.get("seal", "")), _seal_of(said, own=own)):
        raise WrongKey(
            f"{file} was altered: which backups may be opened, and what has to go again with a restore, cannot be believed"
        )


def _seal_of(document: dict[str, Any], *, own: bytes) -> str:
    said = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    return hmac.digest(own, _SEAL + said, "sha256").hex()


def _wrap(key: bytes, *, under: bytes, name: str) -> str:
    nonce = os.urandom(_NONCE_BYTES)
    return base64.b64encode(nonce + AESGCM(under).encrypt(nonce, key, name.encode())).decode()


def _unwrap(wrapped: str, *, under: bytes, name: str) -> bytes:
    text = base64.b64decode(wrapped)
    try:
        return AESGCM(under).decrypt(text[:_NONCE_BYTES], text[_NONCE_BYTES:], name.encode())
    except InvalidTag:
        raise WrongKey(f"the backup key {name!r} was altered: what it protects cannot be opened") from None
