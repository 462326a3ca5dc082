"""The latest evidence that a home has of each kind: entries of its ledger, files it keeps. Not here: what it proves (clauses)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pipelines.evidence.entries import KINDS, Entry
from pipelines.evidence.ledger import read
from pipelines.settings import Home

_OF = ("source", "kind", "id", "step")


def latest(home: Home, wanted: Iterable[str]) -> dict[str, str]:
    """Return for each that is wanted the latest that is there, in words; nothing for others.

    Wanted are kinds of entries (`release`), those of one thing alone (`batch:payments`), or files relative to the home.
    """
    last: dict[str, Entry] = {}
    for entry in read(home):
        for name in (entry.kind, *(f"{entry.kind}:{entry.content[each]}" for each in _OF if each in entry.content)):
            last[name] = entry
    found = {}
    for each in set(wanted):
        if each in last:
            found[each] = f"entry {last[each].number:,} of {last[each].recorded_at[:10]}{_counts(last[each].content)}"
        elif kind_of(each) not in KINDS and (home.root / each).exists():
            found[each] = "kept"
    return found


def kind_of(evidence: str) -> str:
    """Return the kind of entry that is meant, or the file."""
    return evidence.partition(":")[0]


def _counts(content: Mapping[str, Any]) -> str:
    balance = content.get("balance", {})
    told = [f"{balance.get(name, 0):,} {name.replace('_', ' ')}" for name in ("rows_in", "accepted")] if balance else []
    return f" ({', '.join(told)})" if told else ""
