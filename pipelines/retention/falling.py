"""What is about to fall, in the terms in which figures are made of it: days of datasets, and enrolments. Not here: why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl


@dataclass(frozen=True)
class Falling:
    """`days` are, by dataset, those of all instants of the rows that fall; `enrolments` has learner_pseudonym, course_id."""

    days: Mapping[str, frozenset[date]]
    enrolments: pl.DataFrame
