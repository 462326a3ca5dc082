"""The latest evidence that a home has of each kind: entries of its ledger, files it keeps. Not here: what it proves (clauses)."""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.evidence.entries import KINDS, Entry
from pipelines.evidence.ledger import read
from pipelines.settings import Home


def latest(home: Home, wanted: Iterable[str]) -> dict[str, str]:
    """Return for each kind of entry, or file relative to the home, the latest that is there in words; nothing for others."""
    last: dict[str, Entry] = {entry.kind: entry for entry in read(home)}
    found = {}
    for each in set(wanted):
        if each in last:
            found[each] = f"entry {last[each].number:,} of {last[each].recorded_at[:10]}"
        elif each not in KINDS and (home.root / each).exists():
            found[each] = "kept"
    return found
