"""Promise 8, after intake: the consent ledger, links, withdrawals, projections and releases read what is declared of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines import contracts as contracts_room
from pipelines import disclosure, lake, lineage, projections, settings, withdrawal
from pipelines.lineage import Column, Graph
from pipelines.release import release_tables
from tests.desk import AS_OF, Desk, make_desk
from tests.interference import faults, people, rows
from tests.interference.opened import opened
from tests.interference.sample import Sample
from tests.interference.trials import copy_of
from tests.interference.values import put
from tests.unit.release import small_release

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("interference")]

TABLES = small_release.TABLES


@pytest.fixture(scope="module")
def graph() -> Graph:
    """The graph with the models of three published tables, whose columns are made of nothing."""
    contracts = contracts_room.load(settings.CONTRACTS_DIR)
    models = {
        name: f"select {', '.join(f'null as {column.name}' for column in contracts.outbound[name].mart_columns)}"
        for name in TABLES
    }
    few = {name: contracts.outbound[name] for name in TABLES}
    return lineage.assemble(contracts.model_copy(update={"outbound": few}), models)


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = make_desk(tmp_path_factory.mktemp("menetap") / "home")
    people.settle_in(desk, numbers=10)
    return desk


def follow(graph: Graph, source: Column, dataset: str) -> set[str]:
    """Return the columns of a dataset that the graph says follow a column."""
    return {name for name in graph.datasets[dataset].columns if graph.path(source, Column(dataset, name))}


def differing(one: pl.DataFrame, other: pl.DataFrame) -> set[str]:
    """Return the columns whose values differ, whichever row they stand in."""
    assert one.columns == other.columns
    return {name for name in one.columns if one[name].sort().to_list() != other[name].sort().to_list()}


def sample(desk: Desk, source: str) -> Sample:
    return rows.sample_of(desk.terms.inbound[source], desk.terms)


# Of one statement each: what is stated instead, and whether the row that asks is then refused.
STATEMENTS: dict[str, dict[str, Any]] = {
    "granted": {"granted": False},
    "purpose": {"purpose": "newsletter"},
    "occurred_at": {"occurred_at": "2026-06-20T00:00:00Z"},
    "user_id": {"user_id": "orang-lain"},
    "anonymous_id": {"user_id": None, "anonymous_id": "peramban-3"},
    "evidence": {"evidence": "lain"},
    "source": {"source": "settings"},
    "policy_version": {},
}
# Of a grant that follows a refusal: without what it is no proof.
PROOFS: dict[str, dict[str, Any]] = {"whole": {}, "evidence": {"evidence": None}, "source": {"source": "import"}}


def test_of_the_ledger_a_row_follows_the_columns_that_are_declared(settled: Desk, graph: Graph, tmp_path: Path):
    desk = copy_of(settled, tmp_path / "home")
    base = {"purpose": "product_analytics", "granted": True, "occurred_at": people.GRANTED_AT, "policy_version": "1"}
    stated, asked = [], []
    for number, (field, change) in enumerate(STATEMENTS.items()):
        whole = {**base, "event_id": f"n-{number}", "user_id": f"baru-{number}", "source": "banner", **change}
        stated.append({name: value for name, value in whole.items() if value is not None})
        row = put(sample(desk, "web_events").bases[2](number), "userId", f"baru-{number}")
        browser = "peramban-3" if field == "anonymous_id" else f"peramban-n{number}"
        asked.append({**row, "messageId": field, "anonymousId": browser})
    for number, (field, change) in enumerate(PROOFS.items(), start=len(STATEMENTS)):
        refusal = {**base, "event_id": f"r-{number}", "user_id": f"baru-{number}", "source": "banner"}
        stated.append({**refusal, "granted": False, "occurred_at": "2026-03-01T00:00:00Z"})
        again = {**refusal, "event_id": f"n-{number}", "evidence": f"bukti-{number}", **change}
        stated.append({name: value for name, value in again.items() if value is not None})
        row = put(sample(desk, "web_events").bases[2](number), "userId", f"baru-{number}")
        asked.append({**row, "messageId": f"proof-{field}", "anonymousId": f"peramban-n{number}"})
    desk.land("consents", "uji.jsonl", stated)
    desk.land("web_events", "uji.jsonl", asked)
    desk.run()
    consented = desk.rows("web_events").filter("is_consented").height
    # Evidence, source, version change nothing where nothing was refused; a browser speaks as well as an account.
    assert consented == len({"evidence", "source", "policy_version", "anonymous_id"} | {"whole"})
    deciding = {column.name for column in graph.datasets["consents"].all_columns() if _decides(graph, column)}
    assert deciding == {"user_key", "browser_key", "email_key", "purpose", "is_granted", "occurred_at", *_PROVING}


_PROVING = ("evidence_key", "stated_in")


def _decides(graph: Graph, column: Column) -> bool:
    made_of = graph.datasets["web_events"].columns["is_consented"]
    return any(each.column == column for each in made_of)


LINKED = {"anonymousId": "peramban-baru", "userId": people.OTHER, "timestamp": "2026-05-11T03:00:00Z"}


@pytest.mark.parametrize("path", ["anonymousId", "userId", "timestamp", "context.locale", "type", "context.ip"])
def test_a_link_follows_both_ids_and_the_instant_alone(settled: Desk, graph: Graph, tmp_path: Path, path: str):
    found = []
    for change in (None, LINKED.get(path) or sample(settled, "web_events").others(path, 1)[1]):
        desk = copy_of(settled, tmp_path / str(len(found)))
        row = sample(desk, "web_events").bases[0](1)
        desk.land("web_events", "uji.jsonl", [row if change is None else put(row, path, change)])
        desk.run()
        found.append(desk.rows("identity_links").drop("folder"))
    declared = {
        name
        for name, made_of in graph.datasets["identity_links"].columns.items()
        if Column("landing/web_events", path) in {each.column for each in made_of}
    }
    assert differing(*found) == declared


def test_a_withdrawal_changes_the_columns_that_are_declared_to_follow_the_ledger(
    settled: Desk, graph: Graph, tmp_path: Path
):
    desk = copy_of(settled, tmp_path / "home")
    for source in ("web_events", "meta_pixel", "learner_attributes"):
        desk.land(source, "uji.jsonl", [put(sample(desk, source).bases[0](1), "user_id", people.GRANTING)])
    desk.run()
    before = {name: desk.rows(name) for name in ("web_events", "learner_attributes")}
    facts = {"policy_version": "1", "granted": False, "occurred_at": "2026-06-20T00:00:00Z"}
    purposes = enumerate(people.PURPOSES)
    desk.land(
        "consents",
        "tarik.jsonl",
        [{"event_id": f"t{n}", "user_id": people.GRANTING, "purpose": each, **facts} for n, each in purposes],
    )
    desk.run()
    with lake.writer_lock(desk.home), opened(desk.home.lake) as read:
        withdrawal.strip(desk.home, desk.ring, desk.terms, as_of=AS_OF)
    for name, earlier in before.items():
        changed = differing(earlier, desk.rows(name))
        assert "is_consented" in changed
        assert changed <= follow(graph, Column("consents", "is_granted"), name)
    ruled = {name for name, each in desk.terms.inbound.items() if each.consent}
    # Who has nothing left is asked of every dataset that bears pseudonyms of the domain.
    bearing = {name for name, each in desk.terms.inbound.items() if each.makes_subjects}
    assert ruled & read
    assert read <= {"consents", "identity_links"} | ruled | bearing


ORDERED = {
    ("orders", "user_id"): people.OTHER,
    ("orders", "course_id"): "web-2",
    ("orders", "created_at"): "2026-05-12T03:00:00Z",
    ("orders", "amount_idr"): 600,
    ("payments", "transaction_status"): "refund",
    ("payments", "settlement_time"): "2026-05-13 10:00:00",
    ("payments", "payment_type"): "qris",
    ("payments", "gross_amount"): "400.00",
    ("payments", "masked_card"): "0000-0000",
}
PROJECTED = ("order_payments", "learner_payments")


def projected(desk: Desk, changed: tuple[str, str] | None = None) -> dict[str, pl.DataFrame]:
    order = {"order_id": "pesanan-1", "user_id": people.GRANTING, "course_id": "web-1", "amount_idr": 500}
    landing = {
        "orders": {**order, "created_at": "2026-05-10T03:00:00Z", "status": "pending"},
        "payments": sample(desk, "payments").bases[0](1),
    }
    for source, row in landing.items():
        path = changed[1] if changed and changed[0] == source else ""
        whole = put(row, path, ORDERED[source, path]) if path else row
        desk.land(source, "uji.jsonl", [sample(desk, source).finish(whole, path)])
    desk.run()
    with lake.writer_lock(desk.home), opened(desk.home.lake) as read:
        projections.project(desk.home, desk.ring, desk.terms, as_of=AS_OF)
    assert read == {name for each in desk.terms.internal.values() for name in each.projects}
    return {name: desk.rows(name).drop("folder") for name in PROJECTED}


@pytest.fixture(scope="module")
def unchanged(settled: Desk, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, pl.DataFrame]:
    return projected(copy_of(settled, tmp_path_factory.mktemp("tetap") / "home"))


@pytest.mark.parametrize("changed", ORDERED, ids=".".join)
def test_a_projection_follows_what_is_declared_of_it(
    settled: Desk, graph: Graph, unchanged: Mapping[str, pl.DataFrame], tmp_path: Path, changed: tuple[str, str]
):
    found = projected(copy_of(settled, tmp_path / "home"), changed)
    source, path = changed
    for name in PROJECTED:
        seen = differing(unchanged[name], found[name])
        assert seen <= follow(graph, Column(f"landing/{source}", path), name)
        if path in ("payment_type", "masked_card"):
            # Named by neither query: nothing of it, not even the order of rows, is in what is projected.
            assert found[name].equals(unchanged[name])
    assert path in ("payment_type", "masked_card") or differing(unchanged["order_payments"], found["order_payments"])


def test_a_projection_that_adds_a_column_is_found(
    settled: Desk, graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    faults.a_projection_adds_another_column(monkeypatch)
    status = ("payments", "transaction_status")
    one = projected(copy_of(settled, tmp_path / "one"))
    other = projected(copy_of(settled, tmp_path / "other"), status)
    seen = differing(one["learner_payments"], other["learner_payments"])
    declared = {
        name
        for name, made_of in graph.datasets["learner_payments"].columns.items()
        if "payment_state" in {each.column.name for each in made_of}
    }
    assert seen - declared == {"course_id"}


def published(home: settings.Home, frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    release_tables(home, frames, contracts=small_release.read_contracts(), as_of=small_release.AS_OF)
    return {name: pl.read_parquet(home.release / "parquet" / f"{name}.parquet") for name in TABLES}


def changed_at(frame: pl.DataFrame, name: str, rule: disclosure.Rule) -> pl.DataFrame:
    """Return the frame with another value in the first row of a column: of people counted, so few that the row is withheld."""
    kind = frame.schema[name]
    parts = [frame[part][0] for part in rule.parts] if name == rule.population else []
    if kind == pl.Boolean:
        other = ~pl.col(name)
    elif kind.is_temporal():
        other = pl.col(name) + timedelta(days=1)
    elif kind.is_float():
        other = pl.lit(0.3)
    else:
        other = pl.col(name) + "x" if kind == pl.String else pl.lit(max(parts, default=0) + 3).cast(kind)
    return (
        frame.with_row_index("at")
        .with_columns(pl.when(pl.col("at") == 0).then(other).otherwise(name).alias(name))
        .drop("at")
    )


def release_edges(home: settings.Home, pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str, str, str]]:
    """Return mart, its column, published table, its column, of what follows a change of one mart's column."""
    outbound = small_release.read_contracts().outbound
    pages = [small_release.page(1, "/", 40, engaged=25), small_release.page(2, "/harga", 40, engaged=25)]
    frames = {**small_release.frames(), "agg_traffic_daily": small_release.frame("agg_traffic_daily", pages)}
    days = [
        pl.lit(value).alias(f"{name}_quartile_days_to_complete") for name, value in (("lower", 20.5), ("upper", 40.5))
    ]
    frames["agg_completion_rates"] = frames["agg_completion_rates"].with_columns(days)
    as_it_is = published(home, frames)
    found = set()
    for mart, column in pairs:
        after = published(home, {**frames, mart: changed_at(frames[mart], column, outbound[mart].disclosure)})
        found |= {(mart, column, name, each) for name in TABLES for each in differing(as_it_is[name], after[name])}
    return found


def declared_edges(graph: Graph, pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str, str, str]]:
    return {
        (mart, column, name, each)
        for mart, column in pairs
        for name in TABLES
        for each in follow(graph, Column(mart, column), f"release/{name}")
    }


def test_what_is_published_follows_the_columns_of_its_mart_that_are_declared(graph: Graph, tmp_path: Path):
    marts = ("agg_completion_rates", "agg_traffic_daily")
    outbound = small_release.read_contracts().outbound
    pairs = [(mart, column.name) for mart in marts for column in outbound[mart].mart_columns]
    seen, declared = release_edges(small_release.new_home(tmp_path), pairs), declared_edges(graph, pairs)
    assert seen - declared == set()
    assert declared - seen == set()


def test_a_release_that_publishes_another_column_is_found(
    graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    faults.a_release_publishes_another_column(monkeypatch)
    pairs = [("agg_completion_rates", "cohort")]
    seen = release_edges(small_release.new_home(tmp_path), pairs) - declared_edges(graph, pairs)
    assert ("agg_completion_rates", "cohort", "agg_completion_rates", "course_title") in seen
