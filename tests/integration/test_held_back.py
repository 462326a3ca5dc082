"""Plants a fault for each check of a run: the right check goes red, and what is made of the faulty data waits, nothing else."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipelines import engine, lake, settings, warehouse
from pipelines.contracts import load
from pipelines.defs import fingerprints, in_process, notifying
from pipelines.demo import generate
from pipelines.identity import keys
from tests.unit.lineage import typed
from tests.unit.notices.servers import webhook

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("held_back")]
AS_OF = datetime(2026, 6, 30, 16, 59, 59, tzinfo=UTC)
NEXT_DAY = AS_OF + timedelta(days=1)
COMPLETION = {
    "agg_completion_rates",
    "agg_module_funnel",
    "agg_assessments",
    "agg_re_enrolments",
    "agg_active_learners",
}


@dataclass(frozen=True)
class Site:
    """A home that has been run once."""

    home: settings.Home

    def run(self) -> in_process.Outcome:
        return in_process.run(self.home, policy=settings.policy_file(), as_of=NEXT_DAY, progress=lambda _: None)

    def last_file(self, dataset: str) -> Path:
        return lake.partition_file(self.home, dataset, lake.days_of(self.home, dataset)[-1])

    def change(self, dataset: str, rows: str) -> date:
        """Replace the last partition by what SQL makes of its rows (`given`), as if a batch had written it; return its day."""
        file = self.last_file(dataset)
        with engine.connect(parquet_keys=keys.open_keyring(self.home).parquet_keys()) as connection:
            query = f"with given as (from {lake.read_expression(file)}) {rows}"
            lake.write_parquet(connection, query, file=file.with_suffix(".new"))
        self.put_back(dataset, file.with_suffix(".new").read_bytes())
        file.with_suffix(".new").unlink()
        day = lake.days_of(self.home, dataset)[-1]
        self._note("insert into stale values (?, ?)", dataset, day.isoformat())
        return day

    def put_back(self, dataset: str, content: bytes) -> None:
        file = self.last_file(dataset)
        file.write_bytes(content)
        place = file.relative_to(self.home.root).as_posix()
        self._note("update stored set bytes = ? where path = ?", len(content), place)

    def note_batches(self, source: str, sizes: list[int]) -> None:
        with lake.open_manifest(self.home) as manifest:
            for number, rows in enumerate(sizes):
                batch = lake.BatchRow(f"{source}-{number}", source, AS_OF.isoformat(), {"rows_in": rows})
                manifest.prepare(batch, files=[], moves=[], stale={})
                manifest.finish(batch.batch_id)

    def let_fall_silent(self, source: str, *, since: datetime) -> None:
        self._note("update batches set as_of = ? where source = ?", since.isoformat(), source)

    def _note(self, change: str, *values: object) -> None:
        with closing(sqlite3.connect(self.home.manifest_file)) as manifest, manifest:
            manifest.execute(change, values)

    def marts(self) -> dict[str, int]:
        """Return how many rows each mart has."""
        with warehouse.open_read_only(self.home, keys.open_keyring(self.home)) as connection:
            names = connection.execute(
                "select distinct table_name from duckdb_columns() where database_name = 'warehouse' and schema_name = 'marts'"
            ).fetchall()
            return {
                name: int(connection.execute(f"select count(*) from warehouse.marts.{name}").fetchone()[0])
                for (name,) in names
            }

    def warnings(self, run_id: str) -> dict[str, str]:
        """Return what checks warned of in a run."""
        with dg.DagsterInstance.from_config(str(self.home.dagster)) as instance:
            records = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
            found = [record.get_dagster_event().asset_check_evaluation_data for record in records]
        return {
            each.asset_key.to_user_string(): each.description or ""
            for each in found
            if not each.passed and each.severity == dg.AssetCheckSeverity.WARN
        }

    def told_of(self, run_id: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
        """Return the notices that Dagster's sensor sends of a run that ended well."""
        monkeypatch.setenv(settings.HOME_VARIABLE, str(self.home.root))
        with webhook() as server, dg.DagsterInstance.from_config(str(self.home.dagster)) as instance:
            monkeypatch.setenv(settings.secret_variable("webhook_url"), server.url)
            run = instance.get_run_by_id(run_id)
            event = instance.all_logs(run_id, of_type=dg.DagsterEventType.RUN_SUCCESS)[0].get_dagster_event()
            context = dg.build_run_status_sensor_context(
                "told", dagster_event=event, dagster_instance=instance, dagster_run=run
            )
            notifying.held_back(context)
            return [(told["kind"], told["lines"]) for told in server.received]

    def events(self, run_id: str) -> dict[str, dict[str, Any]]:
        """Return of each job of a run the event by which it ended; each is what OpenLineage's classes say."""
        lines = (self.home.lineage_events / f"{run_id}.ndjson").read_text().splitlines()
        told = [json.loads(line) for line in lines]
        for each in told:
            typed.event(each)
        return {each["job"]["name"]: each for each in told if each["eventType"] != "START"}

    def release(self) -> dict[str, Any]:
        return dict(json.loads((self.home.release / "release.json").read_text()))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> settings.Home:
    home = settings.home(tmp_path_factory.mktemp("held_back")).prepare()
    keys.init(home)
    keys.keep_secret(home, "midtrans_server_key", "kunci-uji")
    generate(home.landing, learners=30, days=5, seed=7, end=AS_OF.date(), dirt=0)
    outcome = in_process.run(home, policy=settings.policy_file(), as_of=AS_OF, progress=lambda _: None)
    assert outcome.missed == ()
    told = Site(home).events(outcome.run_id)
    landed = {folder.name for folder in home.landing.iterdir() if any(folder.iterdir())}
    assert {f"intake/{name}" for name in landed} == {name for name in told if name.startswith("intake/")}
    assert {f"release/{name}" for name in load(settings.CONTRACTS_DIR).outbound} <= told.keys()
    assert {each["eventType"] for each in told.values()} == {"COMPLETE"}
    return home


