"""Landed folders that no contract speaks of: said, because nothing in them is ever read. Not here: finding them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def unread_folders(folders: Sequence[str], *, sources: Iterable[str]) -> str:
    """Return the line that warns of such folders, and names the sources there are."""
    listed = ", ".join(f"landing/{name}" for name in folders)
    return f"warning: no contract speaks of {listed}, so nothing there is read. Sources: {', '.join(sorted(sources))}"
