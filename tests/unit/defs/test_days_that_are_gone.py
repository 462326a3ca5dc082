"""Nothing comes back by Dagster: its days begin where something may still be held, and old definitions launch no expired key."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

from pipelines import intake, settings
from pipelines.contracts import Contracts, load
from pipelines.defs import partitions
from pipelines.defs.intake import key, lake_assets
from pipelines.defs.partitions import DaysGone
from pipelines.defs.site import Site, SiteResource
from pipelines.defs.unexpected import named_errors
from pipelines.lake import horizons, open_manifest
from tests.desk import AS_OF, Desk, make_desk

DAY = date(2026, 5, 4)
LATER = datetime(2031, 6, 30, tzinfo=UTC)
"""When definitions that were loaded today are years old, and the day's five years are over."""

CALL = {
    "messageId": "m1",
    "type": "page",
    "anonymousId": "b1",
    "timestamp": f"{DAY}T10:00:00Z",
    "context": {"consent": {"categoryPreferences": {"analytics": True}}},
}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = make_desk(tmp_path / "home")
    made.land("web_events", "w.jsonl", [CALL])
    return made


def drop(home: settings.Home, dataset: str, through: str) -> None:
    with open_manifest(home) as manifest:
        manifest.horizons().raise_to(dataset, horizons.EVENT, date.fromisoformat(through))


def launch(
    desk: Desk, day: date, *, at: datetime = AS_OF, of: str = "web_events", tags: dict[str, str] | None = None
) -> dg.ExecuteInProcessResult:
    site = SiteResource(home=str(desk.home.root), as_of=at.isoformat())
    return dg.materialize(
        [lake_assets],
        selection=[key(of)],
        partition_key=day.isoformat(),
        resources={"site": site},
        tags=tags,
        raise_on_error=False,
    )


def why(result: dg.ExecuteInProcessResult) -> str:
    (failed,) = (event for event in result.all_events if event.is_step_failure)
    error = failed.step_failure_data.error
    while error.cause:
        error = error.cause
    return str(error.message)


def waits(desk: Desk) -> bool:
    return intake.pending(desk.home, desk.terms) and not desk.home.lake.joinpath("web_events").exists()


def test_an_expired_key_of_old_definitions_is_refused_and_nothing_is_written(desk: Desk):
    result = launch(desk, DAY, at=LATER)
    assert not result.success
    assert not result.get_asset_materialization_events()
    assert "DaysGone" in why(result)
    assert "web_events may hold nothing before 2026-06-30" in why(result)
    assert "Reload the code location" in why(result)
    assert waits(desk)


@pytest.mark.long
def test_a_key_that_is_kept_is_run(desk: Desk):
    result = launch(desk, DAY)
    assert result.success
    assert desk.rows("web_events").height == 1
    assert not intake.pending(desk.home, desk.terms)


def test_a_key_that_was_dropped_since_is_refused_whatever_the_window_says(desk: Desk):
    drop(desk.home, "web_events", DAY.isoformat())
    assert "web_events may hold nothing before 2026-05-05" in why(launch(desk, DAY))
    assert waits(desk)


def test_a_dataset_that_was_not_dropped_is_launched_though_another_was(tmp_path: Path):
    bare = make_desk(tmp_path / "bare")
    drop(bare.home, "web_events", DAY.isoformat())
    assert launch(bare, DAY, of="consents").success
    assert launch(bare, date(2026, 5, 5)).success


def test_a_run_for_what_has_landed_is_asked_for_no_day(desk: Desk):
    assert launch(desk, DAY, at=LATER, tags={partitions.ARRIVALS_TAG: "command"}).success


def test_the_refusal_is_one_of_ours(desk: Desk):
    assert named_errors()[DaysGone] == "refused"


@pytest.fixture(scope="module")
def terms() -> Contracts:
    return load(settings.CONTRACTS_DIR)


def firsts(home: settings.Home, terms: Contracts, at: datetime = AS_OF) -> dict[str, date]:
    return partitions.first_days(home, terms, at=at)


def test_a_home_that_does_not_exist_is_read_and_not_made(tmp_path: Path, terms: Contracts):
    home = settings.Home(tmp_path / "nowhere")
    assert set(firsts(home, terms).values()) == {date(2021, 7, 1)}
    assert not home.root.exists()


def test_after_a_reload_days_begin_behind_what_was_dropped(tmp_path: Path, terms: Contracts):
    home = settings.Home(tmp_path / "home").prepare()
    drop(home, "web_events", "2024-12-31")
    found = firsts(home, terms)
    assert found["web_events"] == date(2025, 1, 1)
    assert found["meta_pixel"] == date(2021, 7, 1)


def test_a_horizon_below_the_window_lowers_nothing(tmp_path: Path, terms: Contracts):
    home = settings.Home(tmp_path / "home").prepare()
    drop(home, "web_events", "2020-12-31")
    assert firsts(home, terms)["web_events"] == date(2021, 7, 1)


def test_what_stands_for_as_long_as_its_people_is_offered_from_its_earliest_day(tmp_path: Path, terms: Contracts):
    home = settings.Home(tmp_path / "home").prepare()
    for dataset in ("course_progress", "web_events"):
        (home.lake / dataset / "dt=2019-03-01").mkdir(parents=True)
    found = firsts(home, terms)
    assert (found["course_progress"], found["web_events"]) == (date(2019, 3, 1), date(2021, 7, 1))


@pytest.mark.long
def test_models_are_not_built_for_an_expired_key(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    from pipelines.defs import tracing, warehouse

    def built(_: Site) -> None:
        raise AssertionError("it went on to build")

    monkeypatch.setattr(tracing, "trace", built)
    site = SiteResource(home=str(desk.home.root), as_of=LATER.isoformat())
    facts = dg.AssetSelection.keys(warehouse.key("fct_page_views"))
    result = dg.materialize(
        [warehouse.models()],
        selection=facts,
        partition_key=DAY.isoformat(),
        resources={"site": site},
        raise_on_error=False,
    )
    assert "DaysGone" in why(result)


@pytest.mark.long
def test_definitions_are_loaded_from_the_home_of_the_environment(desk: Desk):
    import os
    import subprocess
    import sys

    for source in desk.terms.inbound:
        drop(desk.home, source, "2025-12-31")
    place = {settings.HOME_VARIABLE: str(desk.home.root), settings.AS_OF_VARIABLE: AS_OF.isoformat()}
    told = subprocess.run(
        [sys.executable, "-c", "from pipelines.defs import partitions; print(partitions.FIRST_DAY)"],
        capture_output=True,
        text=True,
        env={**os.environ, **place},
        cwd=settings.PROJECT_ROOT,
        check=True,
    ).stdout
    # What stands for as long as its people holds the shared definition at the window.
    assert told.strip() == "2021-07-01"
