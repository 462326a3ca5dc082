"""What events say: all of the graph and nothing else, in OpenLineage's own words, held against its classes and its schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipelines import contracts as contracts_room
from pipelines import lineage, settings, warehouse
from pipelines.contracts import Contracts
from pipelines.lineage import Column, Dataset, Dependency, Graph, Operation, events
from pipelines.lineage.facets import NAMESPACE, place
from pipelines.lineage.runs import Checked, Failed, Made, Run
from tests.unit.lineage import specified, typed

AT = datetime(2026, 6, 30, 19, tzinfo=UTC)
LATER = AT + timedelta(minutes=3)
RUN_ID = "9f0adf77-f7fa-48bd-a1e3-399443189e44"
PARTS = {
    "condition": "CONDITIONAL",
    "filter": "FILTER",
    "join": "JOIN",
    "group": "GROUP_BY",
    "counted": "GROUP_BY",
    "order": "SORT",
    "window": "WINDOW",
}


@pytest.fixture(scope="module")
def contracts() -> Contracts:
    return contracts_room.load(settings.CONTRACTS_DIR)


def _of(dataset: str, name: str, part: str, *through: str) -> Dependency:
    return Dependency(Column(dataset, name), part, tuple(map(Operation, through)))


@pytest.fixture(scope="module")
def graph() -> Graph:
    landed, stored = "landing/accounts", "accounts"
    return Graph(
        [
            Dataset(landed, "landing", {"user_id": frozenset(), "city": frozenset()}),
            Dataset(
                stored,
                "lake",
                {
                    "learner_pseudonym": frozenset({_of(landed, "user_id", "value", "pseudonymise")}),
                    "city": frozenset({_of(landed, "city", "value", "keep")}),
                },
            ),
            Dataset(
                "agg_assessments",
                "model",
                {
                    "month": frozenset({_of(stored, "city", "value"), _of(stored, "city", "window")}),
                    "people": frozenset(
                        {_of(stored, "learner_pseudonym", "value", "aggregate"), _of(stored, "city", "counted")}
                    ),
                    "one": frozenset(),
                },
                rows=frozenset(_of(stored, "city", part) for part in ("filter", "join", "group", "order")),
                reads=frozenset({stored}),
            ),
            Dataset(
                "release/agg_assessments",
                "release",
                {"people": frozenset({_of("agg_assessments", "people", "value", "assess")})},
            ),
        ]
    )


@pytest.fixture(scope="module")
def run() -> Run:
    return Run(
        RUN_ID,
        AT,
        LATER,
        "FAIL",
        made=(
            Made("accounts", AT, LATER, rows_in=12, rows=7),
            Made("agg_assessments", AT, LATER, state="ABORT"),
            Made("release/agg_assessments", AT, LATER, rows=3),
        ),
        checked=(
            Checked("accounts", "meets_its_contract", AT, is_met=False, missed=(("city", "expect_in_set"),)),
            Checked("accounts", "arrives_in_its_rhythm", LATER, is_met=False, is_warning=True),
        ),
        failed=(Failed("publish", AT, LATER, "ReleaseRefused"),),
        kinds=("ReleaseRefused",),
    )


@pytest.fixture(scope="module")
def told(run: Run, graph: Graph, contracts: Contracts) -> list[dict[str, Any]]:
    return [json.loads(line) for line in events.of_run(run, graph, contracts)]


@pytest.fixture(scope="module")
def whole(contracts: Contracts) -> Graph:
    return lineage.assemble(contracts, warehouse.compiled_models())


@pytest.fixture(scope="module")
def specification() -> specified.Specification:
    if specified.FOLDER is None:
        pytest.skip(f"{specified.VARIABLE} names no folder with OpenLineage's schema (its repository's spec/)")
    return specified.Specification(specified.FOLDER)


def ended(told: list[dict[str, Any]], job: str) -> dict[str, Any]:
    (found,) = (each for each in told if each["job"]["name"] == job and each["eventType"] != "START")
    return found


def test_every_job_begins_and_ends_and_is_part_of_the_run(told: list[dict[str, Any]]) -> None:
    assert [(each["job"]["name"], each["eventType"]) for each in told if each["eventType"] != "START"] == [
        ("intake/accounts", "COMPLETE"),
        ("model/agg_assessments", "ABORT"),
        ("release/agg_assessments", "COMPLETE"),
        ("check/lake/accounts", "COMPLETE"),
        ("step/publish", "FAIL"),
        ("daily", "FAIL"),
    ]
    begun = [each["run"]["runId"] for each in told if each["eventType"] == "START"]
    assert sorted(begun) == sorted(each["run"]["runId"] for each in told if each["eventType"] != "START")
    assert len(set(begun)) == 6
    parents = {each["run"]["facets"]["parent"]["run"]["runId"] for each in told if each["job"]["name"] != "daily"}
    assert parents == {RUN_ID} == {each["run"]["runId"] for each in told if each["job"]["name"] == "daily"}


def test_the_same_run_gives_the_same_events_and_another_run_other_ids(
    run: Run, graph: Graph, contracts: Contracts, told: list[dict[str, Any]]
) -> None:
    assert [json.loads(line) for line in events.of_run(run, graph, contracts)] == told
    assert events.run_id_of(RUN_ID, "daily") != events.run_id_of(RUN_ID.replace("9f", "8f"), "daily")


def test_rows_are_counted_where_they_are_known(told: list[dict[str, Any]]) -> None:
    taken_in = ended(told, "intake/accounts")
    assert taken_in["inputs"][0]["name"] == "landing/accounts"
    assert taken_in["inputs"][0]["inputFacets"]["inputStatistics"]["rowCount"] == 12
    assert taken_in["outputs"][0]["name"] == "lake/accounts"
    assert taken_in["outputs"][0]["outputFacets"]["outputStatistics"]["rowCount"] == 7
    assert ended(told, "model/agg_assessments")["outputs"] == []


def test_a_dataset_says_its_columns_its_owner_and_what_it_is(told: list[dict[str, Any]], contracts: Contracts) -> None:
    facets = ended(told, "intake/accounts")["outputs"][0]["facets"]
    fields = {each["name"]: each for each in facets["schema"]["fields"]}
    stored = {each.name: each for each in contracts.inbound["accounts"].table_columns}
    assert fields.keys() == {"learner_pseudonym", "city"}
    assert fields["city"]["type"] == stored["city"].sql_type
    assert fields["city"]["description"] == stored["city"].description
    assert facets["ownership"]["owners"][0]["name"] == f"team:{contracts.inbound['accounts'].owner}"
    assert facets["documentation"]["description"] == contracts.inbound["accounts"].description


def ways(fields: list[dict[str, Any]]) -> set[tuple[str, str, str, str, bool]]:
    return {
        (each["name"], each["field"], way["type"], way["subtype"], way["masking"])
        for each in fields
        for way in each["transformations"]
    }


def test_a_column_says_of_what_it_is_made_and_what_a_treatment_takes_away(graph: Graph, contracts: Contracts) -> None:
    told = {each["job"]["name"]: each for each in map(json.loads, events.of_graph(graph, contracts, at=AT))}
    of = {name: each["outputs"][0]["facets"]["columnLineage"] for name, each in told.items()}
    stored, mart, published = (
        of[each] for each in ("intake/accounts", "model/agg_assessments", "release/agg_assessments")
    )
    column = {name: ways(each["inputFields"]) for name, each in {**mart["fields"], **stored["fields"]}.items()}
    assert column["learner_pseudonym"] == {("landing/accounts", "user_id", "DIRECT", "TRANSFORMATION", True)}
    assert column["city"] == {("landing/accounts", "city", "DIRECT", "IDENTITY", False)}
    assert column["month"] == {
        ("lake/accounts", "city", "DIRECT", "IDENTITY", False),
        ("lake/accounts", "city", "INDIRECT", "WINDOW", False),
    }
    # Of one person's rows an aggregate takes nothing away: that is the business of the check, not of a flag.
    assert column["people"] == {
        ("lake/accounts", "learner_pseudonym", "DIRECT", "AGGREGATION", False),
        ("lake/accounts", "city", "INDIRECT", "GROUP_BY", False),
    }
    assert column["one"] == set()
    assert {(subtype) for _, _, _, subtype, _ in ways(mart["dataset"])} == {"FILTER", "JOIN", "GROUP_BY", "SORT"}
    assert ways(published["fields"]["people"]["inputFields"]) == {
        ("warehouse/agg_assessments", "people", "DIRECT", "TRANSFORMATION", False)
    }


def test_checks_are_told_with_the_expectations_that_were_missed(told: list[dict[str, Any]]) -> None:
    (judged,) = ended(told, "check/lake/accounts")["inputs"]
    said = judged["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert [(each["assertion"], each.get("column"), each["success"], each["severity"]) for each in said] == [
        ("meets_its_contract", None, False, "error"),
        ("expect_in_set", "city", False, "error"),
        ("arrives_in_its_rhythm", None, False, "warn"),
    ]


def test_a_failure_is_told_by_its_kind_alone(told: list[dict[str, Any]]) -> None:
    for job in ("step/publish", "daily"):
        error = ended(told, job)["run"]["facets"]["errorMessage"]
        assert {name: value for name, value in error.items() if not name.startswith("_")} == {
            "message": "ReleaseRefused",
            "programmingLanguage": "PYTHON",
        }


def test_without_a_graph_the_run_and_its_failures_are_told(run: Run, contracts: Contracts) -> None:
    told = [json.loads(line) for line in events.of_run(run, None, contracts)]
    assert {each["job"]["name"] for each in told} == {"daily", "step/publish"}


@pytest.mark.slow
def test_events_of_the_project_tell_every_dataset_and_every_edge_of_the_graph_and_no_other(
    whole: Graph, contracts: Contracts
) -> None:
    told = [json.loads(line) for line in events.of_graph(whole, contracts, at=AT)]
    datasets = {each["name"] for event in told for each in [*event["inputs"], *event["outputs"]]}
    assert datasets == {place(each) for each in whole.datasets.values()}
    made = {each["outputs"][0]["name"]: each["outputs"][0]["facets"]["columnLineage"] for each in told}
    expected, found = set(), set()
    for dataset in whole.datasets.values():
        # What is read out of another field of the same file is made by no job.
        made_by_a_job = [] if dataset.layer == "landing" else [*dataset.columns.items(), ("*", dataset.rows)]
        for name, own in made_by_a_job:
            expected |= {
                (
                    place(dataset),
                    name,
                    place(whole.datasets[each.column.dataset]),
                    each.column.name,
                    PARTS.get(each.part),
                )
                for each in own
            }
        facet = made.get(place(dataset), {"fields": {}, "dataset": []})
        lists = [*((name, each["inputFields"]) for name, each in facet["fields"].items()), ("*", facet["dataset"])]
        for name, fields in lists:
            assert all(each["namespace"] == NAMESPACE for each in fields)
            found |= {
                (place(dataset), name, source, field, subtype if kind == "INDIRECT" else None)
                for source, field, kind, subtype, _ in ways(fields)
            }
    assert len(expected) > 1000
    assert found == expected
    assert {name: set(facet["fields"]) for name, facet in made.items()} == {
        place(each): set(each.columns) for each in whole.datasets.values() if each.layer != "landing"
    }


def _set(*path: str | int, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(event: dict[str, Any]) -> None:
        part: Any = event
        for step in path[:-1]:
            part = part[step]
        if value is ...:
            del part[path[-1]]
        else:
            part[path[-1]] = value

    return change


_FACETS: tuple[str | int, ...] = ("outputs", 0, "facets")
_FAULTS = {
    "another_type_of_event": _set("eventType", value="DONE"),
    "no_run": _set("run", value=...),
    "no_job": _set("job", value=...),
    "a_run_id_that_is_no_uuid": _set("run", "runId", value="run-7"),
    "a_parent_that_is_no_uuid": _set("run", "facets", "parent", "run", "runId", value="run-7"),
    "no_day_of_the_calendar": _set("eventTime", value="2026-06-31T00:00:00Z"),
    "a_day_without_a_time": _set("eventTime", value="2026-06-30"),
    "columns_without_their_inputs": _set(*_FACETS, "columnLineage", "fields", "city", value={}),
    "an_input_without_a_name": _set(*_FACETS, "columnLineage", "fields", "city", "inputFields", 0, "field", value=...),
    "a_way_without_a_type": _set(
        *_FACETS, "columnLineage", "fields", "city", "inputFields", 0, "transformations", 0, "type", value=...
    ),
    "masking_as_a_word": _set(
        *_FACETS, "columnLineage", "fields", "city", "inputFields", 0, "transformations", 0, "masking", value="yes"
    ),
    "columns_as_a_text": _set(*_FACETS, "schema", "fields", value="city"),
    "a_facet_of_nobody": _set(*_FACETS, "schema", "_producer", value=...),
    "a_count_as_a_text": _set("outputs", 0, "outputFacets", "outputStatistics", "rowCount", value="7"),
    "a_dataset_without_a_name": _set("outputs", 0, "name", value=...),
    "an_owner_without_a_name": _set(*_FACETS, "ownership", "owners", 0, value={}),
}
_FAULTS_OF_CLASSES = {
    "a_field_that_is_not_known": _set("outputs", 0, "rows", value=7),
    "a_facet_in_the_wrong_place": _set("outputs", 0, "outputFacets", "schema", value=...),
    "a_way_that_does_not_exist": _set(
        *_FACETS, "columnLineage", "fields", "city", "inputFields", 0, "transformations", 0, "subtype", value="MAGIC"
    ),
}


def planted(told: list[dict[str, Any]], name: str) -> dict[str, Any]:
    event = json.loads(json.dumps(ended(told, "intake/accounts")))
    if name == "a_facet_in_the_wrong_place":
        event["outputs"][0]["outputFacets"]["schema"] = event["outputs"][0]["facets"]["schema"]
    else:
        {**_FAULTS, **_FAULTS_OF_CLASSES}[name](event)
    return event


def test_events_are_what_the_classes_of_openlineage_say(told: list[dict[str, Any]]) -> None:
    assert {typed.event(each).eventType.value for each in told} == {"START", "COMPLETE", "ABORT", "FAIL"}


@pytest.mark.slow
def test_events_of_the_project_are_what_the_classes_of_openlineage_say(whole: Graph, contracts: Contracts) -> None:
    found = [typed.event(json.loads(line)) for line in events.of_graph(whole, contracts, at=AT)]
    assert len(found) > 70


@pytest.mark.parametrize("name", [*_FAULTS, *_FAULTS_OF_CLASSES])
def test_a_planted_fault_is_found_by_the_classes(told: list[dict[str, Any]], name: str) -> None:
    with pytest.raises(typed.NotOfTheClass):
        typed.event(planted(told, name))


@pytest.mark.slow
def test_events_are_valid_by_the_schema_of_openlineage(
    specification: specified.Specification, told: list[dict[str, Any]], whole: Graph, contracts: Contracts
) -> None:
    of_the_project = [json.loads(line) for line in events.of_graph(whole, contracts, at=AT)]
    assert [fault for each in (*told, *of_the_project) for fault in specification.faults(each)] == []
    assert {"OpenLineage", "ColumnLineageDatasetFacet", "SchemaDatasetFacet"} <= specification.held.keys()


@pytest.mark.parametrize("name", _FAULTS)
def test_a_planted_fault_is_found_by_the_schema(
    specification: specified.Specification, told: list[dict[str, Any]], name: str
) -> None:
    assert specification.faults(planted(told, name))
