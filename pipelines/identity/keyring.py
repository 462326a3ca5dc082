"""The keyring: every key of this home, each wrapped with AES-256-GCM under the master key.

The file as a whole bears a seal (HMAC under the master key): which keys there are and what state they are in decides what is
overwritten and what was destroyed, and nobody without the master key may say so. A key is destroyed by leaving its entry out
and replacing the file. What the keys open does not belong here.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipelines import settings
from pipelines.identity import master
from pipelines.identity.errors import MissingKey, WrongKey
from pipelines.identity.files import locked, read_private, write_private

PARQUET_KEYS = ("lake_v1", "warehouse_v1")
_FORMAT = 2
_SEAL = b"crosslife keyring v2\n"
_NONCE_BYTES = 12


@dataclass(frozen=True)
class Entry:
    """One key: `state` is current, planned (its file is not made yet) or next (a rotation is under way)."""

    id: str
    version: int
    created: str
    state: str
    wrapped: str

    @property
    def token(self) -> str:
        """What tells this key from another that had its id before."""
        return f"{self.id} v{self.version}@{self.created}"

    @property
    def family(self) -> str:
        """The part of the id before its slash."""
        return self.id.partition("/")[0]


@dataclass(frozen=True)
class NewKey:
    """A key to be made."""

    id: str
    version: int = 1
    state: str = "current"


class Keyring:
    """The keys of one home, as the file had them when it was last read."""

    def __init__(self, home: settings.Home, *, master_key: bytes, entries: Mapping[str, Entry]) -> None:
        self.home = home
        self._master = master_key
        self._entries = dict(entries)

    def __repr__(self) -> str:
        return f"Keyring({len(self._entries)} keys)"

    def key(self, key_id: str) -> bytes:
        """Return the key's 32 bytes, or what was kept under the id; raise MissingKey or WrongKey."""
        return _unwrap(self.entry(key_id), master_key=self._master, file=self.home.keyring_file)

    def current(self, family: str) -> Entry:
        """Return the entry in force of a versioned family (`vault`, `lookup`), planned ones included."""
        found = [e for e in self._entries.values() if e.family == family and e.state in {"current", "planned"}]
        if len(found) != 1:
            message = f"the keyring {self.home.keyring_file} has {len(found)} keys {family!r} in force, one is needed"
            raise MissingKey(message)
        return found[0]

    def entry(self, key_id: str) -> Entry:
        """Return one entry, still wrapped; raise MissingKey."""
        if key_id not in self._entries:
            message = f"the keyring {self.home.keyring_file} has no key {key_id!r}: it was destroyed or never made"
            raise MissingKey(message)
        return self._entries[key_id]

    def master_fingerprint(self) -> str:
        """Return the short name of the master key in force."""
        return master.fingerprint(self._master)

    def entries(self) -> tuple[Entry, ...]:
        """Return all entries, still wrapped."""
        return tuple(self._entries.values())

    def parquet_keys(self) -> dict[str, bytes]:
        """Return the keys of lake and warehouse by the names that Parquet files bear."""
        return {name: self.key(name) for name in PARQUET_KEYS}

    def warehouse_key(self) -> bytes:
        """Return the key of the warehouse file."""
        return self.key("warehouse_v1")

    def event_key(self) -> bytes:
        """Return the key under which message and event ids are hashed."""
        return self.key("event")

    def quarantine_key(self, day: date, *, create: bool = True) -> tuple[str, bytes]:
        """Return name and key of a quarantine day, made at need unless `create` is false."""
        name = f"quarantine/{day:%Y-%m-%d}"
        if name not in self._entries:
            self.change(add=[NewKey(name)] if create else [])
        return name, self.key(name)

    def keep(self, key_id: str, material: bytes) -> Entry:
        """Wrap what another party gave us beside our own keys, in the place of what it gave before."""
        with locked(lock_file(self.home), is_patient=True):
            self.reload()
            before = self._entries.get(key_id)
            new = NewKey(key_id, version=before.version + 1 if before else 1)
            self._entries[key_id] = _wrap(new, key=material, master_key=self._master)
            write(self.home, entries=self._entries, master_key=self._master)
        return self._entries[key_id]

    def change(
        self, *, add: Sequence[NewKey] = (), states: Mapping[str, str] | None = None, remove: Sequence[str] = ()
    ) -> None:
        """Add, re-state and destroy keys in one atomic replacement of the file; keys already there are kept."""
        with locked(lock_file(self.home), is_patient=True):
            self.reload()
            entries = {name: entry for name, entry in self._entries.items() if name not in set(remove)}
            for name, state in (states or {}).items():
                entries[name] = replace(entries[name], state=state)
            for new in add:
                entries.setdefault(new.id, _wrap(new, key=os.urandom(master.KEY_BYTES), master_key=self._master))
            if entries != self._entries:
                write(self.home, entries=entries, master_key=self._master)
            self._entries = entries

    def wrapped_under(self, master_key: bytes) -> Keyring:
        """Return a keyring of the same keys under another master key; no file is changed."""
        entries = {
            name: replace(entry, wrapped=_seal(self.key(name), key_id=name, master_key=master_key))
            for name, entry in self._entries.items()
        }
        return Keyring(self.home, master_key=master_key, entries=entries)

    def rewrap(self, *, master_key: bytes) -> None:
        """Wrap every key anew under another master key, in one atomic replacement; caller holds the lock."""
        other = self.wrapped_under(master_key)
        self._master, self._entries = other._master, other._entries
        self.write()

    def write(self, *, without: Collection[str] = ()) -> None:
        """Replace the file by this keyring, keys of these ids left out."""
        self._entries = {name: entry for name, entry in self._entries.items() if name not in without}
        write(self.home, entries=self._entries, master_key=self._master)

    def sealed(self) -> bytes:
        """Return this keyring as its file would have it."""
        return sealed(self._entries, master_key=self._master)

    def reload(self) -> None:
        """Read the file again: another process may have changed it."""
        fresh = read(self.home)
        self._master, self._entries = fresh._master, fresh._entries


