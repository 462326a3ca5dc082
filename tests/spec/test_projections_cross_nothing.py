"""Promise: what one domain learns of another is what a projection's query shows, whatever its contract calls it.

Each way round that somebody found is planted into the real contracts, and must be a leak or be refused.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines import contracts as contracts_room
from pipelines import lineage, settings
from pipelines.contracts import Contracts
from tests.desk import AS_OF, COURSES, make_desk

ORDERS, LEARNERS = "order_payments", "learner_payments"
FINAL = "select * from final"

# What stands in a column of a projection instead of the aggregate that its contract promises, and what that is made of.
PROMISED_AGGREGATES = {
    "hash(buyer_pseudonym)": ("orders.buyer_pseudonym",),
    "order_key": ("orders.order_key", "payments.order_key"),
    "epoch(ordered_at)": ("orders.created_at",),
    "max(order_key) over (partition by order_key)": ("orders.order_key", "payments.order_key"),
    "any_value(order_key) over (partition by course_id)": ("orders.order_key", "payments.order_key"),
    "transactions || buyer_pseudonym": ("orders.buyer_pseudonym", "payments.transaction_key"),
    "paid_amount_idr + order_key": ("orders.order_key", "payments.order_key", "payments.gross_amount_idr"),
    "length(course_id)": ("orders.course_id",),
    "case when course_id like 'a%' then 1 else 0 end": ("orders.course_id",),
    "7": ("payments.transaction_key",),
}
CROSSING = [
    "o.course_id || ':' || o.buyer_pseudonym",
    "o.buyer_pseudonym",
    "o.course_id || ':' || o.order_key",
    "o.course_id || epoch(o.ordered_at)",
    "case when o.order_key % 2 = 0 then o.course_id else 'x' end",
    "case when o.buyer_pseudonym like 'a%' then o.course_id else 'x' end",
    "o.course_id || row_number() over (order by o.order_key)",
    "'a constant'",
    "o.payment_state",
]
# These tell nobody apart, and may be projected where the contract says what they come from.
HARMLESS = {"'a constant'", "o.payment_state"}


@pytest.fixture(scope="module")
def contracts() -> Contracts:
    return contracts_room.load(settings.CONTRACTS_DIR)


def with_query(contracts: Contracts, name: str, query: str, **declared: tuple[str, ...]) -> Contracts:
    """Return the contracts with another query of a projection; `declared` are the sources of columns that it says now."""
    contract = contracts.internal[name]
    columns = tuple(
        each.model_copy(update={"sources": declared[each.name]}) if each.name in declared else each
        for each in contract.lake_columns
    )
    changed = contract.model_copy(update={"query": query, "lake_columns": columns})
    return contracts.model_copy(update={"internal": {**contracts.internal, name: changed}})


def complaints(contracts: Contracts) -> str:
    """Return what is said of the lake of these contracts; nothing where all is well."""
    try:
        graph = lineage.assemble_lake(contracts)
    except lineage.LineageUnresolved as refused:
        return str(refused)
    return "; ".join(map(str, lineage.check(graph, contracts).leaks))


def test_the_projections_of_the_project_are_what_they_say(contracts: Contracts) -> None:
    assert complaints(contracts) == ""


@pytest.mark.parametrize("value", PROMISED_AGGREGATES)
@pytest.mark.parametrize("is_declared", [False, True])
def test_a_declared_aggregate_takes_nothing_away_that_its_query_does_not(
    contracts: Contracts, value: str, *, is_declared: bool
) -> None:
    query = contracts.internal[ORDERS].query.replace(FINAL, f"select * replace ({value} as transactions) from final")
    declared = {"transactions": PROMISED_AGGREGATES[value]}
    said = complaints(with_query(contracts, ORDERS, query, **(declared if is_declared else {})))
    assert f"{ORDERS}.transactions" in said


def test_a_key_among_the_figures_of_an_aggregate_is_a_leak(contracts: Contracts) -> None:
    query = contracts.internal[ORDERS].query.replace("count(*) as transactions", "max(order_key) as transactions")
    said = complaints(with_query(contracts, ORDERS, query, transactions=("payments.order_key",)))
    assert f"{ORDERS}.transactions is declared to be worked out from several values, but stands for one act" in said


@pytest.mark.parametrize("value", CROSSING)
@pytest.mark.parametrize("is_declared", [False, True])
def test_nothing_by_which_somebody_is_found_crosses_in_a_column_that_is_kept(
    contracts: Contracts, value: str, *, is_declared: bool
) -> None:
    query = (
        contracts.internal[LEARNERS]
        .query.replace("course_id,", f"{value} as course_id,")
        .replace("from lake.order_payments", "from lake.order_payments as o")
    )
    names = [each.name for each in contracts.internal[ORDERS].lake_columns if f"o.{each.name}" in value]
    declared = {"course_id": tuple(f"{ORDERS}.{name}" for name in names)} if is_declared else {}
    said = complaints(with_query(contracts, LEARNERS, query, **declared))
    if is_declared and value in HARMLESS:
        assert said == ""
    else:
        assert f"{LEARNERS}.course_id" in said


def test_a_key_in_the_place_of_what_is_translated_is_told_of_its_origin(contracts: Contracts) -> None:
    query = contracts.internal[LEARNERS].query.replace(
        "buyer_pseudonym as learner_pseudonym", "order_key as learner_pseudonym"
    )
    assert f"{LEARNERS}.learner_pseudonym" in complaints(with_query(contracts, LEARNERS, query))


@pytest.mark.parametrize("picked", ["order_key % 2 = 0", "order_key = 7", "ascii(buyer_pseudonym) > 100"])
def test_rows_are_not_picked_by_what_finds_somebody_of_another_domain(contracts: Contracts, picked: str) -> None:
    query = contracts.internal[LEARNERS].query.rstrip() + f" and {picked}"
    assert f"{LEARNERS}.* is decided by {ORDERS}." in complaints(with_query(contracts, LEARNERS, query))


def test_one_person_is_not_picked_out_by_a_projection(contracts: Contracts) -> None:
    query = contracts.internal[LEARNERS].query.rstrip() + " and buyer_pseudonym <> 'abc'"
    said = complaints(with_query(contracts, LEARNERS, query))
    assert f"{LEARNERS}.* compares what stands for a person in one domain with a constant" in said


def test_a_pseudonym_of_another_domain_is_a_leak_on_whatever_way_it_came(contracts: Contracts) -> None:
    orders, course = contracts.internal[ORDERS], contracts.internal[LEARNERS].lake_columns[1]
    column = course.model_copy(update={"name": "who", "sources": ("identity_links.learner_pseudonym",)})
    query = orders.query.replace(
        FINAL, "select f.*, l.learner_pseudonym as who from final as f cross join lake.identity_links as l"
    )
    changed = orders.model_copy(update={"query": query, "lake_columns": (*orders.lake_columns, column)})
    planted = contracts.model_copy(update={"internal": {**contracts.internal, ORDERS: changed}})
    assert f"{ORDERS}.who stands for a person in the domain analytics" in complaints(planted)


@pytest.mark.slow
def test_what_leaks_is_never_stored_and_withdrawals_go_on(
    contracts: Contracts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dagster as dg

    from pipelines.defs import intake, site

    query = contracts.internal[LEARNERS].query.replace("course_id,", "course_id || buyer_pseudonym as course_id,")
    planted = with_query(contracts, LEARNERS, query, course_id=(f"{ORDERS}.course_id", f"{ORDERS}.buyer_pseudonym"))
    monkeypatch.setattr(site, "contracts_under", lambda *_, **__: planted)
    carried_out: list[str] = []
    monkeypatch.setattr(intake.withdrawal, "strip", lambda *_, **__: carried_out.append("withdrawals"))
    desk = make_desk(tmp_path / "home")
    desk.land("courses", "c.jsonl", COURSES)
    bought = {"course_id": "web-1", "created_at": "2026-05-04T23:30:00Z", "amount_idr": 500, "status": "pending"}
    desk.land("orders", "o.jsonl", [{"order_id": "o1", "user_id": "u1", **bought}])
    opened = site.SiteResource(home=str(desk.home.root), as_of=AS_OF.isoformat())
    result = dg.materialize([intake.lake_assets], resources={"site": opened}, raise_on_error=False)
    said = "".join(str(event.step_failure_data.error) for event in result.get_step_failure_events())
    assert "LineageLeak" in said
    assert f"{LEARNERS}.course_id" in said
    assert carried_out == ["withdrawals"]
    assert desk.rows("orders").height == 1
    assert desk.rows(ORDERS).is_empty()
    assert desk.rows(LEARNERS).is_empty()
