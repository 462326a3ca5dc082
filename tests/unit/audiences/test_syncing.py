"""An audience is sent whole, noted before it leaves, and ends right after a kill at any request."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pipelines import audiences
from pipelines.audiences.sinks.meta import LONGEST
from pipelines.identity.vault import open_vault
from tests.ads import SEGMENT, Ads, small
from tests.ads import ads as ads
from tests.ads import people as people
from tests.outside.meta_api import meta_api
from tests.recipient import Broken
from tests.unit.audiences.meta_people import Clock, sink


def handed_over(ads: Ads) -> set[str]:
    with open_vault(ads.desk.home, ads.desk.ring, purpose="test") as vault:
        return set(vault.handed_over.of("meta")["normal"])


def test_those_who_agreed_are_sent_and_nobody_else(people: Ads) -> None:
    done = people.sync()
    assert people.reached() == {1, 2, 3, 4}
    assert (done.funnel.candidates, done.funnel.consented, done.funnel.reachable) == (6, 4, 4)
    assert done.funnel.left == {"never_asked": 1, "refused": 1}
    assert (done.sent, done.entered, done.ended) == (4, 4, 0)
    assert people.recipient.holds("6281230000001")


def test_whoever_finished_leaves_with_the_next_sending_and_is_forgotten_by_the_vault(people: Ads) -> None:
    people.sync()
    people.learns(1, "course_completed", "2026-06-30T09:00:00+07:00")
    people.run(days=1)
    done = people.sync()
    assert (people.reached(), done.entered, done.ended) == ({2, 3, 4}, 0, 1)
    assert "orang1@contoh.example" not in handed_over(people)
    history = audiences.of_person(people.desk.home, people.desk.ring, kind="user_id", value="learner-1")
    assert history is not None
    assert history["ended_by"].to_list() == ["segment"]


def test_a_changed_address_leaves_the_recipient_with_the_next_sending(people: Ads) -> None:
    people.sync()
    people.learner(1, email="baru@contoh.example", updated_at="2026-06-30T09:00:00+07:00")
    people.run(days=1)
    assert handed_over(people) >= {"orang1@contoh.example"}
    people.sync()
    assert people.recipient.holds("baru@contoh.example")
    assert not people.recipient.holds("orang1@contoh.example")
    assert "orang1@contoh.example" not in handed_over(people)


def test_too_few_are_sent_to_nobody_and_those_there_are_taken_out(people: Ads) -> None:
    people.sync()
    people.desk = replace(people.desk, terms=small(people.desk.terms, minimum=5))
    done = people.sync()
    assert (done.is_too_small, done.sent, done.ended, people.reached()) == (True, 0, 4, set())
    assert handed_over(people) == set()


def test_a_dry_run_sends_and_keeps_nothing(people: Ads) -> None:
    done = people.sync(is_dry=True)
    assert (done.is_dry, done.sent, people.recipient.requests, handed_over(people)) == (True, 0, [], set())
    assert audiences.uploads(people.desk.home, people.desk.ring).is_empty()


@pytest.mark.parametrize("request_number", [1, 2])
def test_a_call_that_broke_off_is_gone_on_with(people: Ads, request_number: int) -> None:
    people.recipient.breaks_at = request_number
    with pytest.raises(Broken):
        people.sync()
    # What may have been sent is known, whether or not it was.
    assert len(handed_over(people)) == 8
    assert people.sync().sent == 4
    assert (people.reached(), people.sync().entered) == ({1, 2, 3, 4}, 0)


def test_the_same_set_goes_on_in_its_session_and_another_begins_anew(people: Ads) -> None:
    people.recipient.breaks_at = 2
    with pytest.raises(Broken):
        people.sync()
    people.recipient.breaks_at = 4
    with pytest.raises(Broken):
        people.sync()
    people.says(4, yes=False, at="2026-06-30T10:00:00+07:00")
    people.run()
    people.sync()
    first, second, third = people.recipient.sessions
    assert (first.is_resumed, second.is_resumed, third.is_resumed) == (False, True, False)
    assert first.id == second.id != third.id


def test_of_a_contact_that_two_people_state_it_goes_only_with_the_consent_of_both(people: Ads) -> None:
    people.learner(7, phone="0812-3000-0001")
    people.says(7, yes=False, at="2026-06-01T09:00:00+07:00")
    people.run()
    people.sync()
    assert people.recipient.holds("orang1@contoh.example")
    assert not people.recipient.holds("6281230000001")


def test_what_is_not_declared_for_the_purpose_is_not_read(people: Ads) -> None:
    progress = people.desk.terms.inbound["course_progress"]
    undeclared = progress.model_copy(update={"purposes": ("service",)})
    inbound = {**people.desk.terms.inbound, "course_progress": undeclared}
    people.desk = replace(people.desk, terms=people.desk.terms.model_copy(update={"inbound": inbound}))
    with pytest.raises(audiences.PurposeNotDeclared, match="course_progress"):
        people.sync()
    assert people.recipient.requests == []


def test_who_was_where_under_which_consent_is_known_of_the_living(people: Ads) -> None:
    people.sync()
    found = audiences.of_person(people.desk.home, people.desk.ring, kind="user_id", value="learner-2", at=people.at)
    assert found is not None
    (row,) = found.to_dicts()
    assert (row["segment"], row["recipient"], row["until"]) == (SEGMENT, "meta", None)
    assert (row["stated_under"], row["has_evidence"], row["rung"]) == ("1", True, "safeguards")
    before = audiences.of_person(
        people.desk.home, people.desk.ring, kind="user_id", value="learner-2", at=people.at.replace(month=5)
    )
    assert before is not None
    assert before.is_empty()
    assert audiences.of_person(people.desk.home, people.desk.ring, kind="user_id", value="nobody") is None


def test_a_session_lasts_by_the_clock_of_whoever_sends_whatever_instant_it_is_as_of(people: Ads) -> None:
    with meta_api() as api:
        target = sink(api.url, clock=Clock(api))
        assert api.now - people.at > 3 * LONGEST
        audiences.sync(
            people.desk.home, people.desk.ring, people.desk.terms, {"meta": target}, as_of=people.at, only=[SEGMENT]
        )
        (audience,) = api.audiences.values()
        api.nothing_unknown()
    assert len(audience.members) == 4


@pytest.mark.parametrize("days", [0.5, 10])
def test_as_of_an_instant_before_they_withdrew_nobody_is_sent_who_did(people: Ads, days: float) -> None:
    people.says(1, yes=False, at="2026-07-01T09:00:00+07:00")
    people.says(2, yes=False, at="2026-07-01T09:00:00+07:00")
    people.says(2, yes=True, at="2026-07-01T10:00:00+07:00")
    people.land(
        "rights_requests",
        [{"request_id": "r1", "user_id": "learner-3", "kind": "objection", "received_at": "2026-07-01T09:00:00+07:00"}],
    )
    people.run(days=1)
    people.at -= timedelta(days=days)
    people.sync()
    assert people.reached() == {2, 4}
    people.withdraw()
    assert people.reached() == {2, 4}