@pytest.fixture
def site(built: settings.Home, tmp_path: Path) -> Site:
    return Site(settings.Home(shutil.copytree(built.root, tmp_path / "home", symlinks=True)))


def made_of(*datasets: str) -> set[str]:
    """Return the marts that dbt's project makes of these datasets, by its own graph."""
    from pipelines.defs.dbt_manifest import prepared_manifest

    children = prepared_manifest()["child_map"]
    found, waits = set(), [f"source.crosslife.lake.{dataset}" for dataset in datasets]
    while waits:
        name = waits.pop()
        found.add(name)
        waits += [child for child in children.get(name, ()) if child.startswith("model.") and child not in found]
    return {name.rpartition(".")[2] for name in found if name.rpartition(".")[2].startswith(("agg_", "fct_", "dim_"))}


def test_each_fault_turns_its_check_red_and_holds_back_what_is_made_of_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, sound = site.marts(), {name: site.last_file(name).read_bytes() for name in ("consents", "course_progress")}
    # Nulls and duplicates, a source that sends far less than usual, one that sends nothing for months.
    days = {
        "support_tickets": site.change("support_tickets", "select * replace (null as policy_version) from given"),
        "consents": site.change("consents", "select * replace (null as purpose) from given"),
        "course_progress": site.change("course_progress", "from given union all from given"),
    }
    site.note_batches("payments", [90_000] * 6 + [7])
    site.let_fall_silent("ad_insights", since=AS_OF - timedelta(days=90))
    outcome = site.run()

    nulls, duplicates = "purpose: not be null (1 of 1 partitions)", "event_key: be unique (1 of 1 partitions)"
    held = {nulls: made_of("consents") - made_of("course_progress"), duplicates: made_of("course_progress")}
    tickets = next(line for line in outcome.missed if line.startswith("lake/support_tickets: "))
    lines = [f"lake/consents: {nulls}", f"lake/course_progress: {duplicates}", tickets]
    for dataset, said in (("consents", nulls), ("course_progress", duplicates)):
        reason = f"held back, stands as before: lake/{dataset} misses its contract: {said}"
        lines += [f"{names}: {reason}" for names in [_listed(held[said])]]
    assert {_sorted(line) for line in outcome.missed} == set(lines)
    assert site.warnings(outcome.run_id) == {
        "lake/payments": "payments: 7 rows in the last batch, usually 90,000",
        "lake/ad_insights": "ad_insights: nothing for 91.0 days, expected every 1",
    }

    assert site.told_of(outcome.run_id, monkeypatch) == [("refused", list(outcome.missed))]

    waiting_marts = set().union(*held.values())
    events = site.events(outcome.run_id)
    judged = events["check/lake/consents"]["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert [(each["assertion"], each.get("column")) for each in judged if not each["success"]] == [
        ("meets_its_contract", None),
        ("expect_column_values_to_not_be_null", "purpose"),
    ]
    aborted = {name for name, event in events.items() if event["eventType"] == "ABORT"}
    assert {f"model/{name}" for name in waiting_marts} <= aborted
    assert events["model/dim_courses"]["eventType"] == events["daily"]["eventType"] == "COMPLETE"
    assert waiting_marts < before.keys()
    assert site.marts() == before
    assert site.release()["held_back"].keys() == waiting_marts & load(settings.CONTRACTS_DIR).outbound.keys()
    assert {name: (day,) for name, day in days.items()}.items() <= lake.stale_days(site.home).items()
    assert warehouse.held_back(site.home, keys.open_keyring(site.home)).keys() >= waiting_marts

    # Mended, everything is built again, and nothing waits any more but what no model reads and is still wrong.
    for name, content in sound.items():
        site.put_back(name, content)
    assert site.run().missed == (tickets,)
    assert (site.marts(), site.release()["held_back"]) == (before, {})
    assert warehouse.held_back(site.home, keys.open_keyring(site.home)) == {}
    assert lake.stale_days(site.home) == {"support_tickets": (days["support_tickets"],)}


