from __future__ import annotations

import hashlib
from typing import Any

import polars as pl
import pytest

from pipelines import lake, withdrawal
from pipelines.identity.vault import open_vault
from pipelines.lake.readers import Readers
from pipelines.withdrawal import Stripped
from tests.desk import AS_OF, Desk

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (f"2026-05-0{day}T10:00:00Z" for day in (4, 5, 6, 7))
GRANTED = {"consent": {"categoryPreferences": {"analytics": True}}, "page": {"url": "https://a.example/harga"}}
BROWSER, USER, BOTH = {"anonymousId": "b1"}, {"userId": "u1"}, {"anonymousId": "b1", "userId": "u1"}

ACCOUNT = {"user_id": "u1", "email": "dewi@example.com", "registered_at": MONDAY, "updated_at": MONDAY}


def call(number: int, at: str, **ids: str) -> dict[str, Any]:
    return {"messageId": f"m{number}", "type": "page", "timestamp": at, "context": GRANTED, **(ids or BROWSER)}


def statement(number: int, at: str, *, granted: bool, purpose: str = "product_analytics", **ids: str) -> dict[str, Any]:
    facts = {"purpose": purpose, "granted": granted, "occurred_at": at, "policy_version": "1", "source": "settings"}
    return {"event_id": f"c{number}", "evidence": f"p{number}", **(ids or {"anonymous_id": "b1"}), **facts}


def strip(desk: Desk) -> Stripped:
    with lake.writer_lock(desk.home):
        return withdrawal.strip(desk.home, desk.ring, desk.terms, as_of=AS_OF)


def keyed(desk: Desk) -> list[str]:
    """The instants of the calls that still say who made them, in order."""
    rows = desk.rows("web_events").filter("is_consented").sort("occurred_at")
    assert rows["is_consented"].all()
    return [f"{instant:%A}" for instant in rows["occurred_at"]]


def land_and_strip(desk: Desk, calls: list[dict[str, Any]], statements: list[dict[str, Any]]) -> Stripped:
    desk.land("web_events", "w.jsonl", calls)
    desk.run()
    desk.land("consents", "c.jsonl", statements)
    desk.run()
    return strip(desk)


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([], ["Monday", "Wednesday"]),
        ([statement(1, TUESDAY, granted=True)], ["Monday", "Wednesday"]),
        # What was granted before is taken back with the rest.
        ([statement(1, TUESDAY, granted=False)], []),
        ([statement(1, THURSDAY, granted=False)], []),
        ([statement(1, MONDAY, granted=False), statement(2, TUESDAY, granted=True)], ["Wednesday"]),
        ([statement(1, TUESDAY, granted=False), statement(2, THURSDAY, granted=True)], []),
        ([statement(1, TUESDAY, granted=False), statement(2, TUESDAY, granted=True)], []),
        ([statement(1, TUESDAY, granted=False, purpose="newsletter")], ["Monday", "Wednesday"]),
        ([statement(1, TUESDAY, granted=False, anonymous_id="b2")], ["Monday", "Wednesday"]),
        ([statement(1, TUESDAY, granted=False, user_id="b1")], ["Monday", "Wednesday"]),
    ],
)
def test_rows_before_the_first_grant_after_the_last_refusal_lose_their_keys(
    desk: Desk, statements: list[dict[str, Any]], expected: list[str]
) -> None:
    land_and_strip(desk, [call(1, MONDAY), call(2, WEDNESDAY)], statements)
    assert keyed(desk) == expected


def test_the_order_in_which_statements_arrive_does_not_matter(desk: Desk) -> None:
    land_and_strip(desk, [call(1, MONDAY), call(2, WEDNESDAY)], [statement(2, TUESDAY, granted=True)])
    desk.land("consents", "later.jsonl", [statement(1, MONDAY, granted=False)])
    desk.run()
    strip(desk)
    assert keyed(desk) == ["Wednesday"]


