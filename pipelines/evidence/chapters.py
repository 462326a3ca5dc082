"""Chapters of the evidence ledger: where a chain takes no more entries, or its key is to be exchanged, another begins.

    evidence/ledger/chapter-1/{entries.jsonl,head.json}   the chain as it was found, sound or not
    evidence/ledger/chapter-1/before.json                 what the first entry of the next chapter says of it

The next chapter has a key of its own, and its first entry bears what it found: how many entries, their digest, the public key
they were signed by, and why it was ended. The key of a chapter that was ended is destroyed: nobody adds to it any more. Not
here: what a sound chain is (verifying), or who may begin another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pipelines.evidence.entries import Entry, NotCanonical, lines_of, read_entry
from pipelines.identity.files import write_private

REASONS = ("restored_backup", "tampering", "disk_failure", "key_rotation", "other")
_NAME, _BEFORE = "chapter-", "before.json"
_FILES = ("entries.jsonl", "head.json")


@dataclass(frozen=True)
class Former:
    """A chapter that was ended: its number, why, how many entries it had, and whether it is still as it was then."""

    number: int
    reason: str
    entries: int
    public_key: str
    is_unchanged: bool


def close(folder: Path, *, number: int, reason: str, public_key: str) -> None:
    """Set the chain aside as it is; done again after a kill, it completes what is left. Nothing of it is read or judged."""
    aside = folder / f"{_NAME}{number}"
    aside.mkdir(mode=0o700, exist_ok=True)
    if not (aside / _BEFORE).exists():
        entries = folder / _FILES[0]
        lines, digest = _extent(entries)
        told = {
            "chapter": number,
            "reason": reason,
            "public_key": public_key,
            "entries": lines,
            "entries_sha256": digest,
        }
        write_private(aside / _BEFORE, content=json.dumps(told).encode())
    for name in _FILES:
        if (folder / name).exists():
            (folder / name).replace(aside / name)


def before(folder: Path, *, number: int) -> dict[str, Any]:
    """Return what the first entry of chapter `number` says of the one before; nothing where it is the first."""
    file = folder / f"{_NAME}{number - 1}" / _BEFORE
    return {"before": json.loads(file.read_bytes())} if file.exists() else {}


def former(folder: Path, genesis: Entry | None) -> Iterator[Former]:
    """Yield the chapters before the one that begins with `genesis`, the latest first, as each tells of the one before it."""
    told = genesis.content.get("before") if genesis else None
    while told:
        entries = folder / f"{_NAME}{told['chapter']}" / _FILES[0]
        is_unchanged = _extent(entries) == (told["entries"], told["entries_sha256"])
        yield Former(told["chapter"], told["reason"], told["entries"], told["public_key"], is_unchanged)
        first = first_entry(entries) if is_unchanged else None
        told = first.content.get("before") if first else None


def keys_of(formers: tuple[Former, ...]) -> tuple[Ed25519PublicKey, ...]:
    """Return the keys under which heads of earlier chapters stand at the anchor."""
    return tuple(Ed25519PublicKey.from_public_bytes(bytes.fromhex(each.public_key)) for each in formers)


def first_entry(entries: Path) -> Entry | None:
    """Return the first entry of a chain, None where it cannot be read."""
    if not entries.is_file():
        return None
    with entries.open("rb") as file:
        try:
            return read_entry(next(lines_of(file), b""))
        except NotCanonical:
            return None


def _extent(entries: Path) -> tuple[int, str]:
    digest, lines = hashlib.sha256(), 0
    if entries.is_file():
        with entries.open("rb") as file:
            for line in lines_of(file):
                digest.update(line)
                lines += line.endswith(b"\n")
    return lines, digest.hexdigest()
