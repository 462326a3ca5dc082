from __future__ import annotations

from datetime import datetime

from tests.truth import consenting
from tests.truth.reading import JAKARTA
from tests.unit.truth.telling import consent, quarantined

NEWS = "newsletter"


def test_the_last_word_of_a_month_counts_and_a_no_is_the_last_of_its_instant(tell):
    world = tell(
        consents=[
            consent("1", NEWS, "05-01T10:00:00", user_id="ann"),
            consent("2", NEWS, "05-02T10:00:00", granted=False, user_id="ann"),
            consent("3", NEWS, "06-02T10:00:00", user_id="ann"),  # of another month
            consent("4", NEWS, "05-02T10:00:00", user_id="ben", granted=False),
            consent("5", NEWS, "05-02T10:00:00", user_id="ben"),
            consent("6", NEWS, "05-02T10:00:00", user_id="cyn", granted=False),
            consent("7", NEWS, "05-02T10:00:01", user_id="cyn"),
            consent("8", "service", "05-02T10:00:01", user_id="cyn"),
        ]
    )
    assert consenting.monthly(world).drop("is_month_over").rows() == [
        ("2026-05", "newsletter", 3, 1),
        ("2026-05", "service", 1, 1),
        ("2026-06", "newsletter", 1, 1),
    ]


def test_months_are_those_of_jakarta_and_over_at_their_end(tell):
    statement = {**consent("1", NEWS, "05-31T10:00:00", user_id="ann"), "occurred_at": "2026-05-31T17:00:00+00:00"}
    world = tell(consents=[statement])
    over = [
        consenting.monthly(world, as_of=datetime.fromisoformat(at)).select("month", "is_month_over").row(0)
        for at in ("2026-06-30T23:59:59+07:00", "2026-07-01T00:00:00+07:00")
    ]
    assert over == [("2026-06", False), ("2026-06", True)]
    assert datetime.fromisoformat("2026-05-31T17:00:00+00:00").astimezone(JAKARTA).month == 6


def test_whoever_speaks_is_the_first_whom_a_statement_names(tell):
    world = tell(
        consents=[
            consent("1", NEWS, "05-01T10:00:00", user_id="ann", anonymous_id="b1", email="a@surat.example"),
            consent("2", NEWS, "05-02T10:00:00", anonymous_id="b1", email="a@surat.example"),
            consent("3", NEWS, "05-03T10:00:00", email="A@surat.example "),
            consent("4", NEWS, "05-04T10:00:00", email="a@surat.example", granted=False),
            consent("5", NEWS, "05-04T10:00:00", user_id="b1"),  # an id alone is nobody: a user is no browser
        ]
    )
    assert consenting.monthly(world).select("speakers", "granting").rows() == [(4, 3)]


def test_statements_that_were_lost_say_nothing(tell):
    said = [consent("1", NEWS, "05-01T10:00:00", user_id="ann"), consent("2", NEWS, "05-02T10:00:00", user_id="ben")]
    world = tell(consents=said, planted=[quarantined("consents", "2")])
    assert consenting.monthly(world).select("speakers", "granting").rows() == [(1, 1)]
