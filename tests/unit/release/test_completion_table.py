from __future__ import annotations

import io
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from pipelines import release
from tests.unit.release.small_release import AS_OF, cohort, frame, frames, new_home, read_contracts


def shown(folder: Path, cohorts: list[dict[str, object]], *, rows: int = 20) -> str:
    home = new_home(folder)
    tables = frames()
    tables["agg_completion_rates"] = frame("agg_completion_rates", cohorts)
    tables["agg_module_funnel"] = tables["agg_module_funnel"].clear()
    release.release_tables(home, tables, contracts=read_contracts(), as_of=AS_OF)
    console = Console(file=io.StringIO(), width=120)
    console.print(release.completion_table(home, rows=rows))
    return console.file.getvalue()


def test_rates_are_shown_in_order_and_withheld_cells_alike(tmp_path):
    text = shown(
        tmp_path,
        [
            cohort("course-2", "2026-01", 1200, 300),
            cohort("course-1", "2026-01", 50, 3),
            cohort("course-1", "2026-02", 50, 20, closed=False),
        ],
    )
    lines = [line for line in text.splitlines() if "course-" in line]
    courses = [line.split("“")[1].split("”")[0] for line in lines]
    assert courses == ["course-1", "course-1", "course-2"]
    assert [line.count("withheld") for line in lines] == [4, 4, 0]
    assert all(part in lines[2] for part in ("1,200", "300", "25.0%", "30.5"))
    assert "2 of 3 withheld" in text


def test_a_long_table_is_capped_and_says_what_else_there_is(tmp_path):
    cohorts = [cohort("course-1", f"2026-{number:02}", 50, 3 if number < 8 else 25) for number in range(1, 13)]
    text = shown(tmp_path, cohorts, rows=6)
    lines = [line for line in text.splitlines() if "course-1" in line]
    assert len(lines) == 6
    assert sum("withheld" in line for line in lines) == 1
    assert "6 more rows not shown, 6 of them withheld" in text


def test_a_title_is_text_and_no_markup(tmp_path):
    row = {**cohort("course-1", "2026-01", 50, 25), "course_title": "[red]Ink[/red] and [/]"}
    assert "[red]Ink[/red] and [/]" in shown(tmp_path, [row])


def test_an_edition_of_before_steers_no_terminal(tmp_path):
    shown(tmp_path, [cohort("course-1", "2026-01", 50, 25)])
    file = new_home(tmp_path).release / "parquet" / "agg_completion_rates.parquet"
    spoilt = {"course_title": "Ink\x1b[2J\x9b", "cohort": "a\x1bb"}
    pl.read_parquet(file).with_columns(**{name: pl.lit(text) for name, text in spoilt.items()}).write_parquet(file)
    console = Console(file=io.StringIO(), width=120)
    console.print(release.completion_table(new_home(tmp_path)))
    assert not {"\x1b", "\x9b"} & set(console.file.getvalue())
    assert "Ink[2J" in console.file.getvalue()


def test_without_a_release_there_is_no_table(tmp_path):
    with pytest.raises(FileNotFoundError):
        release.completion_table(new_home(tmp_path))
