"""Promise (O34, policy §10): whoever was under 18 when they used the service leaves at once, with everything, and stays away.

A birth date that arrives late counts back, a coarse one in doubt counts against the service, and growing up cures nothing.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from pipelines import evidence, lake, minors, settings
from pipelines.identity import keys
from pipelines.identity.vault import open_vault
from tests.canary import Finding, Zones, search
from tests.desk import AS_OF, COURSES, Desk

REGISTERED, LATER = "2026-05-04T10:00:00+07:00", "2026-06-20T10:00:00+07:00"
DATASETS = (
    "accounts",
    "course_progress",
    "web_events",
    "consents",
    "orders",
    "newsletter_subscribers",
    "identity_links",
)
CHILD, ADULT, OTHER = "child", "adult", "other"
GRANTED = {"consent": {"categoryPreferences": {"analytics": True}}, "page": {"url": "https://a.example/harga"}}
CONSENT = {
    "purpose": "newsletter",
    "granted": True,
    "policy_version": "1",
    "source": "settings",
    "occurred_at": REGISTERED,
}
LETTER = {"subscribed_at": REGISTERED, "status": "subscribed", "source": "footer"}


def account(who: str, **changes: Any) -> dict[str, Any]:
    own = {
        "user_id": f"learner-{who}",
        "email": f"{who}@mail.example.com",
        "phone": PHONES[who],
        "name": f"Obviously Fake {who}",
    }
    return {**own, "registered_at": REGISTERED, "updated_at": REGISTERED, **changes}


PHONES = {CHILD: "+6281200000011", ADULT: "+6281200000012", OTHER: "+6281200000013"}


def landed_of(who: str) -> dict[str, list[dict[str, Any]]]:
    """What one person leaves in every source: under their account, their browser, a shared browser, an address alone."""
    user = {"userId": f"learner-{who}"}
    page = {"type": "page", "timestamp": REGISTERED, "context": GRANTED}
    own, shared = {"anonymousId": f"browser-of-{who}"}, {"anonymousId": "browser-of-all"}
    calls = [{**own, **user}, own, {**shared, **user}]
    order = {"order_id": f"ORD-{who}", "user_id": f"learner-{who}", "course_id": "web-1", "status": "paid"}
    learnt = {"user_id": f"learner-{who}", "course_id": "web-1", "event_type": "enrolled", "occurred_at": REGISTERED}
    return {
        "newsletter_subscribers": [{"email": f"{who}@mail.example.com", **LETTER}],
        "accounts": [account(who)],
        "course_progress": [{"event_id": f"event-of-{who}", **learnt}],
        "web_events": [{"messageId": f"call-{who}-{n}", **page, **each} for n, each in enumerate(calls)],
        "consents": [{"event_id": f"said-{who}", "user_id": f"learner-{who}", **CONSENT}],
        "orders": [{**order, "gross_amount_idr": 250000, "created_at": REGISTERED, "updated_at": REGISTERED}],
    }


def land(desk: Desk, *people: str, name: str) -> None:
    for who in people:
        for source, rows in landed_of(who).items():
            desk.land(source, f"{name}-{PHONES[who][-2:]}.jsonl", rows)


def erase(desk: Desk) -> minors.Erased:
    with lake.writer_lock(desk.home):
        return minors.erase(desk.home, keys.open_keyring(desk.home), desk.terms, as_of=AS_OF)


def rows(desk: Desk) -> dict[str, Counter[tuple[Any, ...]]]:
    return {dataset: Counter(desk.rows(dataset).rows()) for dataset in DATASETS}


@pytest.fixture
def stored(desk: Desk) -> Desk:
    """Two people in every source, and a call of the browser that both use; nobody's birth date is known."""
    desk.land("courses", "c.jsonl", COURSES)
    land(desk, CHILD, ADULT, name="first")
    page = {"messageId": "call-nobody", "anonymousId": "browser-of-all", "type": "page", "timestamp": REGISTERED}
    desk.land("web_events", "shared.jsonl", [{**page, "context": GRANTED}])
    desk.run()
    assert erase(desk) == minors.Erased()
    return desk


def tell(desk: Desk, birth_date: str = "2010-01-01") -> None:
    desk.land("accounts", "told.jsonl", [account(CHILD, birth_date=birth_date, updated_at=LATER)])
    assert desk.run()["accounts"].refused == {"minor": 1}
    erase(desk)


