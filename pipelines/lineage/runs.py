"""What a run did, as events tell it: what it made, what it checked, what failed. Names, counts and instants, no value of a row.

Not here: where that is known from (defs), how it is told (events).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

State: TypeAlias = Literal["COMPLETE", "FAIL", "ABORT"]
"""How something ended, in OpenLineage's words: done, failed, or held back so that what was there before stands."""


@dataclass(frozen=True)
class Made:
    """One dataset of the graph that a run made, or held back; row counts are None where nobody counted."""

    dataset: str
    began_at: datetime
    ended_at: datetime
    state: State = "COMPLETE"
    rows_in: int | None = None
    rows: int | None = None


@dataclass(frozen=True)
class Checked:
    """One check of a dataset of the graph; `missed` are the (column, expectation) pairs that it names."""

    dataset: str
    name: str
    at: datetime
    is_met: bool
    is_warning: bool = False
    missed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Failed:
    """One step that failed, and by which kind of error; what the error said is not kept, it may quote rows."""

    step: str
    began_at: datetime
    failed_at: datetime
    kind: str


@dataclass(frozen=True)
class Run:
    """One run; `run_id` is a UUID, and `kinds` are the kinds of the errors that ended it, none where it ended well."""

    run_id: str
    began_at: datetime
    ended_at: datetime
    state: State
    made: tuple[Made, ...] = ()
    checked: tuple[Checked, ...] = ()
    failed: tuple[Failed, ...] = ()
    kinds: tuple[str, ...] = ()
