"""The evidence ledger of a home looked at as a whole: its files and its anchor brought before `verifying`, and anchored again.

What a sound chain is, or where an anchor lies, does not belong here.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from io import BytesIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pipelines import lake
from pipelines.evidence import anchors
from pipelines.evidence.entries import NotCanonical, lines_of, read_head
from pipelines.evidence.ledger import Ledger, has_begun, open_ledger, read, signing_key
from pipelines.evidence.places import entries_file, head_file
from pipelines.evidence.problems import AnchorDenies
from pipelines.evidence.verifying import Finding, NotFollowed, Verdict, followed, verify
from pipelines.identity import access_log
from pipelines.identity.keyring import Keyring
from pipelines.settings import Home


def look(home: Home, *, key: Ed25519PublicKey, anchored: list[bytes] | None = None) -> Verdict:
    """Verify the ledger of a home against a public key and against what an anchor holds (None: there is none)."""
    try:
        head = head_file(home).read_bytes() if head_file(home).exists() else None
        return verify(_lines(home), head, key=key, anchored=anchored)
    except OSError as error:
        return Verdict(0, (Finding(None, f"it cannot be read ({type(error).__name__})"),), 0, None)


def look_with_keys(home: Home, ring: Keyring) -> Verdict:
    """Verify the ledger of a home with its own keys and its anchor. Raises MissingKey, AnchorUnusable.

    Where nothing was ever recorded, there is nothing to find; where the keyring knows of a ledger, one has to be there.
    """
    address = anchors.address_of(ring)
    anchored = anchors.kept(home, address) if address else None
    if not has_begun(ring):
        return Verdict(0, _faults_of_none(home, anchored), 0, None)
    verdict = look(home, key=signing_key(ring).public_key(), anchored=anchored)
    # What entries say is believed only where the chain is sound.
    return replace(verdict, findings=_faults_of_openings(home)) if verdict.is_sound else verdict


def faults_of_links(home: Home) -> tuple[str, ...]:
    """Return what can be told to be wrong without any key: entries that do not follow each other, or that the head denies."""
    if not entries_file(home).exists():
        return ()
    try:
        head = read_head(head_file(home).read_bytes())
        deque(followed(_lines(home), head), maxlen=0)
    except (OSError, NotCanonical):
        return ("the head or the entries cannot be read",)
    except NotFollowed as broken:
        return (str(broken),)
    return ()


def anchor(home: Home, ring: Keyring, *, at: datetime) -> int | None:
    """Keep the head at the anchor, where one was given and does not have it yet; return how many entries it then covers.

    None where no anchor was given. Raises AnchorUnusable, LedgerProblem; AnchorDenies where it knows another chain than this.
    """
    address = anchors.address_of(ring)
    if not address:
        return None
    # A server need not give back what it took: then it is given the head once more.
    kept = anchors.kept(home, address, may_give_nothing=True)
    with open_ledger(home, ring, at=at) as ledger:
        key = signing_key(ring).public_key()
        if (denied := _denied(kept, ledger, key)) is not None:
            raise AnchorDenies(home, denied)
        head = ledger.head
    if head.line not in kept[-1:]:
        anchors.keep(home, address, head)
    return head.entries


def _denied(kept: list[bytes], ledger: Ledger, key: Ed25519PublicKey) -> int | None:
    """Return the number of an entry of which a kept head of ours says something else, None where all agree."""
    for line in kept:
        with suppress(NotCanonical):
            head = read_head(line)
            is_here = 0 < head.entries <= len(ledger.entries) and ledger.entries[head.entries - 1].digest == head.digest
            if not is_here and head.is_signed_by(key):
                return head.entries
    return None


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
    """Hold the log of the vault's openings against every entry that knows it: it may only have grown."""
    log, digest, size, findings = access_log.path(home), hashlib.sha256(), 0, []
    with log.open("rb") if log.exists() else BytesIO() as file:
        for entry in (each for each in read(home) if each.kind == "access"):
            digest.update(file.read(max(0, entry.content["bytes"] - size)))
            if entry.content["bytes"] < size or digest.hexdigest() != entry.content["sha256"]:
                findings.append(
                    Finding(entry.number, "knows another log of the vault's openings than vault/access.jsonl")
                )
                break
            size = entry.content["bytes"]
    return tuple(findings)


def _lines(home: Home) -> Iterator[bytes]:
    if entries_file(home).exists():
        with entries_file(home).open("rb") as file:
            yield from lines_of(file)
