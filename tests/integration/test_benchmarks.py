"""The benchmarks compare like with like, and say so when they do not."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipelines.bench import BenchmarkMismatch, intake_bench, models_bench, sources_bench

pytestmark = pytest.mark.slow
FIGURES = {"ratio", "seconds", "plain_seconds", "peak_gib", "events"}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("CROSSLIFE_HOME", str(tmp_path))
    monkeypatch.setattr(intake_bench, "QUICK_EVENTS", 20_000)
    monkeypatch.setattr(models_bench, "QUICK_EVENTS", 20_000)
    return tmp_path / "bench"


def test_intake_and_the_plain_script_agree_row_by_row(small: Path):
    result = intake_bench.compare(quick=True, progress=lambda _text: None)
    assert result.figures.keys() >= FIGURES | {"great_expectations_seconds"}
    assert result.figures["rows_quarantined"] == 60
    assert result.figures["rows_duplicate"] == 200
    part = next((small / "intake" / "plain" / "events").rglob("*.parquet"))
    duckdb.sql(f"copy (select * replace ('/elsewhere' as page_path) from '{part}') to '{part}.new' (format parquet)")
    Path(f"{part}.new").replace(part)
    with pytest.raises(BenchmarkMismatch, match="groups of rows"):
        intake_bench._check_same(small / "intake")


@pytest.mark.long
def test_the_models_and_the_hand_written_sql_agree_table_by_table(small: Path):
    result = models_bench.compare(quick=True, progress=lambda _text: None)
    assert result.figures.keys() >= FIGURES | {"one_more_day_seconds", "test_seconds"}
    folder = small / "models-20000"
    with duckdb.connect(str(folder / "plain" / "plain.duckdb")) as plain:
        plain.execute("update agg_completion_rates set completed = completed + 1")
    with pytest.raises(BenchmarkMismatch, match="agg_completion_rates"):
        models_bench._check_same(folder)


# One of each way to write a row; `crosslife bench intake --source all` compares every source.
@pytest.mark.parametrize(
    "name",
    [
        *("web_events", "payments", "meta_pixel", "accounts"),
        *(pytest.param(each, marks=pytest.mark.long) for each in ("course_progress_xapi", "web_access_log", "orders")),
    ],
)
def test_every_source_and_its_plain_script_agree_row_by_row(small: Path, name: str):
    result = sources_bench.compare([name], rows=1_500, quick=True, progress=lambda _text: None)
    figures = {figure.removeprefix(f"{name}.") for figure in result.figures}
    assert figures >= {"ratio", "seconds", "plain_seconds", "rows_per_second", "peak_gib"}
    assert result.figures[f"{name}.rows_accepted"] > 0


def test_a_difference_between_a_source_and_its_plain_script_is_seen(small: Path):
    sources_bench.compare(["orders"], rows=1_500, quick=True, progress=lambda _text: None)
    folder = small / "intake-sources"
    part = folder / "plain" / "current.parquet"
    duckdb.sql(f"copy (select * replace (amount_idr + 1 as amount_idr) from '{part}') to '{part}.new' (format parquet)")
    Path(f"{part}.new").replace(part)
    with pytest.raises(BenchmarkMismatch, match="orders: the two sides differ"):
        sources_bench._check_same(sources_bench._terms().inbound["orders"], folder)


def test_an_unknown_source_is_named_with_those_that_there_are(small: Path):
    with pytest.raises(BenchmarkMismatch, match=r"no source petunia: use all, accounts"):
        sources_bench.compare(["petunia"], rows=1_000, quick=True, progress=lambda _text: None)
