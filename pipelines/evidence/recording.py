"""What is recorded: what the home itself says has happened, so that a kill loses nothing and nothing is recorded twice.

Batches and interventions stand in the lake's manifest, keys in the keyring, the release in its folder; whatever of them the
ledger does not know yet is added. A refusal leaves no trace elsewhere and is recorded when it happens. Entries bear counts,
digests and words of the contracts: no text that somebody typed, no name of a file or of an unknown field.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines import lake, settings
from pipelines.evidence.entries import Entry
from pipelines.evidence.ledger import Happening, Ledger, open_ledger
from pipelines.identity.keyring import Keyring
from pipelines.settings import Home

_MADE, _DESTROYED = "made", "destroyed"
# Of a balance everything but names that a source invents.
_COUNTS = (
    "files",
    "repeated_files",
    "rows_in",
    "replayed",
    "accepted",
    "superseded",
    "duplicates",
    "duplicates_with_other_content",
    "displaced",
    "quarantined",
    "refused",
    "denied_consent",
    "days",
)
_LONGEST_SAID = 1_000
_NUMBERS_OF = ("rows", "dropped", "left_out", "forgotten")


def record(home: Home, ring: Keyring, *, policy: Path, at: datetime) -> int:
    """Record whatever has happened in this home and is not recorded yet; return how many entries that took.

    Raises LedgerBroken, MissingKey.
    """
    with open_ledger(home, ring, at=at) as ledger:
        known = _Known(ledger)
        happened = [
            *_policies(policy, known),
            *_keys(ring, known),
            *_arrivals(home, known),
            *_releases(home, known),
        ]
        ledger.append(happened, at=at)
    return len(happened)


def record_denial(home: Home, ring: Keyring, *, step: str, kind: str, said: str, at: datetime) -> None:
    """Record that a step was refused, by the kind of the error and what may be told of it. Raises LedgerBroken."""
    with open_ledger(home, ring, at=at) as ledger:
        number = sum(entry.kind == "denial" for entry in ledger.entries()) + 1
        content = {"step": step, "kind": kind, "said": said[:_LONGEST_SAID]}
        ledger.append([Happening("denial", f"denial/{number}", content)], at=at)


class _Known:
    """What the ledger knows already: names by kind, and the last content of those kinds that follow each other."""

    def __init__(self, ledger: Ledger) -> None:
        self.names: set[tuple[str, str]] = set()
        self.last: dict[str, Entry] = {}
        self.counts: dict[str, int] = {}
        for entry in ledger.entries():
            self.names.add((entry.kind, entry.of))
            self.last[entry.kind] = entry
            self.counts[entry.kind] = self.counts.get(entry.kind, 0) + 1

    def news(self, happened: Happening) -> Iterator[Happening]:
        if (happened.kind, happened.of) not in self.names:
            yield happened

    def changed(self, happened: Happening) -> Iterator[Happening]:
        """Yield it, numbered, unless it is what stands already: what was before can come again."""
        last = self.last.get(happened.kind)
        if last is None or last.content != happened.content:
            yield Happening(happened.kind, f"{happened.of}/{self.counts.get(happened.kind, 0) + 1}", happened.content)


def _policies(policy: Path, known: _Known) -> Iterator[Happening]:
    """Yield the policy and the contracts in force, by their digests, where they are others than last time."""
    texts = sorted(file for file in settings.CONTRACTS_DIR.rglob("*") if file.is_file())
    both = hashlib.sha256()
    for file in texts:
        both.update(f"{file.relative_to(settings.CONTRACTS_DIR)}\0".encode() + file.read_bytes() + b"\0")
    content = {"policy_sha256": _sha256(policy), "contracts_sha256": both.hexdigest()}
    yield from known.changed(Happening("policy", "policy", content))


def _keys(ring: Keyring, known: _Known) -> Iterator[Happening]:
    """Yield keys that were made, and keys that were made once and are gone; never more than their ids."""
    here = {f"{entry.id}@{entry.created}": {"id": entry.id, "version": entry.version} for entry in ring.entries()}
    for name, content in here.items():
        yield from known.news(Happening("key", f"{name} {_MADE}", content))
    made = [of.removesuffix(f" {_MADE}") for kind, of in known.names if kind == "key" and of.endswith(f" {_MADE}")]
    for name in sorted(set(made) - here.keys()):
        yield from known.news(Happening("key", f"{name} {_DESTROYED}", {"id": name.partition("@")[0]}))
    master = {"id": "master", "fingerprint": ring.master_fingerprint()}
    yield from known.news(Happening("key", f"master {master['fingerprint']} in force", master))


def _arrivals(home: Home, known: _Known) -> Iterator[Happening]:
    if not home.manifest_file.exists():
        return
    with lake.open_manifest(home) as manifest:
        batches, interventions = manifest.batches(), manifest.interventions()
    for batch in batches:
        counts = {name: batch.balance[name] for name in _COUNTS if batch.balance.get(name)}
        content = {"source": batch.source, "as_of": batch.as_of, "balance": counts}
        yield from known.news(Happening("batch", batch.batch_id, content))
    for work in interventions:
        counts = {name: work.counts[name] for name in _NUMBERS_OF if work.counts.get(name)}
        content = {"kind": work.kind, "as_of": work.as_of, "counts": counts}
        yield from known.news(Happening("intervention", work.intervention_id, content))
        for digest in work.counts.get("records", ()):
            # Of a person no more than this: whose it is, and what it says, the vault alone knows.
            yield from known.news(Happening("person", digest, {"ciphertext_sha256": digest}))


def _releases(home: Home, known: _Known) -> Iterator[Happening]:
    file = home.release / "release.json"
    if not file.exists():
        return
    told: Mapping[str, Any] = json.loads(file.read_bytes())
    content = {
        "edition": told["edition"],
        "as_of": told["as_of"],
        "policy_version": told["policy_version"],
        "threshold_distinct_learners": told["threshold_distinct_learners"],
        "held_back": sorted(told["held_back"]),
        "release_json_sha256": _sha256(file),
        "tables": {table["name"]: table["rows"] for table in told["tables"]},
    }
    yield from known.changed(Happening("release", told["edition"], content))


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
