"""What a restore has to do again: what was dropped and which keys were destroyed since the backups that can still be opened.

It stands beside the backup keys, outside the home, under their seal. Nothing is dropped here; whoever drops says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from pipelines.identity import backup_keys
from pipelines.identity.keyring import Entry, Keyring
from pipelines.settings import Home

_LIVING = ("secret",)
_OPENING = ("vault", "lookup")
"""Families whose old keys open an old vault: a restore opens it, and destroys them again by exchanging them."""


def note_drops(home: Home, entries: Mapping[str, str]) -> None:
    """Note up to which day (ISO) each `dataset/kind` was dropped; a day that is noted already is never lowered.

    Where no backup was ever made, nothing is noted: the first one has the horizons of its manifest.
    Raises ValueError where a name or day is none.
    """
    for name, through in entries.items():
        dataset, _, kind = name.partition("/")
        if not dataset or not kind or date.fromisoformat(through).isoformat() != through:
            raise ValueError("a horizon is dataset/kind and a day as 2026-06-30")
    if not entries or not _has_backups(home):
        return
    with backup_keys.changing(home) as book:
        for name, through in entries.items():
            book.horizons[name] = max(book.horizons.get(name, through), through)


def note_destroyed(home: Home, names: Iterable[str]) -> None:
    """Note the ids (`quarantine/2026-01-01`) or tokens of keys that are destroyed for good, before or after they are."""
    if (listed := set(names)) and _has_backups(home):
        with backup_keys.changing(home) as book:
            book.destroyed |= listed


def note_gone(home: Home, ring: Keyring, *, had: Iterable[str] | None = None) -> int:
    """Note every key that the home had when this was last called and has no more; return how many those are.

    `had` are the tokens of a home that was put back, in the place of what was noted of the one that is lost: a key that only a
    later backup has was not destroyed. A secret of another party that was exchanged is none of them: it opens nothing here.
    """
    if not _has_backups(home):
        return 0
    here = {entry.token for entry in ring.entries()}
    with backup_keys.changing(home) as book:
        before = book.ring if had is None else set(had)
        gone = {token for token in before - here if token.partition("/")[0] not in _LIVING} - book.destroyed
        book.destroyed |= gone
        book.ring = here
    return len(gone)


def is_destroyed(entry: Entry, destroyed: Iterable[str]) -> bool:
    """Say whether the journal says of a key that it is gone for good."""
    return not {entry.id, entry.token}.isdisjoint(destroyed)


def opens_the_vault(entry: Entry) -> bool:
    """Say whether a key is needed to open the vault that it lies beside."""
    return entry.family in _OPENING


def _has_backups(home: Home) -> bool:
    return backup_keys.place_of(home).exists()