def test_a_stripped_row_is_what_a_refused_one_is_at_intake(desk: Desk) -> None:
    done = land_and_strip(desk, [call(1, MONDAY), call(2, MONDAY)], [statement(1, TUESDAY, granted=False)])
    assert done.rows == {"web_events": 2}
    stripped = desk.rows("web_events").drop("event_key", "folder")

    desk.land("web_events", "again.jsonl", [call(3, WEDNESDAY), call(4, WEDNESDAY)])
    desk.run()
    refused = desk.rows("web_events").filter(pl.col("folder") == "dt=2026-05-06").drop("event_key", "folder")
    assert stripped.drop("policy_version").equals(refused.drop("policy_version"))
    assert stripped["page_path"].to_list() == ["/harga", "/harga"]


def test_whoever_has_nothing_left_is_forgotten_by_the_vault(desk: Desk) -> None:
    done = land_and_strip(
        desk, [call(1, MONDAY), call(2, MONDAY, anonymousId="b2")], [statement(1, TUESDAY, granted=False)]
    )
    assert (done.forgotten, desk.subjects()) == (1, 1)


def test_an_account_stays_and_a_row_of_the_contract_keeps_its_key(desk: Desk) -> None:
    desk.land("courses", "c.jsonl", [{"course_id": "web-1", "title": "x", "category": "web", "price_idr": 1}])
    learnt = {"event_id": "e1", "user_id": "u1", "course_id": "web-1", "event_type": "enrolled", "occurred_at": MONDAY}
    desk.land("course_progress", "p.jsonl", [learnt])
    done = land_and_strip(desk, [call(1, MONDAY, **USER)], [statement(1, TUESDAY, granted=False, user_id="u1")])
    assert (keyed(desk), done.forgotten, desk.subjects()) == ([], 0, 1)
    before = desk.rows("course_progress")["learner_pseudonym"].to_list()
    desk.land("course_progress", "q.jsonl", [{**learnt, "event_id": "e2", "event_type": "started"}])
    desk.run()
    assert set(desk.rows("course_progress")["learner_pseudonym"]) == set(before)


def test_a_statement_by_mail_concerns_the_account_that_has_it(desk: Desk) -> None:
    desk.land("accounts", "a.jsonl", [ACCOUNT])
    land_and_strip(desk, [call(1, MONDAY, **USER)], [statement(1, TUESDAY, granted=False, email=" Dewi@Example.com")])
    assert keyed(desk) == []


@pytest.mark.parametrize(
    "spelling", ["dewi@example.com\t", "\tdewi@example.com", "dewi@example.com\n", " \r\ndewi@example.com"]
)
def test_blanks_of_any_kind_around_an_address_do_not_hide_a_refusal(desk: Desk, spelling: str) -> None:
    desk.land("accounts", "a.jsonl", [ACCOUNT])
    land_and_strip(desk, [call(1, MONDAY, **USER)], [statement(1, TUESDAY, granted=False, email=spelling)])
    assert keyed(desk) == []


@pytest.mark.parametrize(
    ("account", "refused"),
    [
        ("İdil@example.com", "İdil@example.com"),
        ("ＤＥＷＩ@example.com", "dewi@example.com"),
        ("dewi@example.com", "ＤＥＷＩ@example.com"),
        ("dewi@example.com", "\u00a0dewi@example.com"),
        ("Ayşe@example.com", "ays\u0327e@example.com"),
        ("ΔΗΣ@example.com", "ΔΗΣ@example.com"),
        ("ẞa@example.com", "ßa@example.com"),
    ],
)
def test_a_refusal_is_found_in_every_spelling_that_the_vault_takes_for_one(
    desk: Desk, account: str, refused: str
) -> None:
    desk.land("accounts", "a.jsonl", [{**ACCOUNT, "email": account}])
    land_and_strip(desk, [call(1, MONDAY, **USER)], [statement(1, TUESDAY, granted=False, email=refused)])
    assert keyed(desk) == []


@pytest.mark.parametrize("first", ["calls", "statements"])
@pytest.mark.parametrize(
    "granted_by",
    [{"email": "dewi@example.com"}, {"anonymous_id": "b1"}, {"user_id": "other", "email": "dewi@example.com"}],
    ids=lambda ids: "+".join(ids),
)
def test_what_an_account_refused_no_other_name_grants_again(desk: Desk, granted_by: dict[str, str], first: str) -> None:
    desk.land("accounts", "a.jsonl", [ACCOUNT])
    statements = [
        statement(1, TUESDAY, granted=False, user_id="u1"),
        statement(2, WEDNESDAY, granted=True, **granted_by),
    ]
    landed = {"web_events": [call(1, THURSDAY, **USER)], "consents": statements}
    for dataset in sorted(landed, reverse=first == "calls"):
        desk.land(dataset, "x.jsonl", landed[dataset])
        desk.run()
        strip(desk)
    assert keyed(desk) == []


