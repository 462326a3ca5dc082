"""Which days await their models, and whether they may be built from. Here: that list. Not here: building or judging."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from pipelines.lake.manifest import open_manifest
from pipelines.settings import Home


def stale_days(home: Home) -> dict[str, tuple[date, ...]]:
    """Return dataset → days that changed in the lake since the models last saw them.

    A state dataset (accounts, courses, …) stands there with the day of the run that changed it.
    """
    if not home.manifest_file.exists():
        return {}
    with open_manifest(home) as manifest:
        return manifest.staleness().days()


def clear_stale(home: Home, stale: Mapping[str, Iterable[date]]) -> None:
    """Forget the given days, after their models were built."""
    with open_manifest(home) as manifest:
        manifest.staleness().clear(stale)


def note_judged(home: Home, dataset: str, days: Iterable[date], *, is_met: bool) -> None:
    """Note whether days of a dataset meet its contract as they stand now; a day that changes again loses the note."""
    with open_manifest(home) as manifest:
        manifest.staleness().note_judged({dataset: days}, is_met=is_met)


def unmet(home: Home) -> frozenset[str]:
    """Return the datasets with a stale day that misses its contract, or that nobody has judged since it changed."""
    if not home.manifest_file.exists():
        return frozenset()
    with open_manifest(home) as manifest:
        return manifest.staleness().unmet()
