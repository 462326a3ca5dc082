"""The completion rates as a table for the terminal, read from the release and therefore free of withheld values."""

from __future__ import annotations

import polars as pl
from rich.table import Table
from rich.text import Text

from pipelines.disclosure import WITHHELD
from pipelines.release.labels import visible
from pipelines.settings import Home

_ROWS = 20
_NUMBERS = ("Enrolled", "Completed", "Rate", "Median days")
_WIDTHS = (8, 9, 8, 11)


def completion_table(home: Home, *, rows: int = _ROWS) -> Table:
    """Return the released completion rates by course and cohort: at most `rows`, those with figures before others.

    Raises FileNotFoundError where nothing has been released yet.
    """
    frame = pl.read_parquet(home.release / "parquet" / "agg_completion_rates.parquet")
    shown = frame.sort(WITHHELD, "course_id", "cohort", nulls_last=True).head(rows)
    table = Table(title="Completion rates", caption=_caption(frame, shown=shown), caption_justify="left")
    # One line a cohort even on a narrow terminal: only the course's title gives way.
    table.add_column("Course")
    table.add_column("Cohort", no_wrap=True, min_width=11)
    for name, width in zip(_NUMBERS, _WIDTHS, strict=True):
        table.add_column(name, justify="right", no_wrap=True, min_width=width)
    for row in shown.sort("course_id", "cohort", nulls_last=True).iter_rows(named=True):
        course = Text(visible(row["course_title"] or row["course_id"]), no_wrap=True, overflow="ellipsis")
        table.add_row(course, Text(visible(row["cohort"] or "–")), *_cells(row))
    return table


def _cells(row: dict[str, object]) -> list[Text]:
    if row[WITHHELD]:
        return [Text("withheld", style="dim") for _ in _NUMBERS]
    cells = (("enrolled", ","), ("completed", ","), ("completion_rate", ".1%"), ("median_days_to_complete", ".1f"))
    return [Text("–" if row[name] is None else format(row[name], style)) for name, style in cells]


def _caption(frame: pl.DataFrame, *, shown: pl.DataFrame) -> Text:
    withheld = int(frame.get_column(WITHHELD).sum())
    parts = []
    if shown.height < frame.height:
        more = frame.height - shown.height
        hidden = withheld - int(shown.get_column(WITHHELD).sum())
        parts.append(f"{more:,} more rows not shown, {hidden:,} of them withheld.")
    if withheld:
        parts.append(f"{withheld:,} of {frame.height:,} withheld: too few learners, or the cohort is still under way.")
    return Text(" ".join(parts) or f"{frame.height:,} rows, none withheld.")