@pytest.mark.parametrize("first", ["calls", "statements"])
def test_what_an_address_refused_another_account_does_not_grant_again(desk: Desk, first: str) -> None:
    desk.land("accounts", "a.jsonl", [ACCOUNT])
    statements = [
        statement(1, TUESDAY, granted=False, email="dewi@example.com"),
        statement(2, WEDNESDAY, granted=True, user_id="other", email="dewi@example.com"),
    ]
    landed = {"web_events": [call(1, THURSDAY, **USER)], "consents": statements}
    for dataset in sorted(landed, reverse=first == "calls"):
        desk.land(dataset, "x.jsonl", landed[dataset])
        desk.run()
        strip(desk)
    assert keyed(desk) == []


def test_who_refused_by_mail_and_grants_by_account_has_granted(desk: Desk) -> None:
    desk.land("accounts", "a.jsonl", [ACCOUNT])
    statements = [
        statement(1, TUESDAY, granted=False, email="dewi@example.com"),
        statement(2, WEDNESDAY, granted=True, user_id="u1"),
    ]
    land_and_strip(desk, [call(1, MONDAY, **USER), call(2, THURSDAY, **USER)], statements)
    assert keyed(desk) == ["Thursday"]


def test_a_browser_of_one_user_alone_refuses_with_them_and_a_shared_one_does_not(desk: Desk) -> None:
    refusal = [statement(1, WEDNESDAY, granted=False, user_id="u1")]
    calls = [call(5, MONDAY, **BOTH), call(4, TUESDAY), call(3, TUESDAY, anonymousId="b2")]
    shared = [call(number, TUESDAY, anonymousId="b2", userId=f"u{number}") for number in (1, 2)]
    done = land_and_strip(desk, [*calls, *shared], refusal)
    assert done.rows == {"web_events": 3}
    rows = desk.rows("web_events")
    assert rows["is_consented"].sum() == 2  # those of the shared browser that do not bear u1
    assert rows["learner_pseudonym"].drop_nulls().len() == 1


def test_links_to_the_forgotten_are_gone_from_the_projection(desk: Desk) -> None:
    desk.land("web_events", "w.jsonl", [call(1, MONDAY, **BOTH)])
    desk.run()
    assert desk.rows("identity_links").height == 1
    desk.land(
        "consents",
        "c.jsonl",
        [statement(1, TUESDAY, granted=False), statement(2, TUESDAY, granted=False, user_id="u1")],
    )
    desk.run()
    strip(desk)
    assert desk.rows("identity_links").height == 0
    assert desk.subjects() == 0


def test_no_link_is_shown_of_a_browser_whose_user_refuses_and_its_next_rows_are_known(desk: Desk) -> None:
    desk.land("courses", "c.jsonl", [{"course_id": "web-1", "title": "x", "category": "web", "price_idr": 1}])
    learnt = {"event_id": "e1", "user_id": "u1", "course_id": "web-1", "event_type": "enrolled", "occurred_at": MONDAY}
    desk.land("course_progress", "p.jsonl", [learnt])
    land_and_strip(desk, [call(1, MONDAY, **BOTH)], [statement(1, TUESDAY, granted=False, user_id="u1")])
    assert desk.rows("identity_links").height == 0
    assert desk.subjects() == 2  # the browser's link is what its next rows are known by

    desk.land("web_events", "next.jsonl", [call(2, THURSDAY)])
    desk.run()
    assert keyed(desk) == ["Thursday"]
    strip(desk)
    assert keyed(desk) == []
    assert desk.rows("identity_links").height == 0


