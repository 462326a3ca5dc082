"""The evidence ledger of a home: what happened, one signed line each, every line bearing the digest of the one before.

    evidence/ledger/entries.jsonl   the chain, only ever appended to
    evidence/ledger/head.json       how far it goes, replaced after each append

A line counts once the head says so. Killed in between, the next writer takes over the whole lines that it finds there and
cuts off a torn one. Not here: what is recorded (recording), whether the chain is sound (verifying).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pipelines.evidence.entries import NOTHING_BEFORE, Entry, Head, Kind, NotCanonical, head_of, read_entry, read_head
from pipelines.identity.files import locked, write_private
from pipelines.identity.keyring import Keyring, NewKey
from pipelines.settings import Home

_FAMILY = "evidence"
_FIRST = NewKey(f"{_FAMILY}/1", state="planned")


class LedgerBroken(RuntimeError):
    """The evidence ledger is not what was written; nothing is added to it before somebody has looked."""

    def __init__(self, home: Home, what: str) -> None:
        super().__init__(
            f"the evidence ledger in {folder_of(home)} was altered: {what}. Nothing is added to it: run "
            "`crosslife evidence verify`, keep a copy of the folder, and put it back from its last backup"
        )


@dataclass(frozen=True)
class Happening:
    """Something to be recorded: `of` names it within its kind, and it is recorded once."""

    kind: Kind
    of: str
    content: Mapping[str, Any]


class Ledger:
    """The ledger of one home, open for writing by this process alone; open it with `open_ledger`."""

    def __init__(self, home: Home, key: Ed25519PrivateKey, head: Head) -> None:
        self._home = home
        self._key = key
        self.head = head

    def entries(self) -> Iterator[Entry]:
        """Yield every entry, the oldest first."""
        return read(self._home)

    def append(self, happened: Sequence[Happening], *, at: datetime) -> Head:
        """Add entries, durably and all or none, in one append; return the new head."""
        lines, entry = [], (self.head.entries, self.head.digest)
        for each in happened:
            made = Entry(
                number=entry[0] + 1,
                previous=entry[1],
                recorded_at=at.astimezone(UTC).isoformat(timespec="milliseconds"),
                kind=each.kind,
                of=each.of,
                content=dict(each.content),
            ).signed(self._key)
            lines.append(made.line)
            entry = (made.number, made.digest)
        if lines:
            self._write(b"".join(lines), entries=entry[0], digest=entry[1])
        return self.head

    def _write(self, added: bytes, *, entries: int, digest: str) -> None:
        place = entries_file(self._home)
        descriptor = os.open(place, os.O_WRONLY | os.O_APPEND)
        try:
            _append(descriptor, added, size=self.head.size)
        finally:
            os.close(descriptor)
        self.head = _put_head(self._home, head_of(entries, self.head.size + len(added), digest, key=self._key))


@contextmanager
def open_ledger(home: Home, ring: Keyring, *, at: datetime) -> Iterator[Ledger]:
    """Open the ledger of a home for writing; another writer is waited for. The first opening ever begins the chain.

    Raises LedgerBroken where it was altered or is gone, MissingKey where its key is.
    """
    folder_of(home).mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(folder_of(home) / ".lock", is_patient=True):
        ring.reload()
        if not _has_key(ring):
            ring.change(add=[_FIRST])
        key = signing_key(ring)
        if ring.current(_FAMILY).state == "planned":
            _begin(home, key, at=at)
            ring.change(states={ring.current(_FAMILY).id: "current"})
        yield Ledger(home, key, _recovered(home, key))


def has_begun(ring: Keyring) -> bool:
    """Say whether the chain of this home was begun, by what its keyring knows."""
    return _has_key(ring) and ring.current(_FAMILY).state == "current"


def signing_key(ring: Keyring) -> Ed25519PrivateKey:
    """Return the key that signs. Raises MissingKey."""
    return Ed25519PrivateKey.from_private_bytes(ring.key(ring.current(_FAMILY).id))


def public_key_text(key: Ed25519PublicKey) -> str:
    """Return a public key as 64 hexadecimal digits, as `crosslife evidence verify --public-key` takes it."""
    return key.public_bytes_raw().hex()


def read(home: Home) -> Iterator[Entry]:
    """Yield every entry that can be read, the oldest first; whether they are sound is `verifying`'s to say."""
    if not entries_file(home).exists():
        return
    with entries_file(home).open("rb") as lines:
        for line in lines:
            try:
                yield read_entry(line)
            except NotCanonical:
                continue


def folder_of(home: Home) -> Path:
    """Return the folder of the ledger."""
    return home.evidence / "ledger"


def entries_file(home: Home) -> Path:
    """Return the file of the chain."""
    return folder_of(home) / "entries.jsonl"


def head_file(home: Home) -> Path:
    """Return the file of the head."""
    return folder_of(home) / "head.json"


def _has_key(ring: Keyring) -> bool:
    return any(entry.family == _FAMILY for entry in ring.entries())


def _begin(home: Home, key: Ed25519PrivateKey, *, at: datetime) -> None:
    """Write the first entry and the first head; again after a kill, it begins anew: nothing has counted yet."""
    content = {"public_key": public_key_text(key.public_key())}
    first = Entry(
        number=1,
        previous=NOTHING_BEFORE,
        recorded_at=at.astimezone(UTC).isoformat(timespec="milliseconds"),
        kind="genesis",
        of=_FIRST.id,
        content=content,
    ).signed(key)
    write_private(entries_file(home), content=first.line)
    _put_head(home, head_of(1, len(first.line), first.digest, key=key))


def _recovered(home: Home, key: Ed25519PrivateKey) -> Head:
    """Return the head, after whole lines that it does not know yet were taken over and a torn one was cut off."""
    try:
        head = read_head(head_file(home).read_bytes())
        size = entries_file(home).stat().st_size
    except (FileNotFoundError, NotCanonical):
        raise LedgerBroken(home, "its head or its entries are gone or cannot be read") from None
    if not head.is_signed_by(key.public_key()) or size < head.size:
        raise LedgerBroken(home, "its head is not ours, or entries are missing at its end")
    if size == head.size:
        return head
    whole, found = head.size, (head.entries, head.digest)
    with entries_file(home).open("r+b") as file:
        file.seek(head.size)
        for line in file.readlines():
            if not line.endswith(b"\n"):
                break
            entry = _next(home, line, after=found, key=key.public_key())
            found, whole = (entry.number, entry.digest), whole + len(line)
        file.truncate(whole)
        os.fsync(file.fileno())
    return _put_head(home, head_of(found[0], whole, found[1], key=key))


def _next(home: Home, line: bytes, *, after: tuple[int, str], key: Ed25519PublicKey) -> Entry:
    try:
        entry = read_entry(line)
    except NotCanonical:
        raise LedgerBroken(home, "a line was added to it that it does not know") from None
    if (entry.number - 1, entry.previous) != after or not entry.is_signed_by(key):
        raise LedgerBroken(home, "a line was added to it that it does not know")
    return entry


def _append(descriptor: int, added: bytes, *, size: int) -> None:
    """Write everything and sync it; where it does not fit, nothing of it stays."""
    try:
        rest = memoryview(added)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, size)
        raise


def _put_head(home: Home, head: Head) -> Head:
    write_private(head_file(home), content=head.line)
    return head
