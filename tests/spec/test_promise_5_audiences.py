"""Promise 5: an audience holds a person only with consent in force when it is sent, and goes to whom the register has.

O5 to O7, O9 to O14, O28 and O29, each on people with accounts, a recipient in memory, and days that go on.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipelines import audiences, consent, contracts, lake
from pipelines.defs import sending
from tests.ads import SEGMENT, Ads
from tests.ads import ads as ads
from tests.ads import people as people
from tests.desk import noon

LATER = "2026-06-30T18:00:00+07:00"


def with_recipient(ads: Ads, **changes: object) -> None:
    """Let the register say something else of Meta."""
    terms = ads.desk.terms
    meta = terms.recipients["meta"].model_copy(update=changes)
    ads.desk = replace(ads.desk, terms=terms.model_copy(update={"recipients": {**terms.recipients, "meta": meta}}))


def ordered(ads: Ads, number: int, status: str) -> None:
    order = {"order_id": f"o-{number}", "user_id": f"learner-{number}", "course_id": "web-1"}
    ads.land("orders", [{**order, "created_at": "2026-06-29T10:00:00+07:00", "status": status}])


def test_o5_what_is_not_declared_for_ads_is_read_for_none(people: Ads) -> None:
    for name in ("course_progress", "order_payments"):
        terms = people.desk.terms
        declared = {**terms.inbound, **terms.internal}[name]
        narrowed = declared.model_copy(update={"purposes": ("service",)})
        room = "inbound" if name in terms.inbound else "internal"
        changed = terms.model_copy(update={room: {**getattr(terms, room), name: narrowed}})
        with pytest.raises(audiences.PurposeNotDeclared, match=name):
            audiences.build(people.desk.home, people.desk.ring, changed, as_of=people.at, only=[SEGMENT])


def test_o6_neither_an_import_nor_an_old_proof_brings_anybody_back(people: Ads) -> None:
    people.says(2, yes=True, at="2026-06-01T09:00:00+07:00", evidence="slip of learner 2")
    people.sync()
    for number in (1, 2, 3):
        people.says(number, yes=False, at=LATER)
    people.run(days=1)
    people.withdraw()
    assert people.reached() == {4}
    people.says(1, yes=True, at="2026-07-01T10:00:00+07:00", source="import")
    people.says(2, yes=True, at="2026-07-01T10:00:00+07:00", evidence="slip of learner 2")
    people.says(3, yes=True, at="2026-07-01T10:00:00+07:00")
    people.run(days=1)
    people.sync()
    assert people.reached() == {3, 4}


def test_o7_begun_and_neither_paid_nor_completed_and_consent_when_it_is_sent(people: Ads) -> None:
    people.learns(1, "course_completed", "2026-06-29T10:00:00+07:00")
    ordered(people, 2, "denied")
    ordered(people, 3, "expired")
    people.says(4, yes=False, at=LATER)
    people.run(days=1)
    people.sync()
    assert people.reached() == {2, 3}


def test_o9_what_was_stated_stays_and_what_holds_at_an_instant_follows_from_it(people: Ads) -> None:
    before = people.desk.rows("consents")
    people.says(1, yes=False, at="2026-06-10T09:00:00+07:00")
    people.says(5, yes=True, at="2026-06-20T09:00:00+07:00")
    people.run(days=1)
    after = people.desk.rows("consents")
    assert before.join(after, on=before.columns, how="anti", nulls_equal=True).is_empty()
    assert after.height == before.height + 2
    asked = {"purposes": ["ads_retargeting"], "kind": "user_id"}
    told = {
        (number, day): consent.of_person(
            people.desk.home, people.desk.ring, people.desk.terms, value=f"learner-{number}", at=noon(day), **asked
        )["state"].item()
        for number, day in ((1, "2026-06-09"), (1, "2026-06-11"), (5, "2026-06-19"), (5, "2026-06-21"))
    }
    assert list(told.values()) == ["granted", "withdrawn", "never_asked", "granted"]
    people.sync()
    assert people.reached() == {2, 3, 4, 5}


def test_o10_consent_to_the_course_is_none_to_ads(people: Ads) -> None:
    for purpose in ("service", "newsletter", "marketing_messages", "product_analytics"):
        people.says(5, yes=True, at="2026-05-21T09:00:00+07:00", purpose=purpose)
    people.run(days=1)
    people.sync()
    assert people.reached() == {1, 2, 3, 4}


def test_o11_whoever_objects_is_in_no_audience_until_they_agree_anew(people: Ads) -> None:
    people.land(
        "rights_requests", [{"request_id": "r", "kind": "objection", "user_id": "learner-1", "received_at": LATER}]
    )
    people.run(days=1)
    people.sync()
    assert people.reached() == {2, 3, 4}
    people.says(1, yes=False, at="2026-07-01T10:00:00+07:00")
    people.says(1, yes=True, at="2026-07-01T13:00:00+07:00")
    people.run(days=1)
    people.sync()
    assert people.reached() == {1, 2, 3, 4}


def test_o12_a_withdrawal_is_done_in_time_or_told_to_be_late(people: Ads) -> None:
    people.sync()
    people.says(1, yes=False, at=LATER)
    people.run(days=1)
    limit = timedelta(hours=people.desk.terms.policy.deadlines["withdrawal"].hours)
    assert people.withdraw().overdue == 0
    (told,) = audiences.withdrawals(people.desk.home, people.desk.ring, at=people.at).to_dicts()
    assert told["state"] == "confirmed"
    assert timedelta(hours=told["slowest_hours"]) <= limit - timedelta(hours=24)
    people.recipient.is_silent = True
    people.says(2, yes=False, at="2026-07-01T13:00:00+07:00")
    people.run(days=2)
    assert people.withdraw().overdue == 0
    people.run(days=3)
    assert people.withdraw().overdue == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"is_sending": False}, "is sent nothing"),
        ({"purposes": ("service",)}, "not registered for ads_retargeting"),
        ({"fields": ("email_sha256",)}, "would get phone_sha256"),
    ],
    ids=["sends nothing", "another purpose", "a field that is not declared"],
)
def test_o13_o14_nothing_goes_to_whom_the_register_does_not_have_for_it(
    people: Ads, changes: dict[str, object], said: str
) -> None:
    with_recipient(people, **changes)
    with pytest.raises(audiences.TransferRefused, match=said):
        people.sync()
    assert people.recipient.requests == []


def test_o13_a_segment_cannot_be_declared_for_whom_the_register_does_not_have(tmp_path: Path) -> None:
    folder = tmp_path / "data_contracts"
    folder.mkdir()
    source = Path(contracts.__file__).parents[2] / "data_contracts"
    for place in source.rglob("*"):
        if place.is_file():
            (folder / place.relative_to(source)).parent.mkdir(parents=True, exist_ok=True)
            (folder / place.relative_to(source)).write_bytes(place.read_bytes())
    register = folder / "segments.yaml"
    register.write_text(register.read_text().replace("recipients: [meta]", "recipients: [tiktok]", 1))
    with pytest.raises(contracts.ContractViolation, match=r"segments\.yaml:.*tiktok"):
        contracts.load(folder)


def test_o28_what_a_browser_refused_no_hash_of_a_contact_undoes(people: Ads) -> None:
    people.sync()
    assert people.reached() == {1, 2, 3, 4}
    call = {"messageId": "m", "type": "track", "event": "Button", "timestamp": LATER, "anonymousId": "browser-1"}
    people.land("web_events", [{**call, "userId": "learner-1", "context": {"gpc": True, "page": {"path": "/"}}}])
    address = hashlib.sha256(b"orang2@contoh.example").hexdigest()
    hit = {"event_name": "PageView", "event_id": "h", "event_time": 1782817200, "action_source": "website"}
    people.land("meta_pixel", [{**hit, "user_data": {"em": address}, "opt_out": True}])
    people.run(days=1)
    people.withdraw()
    assert people.reached() == {3, 4}
    people.sync()
    assert people.reached() == {3, 4}


def test_o29_a_transfer_that_has_ended_takes_nobody(people: Ads) -> None:
    rung = people.desk.terms.recipients["meta"].transfer
    with_recipient(people, transfer=rung.model_copy(update={"until": date(2026, 6, 30)}))
    people.sync()
    people.run(days=1)
    with pytest.raises(audiences.TransferRefused, match="ended on 2026-06-30"):
        people.sync()
    # Whoever withdraws is taken out all the same.
    people.says(1, yes=False, at=LATER)
    people.run(days=1)
    sinks = {"meta": people.recipient}
    with pytest.raises(audiences.TransferRefused):
        sending.send(people.desk.home, people.desk.ring, people.desk.terms, sinks, as_of=people.at, only=[SEGMENT])
    assert people.reached() == {2, 3, 4}


def test_each_upload_stands_in_the_manifest_for_the_ledger_and_names_nobody(people: Ads) -> None:
    people.sync()
    with lake.open_manifest(people.desk.home) as manifest:
        (work,) = [each for each in manifest.interventions() if each.kind == "audience"]
    assert (work.counts["people"], work.counts["rung"], work.counts["recipient"]) == (4, "safeguards", "meta")
    said = json.dumps(dict(work.counts))
    assert not any(text in said for text in ("orang", "learner-", "@", "62812"))
