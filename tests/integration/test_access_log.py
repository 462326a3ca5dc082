"""A real access log through intake: every line accounted for, traffic by day as counted by hand."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from tests.desk import Desk, make_desk
from tests.outside import access_log

pytestmark = pytest.mark.skipif(not access_log.FILE.exists(), reason="the access log is not on this machine")
AS_OF = datetime(2015, 6, 1, tzinfo=UTC)


@pytest.fixture(params=["a.log", "a.log.gz"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Desk:
    made = make_desk(tmp_path / "home")
    content = access_log.FILE.read_bytes()
    made.land_bytes(
        "web_access_log", request.param, gzip.compress(content) if request.param.endswith("gz") else content
    )
    return made


def test_ten_thousand_lines_are_accounted_for_and_every_day_is_what_a_count_by_hand_gives(desk: Desk) -> None:
    report = desk.run(as_of=AS_OF)["web_access_log"]
    assert (report.rows_in, report.accepted, report.quarantined) == (10_000, 9_999, {"malformed": 1})
    rows = desk.rows("web_access_log")
    counted = rows.group_by(pl.col("folder").str.strip_prefix("dt=").alias("day")).agg(
        pl.len(), pl.col("ip_network").n_unique(), (pl.col("status") == 404).sum().alias("missing")
    )
    found = {day: numbers for day, *numbers in counted.sort("day").iter_rows()}
    assert found == {day: list(numbers) for day, numbers in access_log.daily().items()}


def test_crawlers_of_the_log_are_flagged(desk: Desk) -> None:
    report = desk.run(as_of=AS_OF)["web_access_log"]
    text = access_log.FILE.read_text(encoding="utf-8")
    named = sum(any(name in line for name in ("Googlebot", "bingbot", "YandexBot")) for line in text.splitlines())
    assert named > 500
    assert report.marks["bots:crawler"] >= named
    assert report.marks["bots:crawler"] + report.marks.get("bots:automation", 0) < 5_000