def test_a_look_that_changes_nothing_is_no_intervention(desk: Desk) -> None:
    desk.land("accounts", "a.jsonl", [ACCOUNT])
    land_and_strip(desk, [call(1, MONDAY, **BOTH)], [statement(1, TUESDAY, granted=False, user_id="u1")])
    desk.land("web_events", "more.jsonl", [call(2, MONDAY, anonymousId="b2")])
    desk.run()
    strip(desk)
    with lake.open_manifest(desk.home) as manifest:
        assert len(manifest.interventions()) == 1


def test_nothing_new_is_not_looked_at_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    land_and_strip(desk, [call(1, MONDAY)], [statement(1, TUESDAY, granted=False)])
    assert not withdrawal.waits(desk.home, desk.terms)
    monkeypatch.setattr("pipelines.withdrawal.stripping.open_vault", lambda *_, **__: pytest.fail("opened"))
    assert strip(desk) == Stripped()
    desk.land("web_events", "more.jsonl", [call(9, MONDAY)])
    desk.run()
    assert withdrawal.waits(desk.home, desk.terms)


def test_the_days_that_changed_await_their_models_and_the_manifest_tells_of_it(desk: Desk) -> None:
    desk.land("web_events", "w.jsonl", [call(1, MONDAY)])
    desk.run()
    lake.clear_stale(desk.home, lake.stale_days(desk.home))
    desk.land("consents", "c.jsonl", [statement(1, TUESDAY, granted=False)])
    desk.run()
    strip(desk)
    assert "web_events" in lake.stale_days(desk.home)
    with lake.open_manifest(desk.home) as manifest:
        (told,) = manifest.interventions()
        manifest.stored().check()
    assert (told.kind, told.counts["rows"], told.counts["forgotten"]) == ("withdrawal", {"web_events": 1}, 1)


