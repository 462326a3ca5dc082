"""The evidence ledger of a home: what happened, one signed line each, every line bearing the digest of the one before.

    evidence/ledger/entries.jsonl   the chain, only ever appended to
    evidence/ledger/head.json       how far it goes, replaced after each append

A line counts once the head says so. Killed in between, the next writer takes over the whole lines that it finds there and
cuts off a torn one. Not here: what is recorded (recording), whether the chain is sound (verifying).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pipelines.evidence.entries import (
    LONGEST_LINE,
    NOTHING_BEFORE,
    Entry,
    Head,
    Kind,
    NotCanonical,
    head_of,
    lines_of,
    read_entry,
    read_head,
)
from pipelines.evidence.places import entries_file, folder_of, head_file
from pipelines.evidence.problems import LedgerBroken, LedgerUnwritable
from pipelines.evidence.verifying import NotFollowed, followed
from pipelines.identity.files import locked, write_private
from pipelines.identity.keyring import Keyring, NewKey
from pipelines.settings import Home

_FAMILY = "evidence"
_FIRST = NewKey(f"{_FAMILY}/1", state="planned")


@dataclass(frozen=True)
class Happening:
    """Something to be recorded: `of` names it within its kind, and it is recorded once."""

    kind: Kind
    of: str
    content: Mapping[str, Any]


class Ledger:
    """The ledger of one home, open for writing by this process alone; open it with `open_ledger`.

    `entries` are all of them, the oldest first; each was seen to follow the one before, up to the signed head.
    """

    def __init__(self, home: Home, key: Ed25519PrivateKey, head: Head, entries: Sequence[Entry]) -> None:
        self._home = home
        self._key = key
        self.head = head
        self.entries = list(entries)

    def append(self, happened: Sequence[Happening], *, at: datetime) -> Head:
        """Add entries, durably and all or none, in one append; return the new head. Raises LedgerUnwritable."""
        added: list[Entry] = []
        for each in happened:
            before = added[-1] if added else None
            made = Entry(
                number=(before.number if before else self.head.entries) + 1,
                previous=before.digest if before else self.head.digest,
                recorded_at=at.astimezone(UTC).isoformat(timespec="milliseconds"),
                kind=each.kind,
                of=each.of,
                content=dict(each.content),
            )
            signed = made.signed(self._key)
            if len(signed.line) >= LONGEST_LINE:
                raise ValueError(f"an entry of the kind {each.kind} would be longer than any that is read")
            added.append(signed)
        if added:
            with _told(self._home):
                self._write(b"".join(each.line for each in added), last=added[-1])
            self.entries += added
        return self.head

    def _write(self, added: bytes, *, last: Entry) -> None:
        descriptor = os.open(entries_file(self._home), os.O_WRONLY | os.O_APPEND)
        try:
            _append(descriptor, added, size=self.head.size)
        finally:
            os.close(descriptor)
        head = head_of(last.number, self.head.size + len(added), last.digest, key=self._key)
        self.head = _put_head(self._home, head)


@contextmanager
def open_ledger(home: Home, ring: Keyring, *, at: datetime) -> Iterator[Ledger]:
    """Open the ledger of a home for writing; another writer is waited for. The first opening ever begins the chain.

    Raises LedgerBroken where it was altered or is gone, LedgerUnwritable, MissingKey where its key is.
    """
    with ExitStack() as held:
        with _told(home):
            folder_of(home).mkdir(mode=0o700, parents=True, exist_ok=True)
            held.enter_context(locked(folder_of(home) / ".lock", is_patient=True))
            ledger = _opened(home, ring, at=at)
        yield ledger


def _opened(home: Home, ring: Keyring, *, at: datetime) -> Ledger:
    ring.reload()
    if not _has_key(ring):
        if entries_file(home).exists() or head_file(home).exists():
            raise LedgerBroken(home, "the keyring has no key that began it")
        ring.change(add=[_FIRST])
    key = signing_key(ring)
    if ring.current(_FAMILY).state == "planned":
        _begin(home, key, at=at)
        ring.change(states={ring.current(_FAMILY).id: "current"})
    head, entries = _recovered(home, key)
    return Ledger(home, key, head, entries)


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
    with entries_file(home).open("rb") as file:
        for entry in map(_entry, lines_of(file)):
            if entry:
                yield entry


def _has_key(ring: Keyring) -> bool:
    return any(entry.family == _FAMILY for entry in ring.entries())


def _begin(home: Home, key: Ed25519PrivateKey, *, at: datetime) -> None:
    """Write the first entry and the first head; again after a kill, it begins anew: nothing has counted yet."""
    _refuse_over_another(home, key)
    first = Entry(
        number=1,
        previous=NOTHING_BEFORE,
        recorded_at=at.astimezone(UTC).isoformat(timespec="milliseconds"),
        kind="genesis",
        of=_FIRST.id,
        content={"public_key": public_key_text(key.public_key())},
    ).signed(key)
    write_private(entries_file(home), content=first.line)
    _put_head(home, head_of(1, len(first.line), first.digest, key=key))


def _refuse_over_another(home: Home, key: Ed25519PrivateKey) -> None:
    """Let a chain be begun where there is none, or where this very key began one and was killed; nowhere else."""
    if not entries_file(home).exists():
        if head_file(home).exists():
            raise LedgerBroken(home, "its entries are gone")
        return
    with entries_file(home).open("rb") as file:
        lines = list(islice(lines_of(file), 2))
    begun = _entry(lines[0]) if len(lines) == 1 else None
    if begun is None or begun.kind != "genesis" or not begun.is_signed_by(key.public_key()):
        raise LedgerBroken(home, "there is a chain already, and the keyring says that none was begun")


def _recovered(home: Home, key: Ed25519PrivateKey) -> tuple[Head, list[Entry]]:
    """Return head and entries, after whole lines that the head does not know yet were taken over and a torn one was cut off.

    Up to the head links and digests are enough: whoever holds no key cannot change a line without the signed head's knowing.
    """
    try:
        head = read_head(head_file(home).read_bytes())
        size = entries_file(home).stat().st_size
    except (FileNotFoundError, NotCanonical):
        raise LedgerBroken(home, "its head or its entries are gone or cannot be read") from None
    if not head.is_signed_by(key.public_key()) or size < head.size:
        raise LedgerBroken(home, "its head is not ours, or entries are missing at its end")
    with entries_file(home).open("r+b") as file:
        try:
            entries = list(followed(lines_of(file), head, key=key.public_key()))
        except NotFollowed as broken:
            raise LedgerBroken(home, str(broken)) from None
        whole = sum(len(entry.line) for entry in entries)
        if whole == size == head.size:
            return head, entries
        file.truncate(whole)
        os.fsync(file.fileno())
    return _put_head(home, head_of(len(entries), whole, entries[-1].digest, key=key)), entries


def _entry(line: bytes) -> Entry | None:
    try:
        return read_entry(line)
    except NotCanonical:
        return None


@contextmanager
def _told(home: Home) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LedgerUnwritable(home, error) from None


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
