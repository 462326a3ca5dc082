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

from pipelines.evidence.entries import LONGEST_LINE, NOTHING_BEFORE, Entry, Head, NotCanonical, read_entry, read_head

_NONE_KEPT = (
    "the anchor holds no head of this chain: either it was given just now (the next command that records keeps one there), "
    "or it was emptied or exchanged"
)
_FOREIGN = "is not signed by the key of this home"


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


class NotFollowed(ValueError):
    """An entry is not the one that follows, or that the head knows; the message says which."""


def followed(lines: Iterable[bytes], head: Head, *, key: Ed25519PublicKey | None = None) -> Iterator[Entry]:
    """Yield each entry that follows the one before; a torn last line is none. Raises NotFollowed.

    Up to a signed head links and digests are enough, as nobody without the key can bend them. With `key`, what is behind the
    head has to be signed by it.
    """
    size, digest = 0, NOTHING_BEFORE
    for number, line in enumerate(lines, start=1):
        is_known = size < head.size
        if not is_known and not line.endswith(b"\n") and len(line) < LONGEST_LINE:
            return
        try:
            entry = read_entry(line)
        except NotCanonical:
            raise NotFollowed(f"entry {number:,} is not as it was written") from None
        if (entry.number, entry.previous) != (number, digest):
            raise NotFollowed(f"entry {number:,} does not follow the one before it")
        if not is_known and key and not entry.is_signed_by(key):
            raise NotFollowed(f"entry {number:,} was added by somebody else")
        size, digest = size + len(line), entry.digest
        if is_known and size >= head.size and (size, number, digest) != (head.size, head.entries, head.digest):
            raise NotFollowed(f"entry {number:,} is not the one that its head knows")
        yield entry
    if size < head.size:
        raise NotFollowed("entries are missing at its end")


def verify(
    lines: Iterable[bytes],
    head: bytes | None,
    *,
    key: Ed25519PublicKey,
    anchored: Sequence[bytes] | None = None,
) -> Verdict:
    """Look at the lines of the chain in order, at its head, and at the heads that were anchored elsewhere, each as bytes.

    `anchored` is None where there is no anchor. Memory is bounded by the anchored heads.
    """
    findings: list[Finding] = []
    heads = [] if anchored is None else list(_heads(anchored, key, findings))
    known = _own_head(head, key, findings)
    ends = _ends(heads, known)
    number, size, digest, unfinished = 0, 0, NOTHING_BEFORE, 0
    for line in lines:
        if not line.endswith(b"\n"):
            unfinished = len(line)
            if unfinished >= LONGEST_LINE:
                findings.append(Finding(number + 1, "is longer than any entry that we write"))
            break
        number += 1
        findings += _faults(line, number=number, previous=digest, key=key)
        digest, size = hashlib.sha256(line).hexdigest(), size + len(line)
        for each, what in ends.pop(number, ()):
            if (each.digest, each.size) != (digest, size):
                findings.append(Finding(number, f"is not the entry that {what} knows"))
    if number and sum(each.what == _FOREIGN for each in findings) == number:
        rest = [each for each in findings if each.what != _FOREIGN]
        findings = [Finding(None, f"all {number:,} entries are signed by another key than the one given"), *rest]
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
        yield Finding(number, _FOREIGN)


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
    """Yield the heads that are ours; what else the anchor holds is told once, and so is that it holds none of ours."""
    others, foreign, found = 0, 0, 0
    for line in anchored:
        try:
            head = read_head(line)
        except NotCanonical:
            others += 1
            continue
        if head.is_signed_by(key):
            found += 1
            yield head
        else:
            foreign += 1
    if others:
        findings.append(Finding(None, f"the anchor holds {others:,} lines that are no heads"))
    if foreign:
        findings.append(
            Finding(None, f"the anchor holds {foreign:,} heads that another key signed: it serves one home alone")
        )
    if not found:
        findings.append(Finding(None, _NONE_KEPT))
