"""What is recorded: what the home itself says has happened, so that a kill loses nothing and nothing is recorded twice.

Batches and interventions stand in the lake's manifest, keys in the keyring, the release in its folder, openings of the vault
in its log; whatever of them the ledger does not know yet is added. A refusal leaves no trace elsewhere and is recorded when it
happens, by step and kind. Entries bear counts, digests and words of the contracts: no text that somebody typed, no path, no
name of a file or of an unknown field.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines import lake, settings
from pipelines.evidence.anchors import AnchorUnusable
from pipelines.evidence.entries import Entry, Kind
from pipelines.evidence.ledger import Happening, Ledger, open_ledger
from pipelines.evidence.looking import anchor
from pipelines.evidence.problems import LedgerProblem
from pipelines.identity import access_log, keys
from pipelines.identity.keyring import Keyring
from pipelines.settings import Home

_MADE, _DESTROYED, _MASTER = "made", "destroyed", "master"
_NOTED = "_is_noted"
_TERMS = (".yaml", ".yml", ".sql")
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
_NUMBERS_OF = (
    *("rows", "dropped", "left_out", "forgotten", "plan", "files", "kept", "keys", "unreadable", "is_complete"),
    *("held", "enrolments", "subjects", "sealed", "windows", "overdue", "ids", "clause"),
)
_COPIES = ("backup", "restore")
_EXPORT = "audience"
_FACTS_OF_EXPORTS = (
    *(
        "segment",
        "recipient",
        "mode",
        "rung",
        "agreement",
        "fields",
        "policy_version",
        "people",
        "contacts_out",
        "invalid",
    ),
)
_FACTS_OF_COPIES = ("backup", "made_at", "bytes", "horizons")
# Names of tables, digests, versions, instants; no blank and no sign by which somebody could be told of.
_WORD = re.compile(r"[A-Za-z0-9_.:+-]{0,80}")
_MOST_WORDS = 1_000
_DROPS = ("retention", "retention_raw", "trim", "quarantine_drop", "minors")


def record(home: Home, ring: Keyring, *, policy: Path | None, at: datetime) -> int:
    """Record whatever has happened in this home and is not recorded yet; return how many entries that took.

    `policy` is the one in force, None where the command works under none. Raises LedgerProblem, MissingKey.
    """
    with open_ledger(home, ring, at=at) as ledger:
        known = _Known(ledger)
        happened = [
            *(_policies(policy, known) if policy else ()),
            *_keys(ring, known),
            *_openings(home, known),
            *_arrivals(home, known),
        ]
        ledger.append(happened, at=at)
        # What a release was made of is what is recorded by now.
        releases = list(_releases(home, known, up_to=ledger.head.entries))
        ledger.append(releases, at=at)
    return len(happened) + len(releases)


def record_denial(home: Home, ring: Keyring, *, step: str, kind: str, at: datetime) -> None:
    """Record that a step was refused, by the kind of the error: what it says may bear a path. Raises LedgerProblem."""
    with open_ledger(home, ring, at=at) as ledger:
        number = sum(entry.kind == "denial" for entry in ledger.entries) + 1
        ledger.append([Happening("denial", f"denial/{number}", {"step": step, "kind": kind})], at=at)


def note_refusal(home: Home, error: BaseException, *, step: str, at: datetime) -> str:
    """Record that an error refused a step, once, and anchor it; return why that could not be done, empty where it was."""
    # That the ledger itself refuses is no event for it: it would grow by one at each run.
    if getattr(error, _NOTED, False) or isinstance(error, LedgerProblem):
        return ""
    try:
        ring = keys.open_keyring(home)
        record_denial(home, ring, step=step, kind=type(error).__name__, at=at)
        setattr(error, _NOTED, True)
        with suppress(AnchorUnusable, LedgerProblem):
            anchor(home, ring, at=at)
    except Exception as failure:  # noqa: BLE001 - whatever it is, the refusal is what has to be told
        return type(failure).__name__
    return ""


class _Known:
    """What the ledger knows already: names by kind, and the last content of those kinds that follow each other."""

    def __init__(self, ledger: Ledger) -> None:
        self.names: set[tuple[str, str]] = set()
        self.last: dict[str, Entry] = {}
        self.counts: dict[str, int] = {}
        self.masters: list[str] = []
        for entry in ledger.entries:
            self.names.add((entry.kind, entry.of))
            self.last[entry.kind] = entry
            self.counts[entry.kind] = self.counts.get(entry.kind, 0) + 1
            if entry.kind == "key" and entry.content["id"] == _MASTER:
                self.masters.append(entry.content["fingerprint"])

    def news(self, happened: Happening) -> Iterator[Happening]:
        if (happened.kind, happened.of) not in self.names:
            yield happened

    def changed(self, happened: Happening, **beside: Any) -> Iterator[Happening]:  # noqa: ANN401
        """Yield it, numbered, unless it is what stands already: what was before can come again.

        What is told `beside` makes no difference.
        """
        last = self.last.get(happened.kind)
        if last is None or {**last.content, **beside} != {**happened.content, **beside}:
            number = self.counts.get(happened.kind, 0) + 1
            yield Happening(happened.kind, f"{happened.of}/{number}", {**happened.content, **beside})


def _policies(policy: Path, known: _Known) -> Iterator[Happening]:
    """Yield the policy and the contracts in force, by their digests, where they are others than last time."""
    both = hashlib.sha256()
    for file in sorted(_terms()):
        both.update(f"{file.relative_to(settings.CONTRACTS_DIR)}\0".encode() + file.read_bytes() + b"\0")
    content = {"policy_sha256": _sha256(policy), "contracts_sha256": both.hexdigest()}
    yield from known.changed(Happening("policy", "policy", content))


def _terms() -> Iterator[Path]:
    """Yield the files that say what holds; what an editor leaves beside them does not."""
    for file in settings.CONTRACTS_DIR.rglob("*"):
        if file.suffix in _TERMS and file.is_file() and not file.name.startswith("."):
            yield file


def _keys(ring: Keyring, known: _Known) -> Iterator[Happening]:
    """Yield keys that were made, and keys that were made once and are gone; never more than their ids."""
    here = {
        f"{entry.id} v{entry.version}@{entry.created}": {"id": entry.id, "version": entry.version}
        for entry in ring.entries()
    }
    for name, content in here.items():
        yield from known.news(Happening("key", f"{name} {_MADE}", {**content, "event": _MADE}))
    made = [of.removesuffix(f" {_MADE}") for kind, of in known.names if kind == "key" and of.endswith(f" {_MADE}")]
    for name in sorted(set(made) - here.keys()):
        content = {"id": name.partition(" ")[0], "event": _DESTROYED}
        yield from known.news(Happening("key", f"{name} {_DESTROYED}", content))
    master = ring.master_fingerprint()
    if known.masters[-1:] != [master]:
        content = {"id": _MASTER, "fingerprint": master, "event": "in force"}
        yield Happening("key", f"{_MASTER} {master} in force/{len(known.masters) + 1}", content)


def _openings(home: Home, known: _Known) -> Iterator[Happening]:
    """Yield how far the log of the vault's openings goes, by its digest: no line of it can be taken out unseen."""
    log = access_log.path(home)
    if log.exists():
        text = log.read_bytes()
        content = {"openings": text.count(b"\n"), "bytes": len(text), "sha256": hashlib.sha256(text).hexdigest()}
        yield from known.changed(Happening("access", "access", content))


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
        counts = {name: work.counts[name] for name in _named_of(work.kind) if work.counts.get(name)}
        content = {"kind": work.kind, "as_of": work.as_of, "counts": counts}
        yield from known.news(Happening(_kind_of(work.kind), work.intervention_id, content))
        for digest in work.counts.get("records", ()):
            # Of a person no more than this: whose it is, and what it says, the vault alone knows.
            yield from known.news(Happening("person", digest, {"ciphertext_sha256": digest}))


