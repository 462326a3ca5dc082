"""The evidence ledger of a home looked at as a whole: its files and its anchor brought before `verifying`, and anchored again.

What a sound chain is, or where an anchor lies, does not belong here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pipelines import lake
from pipelines.evidence import anchors, chapters
from pipelines.evidence.entries import NOTHING_BEFORE, Head, NotCanonical, lines_of, read_entry, read_head
from pipelines.evidence.ledger import Ledger, has_begun, open_ledger, read, signing_key
from pipelines.evidence.places import entries_file, folder_of, head_file
from pipelines.evidence.problems import LedgerBroken
from pipelines.evidence.verifying import Finding, Verdict, verify
from pipelines.identity import access_log
from pipelines.identity.keyring import Keyring
from pipelines.settings import Home


def look(home: Home, *, key: Ed25519PublicKey, anchored: list[bytes] | None = None) -> Verdict:
    """Verify the ledger of a home against a public key and against what an anchor holds (None: there is none)."""
    try:
        head = head_file(home).read_bytes() if head_file(home).exists() else None
        former = tuple(chapters.former(folder_of(home), chapters.first_entry(entries_file(home))))
        verdict = verify(_lines(home), head, key=key, anchored=anchored, former=chapters.keys_of(former))
    except OSError as error:
        return Verdict(0, (Finding(None, f"it cannot be read ({type(error).__name__})"),), 0, None)
    changed = tuple(
        Finding(None, f"chapter {each.number} was changed since it was ended")
        for each in former
        if not each.is_unchanged
    )
    return replace(verdict, findings=(*verdict.findings, *changed), former=former)


def look_with_keys(home: Home, ring: Keyring) -> Verdict:
    """Verify the ledger of a home with its own keys and its anchor. Raises MissingKey, AnchorUnusable.

    Where nothing was ever recorded, there is nothing to find; where the keyring knows of a ledger, one has to be there.
    """
    address = anchors.address_of(ring)
    anchored = anchors.kept(home, address) if address else None
    if not has_begun(ring):
        return Verdict(0, _faults_of_none(home, anchored), 0, None)
    verdict = look(home, key=signing_key(ring).public_key(), anchored=anchored)
    return replace(verdict, findings=(*verdict.findings, *_faults_of_openings(home)))


def faults_of_links(home: Home) -> tuple[str, ...]:
    """Return what can be told to be wrong without any key: entries that do not follow each other, or that the head denies."""
    if not entries_file(home).exists():
        return ()
    try:
        head = read_head(head_file(home).read_bytes())
        digest, size = NOTHING_BEFORE, 0
        for number, line in enumerate(_lines(home), start=1):
            if size >= head.size and not line.endswith(b"\n"):
                break
            entry = read_entry(line)
            if (entry.number, entry.previous) != (number, digest):
                return (f"entry {number:,} does not follow the one before it",)
            digest, size = entry.digest, size + len(line)
            if number == head.entries and digest != head.digest:
                return (f"entry {number:,} is not the one that the head knows",)
    except (OSError, NotCanonical):
        return ("an entry or the head is not as it was written",)
    return () if size >= head.size else ("entries are missing at the end",)


def anchor(home: Home, ring: Keyring, *, at: datetime) -> int | None:
    """Keep the head at the anchor, where one was given and does not have it yet; return how many entries it then covers.

    None where no anchor was given. Raises AnchorUnusable; LedgerBroken where the anchor knows another chain than this.
    """
    address = anchors.address_of(ring)
    if not address:
        return None
    kept = _kept(home, address)
    with open_ledger(home, ring, at=at) as ledger:
        key = signing_key(ring).public_key()
        if another := [each for each in _ours(kept, key) if not _is_on(each, ledger)]:
            raise LedgerBroken(home, f"the anchor knows another entry {another[0].entries:,} than the one that is here")
        head = ledger.head
    if head.line not in kept[-1:]:
        anchors.keep(home, address, head)
    return head.entries


def _kept(home: Home, address: str) -> list[bytes]:
    # A server need not give back what it took: then it is given the head once more.
    with suppress(anchors.AnchorUnusable):
        return anchors.kept(home, address)
    return []


def _ours(kept: list[bytes], key: Ed25519PublicKey) -> Iterator[Head]:
    for line in kept:
        with suppress(NotCanonical):
            head = read_head(line)
            if head.is_signed_by(key):
                yield head


def _is_on(head: Head, ledger: Ledger) -> bool:
    return 0 < head.entries <= len(ledger.entries) and ledger.entries[head.entries - 1].digest == head.digest


def _faults_of_none(home: Home, anchored: list[bytes] | None) -> tuple[Finding, ...]:
    if entries_file(home).exists() or anchored:
        return (Finding(None, "there are entries or anchored heads, and the keyring has no key that began them"),)
    if not home.manifest_file.exists():
        return ()
    with lake.open_manifest(home) as manifest:
        batches = len(manifest.batches())
    what = (
        f"nothing was recorded, and {batches:,} batches stand in the lake: the next run records them, if it is not gone"
    )
    return (Finding(None, what),) if batches else ()


def _faults_of_openings(home: Home) -> tuple[Finding, ...]:
    """Hold the log of the vault's openings against the last entry that knows it: it may only have grown."""
    known = [entry for entry in read(home) if entry.kind == "access"]
    if not known:
        return ()
    log, last = access_log.path(home), known[-1]
    text = log.read_bytes() if log.exists() else b""
    if hashlib.sha256(text[: last.content["bytes"]]).hexdigest() == last.content["sha256"]:
        return ()
    return (Finding(last.number, "knows another log of the vault's openings than vault/access.jsonl"),)


def _lines(home: Home) -> Iterator[bytes]:
    if entries_file(home).exists():
        with entries_file(home).open("rb") as file:
            yield from lines_of(file)
