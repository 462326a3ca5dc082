"""The evidence ledger of a home looked at as a whole: its files and its anchor brought before `verifying`, and anchored again.

What a sound chain is, or where an anchor lies, does not belong here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pipelines import lake
from pipelines.evidence import anchors
from pipelines.evidence.ledger import entries_file, has_begun, head_file, open_ledger, signing_key
from pipelines.evidence.verifying import Finding, Verdict, verify
from pipelines.identity.keyring import Keyring
from pipelines.settings import Home


def look(home: Home, *, key: Ed25519PublicKey, anchored: list[bytes] | None = None) -> Verdict:
    """Verify the ledger of a home against a public key and against what an anchor holds (None: there is none)."""
    head = head_file(home).read_bytes() if head_file(home).exists() else None
    return verify(_lines(home), head, key=key, anchored=anchored)


def look_with_keys(home: Home, ring: Keyring) -> Verdict:
    """Verify the ledger of a home with its own keys and its anchor. Raises MissingKey, AnchorUnusable.

    Where nothing was ever recorded, there is nothing to find; where the keyring knows of a ledger, one has to be there.
    """
    address = anchors.address_of(ring)
    anchored = anchors.kept(home, address) if address else None
    if not has_begun(ring):
        return Verdict(0, _faults_of_none(home, anchored), 0, None)
    return look(home, key=signing_key(ring).public_key(), anchored=anchored)


def anchor(home: Home, ring: Keyring, *, at: datetime) -> int | None:
    """Keep the head at the anchor, where one was given and does not have it yet; return how many entries it then covers.

    None where no anchor was given. Raises AnchorUnusable, LedgerBroken.
    """
    address = anchors.address_of(ring)
    if not address:
        return None
    with open_ledger(home, ring, at=at) as ledger:
        head = ledger.head
    if head.line not in _last_kept(home, address):
        anchors.keep(home, address, head)
    return head.entries


def _last_kept(home: Home, address: str) -> list[bytes]:
    # A server need not give back what it took: then it is given the head once more.
    with suppress(anchors.AnchorUnusable):
        return anchors.kept(home, address)[-1:]
    return []


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


def _lines(home: Home) -> Iterator[bytes]:
    if entries_file(home).exists():
        with entries_file(home).open("rb") as lines:
            yield from lines
