"""Which landed files a run will read. Here: settled files, their hashes, what is known of them. Not here: their rows."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path

from pipelines.intake.formats import suffix_of
from pipelines.lake.manifest import Manifest
from pipelines.lake.records import LandedFile
from pipelines.settings import Home

_UNFINISHED = ".part"


@dataclass(frozen=True)
class Pending:
    """A file to read: where it lies, how it is read (None: no format we know), what identifies it once that is known."""

    path: Path
    name: str
    suffix: str | None
    described: Future[LandedFile]

    @property
    def landed(self) -> LandedFile:
        """What identifies the file; waits until its hash is there."""
        return self.described.result()


def settled_files(home: Home, source: str) -> Iterator[Path]:
    """Yield the finished files of a source by name; `*.part` and dot files are still being written."""
    folder = home.landing / source
    if not folder.is_dir():
        return
    for path in _entries(folder):
        inside = path.relative_to(folder).parts
        hidden = any(part.startswith(".") for part in inside)
        if not hidden and not path.name.endswith(_UNFINISHED) and _is_reachable(path) and path.is_file():
            yield path


def unreachable_files(home: Home, sources: Iterable[str]) -> dict[str, int]:
    """Return how many entries of each source nobody can open: their names are no text, or lead nowhere. They stay there."""
    folders = {source: home.landing / source for source in sources if (home.landing / source).is_dir()}
    counts = {name: sum(not _is_reachable(path) for path in _entries(folder)) for name, folder in folders.items()}
    return {name: count for name, count in sorted(counts.items()) if count}


def _entries(folder: Path) -> list[Path]:
    # Path.rglob gives up where a link leads to a name that is too long.
    return sorted(Path(parent, name) for parent, _, names in os.walk(folder) for name in names)


def _is_reachable(path: Path) -> bool:
    try:
        str(path).encode()
        path.stat()
    except (OSError, UnicodeEncodeError):
        return False
    return True


def unread_files(home: Home, source: str, manifest: Manifest) -> tuple[Path, ...]:
    """Return the settled files that the manifest does not know by name, size and modification time."""
    known = manifest.known_files(source)
    found = []
    for path in settled_files(home, source):
        facts = path.stat()
        if known.get(manifest.digest(_name(home, source, path))) != (facts.st_size, facts.st_mtime_ns):
            found.append(path)
    return tuple(found)


def landed_files(home: Home, source: str, manifest: Manifest) -> Iterator[tuple[Path, str]]:
    """Yield the landed files of a source whose batch is committed, with its instant; one changed since is another."""
    known = manifest.committed_files(source)
    for path in settled_files(home, source) if known else ():
        facts, found = path.stat(), known.get(manifest.digest(_name(home, source, path)))
        if found and found[:2] == (facts.st_size, facts.st_mtime_ns):
            yield path, found[2]


def unknown_sources(home: Home, sources: Iterable[str]) -> tuple[str, ...]:
    """Return folders of the landing zone that no contract speaks of; nothing in them is read."""
    if not home.landing.is_dir():
        return ()
    known = set(sources)
    return tuple(sorted(p.name for p in home.landing.iterdir() if p.is_dir() and p.name not in known))


def sort_out(
    home: Home, source: str, manifest: Manifest, paths: Collection[Path], *, executor: Executor
) -> tuple[list[Pending], list[LandedFile]]:
    """Return (files to read, files whose content is known already).

    The same bytes under two names are one file: the first by name is read. Only files of a size seen before can be such a
    repetition, so that only they are hashed before they are read; `executor` hashes the others meanwhile.
    """
    digest = manifest.digester()
    seen = set(manifest.known_hashes(source))
    sizes = Counter(path.stat().st_size for path in paths) + Counter(
        size for size, _ in manifest.known_files(source).values()
    )
    pending: list[Pending] = []
    repeated: list[LandedFile] = []
    for path in paths:
        name = manifest.digest(_name(home, source, path))
        described = executor.submit(_describe, source, path, name=name, digest=digest)
        if sizes[path.stat().st_size] > 1:
            landed = described.result()
            if landed.content_hash in seen:
                repeated.append(landed)
                continue
            seen.add(landed.content_hash)
        pending.append(Pending(path, _name(home, source, path), suffix_of(path.name), described))
    return pending, repeated


def _describe(source: str, path: Path, *, name: str, digest: Callable[[str], str]) -> LandedFile:
    facts = path.stat()
    with path.open("rb") as stream:
        content = hashlib.file_digest(stream, "sha256").hexdigest()
    return LandedFile(source, name, digest(content), facts.st_size, facts.st_mtime_ns)


def _name(home: Home, source: str, path: Path) -> str:
    return path.relative_to(home.landing / source).as_posix()
