"""What the rows of one source are: numbered, so that each is found again. How they are made is in `rows` and `tools`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
SPARE = 5_000
"""Numbers from here on are of ids that no row has until it is changed."""


@dataclass(frozen=True)
class Sample:
    """The rows of a source: some that are unlike each other, the other values of a path, and what a tool adds at last.

    A row is found again in the lake by its instant (`marker`) or, where that was changed, by its id (`second`).
    """

    bases: tuple[Callable[[int], Row], ...]
    others: Callable[[str, int], tuple[Any, ...]]
    marker: str
    second: str
    finish: Callable[[Row, str], Row] = lambda row, _path: row
