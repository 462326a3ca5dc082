"""Promise 8: what is declared of the steps in Python is what they really read and write, in both directions.

One thing of the input is changed at a time. What then differs must be declared, and what is declared must be seen to differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines import contracts as contracts_room
from pipelines import lineage, settings
from pipelines.contracts import Contracts
from pipelines.lineage import Column, Dataset, Graph
from tests.desk import Desk, make_desk
from tests.interference import faults, people
from tests.interference.trials import Comparison, reach_of

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("interference")]

SOURCES = sorted(path.name.removesuffix(".odcs.yaml") for path in (settings.CONTRACTS_DIR / "inbound").iterdir())
CANNOT_BE_SEEN = {
    "consents.policy_version > stated_under": "there is one version of the policy; any other is held back",
    "course_progress_xapi.actor.objectType > learner_pseudonym": "a group is nobody, and its statements are held back",
}


@pytest.fixture(scope="module")
def contracts() -> Contracts:
    return contracts_room.load(settings.CONTRACTS_DIR)


@pytest.fixture(scope="module")
def graph(contracts: Contracts) -> Graph:
    return lineage.assemble(contracts, {}, is_strict=False)


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = make_desk(tmp_path_factory.mktemp("menetap") / "home")
    people.settle_in(desk, numbers=250)
    return desk


@pytest.fixture(scope="module")
def compared(settled: Desk, graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return Comparison(tmp_path_factory.mktemp("banding"), settled, graph, SOURCES)


@pytest.mark.parametrize("source", SOURCES)
def test_nothing_of_a_row_follows_a_field_that_is_not_declared(compared: Comparison, source: str):
    assert compared.undeclared(source) == []


@pytest.mark.parametrize("source", SOURCES)
def test_whatever_is_declared_of_a_field_is_seen_to_follow_it(compared: Comparison, source: str):
    assert [each for each in compared.unseen(source) if each not in CANNOT_BE_SEEN] == []


def test_every_exception_is_still_one(compared: Comparison):
    unseen = {each for source in SOURCES for each in compared.unseen(source)}
    assert unseen == CANNOT_BE_SEEN.keys()


@pytest.mark.parametrize("source", SOURCES)
def test_intake_opens_the_datasets_that_its_source_is_declared_to_rest_on(
    compared: Comparison, graph: Graph, source: str
):
    assert compared.opened[source] - {source} == lake_parents(graph, source)


def lake_parents(graph: Graph, name: str) -> set[str]:
    return {each for each in graph.datasets[name].parents() if graph.datasets[each].layer == "lake"}


@pytest.mark.parametrize("fault", faults.OF_INTAKE, ids=lambda fault: fault.__name__)
def test_a_fault_in_intake_is_found_with_field_and_column(
    settled: Desk, graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: faults.Fault
):
    expected = fault(monkeypatch)
    source = expected[0].partition(".")[0]
    compared = Comparison(tmp_path, settled, graph, [source])
    assert set(expected) <= {*compared.undeclared(source)}


def test_an_intake_that_opens_another_dataset_is_found(
    settled: Desk, graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    faults.orders_are_compared_with_accounts(monkeypatch)
    compared = Comparison(tmp_path, settled, graph, ["orders"])
    assert compared.opened["orders"] - lake_parents(graph, "orders") == {"accounts"}


def without(graph: Graph, dataset: str, column: str, source: Column) -> Graph:
    """Return the graph without one edge."""
    found = graph.datasets[dataset]
    kept = frozenset(each for each in found.columns[column] if each.column != source)
    assert kept != found.columns[column]
    return Graph([*_others(graph, dataset), _with(found, column, kept)])


def _with(dataset: Dataset, column: str, made_of: frozenset[lineage.Dependency]) -> Dataset:
    columns = {**dataset.columns, column: made_of}
    return Dataset(dataset.name, dataset.layer, columns, dataset.rows, dataset.domain, dataset.purposes, dataset.reads)


def _others(graph: Graph, name: str) -> Iterator[Dataset]:
    return (each for each in graph.datasets.values() if each.name != name)


@pytest.mark.parametrize(
    ("dataset", "column", "source", "found"),
    [
        ("web_events", "is_consented", Column("landing/web_events", "userId"), "web_events.userId > is_consented"),
        ("web_events", "locale", Column("web_events", "is_consented"), "web_events.context.gpc > locale"),
        ("meta_pixel", "event_key", Column("landing/meta_pixel", "event_name"), "meta_pixel.event_name > event_key"),
        (
            "payments",
            "occurred_at",
            Column("landing/payments", "occurred_at"),
            "payments.settlement_time > occurred_at",
        ),
    ],
)
def test_an_edge_that_is_forgotten_is_found(
    compared: Comparison, graph: Graph, contracts: Contracts, dataset: str, column: str, source: Column, found: str
):
    reach = reach_of(without(graph, dataset, column, source), contracts.inbound[dataset])
    assert found in compared.undeclared(dataset, reach)


def test_an_edge_that_is_none_is_found(compared: Comparison, graph: Graph, contracts: Contracts):
    courses = graph.datasets["courses"]
    more = courses.columns["title"] | courses.columns["category"]
    reach = reach_of(Graph([*_others(graph, "courses"), _with(courses, "title", more)]), contracts.inbound["courses"])
    assert compared.unseen("courses", reach) == ["courses.category > title"]