def _named_of(kind: str) -> tuple[str, ...]:
    return _FACTS_OF_EXPORTS if kind == _EXPORT else (*_NUMBERS_OF, *_FACTS_OF_COPIES)


def _kind_of(kind: str) -> Kind:
    if kind == _EXPORT:
        return "export"
    return "drop" if kind in _DROPS else "backup" if kind in _COPIES else "intervention"


def _releases(home: Home, known: _Known, *, up_to: int) -> Iterator[Happening]:
    file = home.release / "release.json"
    if not file.exists():
        return
    text = file.read_bytes()
    content = {"release_json_sha256": hashlib.sha256(text).hexdigest(), **_told_of(text)}
    name = str(content.get("edition", "unreadable"))
    yield from known.changed(Happening("release", name, content), made_of_entries_up_to=up_to)


def _told_of(text: bytes) -> dict[str, Any]:
    """Return what a release tells of itself; nothing where it is not as we write it: anybody can have put it there."""
    try:
        told = json.loads(text)
        tables = {table["name"]: int(table["rows"]) for table in told["tables"]}
        content = {name: told[name] for name in ("edition", "as_of", "policy_version", "threshold_distinct_learners")}
        content |= {"held_back": sorted(told["held_back"]), "tables": tables}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
    words = [*map(str, list(content.values())[:4]), *content["held_back"], *tables]
    is_ours = len(words) < _MOST_WORDS and all(isinstance(word, str) and _WORD.fullmatch(word) for word in words)
    return content if is_ours else {}


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
