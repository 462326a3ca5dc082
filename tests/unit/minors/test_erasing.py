"""Children: refused on arrival, taken out at once with everything when it is known late, and nobody else is touched."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines import lake, minors
from pipelines.identity import rotation
from pipelines.identity.vault import Vault, open_vault
from pipelines.minors import Erased
from tests.desk import AS_OF, COURSES, Desk

FIRST, LATER = "2026-05-04T10:00:00+07:00", "2026-05-05T10:00:00+07:00"
CHILD, ADULT = "2010-01-01", "1990-01-01"
ONE_EACH = {
    "accounts": 1,
    "course_progress": 1,
    "web_events": 4,
    "consents": 1,
    "orders": 1,
    "newsletter_subscribers": 1,
}
GRANTED = {"consent": {"categoryPreferences": {"analytics": True}}, "page": {"url": "https://a.example/harga"}}


def account(number: int, *, birth_date: str | None = None, at: str = FIRST, **changes: Any) -> dict[str, Any]:
    row = {
        "user_id": f"learner-{number}",
        "email": f"learner.{number}@mail.example.com",
        "phone": f"+62812000000{number:02d}",
        "name": f"Pelajar {number}",
        "birth_date": birth_date,
        "registered_at": FIRST,
        "updated_at": at,
    }
    return {key: value for key, value in {**row, **changes}.items() if value is not None}


def learnt(number: int, *, at: str = FIRST, by: int | None = None) -> dict[str, Any]:
    return {
        "event_id": f"event-{number}",
        "user_id": f"learner-{number if by is None else by}",
        "course_id": "web-1",
        "event_type": "enrolled",
        "occurred_at": at,
    }


def subscribed(number: int) -> dict[str, Any]:
    said = {"subscribed_at": FIRST, "status": "subscribed", "source": "footer"}
    return {"email": f"learner.{number}@mail.example.com", **said}


def call(number: int, *, browser: str, user: int | None = None, at: str = FIRST) -> dict[str, Any]:
    ids = {"anonymousId": browser} | ({} if user is None else {"userId": f"learner-{user}"})
    return {"messageId": f"message-{number}", "type": "page", "timestamp": at, "context": GRANTED, **ids}


def erase(desk: Desk) -> Erased:
    with lake.writer_lock(desk.home):
        return minors.erase(desk.home, desk.ring, desk.terms, as_of=AS_OF)


def opened(desk: Desk):
    return open_vault(desk.home, desk.ring, purpose="test")


@pytest.mark.parametrize(
    ("birth_date", "is_child"),
    [
        ("2008-05-04", False),  # eighteen on the very day
        ("2008-05-05", True),
        ("2008-05", True),
        ("2008-04", False),
        ("2008", True),
        ("2007", False),
        ("2099", True),
    ],
)
def test_an_account_of_a_child_is_refused_and_nobody_becomes_known(desk: Desk, birth_date: str, is_child: bool) -> None:
    desk.land("accounts", "a.jsonl", [account(1, birth_date=birth_date)])
    report = desk.run()["accounts"]
    assert (report.accepted, report.refused) == ((0, {"minor": 1}) if is_child else (1, {}))
    assert desk.subjects() == (not is_child)


def test_the_day_is_that_of_jakarta(desk: Desk) -> None:
    registered = {"registered_at": "2026-05-04T16:59:00Z"}, {"registered_at": "2026-05-04T17:00:00Z"}
    rows = [account(number, birth_date="2008-05-05", **each) for number, each in enumerate(registered)]
    desk.land("accounts", "a.jsonl", rows)
    assert desk.run()["accounts"].refused == {"minor": 1}


def test_growing_up_cures_nothing(desk: Desk) -> None:
    desk.land("accounts", "a.jsonl", [account(1, birth_date="2008-06-01", at="2026-06-20T10:00:00+07:00")])
    assert desk.run()["accounts"].refused == {"minor": 1}


def test_all_rows_of_the_run_are_refused_whatever_their_order(desk: Desk) -> None:
    desk.land("courses", "c.jsonl", COURSES)
    rows = [account(1), account(1, birth_date=CHILD, at=LATER), account(1, at="2026-05-06T10:00:00+07:00"), account(2)]
    desk.land("accounts", "a.jsonl", rows)
    desk.land("course_progress", "p.jsonl", [learnt(1), learnt(2)])
    desk.land(
        "newsletter_subscribers",
        "n.jsonl",
        [{**subscribed(1), "email": "Learner.1@mail.example.com"}],
    )
    reports = desk.run()
    assert {name: (each.accepted, each.refused) for name, each in reports.items() if name != "courses"} == {
        "accounts": (1, {"minor": 3}),
        "course_progress": (1, {"minor": 1}),
        "newsletter_subscribers": (0, {"minor": 1}),
    }
    erase(desk)
    assert desk.subjects() == 1


@pytest.fixture
def known(desk: Desk) -> Desk:
    """Learner 1, of whom no birth date is known yet, and learner 2, in every domain; their own browsers and a shared one."""
    desk.land("courses", "c.jsonl", COURSES)
    desk.land(
        "newsletter_subscribers",
        "n.jsonl",
        [subscribed(n) for n in (1, 2)],
    )
    desk.run()
    desk.land("accounts", "a.jsonl", [account(1), account(2)])
    desk.land("course_progress", "p.jsonl", [learnt(1), learnt(2)])
    calls = [call(n, browser=f"browser-{n}", user=n) for n in (1, 2)]
    calls += [call(10 + n, browser="browser-shared", user=n) for n in (1, 2)]
    calls += [call(20 + n, browser=name) for n, name in enumerate(("browser-1", "browser-2", "browser-shared"))]
    desk.land("web_events", "w.jsonl", calls)
    said = {"purpose": "newsletter", "granted": True, "policy_version": "1", "source": "settings", "occurred_at": FIRST}
    desk.land("consents", "s.jsonl", [{"event_id": f"c{n}", "user_id": f"learner-{n}", **said} for n in (1, 2)])
    desk.land("orders", "o.jsonl", [order(n) for n in (1, 2)])
    desk.run()
    erase(desk)
    return desk


def order(number: int) -> dict[str, Any]:
    return {
        "order_id": f"ORD-{number}",
        "user_id": f"learner-{number}",
        "course_id": "web-1",
        "status": "paid",
        "gross_amount_idr": 250000,
        "created_at": FIRST,
        "updated_at": FIRST,
    }


def left(desk: Desk) -> dict[str, int]:
    return {
        name: desk.rows(name).height
        for name in ("accounts", "course_progress", "web_events", "consents", "orders", "newsletter_subscribers")
    }


def test_whoever_turns_out_to_be_a_child_leaves_with_everything(known: Desk) -> None:
    assert left(known) == {**dict.fromkeys(ONE_EACH, 2), "web_events": 7}
    known.land("accounts", "late.jsonl", [account(1, birth_date=CHILD, at=LATER)])
    assert known.run()["accounts"].refused == {"minor": 1}
    erased = erase(known)
    assert erased.rows == {**ONE_EACH, "web_events": 3}
    assert (erased.held, erased.subjects) == ({"tax_books": 1}, 2)
    assert left(known) == ONE_EACH
    assert known.rows("identity_links").height == 2
    assert not minors.waits(known.home, known.terms)
    with lake.open_manifest(known.home) as manifest:
        manifest.stored().check()
        told = manifest.interventions()[-1]
    assert (told.kind, told.counts["subjects"], told.counts["clause"], len(told.counts["records"])) == (
        "minors",
        2,
        "§10",
        2,
    )


def test_what_comes_of_them_later_is_refused(known: Desk) -> None:
    known.land("accounts", "late.jsonl", [account(1, birth_date=CHILD, at=LATER)])
    known.run()
    erase(known)
    known.land("accounts", "again.jsonl", [account(1, at="2026-06-01T10:00:00+07:00")])
    known.land("course_progress", "again.jsonl", [learnt(7, by=1), learnt(8, by=2)])
    calls = [
        call(31, browser="browser-1"),
        call(32, browser="browser-9", user=1),
        call(33, browser="browser-9"),
        call(34, browser="browser-shared"),
    ]
    known.land("web_events", "again.jsonl", calls)
    known.land("orders", "again.jsonl", [{**order(3), "user_id": "learner-1"}])
    reports = known.run()
    assert {name: (each.accepted, each.refused) for name, each in reports.items()} == {
        "accounts": (0, {"minor": 1}),
        "course_progress": (1, {"minor": 1}),
        "orders": (0, {"minor": 1}),
        "web_events": (1, {"minor": 3}),
    }
    assert erase(known) == Erased(subjects=1)
    assert known.subjects() == 3


def test_somebody_else_may_sign_in_on_a_browser_that_was_a_childs(known: Desk) -> None:
    known.land("accounts", "late.jsonl", [account(1, birth_date=CHILD, at=LATER)])
    known.run()
    erase(known)
    known.land("web_events", "b.jsonl", [call(41, browser="browser-1", user=2)])
    assert known.run()["web_events"].accepted == 1
    known.land("web_events", "c.jsonl", [call(42, browser="browser-1")])
    assert known.run()["web_events"].accepted == 1


def test_an_earlier_row_tells_that_somebody_was_a_child(desk: Desk) -> None:
    desk.land("courses", "c.jsonl", COURSES)
    desk.land("accounts", "a.jsonl", [account(n, birth_date="2008-05-04") for n in (1, 2)])
    assert desk.run()["accounts"].accepted == 2
    assert erase(desk) == Erased()
    desk.land("course_progress", "p.jsonl", [learnt(1, at="2026-05-03T23:59:00+07:00"), learnt(2)])
    desk.run()
    assert erase(desk).rows == {"accounts": 1, "course_progress": 1}
    assert desk.subjects() == 1


def test_a_contact_that_somebody_else_states_stays_theirs(desk: Desk) -> None:
    desk.land("accounts", "a.jsonl", [account(2, email="family@mail.example.com")])
    desk.run()
    desk.land("accounts", "b.jsonl", [account(1, birth_date=CHILD, email="family@mail.example.com")])
    desk.run()
    assert erase(desk) == Erased()
    desk.land("accounts", "c.jsonl", [account(2, email="family@mail.example.com", at=LATER)])
    assert desk.run()["accounts"].accepted == 1


def test_another_room_can_tell_of_a_child_by_a_word_alone(known: Desk) -> None:
    with opened(known) as vault:
        asked = pl.DataFrame({"user_id": ["learner-1"]})
        people = vault.minors.told_of(asked).people
        with pytest.raises(ValueError, match="one word"):
            minors.note_minor(vault, people, "she says she is 15", at=AS_OF)
        minors.note_minor(vault, people, "ticket", at=AS_OF)
        vault.commit()
    known.land("accounts", "b.jsonl", [account(2, at=LATER)])
    known.run()
    assert erase(known).rows["accounts"] == 1
    assert left(known)["accounts"] == 1


@pytest.mark.parametrize(
    ("room", "dies_at"),
    [
        (lake.Manifest, "prepare_intervention"),
        (lake.Manifest, "finish"),
        (Vault, "commit"),
        (os, "replace"),
        (rotation, "rotate_vault"),
    ],
)
def test_a_death_in_the_middle_is_completed_by_the_next_run(
    known: Desk, room: Any, dies_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known.land("accounts", "late.jsonl", [account(1, birth_date=CHILD, at=LATER)])
    known.run()
    before = vault_files(known)

    class Killed(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(room, dies_at, die)
        with pytest.raises(Killed):
            erase(known)
    assert minors.waits(known.home, known.terms)
    erase(known)
    assert left(known) == ONE_EACH
    assert known.subjects() == 3
    assert not vault_files(known) & before
    assert not minors.waits(known.home, known.terms)


def vault_files(desk: Desk) -> set[Path]:
    return set(desk.home.vault.glob("vault-*.duckdb"))
