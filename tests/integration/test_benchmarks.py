"""The benchmarks compare like with like, and say so when they do not."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipelines.bench import BenchmarkMismatch, intake_bench, models_bench

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


def test_the_models_and_the_hand_written_sql_agree_table_by_table(small: Path):
    result = models_bench.compare(quick=True, progress=lambda _text: None)
    assert result.figures.keys() >= FIGURES | {"one_more_day_seconds", "test_seconds"}
    folder = small / "models-20000"
    with duckdb.connect(str(folder / "plain" / "plain.duckdb")) as plain:
        plain.execute("update agg_completion_rates set completed = completed + 1")
    with pytest.raises(BenchmarkMismatch, match="agg_completion_rates"):
        models_bench._check_same(folder)