def read(home: settings.Home) -> Keyring:
    """Read the keyring; raise MissingKey, WrongKey or LooseKeyFile. From here on the process leaves no core dump."""
    settings.forbid_core_dumps()
    if not home.keyring_file.exists():
        message = f"no keyring at {home.keyring_file}: run `crosslife keys init`, or restore the keyring of this home"
        raise MissingKey(message)
    document = _document(home, read_private(home.keyring_file))
    for candidate in master.candidates(home):
        if master.fingerprint(candidate) == document["master"]:
            return _opened(home, document, master_key=candidate)
    message = (
        f"the master key is not the one that {home.keyring_file} was written under (that one has the fingerprint "
        f"{document['master']}): give the right {settings.MASTER_KEY_VARIABLE} or key file"
    )
    raise WrongKey(message)


def write(home: settings.Home, *, entries: Mapping[str, Entry], master_key: bytes) -> None:
    """Replace the keyring file."""
    write_private(home.keyring_file, content=sealed(entries, master_key=master_key))


def sealed(entries: Mapping[str, Entry], *, master_key: bytes) -> bytes:
    """Return the keyring as its file has it."""
    document: dict[str, Any] = {
        "format": _FORMAT,
        "master": master.fingerprint(master_key),
        "entries": [vars(entry) for entry in entries.values()],
    }
    return json.dumps({**document, "seal": _seal_of(document, master_key=master_key)}, indent=1).encode()


def unsealed(home: settings.Home, text: bytes, *, master_key: bytes) -> Keyring:
    """Return the keyring that `Keyring.sealed` gave, without looking at any file; raise WrongKey."""
    return _opened(home, _document(home, text), master_key=master_key)


def create(home: settings.Home, *, new_keys: Sequence[NewKey], master_key: bytes) -> None:
    """Write a first keyring with freshly drawn keys."""
    entries = {new.id: _wrap(new, key=os.urandom(master.KEY_BYTES), master_key=master_key) for new in new_keys}
    write(home, entries=entries, master_key=master_key)


def lock_file(home: settings.Home) -> Path:
    """Return the lock that is held while the keyring changes."""
    return home.root / ".keyring.lock"


def _opened(home: settings.Home, document: Mapping[str, Any], *, master_key: bytes) -> Keyring:
    _refuse_altered(home, document, master_key=master_key)
    entries = {entry["id"]: Entry(**entry) for entry in document["entries"]}
    return Keyring(home, master_key=master_key, entries=entries)


def _document(home: settings.Home, text: bytes) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict) or not {"master", "entries"} <= document.keys():
        raise WrongKey(f"{home.keyring_file} is no keyring: restore it from its last copy")
    return document


def _refuse_altered(home: settings.Home, document: Mapping[str, Any], *, master_key: bytes) -> None:
    said = {name: value for name, value in document.items() if name != "seal"}
    if not hmac.compare_digest(str(document.get("seal", "")), _seal_of(said, master_key=master_key)):
        message = (
            f"{home.keyring_file} was altered, or is of a version before keyrings were sealed: which keys there are, and what "
            "became of them, cannot be believed. Restore the keyring from its last copy"
        )
        raise WrongKey(message)


def _seal_of(document: Mapping[str, Any], *, master_key: bytes) -> str:
    said = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    return hmac.digest(master_key, _SEAL + said, "sha256").hex()


def _wrap(new: NewKey, *, key: bytes, master_key: bytes) -> Entry:
    created = datetime.now(UTC).isoformat(timespec="seconds")
    wrapped = _seal(key, key_id=new.id, master_key=master_key)
    return Entry(id=new.id, version=new.version, created=created, state=new.state, wrapped=wrapped)


def _seal(key: bytes, *, key_id: str, master_key: bytes) -> str:
    nonce = os.urandom(_NONCE_BYTES)
    return base64.b64encode(nonce + AESGCM(master_key).encrypt(nonce, key, key_id.encode())).decode()


def _unwrap(entry: Entry, *, master_key: bytes, file: Path) -> bytes:
    sealed = base64.b64decode(entry.wrapped)
    try:
        return AESGCM(master_key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], entry.id.encode())
    except InvalidTag:
        message = f"the entry {entry.id!r} of {file} was altered: restore the keyring from its last copy"
        raise WrongKey(message) from None
