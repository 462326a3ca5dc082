"""The consents of one living person at an instant, purpose by purpose."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import polars as pl
import pytest

from pipelines import consent, engine
from pipelines.identity.vault import open_vault
from tests.ads import AT, Ads
from tests.ads import ads as ads
from tests.ads import people as people

PURPOSE = "ads_retargeting"
ADDRESS = "pelanggan@contoh.example"
SAID_AT = datetime(2026, 5, 21, 2, tzinfo=UTC)
LATER = "2026-06-10T09:00:00+07:00"
LATER_AT = datetime(2026, 6, 10, 2, tzinfo=UTC)


def answers(
    ads: Ads, value: str, *, kind: str = "user_id", at: datetime = AT, purposes: tuple[str, ...] = (PURPOSE,)
) -> pl.DataFrame | None:
    desk = ads.desk
    return consent.of_person(desk.home, desk.ring, desk.terms, kind=kind, value=value, at=at, purposes=purposes)


def answer(ads: Ads, value: str, *, kind: str = "user_id", at: datetime = AT, purpose: str = PURPOSE) -> tuple:
    found = answers(ads, value, kind=kind, at=at, purposes=(purpose,))
    assert found is not None
    return found.row(0)[1:]


def uses(ads: Ads, number: int, browser: str) -> None:
    """The learner is seen on a browser."""
    agreed = {"consent": {"categoryPreferences": {"analytics": True, "advertising": True}}}
    call = {"messageId": f"m-{browser}", "type": "identify", "timestamp": "2026-06-01T10:00:00+07:00"}
    ads.land("web_events", [{**call, "anonymousId": browser, "userId": f"learner-{number}", "context": agreed}])


def subscribes(ads: Ads) -> None:
    """An address without account, and what it agreed to."""
    ads.land("newsletter_subscribers", [{"email": ADDRESS, "subscribed_at": "2026-05-20T09:00:00+07:00"}])
    ads.says(None, yes=True, at="2026-05-21T09:00:00+07:00", email=ADDRESS)


def test_a_grant_is_told_with_its_beginning_version_and_evidence(people: Ads) -> None:
    assert answer(people, "learner-1") == ("granted", SAID_AT, "1", True)


def test_a_grant_without_evidence_says_so(ads: Ads) -> None:
    ads.learner(1)
    ads.says(1, yes=True, at="2026-05-21T09:00:00+07:00", source="import", evidence=None)
    ads.run()
    assert answer(ads, "learner-1") == ("granted", SAID_AT, "1", False)


def test_a_withdrawal_stands_from_its_own_instant_and_not_before(people: Ads) -> None:
    people.says(1, yes=False, at=LATER)
    people.run()
    assert answer(people, "learner-1") == ("withdrawn", LATER_AT, "1", True)
    assert answer(people, "learner-1", at=LATER_AT) == ("withdrawn", LATER_AT, "1", True)
    before = LATER_AT.replace(hour=1, minute=59, second=59)
    assert answer(people, "learner-1", at=before) == ("granted", SAID_AT, "1", True)
    assert answer(people, "learner-1", at=SAID_AT.replace(hour=1)) == ("never_asked", None, None, False)


def test_a_refusal_without_a_grant_is_none_that_was_withdrawn(people: Ads) -> None:
    assert answer(people, "learner-6")[0] == "refused"


def test_whoever_stated_nothing_was_never_asked(people: Ads) -> None:
    assert answer(people, "learner-5") == ("never_asked", None, None, False)


def test_an_account_answers_for_no_browser_about_ads_and_for_each_about_anything_else(ads: Ads) -> None:
    ads.learner(1)
    uses(ads, 1, "b-1")
    for purpose in (PURPOSE, "newsletter"):
        refusal = {"anonymous_id": "b-1", "purpose": purpose, "source": "gpc"}
        ads.says(None, yes=False, at="2026-06-02T09:00:00+07:00", **refusal)
        ads.says(1, yes=True, at=LATER, purpose=purpose)
    ads.run()
    assert answer(ads, "learner-1")[0] == "refused_by_browser"
    assert answer(ads, "learner-1", purpose="newsletter") == ("granted", LATER_AT, "1", True)


def test_an_address_without_account_answers_for_itself(ads: Ads) -> None:
    subscribes(ads)
    ads.run()
    assert answer(ads, f" {ADDRESS.upper()}", kind="email") == ("granted", SAID_AT, "1", True)


def test_an_address_of_an_account_leads_to_the_account(people: Ads) -> None:
    assert answer(people, "orang1@contoh.example", kind="email") == answer(people, "learner-1")


@pytest.mark.parametrize("kind", ["user_id", "email"])
@pytest.mark.parametrize("value", ["siapa@contoh.example", "", "-"])
def test_nobody_known_is_no_answer_and_makes_nobody_known(people: Ads, kind: str, value: str) -> None:
    before = people.desk.subjects()
    assert answers(people, value, kind=kind) is None
    assert people.desk.subjects() == before


def test_each_purpose_is_answered_in_the_order_asked(people: Ads) -> None:
    people.says(1, yes=False, at=LATER, purpose="newsletter")
    people.run()
    purposes = tuple(people.desk.terms.taxonomy.purposes)
    found = answers(people, "learner-1", purposes=purposes)
    assert found is not None
    assert found.columns == ["purpose", "state", "since", "stated_under", "has_evidence"]
    assert tuple(found["purpose"]) == purposes
    told = {purpose: state for purpose, state in found.select("purpose", "state").iter_rows() if state != "never_asked"}
    assert told == {PURPOSE: "granted", "newsletter": "refused"}


def test_a_purpose_that_is_not_in_the_taxonomy_is_refused(people: Ads) -> None:
    with pytest.raises(ValueError, match="spam"):
        answers(people, "learner-1", purposes=("spam' or true --",))


def test_the_look_into_the_vault_is_logged_with_its_purpose_and_without_the_identifier(people: Ads) -> None:
    log = people.desk.home.vault / "access.jsonl"
    before = len(log.read_text().splitlines())
    answers(people, "learner-1")
    (line,) = log.read_text().splitlines()[before:]
    assert json.loads(line)["purpose"] == "consents of one person"
    assert "learner-1" not in line


def test_one_person_alone_is_answered_as_among_all(people: Ads) -> None:
    """Of those who have a browser, an address, both, or share one; and of whoever is known by a browser alone."""
    for number, browser in ((1, "b-1"), (2, "b-2"), (3, "b-shared"), (4, "b-shared")):
        uses(people, number, browser)
        people.says(None, yes=False, at=LATER, anonymous_id=browser, source="gpc")
    people.says(None, yes=False, at=LATER, email="orang3@contoh.example", source="unsubscribe_link")
    people.learner(7, email="orang4@contoh.example")
    people.says(7, yes=False, at=LATER)
    subscribes(people)
    ticket = {"ticket_id": "t-1", "message_id": "t-1", "user_id": "learner-6", "author": "customer", "body": "Halo"}
    people.land("support_tickets", [{**ticket, "channel": "email", "created_at": "2026-05-20T09:00:00+07:00"}])
    people.run()
    # An account with rows of its own beside theirs states the address of whoever is known by it alone, and refuses.
    people.learner(6, email=ADDRESS, updated_at=LATER)
    people.run()
    desk, ledger = people.desk, people.desk.terms.inbound["consents"]
    with (
        engine.connect(parquet_keys=desk.ring.parquet_keys()) as connection,
        open_vault(desk.home, desk.ring, purpose="test") as vault,
    ):
        engine.set_secret(connection, "event_key", desk.ring.event_key().hex())

        def stands(among: pl.Series | None, *, browsers_bind: bool) -> list[tuple]:
            return consent.standing(
                connection, desk.home, ledger, vault, purpose=PURPOSE, at=AT, browsers_bind=browsers_bind, among=among
            ).rows()

        assert vault.claimants().height == 1
        for browsers_bind in (True, False):
            of_all = stands(None, browsers_bind=browsers_bind)
            assert {row[1] for row in of_all} == {"granted", "withdrawn", "refused", "refused_by_browser"}
            assert len(of_all) == 7
            for subject in vault.known_since()["subject"]:
                alone = stands(pl.Series("subject", [subject], dtype=pl.Int64), browsers_bind=browsers_bind)
                assert alone == [row for row in of_all if row[0] == subject]
