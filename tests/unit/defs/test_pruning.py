"""What runs leave behind goes when it is too old, and nothing that is needed; on Dagster's own storage in a home of its own."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from click.testing import CliRunner

from pipelines import contracts, settings
from pipelines.cli import main
from pipelines.defs import pruning, run_storage
from pipelines.defs.instance import write_instance_file
from pipelines.defs.site import SiteResource

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
LATER = NOW + 100 * DAY
MARK = "a text that only this run has told"


@dg.asset
def made(context) -> dg.MaterializeResult[None]:
    context.log.info(MARK)
    return dg.MaterializeResult(metadata={"told": MARK})


@dg.asset
def made_once() -> None:
    """Made by one run alone."""


@dg.asset_check(asset=made)
def judged() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True, metadata={"told": MARK})


@pytest.fixture(scope="module")
def terms() -> contracts.Contracts:
    return contracts.load(settings.CONTRACTS_DIR)


@pytest.fixture
def home(tmp_path: Path) -> settings.Home:
    found = settings.Home(tmp_path / "home").prepare()
    write_instance_file(found)
    return found


@pytest.fixture
def instance(home: settings.Home) -> Iterator[dg.DagsterInstance]:
    with run_storage.opened(home) as found:
        yield found


def run(instance: dg.DagsterInstance, *assets: dg.AssetsDefinition | dg.AssetChecksDefinition) -> str:
    return dg.materialize([*(assets or (made, judged))], instance=instance, tags={"said": "here"}).run_id


def prune(
    home: settings.Home,
    terms: contracts.Contracts,
    instance: dg.DagsterInstance | None,
    as_of: datetime = LATER,
    *,
    dry_run: bool = False,
) -> dict[str, int]:
    found = pruning.prune(home, terms, instance, as_of=as_of, dry_run=dry_run)
    return {kind: count for kind, count in found.items() if count}


def written(path: Path, *, days: int, text: str = "{}") -> Path:
    """Write a file as it would have been written so many days before now."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    instant = (NOW - days * DAY).timestamp()
    os.utime(path, (instant, instant))
    return path


def holds(home: settings.Home, text: str) -> list[str]:
    found = [path for path in home.dagster.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]
    return [str(path.relative_to(home.dagster)) for path in found]


def test_an_old_run_goes_with_all_it_has_told_and_the_last_of_an_asset_stays(
    home: settings.Home, terms: contracts.Contracts, instance: dg.DagsterInstance
):
    first, second, last = run(instance), run(instance), run(instance)
    once = run(instance, made_once)
    assert holds(home, first)

    assert prune(home, terms, instance) == {"runs": 2, "kept_runs": 2}
    assert {each.run_id for each in instance.get_runs()} == {last, once}
    for gone in (first, second):
        assert holds(home, gone) == []
        assert not list(home.dagster.rglob(f"*{gone}*"))
    latest = instance.get_latest_materialization_event(dg.AssetKey("made"))
    assert latest
    assert latest.run_id == last
    assert instance.get_latest_materialization_event(dg.AssetKey("made_once"))
    for file in ("history/runs.db", "history/runs/index.db"):
        with closing(sqlite3.connect(home.dagster / file)) as connection:
            assert connection.execute("pragma freelist_count").fetchone() == (0,)


def test_a_second_call_does_nothing(home: settings.Home, terms: contracts.Contracts, instance: dg.DagsterInstance):
    run(instance)
    run(instance)
    prune(home, terms, instance)
    index = home.dagster / "history" / "runs" / "index.db"
    before = index.stat().st_mtime_ns

    assert prune(home, terms, instance) == {"kept_runs": 1}
    assert index.stat().st_mtime_ns == before


def test_a_young_run_stays_and_the_last_day_counts_in_full(
    home: settings.Home, terms: contracts.Contracts, instance: dg.DagsterInstance
):
    run(instance)
    run(instance)

    assert prune(home, terms, instance, NOW + 90 * DAY) == {}
    assert prune(home, terms, instance, NOW + 91 * DAY) == {"runs": 1, "kept_runs": 1}


def test_a_run_under_way_stays_however_old(
    home: settings.Home, terms: contracts.Contracts, instance: dg.DagsterInstance
):
    job = dg.define_asset_job("job").resolve(asset_graph=dg.Definitions(assets=[made]).resolve_asset_graph())
    states = (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING, dg.DagsterRunStatus.FAILURE)
    ids = [instance.create_run_for_job(job, status=state).run_id for state in states]

    assert prune(home, terms, instance) == {"runs": 1}
    assert {each.run_id for each in instance.get_runs()} == set(ids[:2])


