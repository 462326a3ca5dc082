"""Whoever may not be at a recipient any more is taken out: requested, removed, confirmed, and nothing is forgotten before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from pipelines import audiences
from pipelines.identity.vault import open_vault
from tests.ads import SEGMENT, Ads
from tests.ads import ads as ads
from tests.ads import people as people
from tests.recipient import Broken

LATER = "2026-06-30T18:00:00+07:00"


def handed_over(ads: Ads) -> set[str]:
    with open_vault(ads.desk.home, ads.desk.ring, purpose="test") as vault:
        return set(vault.handed_over.of("meta")["normal"])


def told(ads: Ads) -> list[tuple[str, str]]:
    found = audiences.withdrawals(ads.desk.home, ads.desk.ring, at=ads.at)
    return [(reason, state) for reason, state in found.select("reason", "state").iter_rows()]


@pytest.fixture
def sent(people: Ads) -> Ads:
    people.sync()
    return people


def test_whoever_withdraws_is_taken_out_everywhere_and_it_is_confirmed(sent: Ads) -> None:
    sent.says(1, yes=False, at=LATER)
    sent.run(days=1)
    done = sent.withdraw()
    assert (done.found, done.removed, done.confirmed, done.open, done.overdue) == (1, 1, 1, 0, 0)
    assert sent.reached() == {2, 3, 4}
    assert told(sent) == [("withdrawn", "confirmed")]
    assert not handed_over(sent) & {"orang1@contoh.example", "6281230000001"}
    history = audiences.of_person(sent.desk.home, sent.desk.ring, kind="user_id", value="learner-1")
    assert history is not None
    assert history["ended_by"].to_list() == ["withdrawal"]
    assert sent.withdraw() == replace(done, found=0, removed=0, confirmed=0)


def test_the_address_as_it_was_sent_is_taken_out_though_it_has_changed(sent: Ads) -> None:
    sent.learner(1, email="baru@contoh.example", updated_at=LATER)
    sent.says(1, yes=False, at=LATER)
    sent.run(days=1)
    sent.withdraw()
    assert sent.reached() == {2, 3, 4}


@pytest.mark.parametrize(
    "how", ["address", "browser", "restriction", "objection", "child", "forgotten", "segment gone"]
)
def test_whatever_bars_somebody_takes_them_out(sent: Ads, how: str) -> None:
    desk = sent.desk
    request = {"request_id": "r-1", "user_id": "learner-1", "received_at": LATER}
    if how == "address":
        sent.says(None, yes=False, at=LATER, email="Orang1@contoh.example", source="unsubscribe_link")
    elif how == "browser":
        call = {"messageId": "m-1", "type": "identify", "timestamp": "2026-06-01T10:00:00+07:00", "anonymousId": "b-1"}
        consent = {"consent": {"categoryPreferences": {"analytics": True, "advertising": True}}}
        sent.land("web_events", [{**call, "userId": "learner-1", "context": consent}])
        sent.says(None, yes=False, at=LATER, anonymous_id="b-1", source="gpc")
    elif how in ("restriction", "objection"):
        sent.land("rights_requests", [{**request, "kind": how}])
    elif how == "child":
        with open_vault(desk.home, desk.ring, purpose="test") as vault:
            known = vault.find(pl.DataFrame({"kind": ["user_id"], "value": ["learner-1"]}))["subject"]
            vault.minors.note(known, evidence="ticket", at=sent.at)
            vault.commit()
    elif how == "forgotten":
        with open_vault(desk.home, desk.ring, purpose="test") as vault:
            vault.forget(vault.find(pl.DataFrame({"kind": ["user_id"], "value": ["learner-1"]}))["subject"])
            vault.commit()
    else:
        rest = {name: each for name, each in desk.terms.segments.items() if name != SEGMENT}
        sent.desk = replace(desk, terms=desk.terms.model_copy(update={"segments": rest}))
    sent.run(days=1)
    done = sent.withdraw()
    assert done.confirmed == done.found > 0
    assert sent.reached() == (set() if how == "segment gone" else {2, 3, 4})


@pytest.mark.parametrize("request_number", [3, 4])
def test_a_call_that_broke_off_is_done_again(sent: Ads, request_number: int) -> None:
    sent.says(1, yes=False, at=LATER)
    sent.run(days=1)
    sent.recipient.breaks_at = request_number
    if request_number == 3:
        with pytest.raises(Broken):
            sent.withdraw()
        assert told(sent) == [("withdrawn", "requested")]
        assert "orang1@contoh.example" in handed_over(sent)
    sent.withdraw()
    assert (sent.reached(), told(sent)) == ({2, 3, 4}, [("withdrawn", "confirmed")])


def test_what_the_recipient_does_not_confirm_stays_open_and_in_the_vault(sent: Ads) -> None:
    sent.says(1, yes=False, at=LATER)
    sent.run(days=1)
    sent.recipient.is_silent = True
    done = sent.withdraw()
    assert (done.removed, done.confirmed, done.open, done.overdue) == (1, 0, 1, 0)
    assert "orang1@contoh.example" in handed_over(sent)
    sent.at += timedelta(hours=72)
    assert sent.withdraw().overdue == 1
    assert audiences.confirm(sent.desk.home, sent.desk.ring, "meta", as_of=sent.at) == 1
    assert "orang1@contoh.example" not in handed_over(sent)
    assert sent.withdraw().open == 0


def test_a_removal_list_confirms_nothing_until_somebody_says_that_it_was_uploaded(sent: Ads) -> None:
    sent.recipient.is_by_hand = True
    sent.says(1, yes=False, at=LATER)
    sent.run(days=1)
    assert (sent.withdraw().removed, sent.withdraw().open) == (1, 1)
    sent.sync()
    assert "orang1@contoh.example" in handed_over(sent)
    audiences.confirm(sent.desk.home, sent.desk.ring, "meta", as_of=sent.at)
    assert ("orang1@contoh.example" in handed_over(sent), sent.withdraw().open) == (False, 0)


def test_who_agrees_again_before_it_is_confirmed_is_sent_and_stays_known(sent: Ads) -> None:
    sent.says(1, yes=False, at=LATER)
    sent.run(days=1)
    sent.recipient.is_silent = True
    sent.withdraw()
    sent.says(1, yes=True, at="2026-07-01T13:00:00+07:00")
    sent.run(days=1)
    sent.sync()
    audiences.confirm(sent.desk.home, sent.desk.ring, "meta", as_of=sent.at)
    assert 1 in sent.reached()
    assert "orang1@contoh.example" in handed_over(sent)
