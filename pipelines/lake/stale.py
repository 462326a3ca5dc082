"""Which days await their models. Here: reading and clearing that list. Not here: building anything."""

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
        return manifest.stale()


def clear_stale(home: Home, stale: Mapping[str, Iterable[date]]) -> None:
    """Forget the given days, after their models were built."""
    with open_manifest(home) as manifest:
        manifest.clear_stale(stale)
