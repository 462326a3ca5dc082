"""One entry of the evidence ledger and the head of the chain, as bytes: canonical form, digest, signature.

Files, locks and what is recorded do not belong here. Nothing in an entry names a person: counts, names of datasets,
digests.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal, TypeAlias, get_args

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

Kind: TypeAlias = Literal[
    "genesis",
    "batch",
    "intervention",
    "release",
    "drop",
    "key",
    "policy",
    "export",
    "denial",
    "person",
    "access",
    "backup",
]
"""What an entry can be of. `drop` is what retention or an operator let go, `backup` a copy of the home that was made or put back,
`access` how far the log of the vault's openings goes; `export` is for audiences."""
KINDS: tuple[str, ...] = get_args(Kind)
NOTHING_BEFORE = "0" * 64
LONGEST_LINE = 1_000_000
"""Bytes. Whatever is longer is no entry and no head, and is not read to its end."""
_ENTRY, _HEAD = b"crosslife evidence entry v1\n", b"crosslife evidence head v1\n"
_DIGITS = 64


class NotCanonical(ValueError):
    """Bytes that are not what this room would have written."""


@dataclass(frozen=True)
class Entry:
    """One thing that happened: `of` names it within its kind, `previous` is the digest of the line before.

    `recorded_at` is the clock's UTC instant as text; what the content says of time is the run's own.
    """

    number: int
    previous: str
    recorded_at: str
    kind: str
    of: str
    content: Mapping[str, Any]
    signature: str = ""

    @property
    def line(self) -> bytes:
        """The entry as it stands in the file, with the line's end."""
        return _canonical(vars(self)) + b"\n"

    @property
    def digest(self) -> str:
        """SHA-256 of the line, which the next entry bears."""
        return hashlib.sha256(self.line).hexdigest()

    def signed(self, key: Ed25519PrivateKey) -> Entry:
        """Return the entry with its signature."""
        return Entry(**{**vars(self), "signature": key.sign(self._said()).hex()})

    def is_signed_by(self, key: Ed25519PublicKey) -> bool:
        """Say whether the signature is of this entry and this key."""
        return _is_signature(key, self.signature, self._said())

    def _said(self) -> bytes:
        return _ENTRY + _canonical({name: value for name, value in vars(self).items() if name != "signature"})


@dataclass(frozen=True)
class Head:
    """How far the chain goes: how many entries, how many bytes they take, and the digest of the last."""

    entries: int
    size: int
    digest: str
    signature: str = ""

    @property
    def line(self) -> bytes:
        """The head as it stands in its file and at an anchor, with the line's end."""
        return _canonical(vars(self)) + b"\n"

    def signed(self, key: Ed25519PrivateKey) -> Head:
        """Return the head with its signature."""
        return Head(self.entries, self.size, self.digest, key.sign(self._said()).hex())

    def is_signed_by(self, key: Ed25519PublicKey) -> bool:
        """Say whether the signature is of this head and this key."""
        return _is_signature(key, self.signature, self._said())

    def _said(self) -> bytes:
        return _HEAD + _canonical({name: value for name, value in vars(self).items() if name != "signature"})


def lines_of(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a file, each with its end; one that is too long in pieces."""
    while line := file.readline(LONGEST_LINE):
        yield line


def read_entry(line: bytes) -> Entry:
    """Return the entry that a line stands for. Raises NotCanonical unless it is byte for byte what we write."""
    entry = Entry(**_fields(line, _ENTRY_FIELDS))
    if entry.kind not in KINDS or entry.number < 1 or len(entry.previous) != _DIGITS:
        raise NotCanonical("a line of the evidence ledger is not as it was written")
    return entry


def read_head(line: bytes) -> Head:
    """Return the head that a line stands for. Raises NotCanonical unless it is byte for byte what we write."""
    head = Head(**_fields(line, _HEAD_FIELDS))
    if head.entries < 0 or head.size < 0 or len(head.digest) != _DIGITS:
        raise NotCanonical("a head of the evidence ledger is not as it was written")
    return head


def head_of(entries: int, size: int, digest: str, *, key: Ed25519PrivateKey) -> Head:
    """Return a signed head."""
    return Head(entries, size, digest).signed(key)


_ENTRY_FIELDS: Mapping[str, type] = {
    "number": int,
    "previous": str,
    "recorded_at": str,
    "kind": str,
    "of": str,
    "content": dict,
    "signature": str,
}
_HEAD_FIELDS: Mapping[str, type] = {"entries": int, "size": int, "digest": str, "signature": str}


def _fields(line: bytes, expected: Mapping[str, type]) -> dict[str, Any]:
    try:
        found = json.loads(line)
        is_ours = isinstance(found, dict) and _canonical(found) + b"\n" == line
    except (ValueError, RecursionError):
        is_ours = False
    if not is_ours or {name: type(value) for name, value in found.items()} != dict(expected):
        raise NotCanonical("a line of the evidence ledger is not as it was written")
    fields: dict[str, Any] = found
    return fields


def _canonical(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def _is_signature(key: Ed25519PublicKey, signature: str, said: bytes) -> bool:
    try:
        key.verify(bytes.fromhex(signature), said)
    except (InvalidSignature, ValueError):
        return False
    return True
