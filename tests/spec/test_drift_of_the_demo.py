"""Point by point: every drift that a demo plants is found, and nothing else is taken for drift."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from pipelines import demo, intake, lake
from pipelines.demo.sources.midtrans import DEMO_SERVER_KEY
from pipelines.identity import keys
from pipelines.intake.dialects import midtrans
from tests.desk import make_desk

pytestmark = pytest.mark.slow
_KINDS = {"drift_added": "new_field", "drift_renamed": "renamed_field", "drift_typed": "changed_type"}


@pytest.mark.parametrize(
    ("learners", "days", "seed"), [(250, 60, 1), pytest.param(150, 200, 1, marks=pytest.mark.long)]
)
def test_what_a_demo_plants_is_found_and_nothing_else(tmp_path: Path, learners: int, days: int, seed: int):
    desk = make_desk(tmp_path / "home")
    keys.keep_secret(desk.home, midtrans.SERVER_KEY, DEMO_SERVER_KEY)
    desk.ring = keys.open_keyring(desk.home)
    truth = tmp_path / "truth"
    end = date(2026, 6, 30)
    demo.generate(desk.home.landing, truth=truth, learners=learners, days=days, seed=seed, end=end, dirt=1.0)
    desk.run(as_of=datetime(2026, 6, 30, 16, 59, tzinfo=UTC))
    planted = pl.read_parquet(truth / "planted.parquet").filter(pl.col("kind").is_in(list(_KINDS)))
    with lake.open_manifest(desk.home) as manifest:
        found = {(drift.source, drift.kind, drift.name) for drift in manifest.drifts().listed()}
    expected = {
        (source, _KINDS[kind], field) for source, kind, field in planted.select("source", "kind", "field").rows()
    }
    assert expected
    assert found == expected


def test_a_demo_without_dirt_drifts_only_where_it_says(tmp_path: Path):
    desk = make_desk(tmp_path / "home")
    end = date(2026, 6, 30)
    demo.generate(desk.home.landing, truth=tmp_path / "truth", learners=100, days=60, seed=3, end=end, dirt=0)
    with pytest.raises(intake.SourcesWait) as left_out:
        desk.run(as_of=datetime(2026, 6, 30, 16, 59, tzinfo=UTC))
    assert [drift for report in left_out.value.reports for drift in report.drifts] == []
