"""Landed folders and files that are never read: said, because nobody would see it else. Not here: finding them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def unread_folders(folders: Sequence[str], *, sources: Iterable[str]) -> str:
    """Return the line that warns of such folders, and names the sources there are."""
    listed = ", ".join(f"landing/{name}" for name in folders)
    return f"warning: no contract speaks of {listed}, so nothing there is read. Sources: {', '.join(sorted(sources))}"


def unreachable(counts: Mapping[str, int]) -> str:
    """Return the line that warns of files that nobody can open; their names are not told, they may be anything."""
    listed = ", ".join(f"{count} in landing/{source}" for source, count in counts.items())
    return f"warning: files that cannot be opened, by their names or where these lead: {listed}. Rename or remove them"
