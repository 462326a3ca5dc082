"""What a row alone refuses (banner, GPC, opt-out) bars whoever it names, and is remembered though the row keeps no name."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from pipelines import audiences, consent, minors, withdrawal
from pipelines.identity.vault import open_vault
from tests.ads import SEGMENT, Ads
from tests.ads import ads as ads
from tests.ads import people as people

ON = "2026-06-30T18:00:00+07:00"
NO_ADS = {"consent": {"categoryPreferences": {"analytics": True, "advertising": False}}}
NO_AT_ALL = {"consent": {"categoryPreferences": {"analytics": False, "advertising": False}}}
YES = {"consent": {"categoryPreferences": {"analytics": True, "advertising": True}}}
GPC = {**YES, "gpc": True}


def calls(ads: Ads, context: dict[str, Any], *, at: str = ON, **named: str) -> None:
    """One call of a browser, with what its banner and its signal say."""
    ads.landed += 1
    call = {"messageId": f"m{ads.landed}", "type": "track", "event": "Button", "timestamp": at, **named}
    ads.land("web_events", [{**call, "context": {**context, "page": {"path": "/"}}}])


def hits(ads: Ads, user_data: dict[str, Any], **more: Any) -> None:
    """One event of the pixel, told by the server."""
    ads.landed += 1
    hit = {"event_name": "PageView", "event_id": f"h{ads.landed}", "event_time": ON, "action_source": "website"}
    at = int(datetime.fromisoformat(ON).astimezone(UTC).timestamp())
    ads.land("meta_pixel", [{**hit, "event_time": at, "user_data": user_data, **more}])


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def remembered(ads: Ads) -> pl.DataFrame:
    with open_vault(ads.desk.home, ads.desk.ring, purpose="test") as vault:
        return vault.refusals.of("ads_retargeting")


def state(ads: Ads, number: int) -> str:
    told = consent.of_person(
        ads.desk.home,
        ads.desk.ring,
        ads.desk.terms,
        kind="user_id",
        value=f"learner-{number}",
        at=ads.at,
        purposes=["ads_retargeting"],
    )
    assert told is not None
    return str(told["state"].item())


@pytest.fixture
def agreed(ads: Ads) -> Ads:
    """Learners 1 to 7, all of whom agreed, at the recipient."""
    for number in range(1, 8):
        ads.learner(number)
        ads.says(number, yes=True, at="2026-05-21T09:00:00+07:00")
    ads.run()
    ads.sync()
    assert ads.reached() == {1, 2, 3, 4, 5, 6, 7}
    return ads


def test_a_call_that_names_somebody_refuses_for_them(agreed: Ads) -> None:
    for number, context in enumerate((NO_ADS, NO_AT_ALL, GPC, {"gpc": True}, YES, {}), start=1):
        calls(agreed, context, anonymousId=f"browser-{number}", userId=f"learner-{number}")
    agreed.run(days=1)
    agreed.withdraw()
    assert agreed.reached() == {5, 6, 7}
    agreed.sync()
    assert agreed.reached() == {5, 6, 7}
    assert [state(agreed, number) for number in (1, 5)] == ["refused_by_browser", "granted"]
    desk = agreed.desk
    audience = audiences.build(desk.home, desk.ring, desk.terms, as_of=agreed.at, only=[SEGMENT])[SEGMENT]
    assert audience.funnel.left == {"refused_by_browser": 4}


def test_a_hit_that_opts_out_bars_whom_its_hashes_name(agreed: Ads) -> None:
    hits(agreed, {"em": hashed("orang1@contoh.example")}, opt_out=True)
    hits(agreed, {"em": [hashed("somebody@contoh.example"), hashed("orang2@contoh.example")]}, opt_out=True)
    hits(agreed, {"ph": hashed("6281230000003")}, data_processing_options=["LDU"])
    hits(agreed, {"external_id": hashed("learner-4")}, opt_out=True)
    hits(agreed, {"em": hashed("orang5@contoh.example")}, opt_out=False, data_processing_options=[])
    hits(agreed, {"em": hashed("orang6@contoh.example")})
    agreed.run(days=1)
    agreed.sync()
    assert agreed.reached() == {5, 6, 7}


def test_a_browser_of_one_user_alone_refuses_for_them_without_naming_them(people: Ads) -> None:
    calls(people, YES, anonymousId="browser-1", userId="learner-1")
    calls(people, NO_ADS, anonymousId="browser-1", at="2026-06-30T19:00:00+07:00")
    people.run(days=1)
    people.sync()
    assert people.reached() == {2, 3, 4}
    people.says(1, yes=True, at="2026-07-01T09:00:00+07:00")
    people.run(days=1)
    people.sync()
    assert people.reached() == {2, 3, 4}, "the account answers for no browser"
    people.says(None, yes=True, at="2026-07-02T09:00:00+07:00", anonymous_id="browser-1")
    people.run(days=1)
    people.sync()
    assert people.reached() == {1, 2, 3, 4}


def test_a_grant_with_proof_under_the_name_lifts_it_and_a_later_call_refuses_again(people: Ads) -> None:
    calls(people, GPC, userId="learner-1")
    people.run(days=1)
    people.says(1, yes=True, at="2026-07-01T09:00:00+07:00", source="import")
    people.run(days=1)
    assert state(people, 1) == "refused_by_browser"
    people.says(1, yes=True, at="2026-07-02T09:00:00+07:00")
    people.run(days=1)
    assert state(people, 1) == "granted"
    calls(people, GPC, userId="learner-1", at="2026-07-03T09:00:00+07:00")
    people.run(days=1)
    assert state(people, 1) == "refused_by_browser"


def test_whoever_refused_before_they_were_known_is_not_sent_once_they_are(ads: Ads) -> None:
    calls(ads, NO_AT_ALL, userId="learner-1", anonymousId="browser-1", at="2026-05-01T08:00:00+07:00")
    ads.run()
    with open_vault(ads.desk.home, ads.desk.ring, purpose="test") as vault:
        assert vault.known_since().is_empty(), "nobody becomes a subject by refusing"
    for number in (1, 2, 3):
        ads.learner(number)
        ads.says(number, yes=True, at="2026-04-21T09:00:00+07:00")
    ads.run(days=1)
    ads.sync()
    assert ads.reached() == {2, 3}


def test_it_is_the_same_in_whatever_order_and_however_often_the_rows_come(people: Ads) -> None:
    for at in ("2026-06-30T20:00:00+07:00", ON, "2026-06-30T19:00:00+07:00"):
        calls(people, GPC, userId="learner-1", at=at)
        people.run()
    told = remembered(people)
    assert told.select("first_at", "last_at").rows() == [
        (datetime(2026, 6, 30, 11), datetime(2026, 6, 30, 13))  # noqa: DTZ001 - naive UTC, as it is stored
    ]
    for file in sorted((people.desk.home.landing / "web_events").glob("*.jsonl")):
        people.desk.land_bytes("web_events", f"again-{file.name}", file.read_bytes() + b"\n")
    people.run(days=1)
    assert remembered(people).equals(told)


def test_no_row_keeps_a_name_by_it(people: Ads) -> None:
    calls(people, NO_AT_ALL, userId="learner-5", anonymousId="browser-5")
    people.run(days=1)
    (row,) = people.desk.rows("web_events").to_dicts()
    assert (row["visitor_pseudonym"], row["learner_pseudonym"]) == (None, None)


def test_rows_that_were_stored_under_a_name_lose_it(people: Ads) -> None:
    for number in (1, 2):
        hits(people, {"external_id": hashed(f"learner-{number}")})
    people.run(days=1)
    assert people.desk.rows("meta_pixel")["person_pseudonym"].null_count() == 0
    calls(people, GPC, userId="learner-1", at="2026-07-01T09:00:00+07:00")
    people.run(days=1)
    stripped = withdrawal.strip(people.desk.home, people.desk.ring, people.desk.terms, as_of=people.at)
    assert stripped.rows == {"meta_pixel": 1}
    assert people.desk.rows("meta_pixel")["person_pseudonym"].null_count() == 1


def test_of_a_child_nothing_is_remembered(people: Ads) -> None:
    calls(people, GPC, userId="learner-1")
    people.run(days=1)
    assert remembered(people).height == 1
    people.learner(1, birth_date="2015-01-01", updated_at="2026-07-01T09:00:00+07:00")
    people.run(days=1)
    minors.erase(people.desk.home, people.desk.ring, people.desk.terms, as_of=people.at)
    assert remembered(people).is_empty()


def test_it_goes_with_its_person_and_of_nobody_after_as_long(people: Ads) -> None:
    calls(people, GPC, userId="learner-1")
    calls(people, GPC, anonymousId="browser-9", at="2027-03-01T09:00:00+07:00")
    people.run(days=300)
    people.desk.drop("2031-04-30")
    assert remembered(people).height == 2
    people.desk.drop("2031-08-01")
    assert remembered(people)["first_at"].to_list() == [datetime(2027, 3, 1, 2)]  # noqa: DTZ001 - naive UTC
    people.desk.drop("2032-05-01")
    assert remembered(people).is_empty()
