from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipelines import contracts, lake, quality, settings
from pipelines.lake import BatchRow, open_manifest
from pipelines.quality import Rhythm

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
TERMS = contracts.load(settings.CONTRACTS_DIR)


@pytest.fixture
def home(tmp_path) -> settings.Home:
    return settings.Home(tmp_path / "home").prepare()


def bring(home: settings.Home, *batches: tuple[float, int], source: str = "payments") -> None:
    """Record batches of a source: how many days ago, and how many rows."""
    with open_manifest(home) as manifest:
        for days_ago, rows in batches:
            as_of = (NOW - timedelta(days=days_ago)).isoformat()
            work_id = f"{source}-{days_ago}"
            manifest.prepare(BatchRow(work_id, source, as_of, {"rows_in": rows}), files=[], moves=[], stale={})
            manifest.finish(work_id)


def rhythm(home: settings.Home, source: str = "payments") -> Rhythm:
    return next(each for each in quality.rhythms(home, TERMS, as_of=NOW) if each.source == source)


@pytest.mark.parametrize(("days_ago", "is_late"), [(0.5, False), (2, False), (2.1, True), (30, True)])
def test_a_source_is_late_after_twice_its_interval(home: settings.Home, days_ago: float, is_late: bool):
    bring(home, (days_ago, 10))
    found = rhythm(home)
    assert found.is_late == is_late
    assert ("nothing for" in found.told()) == is_late


def test_batches_may_be_recorded_in_any_order(home: settings.Home):
    bring(home, (1, 10), (40, 10))
    assert not rhythm(home).is_late


def test_a_source_that_never_came_is_not_late(home: settings.Home):
    bring(home, (1, 10))
    assert rhythm(home, "orders").told() == ""


def test_a_batch_without_rows_is_no_arrival(home: settings.Home):
    bring(home, (9, 10), (0.1, 0))
    assert rhythm(home).is_late


@pytest.mark.parametrize(("rows", "is_unusual"), [(100, False), (34, False), (33, True), (300, False), (301, True)])
def test_a_batch_is_held_against_the_median_of_those_before(home: settings.Home, rows: int, is_unusual: bool):
    bring(home, *((6 - n, size) for n, size in enumerate([90, 100, 5000, 110, 80])), (0.5, rows))
    found = rhythm(home)
    assert (found.usual_rows, found.is_unusual) == (100, is_unusual)


def test_of_few_batches_nothing_is_usual_yet(home: settings.Home):
    bring(home, *((5 - n, 100) for n in range(4)), (0.5, 1))
    assert rhythm(home).usual_rows is None


def test_sources_without_a_frequency_are_not_judged(home: settings.Home):
    bring(home, (400, 10), source="courses")
    assert "courses" not in {each.source for each in quality.rhythms(home, TERMS, as_of=NOW)}


def test_an_empty_home_has_no_rhythm(home: settings.Home):
    assert quality.rhythms(home, TERMS, as_of=NOW) == ()
    assert not lake.stale_days(home)