def test_what_a_kill_left_of_a_run_goes_next_time(
    home: settings.Home, terms: contracts.Contracts, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
):
    gone = run(instance)
    run(instance)

    def killed(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(instance.run_storage, "delete_run", killed)
    with pytest.raises(KeyboardInterrupt):
        prune(home, terms, instance)
    monkeypatch.undo()
    assert prune(home, terms, instance) == {"runs": 1, "kept_runs": 1}
    assert not list(home.dagster.rglob(f"*{gone}*"))


def test_what_dagster_leaves_of_a_run_that_somebody_deleted_goes(
    home: settings.Home, terms: contracts.Contracts, instance: dg.DagsterInstance
):
    gone = run(instance)
    instance.delete_run(gone)
    shard = home.dagster / "history" / "runs" / f"{gone}.db"
    assert shard.exists()

    assert prune(home, terms, instance, NOW + 50 * DAY) == {}
    assert prune(home, terms, instance)["runs"] == 1
    assert not shard.exists()


def test_what_sensors_observed_and_their_ticks_go(
    home: settings.Home, terms: contracts.Contracts, instance: dg.DagsterInstance
):
    instance.report_runless_asset_event(dg.AssetObservation("landed", metadata={"told": MARK}))
    log = written(home.dagster / "storage" / "repository" / "arrivals" / "7.err", days=0)

    assert prune(home, terms, instance, NOW + 50 * DAY) == {}
    assert prune(home, terms, instance) == {"events_of_no_run": 1, "logs_of_ticks": 1}
    assert not log.exists()
    assert [name for name in holds(home, MARK) if "index.db" not in name] == []
    assert prune(home, terms, instance) == {}


def test_files_go_by_their_day_and_what_is_shown_stays(home: settings.Home, terms: contracts.Contracts):
    old = [
        written(home.lineage_events / "a.ndjson", days=91),
        written(home.dagster / "dbt" / "target" / "compiled" / "models" / "gone.sql", days=91),
        written(home.evidence / "withheld" / "old.parquet", days=91),
        written(home.data_docs / "a_source_of_old.json", days=91),
        written(home.data_docs / "a_source_of_old.html", days=91),
    ]
    (home.release / "editions" / "shown").mkdir(parents=True)
    young = [
        written(home.lineage_events / "b.ndjson", days=89),
        written(home.dagster / "dbt" / "target" / "young.sql", days=89),
        written(home.dagster / "dbt" / "graph" / "manifest-1.json", days=200),
        written(home.evidence / "withheld" / "shown.parquet", days=200),
        written(home.evidence / "withheld" / "young.parquet", days=89),
        written(home.data_docs / "index.html", days=200),
        written(home.evidence / "ledger" / "entries.jsonl", days=2000),
    ]
    counts = {"lineage_events": 1, "dbt": 1, "explanations": 1, "verdicts": 2}

    assert prune(home, terms, None, NOW, dry_run=True) == counts
    assert all(path.exists() for path in old)
    assert prune(home, terms, None, NOW) == counts
    assert [path.name for path in old if path.exists()] == []
    assert not (home.dagster / "dbt" / "target" / "compiled").exists()
    assert [path.name for path in young if not path.exists()] == []
    assert prune(home, terms, None, NOW) == {}


def test_the_last_verdict_on_a_dataset_stays(home: settings.Home, terms: contracts.Contracts):
    kept = written(home.data_docs / "courses.json", days=2000)

    assert prune(home, terms, None, NOW) == {}
    assert kept.exists()


def test_a_link_out_of_the_home_is_not_followed(
    home: settings.Home, terms: contracts.Contracts, instance: dg.DagsterInstance, tmp_path: Path
):
    elsewhere = tmp_path / "elsewhere"
    theirs = [written(elsewhere / name, days=200) for name in ("a.ndjson", "7.err", "models/b.sql")]
    (home.dagster / "storage").mkdir(exist_ok=True)
    (home.dagster / "storage" / "linked").symlink_to(elsewhere)
    (home.dagster / "storage" / "one.err").symlink_to(theirs[1])
    (home.lineage_events).symlink_to(elsewhere)
    (home.dagster / "dbt" / "target").mkdir(parents=True)
    (home.dagster / "dbt" / "target" / "compiled").symlink_to(elsewhere)
    (home.dagster / "dbt" / "target" / "c.sql").symlink_to(theirs[2])

    assert prune(home, terms, instance) == {}
    assert all(path.exists() for path in theirs)


def test_a_storage_that_lies_elsewhere_is_left_alone(home: settings.Home, terms: contracts.Contracts, tmp_path: Path):
    elsewhere = tmp_path / "elsewhere"
    theirs = written(elsewhere / "dbt" / "target" / "b.sql", days=200)
    shutil.rmtree(home.dagster)
    home.dagster.symlink_to(elsewhere)

    assert prune(home, terms, None) == {}
    assert theirs.exists()


def test_the_nightly_step_tells_what_went(
    home: settings.Home, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
):
    run(instance)
    run(instance)
    site = SiteResource(home=str(home.root), as_of=LATER.isoformat())
    result = dg.materialize([pruning.pruned], instance=instance, resources={"site": site})
    [told] = result.asset_materializations_for_node("retention__run_records")

    assert told.metadata["runs"].value == 1
    assert told.metadata["kept_runs"].value == 1
    assert result.run_id in {each.run_id for each in instance.get_runs()}


def test_the_command_says_what_would_go_and_lets_it_go(home: settings.Home, monkeypatch: pytest.MonkeyPatch):
    for name in (settings.HOME_VARIABLE, settings.POLICY_VARIABLE, settings.AS_OF_VARIABLE, "DAGSTER_HOME"):
        monkeypatch.setenv(name, "")
    with run_storage.opened(home) as instance:
        run(instance)
        run(instance)
    place = ["--home", str(home.root), "--as-of", LATER.isoformat(), "--json"]

    for arguments, expected in ((["--dry-run"], 1), ([], 1), ([], 0)):
        done = CliRunner().invoke(main, ["retention", "prune", *arguments, *place])
        assert done.exit_code == 0, done.stderr
        assert json.loads(done.stdout)["counts"]["runs"] == expected


def test_a_home_in_which_dagster_never_ran_is_given_no_storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in (settings.HOME_VARIABLE, settings.POLICY_VARIABLE, settings.AS_OF_VARIABLE, "DAGSTER_HOME"):
        monkeypatch.setenv(name, "")
    home = settings.Home(tmp_path / "home").prepare()

    done = CliRunner().invoke(main, ["retention", "prune", "--home", str(home.root)])
    assert done.exit_code == 0, done.stderr
    assert "Nothing is too old" in done.stdout
    assert list(home.dagster.iterdir()) == []
