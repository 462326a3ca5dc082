"""The threshold on distinct learners, for one table: numerator, complement and window.

A cell here is a measure of one row. What several tables give away together does not belong here (`links`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl

WITHHELD = "is_withheld"
_BECAUSE = "withheld_because"
_SMALLEST_THRESHOLD = 2


class UnassessableFrame(ValueError):
    """The frame cannot be assessed, so nothing of it may be published."""


class Rule(Protocol):
    """What a published table declares about its own disclosure (the contract's `disclosure`)."""

    @property
    def population(self) -> str:
        """Column with the number of distinct learners behind the row."""
        ...

    @property
    def parts(self) -> tuple[str, ...]:
        """Columns that count a part of the population; their complements are protected too."""
        ...

    @property
    def at_least(self) -> tuple[str, ...]:
        """Columns that count people behind single measures; each reaches the threshold itself."""
        ...

    @property
    def closed_window(self) -> str | None:
        """Boolean column that says whether the observation window has closed; None where there is no window."""
        ...


@dataclass(frozen=True)
class Assessment:
    """A judged table: `published` may be released, everything else about it is restricted.

    `judged` holds every value and, per row, the reasons for withholding it (empty where it is publishable).
    """

    judged: pl.DataFrame
    measures: tuple[str, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The columns that name a row: all but the measures, in the order of the frame."""
        return tuple(name for name in self.judged.columns if name not in (*self.measures, _BECAUSE))

    @property
    def published(self) -> pl.DataFrame:
        """The rows with every measure NULL where `is_withheld`; in an order that no withheld value influences."""
        is_withheld = pl.col(_BECAUSE).list.len() > 0
        cells = [pl.when(~is_withheld).then(pl.col(name)).alias(name) for name in self.measures]
        frame = self.judged.with_columns(*cells, is_withheld.alias(WITHHELD)).drop(_BECAUSE)
        return frame.sort([*self.labels, *self.measures, WITHHELD], nulls_last=True)

    @property
    def reasons(self) -> pl.DataFrame:
        """Restricted: one row per withheld row, its labels and `withheld_because` (codes, joined by a space)."""
        rows = self.judged.filter(pl.col(_BECAUSE).list.len() > 0)
        codes = pl.col(_BECAUSE).list.sort().list.join(" ")
        return rows.select(*self.labels, codes).sort([*self.labels, _BECAUSE], nulls_last=True)

    def withholding(self, rows: pl.Series, *, reason: str) -> Assessment:
        """Return the assessment with `reason` added to the rows where the Boolean series is true."""
        added = pl.when(rows).then(pl.concat_list(_BECAUSE, pl.lit(reason))).otherwise(pl.col(_BECAUSE))
        return Assessment(self.judged.with_columns(added.alias(_BECAUSE)), self.measures)

    def is_withheld(self) -> pl.Series:
        """Return, for each row of `judged`, whether it is withheld."""
        return self.judged.get_column(_BECAUSE).list.len() > 0


def assess(frame: pl.DataFrame, *, disclosure: Rule, measures: Sequence[str], threshold: int) -> Assessment:
    """Withhold every row with a population, part, complement or other count below `threshold`, or an open window.

    `frame` has one row per published row. Zero and NULL count as small, an unknown window as open. Raises
    UnassessableFrame for a missing column, counts that are no counts, or a threshold below 2.
    """
    _refuse_unassessable(frame, disclosure=disclosure, measures=measures, threshold=threshold)
    population = pl.col(disclosure.population)
    checks = {"small_population": _is_small(population, threshold)}
    for part in disclosure.parts:
        checks[f"small_part:{part}"] = _is_small(pl.col(part), threshold)
        checks[f"small_complement:{part}"] = _is_small(population - pl.col(part), threshold)
    for count in disclosure.at_least:
        checks[f"small_count:{count}"] = _is_small(pl.col(count), threshold)
    if disclosure.closed_window is not None:
        checks["window_open"] = ~pl.col(disclosure.closed_window).fill_null(value=False)
    codes = [pl.when(is_failed).then(pl.lit(code)) for code, is_failed in checks.items()]
    return Assessment(frame.with_columns(pl.concat_list(codes).list.drop_nulls().alias(_BECAUSE)), tuple(measures))


def _is_small(count: pl.Expr, threshold: int) -> pl.Expr:
    return (count < threshold).fill_null(value=True)


def _refuse_unassessable(frame: pl.DataFrame, *, disclosure: Rule, measures: Sequence[str], threshold: int) -> None:
    if threshold < _SMALLEST_THRESHOLD:
        raise UnassessableFrame(f"a threshold of {threshold} protects nobody; policy.yaml must name at least 2")
    counts = (disclosure.population, *disclosure.parts, *disclosure.at_least)
    needed = {*counts, *measures, *((disclosure.closed_window,) if disclosure.closed_window else ())}
    if missing := sorted(needed - set(frame.columns)):
        raise UnassessableFrame(f"columns missing from the table to assess: {', '.join(missing)}")
    if taken := sorted({WITHHELD, _BECAUSE} & set(frame.columns)):
        raise UnassessableFrame(f"columns that only the assessment may write: {', '.join(taken)}")
    if unprotected := sorted(set(counts) - set(measures)):
        # Left as a label, the count would stand beside the withheld cells.
        raise UnassessableFrame(f"counts must have the role measure: {', '.join(unprotected)}")
    if disclosure.closed_window in measures or (
        disclosure.closed_window is not None and frame.schema[disclosure.closed_window] != pl.Boolean
    ):
        raise UnassessableFrame(f"{disclosure.closed_window} must be a Boolean flag, not a measure")
    _refuse_impossible_counts(frame, counts=counts)
    for part in disclosure.parts:
        if frame.select((pl.col(part) > pl.col(disclosure.population)).any()).item():
            raise UnassessableFrame(f"{part} counts more learners than {disclosure.population}")


def _refuse_impossible_counts(frame: pl.DataFrame, *, counts: Sequence[str]) -> None:
    for name in counts:
        if not frame.schema[name].is_integer():
            raise UnassessableFrame(f"{name} must count learners in whole numbers, found {frame.schema[name]}")
        if frame.select((pl.col(name) < 0).any()).item():
            raise UnassessableFrame(f"{name} has negative counts")