def canaries(desk: Desk) -> list[tuple[str, str]]:
    """What the child is known by, and every pseudonym that the vault has of them and of their own browser."""
    known = pl.DataFrame({"user_id": ["learner-child"], "email": ["child@mail.example.com"], "phone": [PHONES[CHILD]]})
    with open_vault(desk.home, keys.open_keyring(desk.home), purpose="test") as vault:
        people = vault.minors.told_of(known).people
        sole = vault.sole_users().filter(pl.col("user").is_in(people.implode()))["browser"]
        people = pl.concat([people, sole])
        named = [
            ("pseudonym", pseudonym)
            for domain in ("analytics", "ads", "support", "payments")
            for pseudonym in vault.pseudonyms(people, domain=domain)["pseudonym"]
        ]
    assert len(named) >= 4
    given = [("user_id", "learner-child"), ("email", "child@mail.example.com"), ("phone", PHONES[CHILD])]
    return [*given, ("anonymous_id", "browser-of-child"), ("name", "Obviously Fake child"), *named]


def searched(desk: Desk, asked: list[tuple[str, str]]) -> list[Finding]:
    ring = keys.open_keyring(desk.home)
    zones = Zones(sealed=frozenset({"vault", "quarantine"}), skipped=frozenset({"landing"}))
    return search(desk.home.root, asked, parquet_keys=ring.parquet_keys(), allow=zones)


def test_nothing_leads_to_a_child_once_it_is_known_and_nobody_else_is_touched(stored: Desk):
    asked, before = canaries(stored), rows(stored)
    assert {finding.kind for finding in searched(stored, asked)} == {"pseudonym"}
    tell(stored)
    # Books that the law wants kept lie apart, without a buyer.
    assert searched(stored, asked) == []
    after = rows(stored)
    assert all(after[dataset] <= before[dataset] for dataset in DATASETS)
    assert {dataset: (before[dataset] - after[dataset]).total() for dataset in DATASETS} == {
        **dict.fromkeys(DATASETS, 1),
        "web_events": 3,
        "identity_links": 2,
    }


def test_their_keys_are_shredded(stored: Desk):
    before = {file.name for file in stored.home.vault.glob("vault-*.duckdb")}
    tell(stored)
    assert not {file.name for file in stored.home.vault.glob("vault-*.duckdb")} & before


@pytest.mark.parametrize("birth_date", ["2008-05-05", "2008-05", "2008"])
def test_whoever_may_have_been_a_child_on_their_first_day_was_one(stored: Desk, birth_date: str):
    tell(stored, birth_date)
    assert stored.rows("accounts").height == 1


def test_whoever_was_of_age_on_their_first_day_stays(stored: Desk):
    born = [account(CHILD, birth_date="2008-05-04", updated_at=LATER), account(ADULT, birth_date="2008-02-29")]
    stored.land("accounts", "told.jsonl", born)
    stored.run()
    assert erase(stored) == minors.Erased()


def test_an_earlier_row_that_arrives_late_tells_of_a_child(stored: Desk):
    stored.land("accounts", "told.jsonl", [account(CHILD, birth_date="2008-05-04", updated_at=LATER)])
    stored.run()
    early = {
        **landed_of(CHILD)["course_progress"][0],
        "event_id": "event-early",
        "occurred_at": "2026-05-03T23:00:00+07:00",
    }
    stored.land("course_progress", "late.jsonl", [early])
    stored.run()
    assert erase(stored).rows["course_progress"] == 2
    assert stored.rows("accounts").height == 1


def test_whatever_comes_of_a_child_again_is_refused_and_makes_nobody_known(stored: Desk):
    tell(stored)
    people = stored.subjects()
    land(stored, CHILD, OTHER, name="again")
    for source, sent in landed_of(CHILD).items():
        stored.land(source, "spelt.jsonl", [{**row, "unknown": "so that it is another file"} for row in sent])
    reports = stored.run()
    refused = {source: report.refused for source, report in reports.items()}
    assert refused == {source: {"minor": len(sent)} for source, sent in landed_of(CHILD).items()}
    assert erase(stored) == minors.Erased()
    assert stored.subjects() == people + 2
    assert searched(stored, [("user_id", "learner-child"), ("email", "child@mail.example.com")]) == []


def test_the_receipt_says_what_went_when_and_why_and_names_no_one(stored: Desk):
    tell(stored)
    policy = settings.CONTRACTS_DIR / "policy.yaml"
    ring = keys.open_keyring(stored.home)
    evidence.record(stored.home, ring, policy=policy, at=datetime.now(UTC))
    entries = list(evidence.read(stored.home))
    (drop,) = [entry for entry in entries if entry.kind == "drop"]
    digests = [entry for entry in entries if entry.kind == "person"]
    assert drop.content["as_of"] == AS_OF.isoformat()
    assert drop.content["counts"] == {
        "rows": {**dict.fromkeys(DATASETS[:-1], 1), "web_events": 3},
        "held": {"tax_books": 1},
        "subjects": 2,
        "clause": "§10",
    }
    assert [set(entry.content) for entry in digests] == [{"ciphertext_sha256"}] * 2