@pytest.mark.parametrize(
    ("room", "dies_at"),
    [(lake.Manifest, "prepare_intervention"), (lake.Manifest, "finish"), (Readers, "note_seen")],
)
def test_a_death_in_the_middle_leaves_nobody_half_stripped(
    desk: Desk, room: type, dies_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.land("web_events", "w.jsonl", [call(1, MONDAY), call(2, WEDNESDAY), call(3, MONDAY, anonymousId="b2")])
    desk.land("consents", "c.jsonl", [statement(1, THURSDAY, granted=False)])
    desk.run()

    class Killed(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(room, dies_at, die)
        with pytest.raises(Killed):
            strip(desk)
    strip(desk)
    assert keyed(desk) == ["Monday"]
    assert desk.subjects() == 1
    assert not withdrawal.waits(desk.home, desk.terms)


def test_a_sensitive_column_goes_and_the_learner_stays(desk: Desk) -> None:
    told = {"user_id": "u1", "gender": "female", "disability": "hearing", "updated_at": TUESDAY}
    desk.land("consents", "c.jsonl", [statement(1, MONDAY, granted=True, purpose="aggregate_statistics", user_id="u1")])
    desk.land("learner_attributes", "l.jsonl", [told])
    desk.run()
    assert desk.rows("learner_attributes")["disability"].null_count() == 0
    refusal = statement(2, THURSDAY, granted=False, purpose="aggregate_statistics", user_id="u1")
    desk.land("consents", "later.jsonl", [refusal])
    desk.run()
    assert strip(desk).rows == {"learner_attributes": 1}
    (row,) = desk.rows("learner_attributes").to_dicts()
    assert (row["disability"], row["is_consented"], row["gender"]) == (None, False, "female")
    assert row["learner_pseudonym"]


def test_no_look_leaves_new_people_in_the_vault(desk: Desk) -> None:
    land_and_strip(desk, [call(1, MONDAY, anonymousId="b2")], [statement(1, TUESDAY, granted=False)])
    with open_vault(desk.home, desk.ring, purpose="test") as vault:
        assert sum(len(frame) for frame in vault.digests()) == 1


def _statement_of_the_app(number: int, at: str) -> dict[str, Any]:
    return {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "actor": {"mbox": "mailto:dewi@example.com"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/initialized"},
        "object": {
            "id": "https://app.example/courses/web-1",
            "definition": {"type": "http://adlnet.gov/expapi/activities/course"},
        },
        "timestamp": at,
    }


@pytest.mark.parametrize("first", ["the app", "the account"])
def test_a_refusal_by_an_address_reaches_the_account_that_states_it_though_another_had_it_first(
    desk: Desk, first: str
) -> None:
    desk.land("courses", "c.jsonl", [{"course_id": "web-1", "title": "Situs"}])
    landed = {
        "the app": [("course_progress_xapi", [_statement_of_the_app(1, MONDAY)])],
        "the account": [("accounts", [ACCOUNT]), ("web_events", [call(1, MONDAY, **USER)])],
    }
    for who in sorted(landed, key=lambda name: name != first):
        for dataset, rows in landed[who]:
            desk.land(dataset, "x.jsonl", rows)
        desk.run()
    assert keyed(desk) == ["Monday"]
    land_and_strip(desk, [], [statement(1, TUESDAY, granted=False, email="dewi@example.com")])
    assert keyed(desk) == []


def test_of_two_accounts_that_state_one_address_both_hear_what_is_refused_by_it(desk: Desk) -> None:
    desk.land("accounts", "a.jsonl", [ACCOUNT, {**ACCOUNT, "user_id": "u2"}])
    calls = [call(1, MONDAY, userId="u1"), call(2, MONDAY, userId="u2")]
    land_and_strip(desk, calls, [statement(1, TUESDAY, granted=False, email="dewi@example.com")])
    assert keyed(desk) == []


def test_what_an_account_refuses_another_that_states_its_address_does_not_refuse(desk: Desk) -> None:
    desk.land("accounts", "a.jsonl", [ACCOUNT, {**ACCOUNT, "user_id": "u2"}])
    calls = [call(1, MONDAY, userId="u1"), call(2, TUESDAY, userId="u2")]
    land_and_strip(desk, calls, [statement(1, TUESDAY, granted=False, user_id="u1")])
    assert keyed(desk) == ["Tuesday"]


def _pixel(number: int, address: str, at: int = 1_778_148_000) -> dict[str, Any]:
    named = {"em": [hashlib.sha256(address.encode()).hexdigest()]}
    page = "https://a.example/harga"
    facts = {"event_name": "ViewContent", "action_source": "website", "event_source_url": page, "user_data": named}
    return {"event_id": f"x{number}", "event_time": at, **facts}


def _address_that_two_have(desk: Desk) -> None:
    """A subscriber and an account that cannot become one: both have rows in one domain."""
    desk.land("newsletter_subscribers", "n.jsonl", [{"email": ACCOUNT["email"], "subscribed_at": MONDAY}])
    ticket = {
        "ticket_id": "t1",
        "message_id": "m1",
        "user_id": "u1",
        "author": "customer",
        "body": "x",
        "created_at": MONDAY,
    }
    desk.land("support_tickets", "t.jsonl", [ticket])
    desk.run()
    desk.land("accounts", "a.jsonl", [ACCOUNT])
    desk.run()


def _kept(desk: Desk) -> list[bool]:
    return desk.rows("meta_pixel").sort("event_key")["is_consented"].to_list()


def test_whoever_is_known_by_an_address_alone_refuses_with_the_account_that_states_it(desk: Desk) -> None:
    _address_that_two_have(desk)
    ads = {"purpose": "ads_retargeting"}
    desk.land("consents", "c.jsonl", [statement(1, MONDAY, granted=True, email=ACCOUNT["email"], **ads)])
    desk.land("meta_pixel", "p.jsonl", [_pixel(1, ACCOUNT["email"])])
    desk.run()
    strip(desk)
    assert _kept(desk) == [True]
    desk.land("consents", "d.jsonl", [statement(2, "2026-05-08T10:00:00Z", granted=False, user_id="u1", **ads)])
    desk.run()
    strip(desk)
    assert _kept(desk) == [False]


def test_an_address_that_an_account_only_states_grants_nothing_to_the_account(desk: Desk) -> None:
    _address_that_two_have(desk)
    granted = statement(1, MONDAY, granted=True, email=ACCOUNT["email"], purpose="ads_retargeting")
    desk.land("consents", "c.jsonl", [granted])
    of_the_account = _pixel(1, ACCOUNT["email"]) | {"user_data": {"external_id": hashlib.sha256(b"u1").hexdigest()}}
    desk.land("meta_pixel", "p.jsonl", [of_the_account])
    desk.run()
    assert _kept(desk) == [False]
