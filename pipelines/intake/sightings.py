"""Which fields the rows of each file bear, in counts: known ones, unknown ones, and which of them stand beside each other.

Memory stays bounded however many kinds of rows there are. Not here: what follows from it (`drifts`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from pipelines.intake.leaves import Leaves
from pipelines.intake.shapes import Shape, known_paths, unknown_names

_MOST_NAMES = 1_000
_OTHER_NAMES = "(further names)"
_MOST_OF_A_FILE = 50
_MOST_SHAPES = 20_000
_CACHED_SHAPES = 1_000


@dataclass
class Sighting:
    """What was seen of one file: rows, rows that bear a field by its name, and for unknown names which stood beside them.

    `wrong` are the rows whose value of a field was none of its type.
    """

    rows: int = 0
    present: Counter[str] = field(default_factory=Counter)
    beside: dict[str, Counter[str]] = field(default_factory=dict)
    wrong: Counter[str] = field(default_factory=Counter)

    def add(self, known: frozenset[str], unknown: tuple[str, ...], rows: int) -> None:
        """Count rows of one shape."""
        self.rows += rows
        for name in known:
            self.present[name] += rows
        for name in unknown:
            if name not in self.beside and len(self.beside) >= _MOST_OF_A_FILE:
                continue
            self.present[name] += rows
            others = self.beside.setdefault(name, Counter())
            for other in known:
                others[other] += rows

    def share(self, name: str) -> float:
        """Return the share of rows that bear a field."""
        return self.present[name] / self.rows if self.rows else 0.0


class Sightings:
    """What was seen of the files of one batch, by their number; `unknown` counts unknown names over all of them."""

    def __init__(self, leaves: Leaves) -> None:
        self._leaves = leaves
        self._names: dict[int, tuple[frozenset[str], tuple[str, ...]]] = {}
        self._shapes = 0
        self.files: dict[int, Sighting] = {}
        self.unknown: Counter[str] = Counter()

    def add(self, file_no: int, shape_hash: int, shape: Shape | None, rows: int) -> None:
        """Count rows of one shape of one file; a row without a shape could not be read."""
        if shape is None:
            return
        known, unknown = self._named(shape_hash, shape)
        for name in unknown:
            self.unknown[name if len(self.unknown) < _MOST_NAMES else _OTHER_NAMES] += rows
        self._shapes += 1
        if self._shapes <= _MOST_SHAPES:
            self.files.setdefault(file_no, Sighting()).add(known, unknown, rows)

    def _named(self, shape_hash: int, shape: Shape) -> tuple[frozenset[str], tuple[str, ...]]:
        if shape_hash not in self._names:
            named = known_paths(shape, leaves=self._leaves), tuple(unknown_names(shape, leaves=self._leaves))
            if len(self._names) >= _CACHED_SHAPES:
                return named
            self._names[shape_hash] = named
        return self._names[shape_hash]