def test_a_model_that_breaks_its_contract_holds_back_what_is_made_of_it(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = site.marts()
    project = shutil.copytree(settings.DBT_PROJECT_DIR, tmp_path / "dbt_project")
    # Another definition than the contract's, and a reference that leads nowhere.
    _edit(project, "agg_newsletter_monthly", "select month, is_month_over, joined from final")
    _edit(project, "dim_learners", "select * from final where has_account is null")
    monkeypatch.setattr(settings, "DBT_PROJECT_DIR", project)
    fingerprints.models_fingerprint.cache_clear()
    try:
        outcome = site.run()
    finally:
        fingerprints.models_fingerprint.cache_clear()

    reasons = {line.partition(": held back, stands as before: ")[2]: line.partition(": ")[0] for line in outcome.missed}
    assert reasons.pop("model agg_newsletter_monthly failed (Compilation Error)") == "marts/agg_newsletter_monthly"
    held = {name.removeprefix("marts/") for names in reasons.values() for name in names.split(", ")}
    assert all("test relationships_" in reason for reason in reasons)
    assert {"fct_enrolments", "agg_completion_rates", "agg_completion_segments", "agg_module_funnel"} <= held
    assert not held & {
        "agg_traffic_daily",
        "agg_consents_monthly",
        "agg_revenue_monthly",
        "fct_sessions",
        "dim_courses",
    }
    assert site.marts() == {**before, "dim_learners": 0}


def _edit(project: Path, model: str, last_line: str) -> None:
    file = project / "models" / "marts" / f"{model}.sql"
    text = file.read_text(encoding="utf-8")
    assert text.endswith("select * from final\n")
    file.write_text(text.removesuffix("select * from final\n") + last_line + "\n", encoding="utf-8")


def _listed(marts: set[str]) -> str:
    return ", ".join(sorted(f"marts/{name}" for name in marts))


def _sorted(line: str) -> str:
    names, _, said = line.partition(": ")
    return f"{', '.join(sorted(names.split(', ')))}: {said}"
