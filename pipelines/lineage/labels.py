"""The words for what a column still tells of a person, and what a leak of it is. Not here: how labels flow (taint)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.lineage.dependencies import Column

DIRECT, ONLINE, SPECIAL, QUASI, PSEUDONYM, KEY, INSTANT, MEASURED, SINGLE = (
    "direct",
    "online",
    "special",
    "quasi",
    "pseudonym",
    "key",
    "instant",
    "measured",
    "single",
)
PICKED = "picked"
"""Of a label, as in `single:picked`: of many values one was chosen, so that no aggregate of it is of several people."""
LABELS: Mapping[str, str] = {
    DIRECT: "names a person or an account by itself",
    ONLINE: "the id of a browser, a connection or an act, as it arrived",
    SPECIAL: "of a kind that the law protects more",
    QUASI: "narrows down who it is",
    PSEUDONYM: "stands for a person in one domain",
    KEY: "stands for one act",
    INSTANT: "the instant of an act",
    MEASURED: "worked out of instants",
    SINGLE: "what is known of one person or act",
}


class LineageLeak(RuntimeError):
    """A column tells more of a person than it may; nothing is built."""


@dataclass(frozen=True, order=True)
class Leak:
    """A column that tells what it may not: why, and the way from where it was told first, both ends included."""

    column: Column
    why: str
    path: tuple[Column, ...]

    def __str__(self) -> str:
        """Say it with the path."""
        return f"{self.column} {self.why}: {' > '.join(map(str, self.path))}"


@dataclass(frozen=True)
class Tainted:
    """The labels of every column, and what is wrong with any."""

    labels: Mapping[Column, frozenset[str]]
    leaks: tuple[Leak, ...]
