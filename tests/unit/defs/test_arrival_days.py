from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipelines import settings
from pipelines.defs import landing, partitions, waiting, warehouse
from pipelines.defs.fingerprints import folder_fingerprint
from pipelines.defs.instance import write_instance_file
from pipelines.defs.site import Site, owner

AS_OF = datetime(2026, 6, 30, 16, 59, 59, tzinfo=UTC)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(home=settings.home(tmp_path / "home").prepare(), policy=settings.policy_file(), as_of=AS_OF)


def _built(site: Site) -> Site:
    site.home.warehouse_file.touch()
    waiting.note_models(site.home, is_whole=True)
    return site


def test_a_runs_key_is_the_day_in_jakarta() -> None:
    assert partitions.key_of(datetime(2026, 6, 30, 18, tzinfo=UTC)) == "2026-07-01"


def test_an_instant_after_today_has_the_last_key_there_is() -> None:
    assert partitions.key_of(datetime(2999, 1, 1, tzinfo=UTC)) == partitions.DAYS.get_last_partition_key()


def test_todays_key_exists_from_the_first_minute() -> None:
    today = datetime.now(partitions.CALENDAR).date().isoformat()
    assert partitions.DAYS.get_last_partition_key() == today


def test_days_that_dagster_does_not_know_have_no_key() -> None:
    assert partitions.keys_within([date(1999, 1, 1), date(2026, 1, 2)]) == ["2026-01-02"]


def test_without_a_warehouse_everything_is_built(site: Site) -> None:
    assert warehouse.days_to_build(site, stale={"web_events": [date(2026, 1, 1)]}, asked=[]) is None


def test_models_are_built_for_stale_days_of_events_and_days_asked_for(site: Site) -> None:
    stale = {"web_events": [date(2026, 1, 2)], "accounts": [date(2026, 6, 30)]}
    days = warehouse.days_to_build(_built(site), stale=stale, asked=[date(2026, 1, 1)])
    assert days is not None
    assert days["web_events"] == [date(2026, 1, 1), date(2026, 1, 2)]
    assert days["course_progress"] == [date(2026, 1, 1)]
    assert "accounts" not in days


def test_models_that_were_written_anew_are_built_for_every_day(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    _built(site)
    monkeypatch.setattr(settings, "DBT_PROJECT_DIR", site.home.root)
    waiting.models_fingerprint.cache_clear()
    try:
        assert warehouse.days_to_build(site, stale={}, asked=[]) is None
    finally:
        monkeypatch.undo()
        waiting.models_fingerprint.cache_clear()


def test_days_are_built_anew_when_the_register_of_traffic_is_another(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _built(site)
    (tmp_path / "traffic.yaml").write_text("own_sites: [other.example]\n", encoding="utf-8")
    monkeypatch.setattr(settings, "CONTRACTS_DIR", tmp_path)
    waiting.models_fingerprint.cache_clear()
    try:
        assert warehouse.days_to_build(site, stale={}, asked=[]) is None
    finally:
        monkeypatch.undo()
        waiting.models_fingerprint.cache_clear()


def test_a_fingerprint_follows_the_models_and_not_what_dbt_writes(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "a.sql").write_text("select 1", encoding="utf-8")
    first = folder_fingerprint(tmp_path)
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "a.sql").write_text("select 1", encoding="utf-8")
    assert folder_fingerprint(tmp_path) == first
    (tmp_path / "models" / "a.sql").write_text("select 2", encoding="utf-8")
    assert folder_fingerprint(tmp_path) != first


def test_the_same_landed_files_have_the_same_name_and_a_touched_one_another(tmp_path: Path) -> None:
    file = tmp_path / "courses" / "courses.csv"
    file.parent.mkdir()
    file.write_text("course_id\n", encoding="utf-8")
    first = landing.fingerprint(tmp_path, [file])
    assert landing.fingerprint(tmp_path, [file]) == first
    os.utime(file, ns=(1, 1))
    assert landing.fingerprint(tmp_path, [file]) != first


def test_dagsters_settings_send_nothing_and_run_one_at_a_time(site: Site) -> None:
    write_instance_file(site.home)
    text = (site.home.dagster / "dagster.yaml").read_text(encoding="utf-8")
    assert "telemetry:\n  enabled: false" in text
    assert "max_concurrent_runs: 1" in text


def test_an_owner_that_is_no_address_is_a_team() -> None:
    assert owner("learning-platform") == "team:learning_platform"
    assert owner("data@example.com") == "data@example.com"
