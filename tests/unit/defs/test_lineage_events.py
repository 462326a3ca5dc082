"""What Dagster's log says of a run becomes events; what an error or a check says in its own words never does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipelines import contracts as contracts_room
from pipelines import settings
from pipelines.contracts import Contracts
from pipelines.defs import lineage_events
from pipelines.identity import keys
from pipelines.lineage import Column, Dataset, Dependency, Graph, Operation
from tests.unit.lineage import typed
from tests.unit.notices.servers import Webhook, webhook

SECRET = "dewi@example.com"
TABLE = "agg_assessments"


@pytest.fixture(scope="module")
def contracts() -> Contracts:
    return contracts_room.load(settings.CONTRACTS_DIR)


@pytest.fixture(scope="module")
def graph() -> Graph:
    def of(dataset: str, name: str) -> frozenset[Dependency]:
        return frozenset({Dependency(Column(dataset, name), "value", (Operation("keep"),))})

    landed = {name: frozenset[Dependency]() for name in ("city", "user_id")}
    return Graph(
        [
            Dataset("landing/accounts", "landing", landed),
            Dataset("accounts", "lake", {"city": of("landing/accounts", "city")}),
            Dataset("identity_links", "lake", {"city": of("landing/accounts", "user_id")}),
            Dataset("learner_payments", "lake", {"city": of("accounts", "city")}),
            Dataset("stg_accounts", "model", {"city": of("accounts", "city")}),
            Dataset(TABLE, "model", {"city": of("stg_accounts", "city")}),
            Dataset(f"release/{TABLE}", "release", {"city": of(TABLE, "city")}),
        ]
    )


@pytest.fixture
def home(tmp_path: Path) -> settings.Home:
    made = settings.Home(tmp_path / "home").prepare()
    keys.init(made)
    return made


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    with webhook() as found:
        monkeypatch.setenv(settings.secret_variable(settings.OPENLINEAGE_URL), found.url)
        yield found


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as found:
        yield found


def ran(instance: dg.DagsterInstance, *, is_published: bool) -> str:
    """Run the steps of a day as this product's own steps report them; return the run's id."""
    facts: dict[tuple[str, str], dict[str, Any]] = {
        ("lake", "accounts"): {"rows_in": 12, "accepted": 7, "days": 1},
        ("lake", "courses"): {"rows_in": 1, "accepted": 1, "days": 1},
        ("lake", "payments"): {},
        ("lake", "identity_links"): {},
        ("lake", "learner_payments"): {"rows": 5, "left_out": 0},
        ("staging", "stg_accounts"): {"days": 1, "tests": 3},
        ("marts", TABLE): {"held_back": f"{SECRET} is missing"},
    }
    specs = [dg.AssetSpec(list(key)) for key in facts]
    check = dg.AssetCheckSpec("meets_its_contract", asset=dg.AssetKey(["lake", "accounts"]))

    @dg.multi_asset(specs=specs, check_specs=[check])
    def steps() -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        for key, metadata in facts.items():
            yield dg.MaterializeResult(dg.AssetKey(list(key)), metadata=metadata)
        yield dg.AssetCheckResult(
            asset_key=check.asset_key,
            passed=False,
            description=f"learner_pseudonym: not be null (1 of 2 partitions); {SECRET}: not be null; {SECRET}",
        )

    @dg.multi_asset(
        specs=[dg.AssetSpec(["disclosure", "assessed"], deps=specs[-1:]), dg.AssetSpec(["release", "analytics"])],
        check_specs=[dg.AssetCheckSpec("meets_its_contract", asset=dg.AssetKey(["disclosure", "assessed"]))],
    )
    def publish() -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        if not is_published:
            raise KeyError(SECRET)
        yield dg.MaterializeResult(dg.AssetKey(["disclosure", "assessed"]), metadata={"rows": 3})
        yield dg.AssetCheckResult(passed=True, asset_key=dg.AssetKey(["disclosure", "assessed"]))
        tables = dg.MetadataValue.json({TABLE: 3, "agg_of_another_day": 4})
        yield dg.MaterializeResult(
            dg.AssetKey(["release", "analytics"]), metadata={"edition": "e", "is_new": True, "tables": tables}
        )

    result = dg.materialize([steps, publish], instance=instance, raise_on_error=False)
    assert result.success == is_published
    return result.run_id


def test_what_a_run_made_is_read_from_its_log(instance: dg.DagsterInstance, contracts: Contracts, graph: Graph) -> None:
    run = lineage_events.what_was_done(instance, contracts, graph, run_id=ran(instance, is_published=True))
    assert run is not None
    made = {each.dataset: (each.state, each.rows_in, each.rows) for each in run.made}
    assert made == {
        "accounts": ("COMPLETE", 12, 7),
        "identity_links": ("COMPLETE", None, None),
        "learner_payments": ("COMPLETE", None, 5),
        "stg_accounts": ("COMPLETE", None, None),
        TABLE: ("ABORT", None, None),
        f"release/{TABLE}": ("COMPLETE", None, 3),
    }
    assert [(each.dataset, each.is_met, each.missed) for each in run.checked] == [
        ("accounts", False, (("learner_pseudonym", "expect_column_values_to_not_be_null"),)),
        (f"release/{TABLE}", True, ()),
    ]
    assert (run.state, run.failed, run.kinds) == ("COMPLETE", (), ())
    assert run.began_at <= min(each.began_at for each in run.made) <= max(each.ended_at for each in run.made)
    assert run.ended_at >= max(each.ended_at for each in run.made)


def test_a_run_that_fails_is_told_by_step_and_kind(
    instance: dg.DagsterInstance, contracts: Contracts, graph: Graph
) -> None:
    run = lineage_events.what_was_done(instance, contracts, graph, run_id=ran(instance, is_published=False))
    assert run is not None
    assert (run.state, run.kinds) == ("FAIL", ("KeyError",))
    assert [(each.step, each.kind) for each in run.failed] == [("publish", "KeyError")]
    assert {each.dataset for each in run.made} >= {"accounts", "stg_accounts"}
    assert f"release/{TABLE}" not in {each.dataset for each in run.made}


@pytest.mark.parametrize("is_published", [True, False])
def test_no_word_of_an_error_a_reason_or_a_check_reaches_an_event(
    instance: dg.DagsterInstance, contracts: Contracts, graph: Graph, is_published: bool
) -> None:
    from pipelines.lineage import events

    run = lineage_events.what_was_done(instance, contracts, graph, run_id=ran(instance, is_published=is_published))
    assert run is not None
    lines = list(events.of_run(run, graph, contracts))
    assert "dewi" not in "".join(lines)
    for line in lines:
        typed.event(json.loads(line))


def test_a_run_is_told_once_to_its_file_and_to_the_server(
    instance: dg.DagsterInstance, contracts: Contracts, home: settings.Home, server: Webhook
) -> None:
    run_id = ran(instance, is_published=False)
    told = lineage_events.tell(home, contracts, instance, run_id=run_id)
    assert told == "4 events written; 4 of 4 events sent"
    kept = (home.lineage_events / f"{run_id}.ndjson").read_text().splitlines()
    assert [json.loads(line) for line in kept] == server.received
    assert [(each["job"]["name"], each["eventType"]) for each in server.received] == [
        ("daily", "START"),
        ("step/publish", "START"),
        ("step/publish", "FAIL"),
        ("daily", "FAIL"),
    ]
    assert lineage_events.tell(home, contracts, instance, run_id=run_id) == "told before"
    assert server.requests == 4


def test_a_server_that_fails_stops_nothing_and_the_file_stands(
    instance: dg.DagsterInstance, contracts: Contracts, home: settings.Home, server: Webhook
) -> None:
    server.answers += [500, 500, 500]
    run_id = ran(instance, is_published=True)
    told = lineage_events.tell(home, contracts, instance, run_id=run_id)
    assert told == "2 events written; 0 of 2 events sent, the server answered 500"
    assert len((home.lineage_events / f"{run_id}.ndjson").read_text().splitlines()) == 2


def test_a_file_that_cannot_be_written_is_told_of(
    instance: dg.DagsterInstance, contracts: Contracts, home: settings.Home
) -> None:
    home.lineage_events.write_text("in the way")
    told = lineage_events.tell(home, contracts, instance, run_id=ran(instance, is_published=True))
    assert told == "2 events could not be written (FileExistsError)"


def test_a_run_of_which_nothing_is_known_is_not_told(
    instance: dg.DagsterInstance, contracts: Contracts, home: settings.Home
) -> None:
    run_id = "9f0adf77-f7fa-48bd-a1e3-399443189e44"
    assert lineage_events.tell(home, contracts, instance, run_id=run_id) == "nothing was done"


@pytest.mark.slow
def test_the_sensors_tell_of_runs_that_end_well_and_of_runs_that_fail(
    instance: dg.DagsterInstance, home: settings.Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(settings.HOME_VARIABLE, str(home.root))
    for is_published in (True, False):
        run_id = ran(instance, is_published=is_published)
        run = instance.get_run_by_id(run_id)
        kind = dg.DagsterEventType.RUN_SUCCESS if is_published else dg.DagsterEventType.RUN_FAILURE
        (record,) = instance.all_logs(run_id, of_type=kind)
        context = dg.build_run_status_sensor_context(
            "told", dagster_event=record.get_dagster_event(), dagster_instance=instance, dagster_run=run
        )
        if is_published:
            lineage_events.of_successes(context)
        else:
            lineage_events.of_failures(context.for_run_failure())
        last = json.loads((home.lineage_events / f"{run_id}.ndjson").read_text().splitlines()[-1])
        assert (last["job"]["name"], last["eventType"]) == ("daily", "COMPLETE" if is_published else "FAIL")
