"""Promise 5 over random histories: nobody stands at the recipient without consent in force when it was sent, whatever came when.

People say yes and no by account, address and browser, late and out of order; browsers refuse in calls alone, signed in or not;
old lists are imported again; an address is known before its account. What holds is worked out anew from plain loops over each
person's statements.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.ads import Ads, small
from tests.desk import COURSES, make_desk, noon
from tests.recipient import sha256

BEGIN = noon("2026-05-20")
DAYS = 7
KINDS = ("account", "address", "browser")
REFUSING: tuple[Mapping[str, Any], ...] = (
    {"gpc": True},
    {"consent": {"categoryPreferences": {"analytics": True, "advertising": False}}},
    {"consent": {"categoryPreferences": {"analytics": False, "advertising": False}}},
)


@dataclass(frozen=True)
class Said:
    """One statement: when it was made, when it comes in, under which name, and what there is to prove a yes."""

    at: datetime
    known_at: datetime
    kind: str
    is_yes: bool
    evidence: str | None
    is_import: bool = False


@dataclass(frozen=True)
class Call:
    """A call in which the browser refuses ads, by its signal or its banner, and the ledger is told nothing."""

    at: datetime
    known_at: datetime
    is_signed_in: bool
    context: Mapping[str, Any]

    @property
    def refusals(self) -> list[Said]:
        """What it says: of the browser, and of whoever is signed in."""
        kinds = ("browser", "account") if self.is_signed_in else ("browser",)
        return [Said(self.at, self.known_at, kind, is_yes=False, evidence=None) for kind in kinds]


@dataclass
class Person:
    """Somebody with an account, an address and a browser of their own; `registers` is when the account comes in."""

    number: int
    registers: datetime
    said: list[Said] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    @property
    def email(self) -> str:
        return f"orang{self.number}@contoh.example"

    def may_be_sent(self, at: datetime) -> bool:
        """The rules, one statement after the other."""
        told = [*self.said, *(no for call in self.calls for no in call.refusals)]
        known = [each for each in told if each.known_at <= at and each.at <= at]
        grants = [each for each in known if each.is_yes and each.kind == "account"]
        refusals = [each for each in known if not each.is_yes]
        counted = [each for each in grants if self._is_proven(each, known) or all(each.at < no.at for no in refusals)]
        if not counted:
            return False
        return all(self._is_answered(no, known) for no in refusals)

    def _is_answered(self, no: Said, known: list[Said]) -> bool:
        """A browser is answered by itself alone, an address by itself or the account; and only by what is proven."""
        answering = {"account": ("account",), "address": ("account", "address"), "browser": ("browser",)}[no.kind]
        return any(
            each.is_yes and each.kind in answering and each.at > no.at and self._is_proven(each, known)
            for each in known
        )

    def _is_proven(self, yes: Said, known: list[Said]) -> bool:
        if yes.is_import or yes.evidence is None:
            return False
        return not any(each.evidence == yes.evidence and each.at < yes.at for each in known)


def person(number: int, rng: random.Random) -> Person:
    """Somebody whose statements begin before the days of the test and go on through them; most of them say yes at first."""
    found = Person(number, BEGIN + timedelta(days=rng.choice([-2, -2, -2, 1.5, 3.5])))
    instants = sorted(rng.sample(range(-20 * 24, DAYS * 24), rng.choice([1, 2, 3, 3, 4, 6])))
    shown: list[str] = []
    for place, hour in enumerate(instants):
        at = BEGIN + timedelta(hours=hour + rng.choice([0, 0, 0.5]))
        late = timedelta(hours=rng.choice([0, 0, 0, 0, 30, 70]))
        kind = "account" if place == 0 and rng.random() < 0.8 else rng.choice(KINDS)
        is_yes = rng.random() < (0.9 if place == 0 else 0.45)
        evidence: str | None = f"evidence-{number}-{place}"
        if is_yes and rng.random() < 0.25:
            evidence = rng.choice([None, *shown[-1:]])
        is_import = is_yes and rng.random() < 0.1
        if evidence:
            shown.append(evidence)
        found.said.append(Said(at, max(at + late, BEGIN - timedelta(days=1)), kind, is_yes, evidence, is_import))
    for _ in range(rng.choice([0, 0, 0, 0, 0, 1, 2])):
        at = BEGIN + timedelta(hours=rng.randrange(-20 * 24, DAYS * 24) + rng.choice([0, 0.5]))
        known_at = max(at + timedelta(hours=rng.choice([0, 0, 30])), BEGIN - timedelta(days=1))
        found.calls.append(Call(at, known_at, rng.random() < 0.5, rng.choice(REFUSING)))
    return found


def land(ads: Ads, people: list[Person], *, since: datetime, until: datetime) -> None:
    """Land what comes in between two instants."""

    def comes(at: datetime) -> bool:
        return since < at <= until

    rows: dict[str, list[dict[str, Any]]] = {"accounts": [], "course_progress": [], "web_events": [], "consents": []}
    for each in people:
        user_id, browser = f"learner-{each.number}", f"browser-{each.number}"
        if comes(each.registers):
            account = {"user_id": user_id, "email": each.email, "registered_at": each.registers.isoformat()}
            rows["accounts"].append({**account, "updated_at": each.registers.isoformat()})
            begun = {"event_id": f"begun-{each.number}", "user_id": user_id, "course_id": "web-1"}
            rows["course_progress"].append(
                {**begun, "event_type": "enrolled", "occurred_at": each.registers.isoformat()}
            )
            call = {"messageId": f"m-{each.number}", "type": "identify", "timestamp": each.registers.isoformat()}
            consent = {"consent": {"categoryPreferences": {"analytics": True}}}
            rows["web_events"].append({**call, "anonymousId": browser, "userId": user_id, "context": consent})
        for place, refused in enumerate(each.calls):
            if comes(refused.known_at):
                call = {"messageId": f"no-{each.number}-{place}", "type": "track", "event": "Button"}
                call |= {"timestamp": refused.at.isoformat(), "anonymousId": browser, "context": refused.context}
                rows["web_events"].append(call | ({"userId": user_id} if refused.is_signed_in else {}))
        names = {
            "account": {"user_id": user_id},
            "address": {"email": each.email},
            "browser": {"anonymous_id": browser},
        }
        for place, said in enumerate(each.said):
            if comes(said.known_at):
                row = {
                    "event_id": f"said-{each.number}-{place}",
                    **names[said.kind],
                    "purpose": "ads_retargeting",
                    "granted": said.is_yes,
                    "occurred_at": said.at.isoformat(),
                    "policy_version": "1",
                    "source": "import" if said.is_import else "settings",
                }
                rows["consents"].append(row | ({"evidence": said.evidence} if said.evidence else {}))
    for source, own in rows.items():
        if own:
            ads.land(source, own)


def live(root: Path, *, seed: int, people: int, seen: Callable[[str], None] = lambda _: None) -> int:
    """Let days pass over so many people; return how many were ever sent."""
    rng = random.Random(seed)
    desk = make_desk(root)
    ads = Ads(replace(desk, terms=small(desk.terms)), at=BEGIN - timedelta(days=3))
    ads.desk.land("courses", "c.jsonl", COURSES)
    everybody = [person(number, rng) for number in range(people)]
    by_hash = {sha256(each.email): each for each in everybody}
    sent: set[str] = set()
    for day in range(DAYS):
        at = BEGIN + timedelta(days=day)
        land(ads, everybody, since=ads.at, until=at)
        ads.at = at
        ads.run()
        ads.withdraw()
        there = set().union(*ads.recipient.audiences.values())
        barred = [each.number for each in map(by_hash.__getitem__, there) if not each.may_be_sent(at)]
        assert not barred, f"day {day}: {len(barred)} stand there after withdrawals, {barred[:3]}"
        if rng.random() < 0.8:
            ads.sync()
            there = set().union(*ads.recipient.audiences.values())
            wanted = {h for h, each in by_hash.items() if each.registers <= at and each.may_be_sent(at)}
            wrong = [by_hash[each].number for each in there - wanted]
            left_out = [by_hash[each].number for each in wanted - there]
            assert not wrong, f"day {day}: {len(wrong)} were sent without consent, {wrong[:3]}"
            assert not left_out, f"day {day}: {len(left_out)} were left out who consent, {left_out[:3]}"
        sent |= there
        seen(f"seed {seed}, day {day}: {len(there):,} of {people:,} stand there")
    return len(sent)


@pytest.mark.slow
def test_nobody_is_sent_without_consent_in_force(tmp_path: Path) -> None:
    assert live(tmp_path / "home", seed=1, people=600) > 100


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_nobody_of_a_hundred_thousand_is_sent_without_consent_in_force(tmp_path: Path, seed: int) -> None:
    assert live(tmp_path / "home", seed=100 + seed, people=10_000, seen=print) > 1_000
