from __future__ import annotations

from typing import Any

from tests.truth import newsletter
from tests.unit.truth.telling import Row, account, quarantined

MAY, JUNE, JULY = "2026-05-04T10:00:00+07:00", "2026-06-04T10:00:00+07:00", "2026-07-04T10:00:00+07:00"


def state(email: str, subscribed_at: str, left_at: str | None = None) -> Row:
    return {"email": f"{email}@surat.example", "subscribed_at": subscribed_at, "unsubscribed_at": left_at}


def lost(email: str, at: str) -> Row:
    return quarantined("newsletter_subscribers", f"{email}@surat.example", occurred_at=at)


def table(world: Any) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = newsletter.monthly(world).select("month", "joined", "left_since").rows()
    return rows


def test_the_latest_state_of_a_subscriber_counts_be_it_the_beginning_or_the_end(tell):
    world = tell(
        subscribers=[
            state("ann", MAY),
            state("ann", MAY, JUNE),
            state("ann", MAY),  # an old list that is imported again
            state("ben", MAY, JUNE),
            state("ben", JULY),  # came back
            state("cyn", MAY),
            state("dan", MAY, MAY),  # of one instant the end
            state("dan", MAY),
        ]
    )
    assert table(world) == [("2026-05", 3, 2), ("2026-07", 1, 0)]


def test_an_end_before_the_beginning_is_none(tell):
    assert table(tell(subscribers=[state("ann", JUNE, MAY)])) == [("2026-06", 1, 0)]


def test_the_month_is_that_of_jakarta(tell):
    assert table(tell(subscribers=[state("ann", "2026-05-31T17:00:00+00:00")])) == [("2026-06", 1, 0)]


def test_addresses_of_one_account_are_one_subscriber(tell):
    accounts = account("ann")
    accounts["account_states"] += [{**accounts["account_states"][0], "email": "new@surat.example"}]
    world = tell(subscribers=[state("Ann", MAY), state("new", JUNE), state("other", MAY)], **accounts)
    assert table(world) == [("2026-05", 1, 0), ("2026-06", 1, 0)]


def test_a_state_that_was_lost_leaves_the_one_before_it(tell):
    told = [state("ann", MAY), state("ann", MAY, JUNE), state("ben", MAY)]
    assert table(tell(subscribers=told, planted=[lost("ann", JUNE), lost("ben", MAY)])) == [("2026-05", 1, 0)]


def test_of_two_states_of_one_instant_one_may_be_lost(tell):
    told = [state("ann", MAY), state("ann", MAY)]
    assert table(tell(subscribers=told, planted=[lost("ann", MAY)])) == [("2026-05", 1, 0)]
    assert table(tell(subscribers=told, planted=[lost("ann", MAY), lost("ann", MAY)])) == []
