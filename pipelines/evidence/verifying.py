"""Whether the evidence ledger is sound: every line, every link, every signature, the head, and what was anchored elsewhere.

Pure: bytes and a public key in, findings out. Where the bytes lie and who is told does not belong here.

What this cannot see: somebody who holds the signing key can write another chain from the last anchored entry on, and
somebody who can put back old copies of the whole folder can hide what was recorded since, unless it was anchored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pipelines.evidence.entries import NOTHING_BEFORE, Head, NotCanonical, read_entry, read_head


@dataclass(frozen=True)
class Finding:
    """What is wrong, and at which entry (None: of the whole)."""

    number: int | None
    what: str


@dataclass(frozen=True)
class Verdict:
    """What a look at the whole chain found.

    `unfinished_bytes` stand at its end from a writer that was killed, and count for nothing; `anchored_entries` is how far
    the anchor knows the chain, None where there is no anchor.
    """

    entries: int
    findings: tuple[Finding, ...]
    unfinished_bytes: int
    anchored_entries: int | None

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def verify(
    lines: Iterable[bytes], head: bytes | None, *, key: Ed25519PublicKey, anchored: Sequence[bytes] | None = None
) -> Verdict:
    """Look at the lines of the chain in order, at its head, and at the heads that were anchored elsewhere, each as bytes.

    `anchored` is None where there is no anchor. Memory is bounded by the anchored heads.
    """
    findings: list[Finding] = []
    heads = list(_heads(anchored or (), key, findings))
    known = _own_head(head, key, findings)
    ends = _ends(heads, known)
    number, size, digest, unfinished = 0, 0, NOTHING_BEFORE, 0
    for line in lines:
        if not line.endswith(b"\n"):
            unfinished = len(line)
            break
        number += 1
        findings += _faults(line, number=number, previous=digest, key=key)
        digest, size = hashlib.sha256(line).hexdigest(), size + len(line)
        for each, what in ends.pop(number, ()):
            if (each.digest, each.size) != (digest, size):
                findings.append(Finding(number, f"is not the entry that {what} knows"))
    for count, missed in sorted(ends.items()):
        for _, what in missed:
            findings.append(Finding(None, f"{what} knows {count:,} entries, {number:,} are here: its end is missing"))
    last = max((each.entries for each in heads), default=0) if anchored is not None else None
    return Verdict(number, tuple(findings), unfinished, last)


def _ends(heads: Iterable[Head], known: Head | None) -> dict[int, list[tuple[Head, str]]]:
    """Return each end of the chain that somebody knows, by its number of entries."""
    found: dict[int, list[tuple[Head, str]]] = {}
    for each, what in [*((head, "the anchor") for head in heads), *([(known, "the head")] if known else [])]:
        found.setdefault(each.entries, []).append((each, what))
    return found


def _faults(line: bytes, *, number: int, previous: str, key: Ed25519PublicKey) -> Iterator[Finding]:
    try:
        entry = read_entry(line)
    except NotCanonical:
        yield Finding(number, "was changed: it is not as it was written")
        return
    if entry.number != number:
        yield Finding(number, f"bears the number {entry.number:,}")
    if entry.previous != previous:
        yield Finding(number, "does not follow the entry before it")
    if not entry.is_signed_by(key):
        yield Finding(number, "is not signed by the key of this home")


def _own_head(head: bytes | None, key: Ed25519PublicKey, findings: list[Finding]) -> Head | None:
    try:
        found = read_head(head or b"")
    except NotCanonical:
        findings.append(Finding(None, "the head is gone or cannot be read"))
        return None
    if not found.is_signed_by(key):
        findings.append(Finding(None, "the head is signed by another key"))
    return found


def _heads(anchored: Iterable[bytes], key: Ed25519PublicKey, findings: list[Finding]) -> Iterator[Head]:
    for line in anchored:
        try:
            found = read_head(line)
        except NotCanonical:
            findings.append(Finding(None, "the anchor holds a line that is no head"))
            continue
        if found.is_signed_by(key):
            yield found
        else:
            findings.append(Finding(found.entries, "the anchor holds a head that another key signed"))
