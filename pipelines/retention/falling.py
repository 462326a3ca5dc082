"""What a drop of rows is about to take, told to whoever keeps what was made of them. Not here: why it falls, or dropping it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

ENROLMENTS: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "learner_pseudonym": pl.String,
    "course_id": pl.String,
    "first_at": pl.Datetime("us"),
    "last_at": pl.Datetime("us"),
}
"""What is known of an enrolment that falls: whose, in which course, and the first and last instant of its rows (UTC)."""


def _nobody() -> pl.DataFrame:
    return pl.DataFrame(schema=dict(ENROLMENTS))


@dataclass(frozen=True)
class Falling:
    """Rows of the lake that are about to fall, known by their days and by whose enrolments they are.

    `days` gives for each dataset the Jakarta days in which rows fall: of events the days of their partitions, of a state
    dataset the days of all instants in the rows. `enrolments` are those of which rows of course data fall (`ENROLMENTS`); each
    falls whole.
    """

    days: Mapping[str, frozenset[date]] = field(default_factory=dict)
    enrolments: pl.DataFrame = field(default_factory=_nobody)

    @property
    def is_empty(self) -> bool:
        """Say whether nothing falls."""
        return self.enrolments.is_empty() and not any(self.days.values())
