"""Released tables against their contracts: each thing that could be wrong in a cell is planted once."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from pipelines import quality
from pipelines.quality.pages import verdicts
from tests.unit.release.small_release import AS_OF, read_contracts

CONTRACT = read_contracts().outbound["agg_completion_rates"]
THRESHOLD = 10
SOUND = {
    "course_id": "web",
    "course_title": "Situs pertama",
    "cohort": "2026-01",
    "window_closes_at": datetime(2026, 1, 31, 17),  # noqa: DTZ001 - naive UTC, as the lake has it
    "is_window_closed": True,
    "enrolled": 100,
    "completed": 50,
    "completion_rate": 0.5,
    "median_days_to_complete": 30.5,
    "is_withheld": False,
}
FIGURES = [column.name for column in CONTRACT.columns if column.role in ("measure", "derived")]
WITHHELD = {**SOUND, "cohort": "2026-02", **dict.fromkeys(FIGURES), "is_withheld": True}
REQUIRED = {column.name for column in CONTRACT.columns if column.required and column.role in ("measure", "derived")}


def table(*rows: dict[str, object]) -> pl.DataFrame:
    kinds = {"VARCHAR": pl.String, "BOOLEAN": pl.Boolean, "BIGINT": pl.Int64, "DOUBLE": pl.Float64}
    schema = {c.name: kinds.get(c.sql_type, pl.Datetime("us")) for c in CONTRACT.columns} | {"is_withheld": pl.Boolean}
    shown = {name: 1 if kind.is_integer() else 0.5 for name, kind in schema.items() if name in REQUIRED}
    filled = [{**({} if row["is_withheld"] else shown), **row} for row in rows]
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in filled], schema=schema, orient="row")


def check(docs: Path, *rows: dict[str, object]) -> quality.QualityResult:
    return quality.check_release(
        CONTRACT,
        table(*rows),
        key=("course_id", "cohort"),
        threshold=THRESHOLD,
        withheld="is_withheld",
        as_of=AS_OF,
        docs=docs,
    )


def test_shown_and_withheld_rows_as_the_contract_promises_them_pass(tmp_path: Path) -> None:
    result = check(tmp_path, SOUND, WITHHELD)
    assert result.failed == ()
    assert result.expectations > 10


@pytest.mark.parametrize(
    ("rows", "missed"),
    [
        ([{**SOUND, "enrolled": 9, "completed": 5}], "enrolled: be between"),
        ([{**SOUND, "completed": 9}], "completed: be between"),
        ([{**SOUND, "completed": 91}], "all_but_completed: be between"),
        ([{**SOUND, "completion_rate": 1.5}], "completion_rate: be between"),
        ([{**SOUND, "median_days_to_complete": -1.0}], "median_days_to_complete: be between"),
        ([{**SOUND, "enrolled": None}], "enrolled: not be null"),
        ([{**SOUND, "is_window_closed": False}], "is_window_closed: be in set"),
        ([{**SOUND, "course_id": None}], "course_id: not be null"),
        ([SOUND, {**SOUND, "enrolled": 101}], "row_key: be unique"),
        ([{**SOUND, "enrolled": 3, "is_withheld": None}], "is_withheld: not be null"),
        ([{**WITHHELD, "enrolled": 3}], "enrolled: be null"),
        ([{**WITHHELD, "completion_rate": 0.5}], "completion_rate: be null"),
    ],
)
def test_what_is_wrong_in_a_cell_is_named(tmp_path: Path, rows: list[dict[str, object]], missed: str) -> None:
    result = check(tmp_path, *rows)
    assert missed in result.failed
    (told,) = verdicts(tmp_path)
    assert told.failed == result.failed


def test_the_page_says_what_was_expected_loads_nothing_and_bears_no_cell(tmp_path: Path) -> None:
    check(tmp_path, {**SOUND, "enrolled": 98_765, "completed": 7}, {**SOUND, "cohort": "rahasia-7"})
    page = (tmp_path / "agg_completion_rates.html").read_text()
    index = (tmp_path / "index.html").read_text()
    assert "values must be greater than or equal to" in re.sub(r"<[^>]+>|\s+", " ", page).replace("  ", " ")
    assert 'href="agg_completion_rates.html"' in index
    assert "completed: be between" in index
    for text in (page, index):
        assert "default-src 'none'" in text
        assert not re.search(r"<script|<link|<img|@import|url\(", text)
        assert [place for place in re.findall(r'href="([^"#]+)"', text) if not (tmp_path / place).exists()] == []
        assert "98765" not in text.replace(",", "")
        assert "rahasia-7" not in text
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}
