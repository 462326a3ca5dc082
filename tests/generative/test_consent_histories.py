"""Random histories of grants, refusals, imports and late events of many people: their periods against plain loops."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import inf
from typing import Any, NamedTuple

import duckdb
import polars as pl
import pytest

from pipelines import consent, engine
from pipelines.identity.vault import open_vault
from tests.desk import Desk, make_desk

PEOPLE, SEED, PURPOSE = 2_500, 8, "ads_retargeting"
BEGIN = datetime(2026, 5, 4, tzinfo=UTC)
ACCOUNT, ADDRESS, BROWSER = "user_id", "email", "anonymous_id"


class Said(NamedTuple):
    hour: int
    names: dict[str, str]
    purpose: str
    granted: bool
    source: str
    evidence: str | None


@dataclass
class Person:
    """Who has an account (with or without an address) or an address alone; their own browser, and one that others use too."""

    number: int
    has_account: bool
    has_address: bool
    said: list[Said] = field(default_factory=list)

    @property
    def account(self) -> str:
        return f"learner-{self.number}"

    @property
    def address(self) -> str:
        return f"orang-{self.number}@contoh.example"

    @property
    def browser(self) -> str:
        return f"browser-{self.number}"

    def voices(self) -> list[tuple[str, str]]:
        own = [(ACCOUNT, self.account)] * self.has_account + [(ADDRESS, self.address)] * self.has_address
        return own + [(BROWSER, self.browser)] * self.has_account


def people(rng: random.Random) -> list[Person]:
    found = []
    for number in range(PEOPLE):
        has_account = rng.random() < 0.7
        person = Person(number, has_account, has_address=not has_account or rng.random() < 0.7)
        for _ in range(rng.randint(0, 7)):
            person.said.append(_said(rng, person))
        found.append(person)
    return found


def _said(rng: random.Random, person: Person) -> Said:
    kind, name = rng.choice(person.voices())
    names = {kind: name}
    if person.has_account and person.has_address and rng.random() < 0.15:
        names = {ACCOUNT: person.account, ADDRESS: person.address}
    if person.has_account and rng.random() < 0.1:
        names = {ACCOUNT: person.account, BROWSER: person.browser}
    evidence = rng.choice([None, f"bukti-{person.number}-{rng.randrange(4)}", f"bukti-{rng.getrandbits(40)}"])
    source = rng.choice(["banner", "settings", "settings", "import", "impor"])
    purpose = PURPOSE if rng.random() < 0.8 else "newsletter"
    return Said(rng.randrange(9), names, purpose, rng.random() < 0.55, source, evidence)


def periods_of(
    person: Person, earliest: dict[str, int], *, browsers_bind: bool
) -> list[tuple[float, float, str | None]]:
    """From the rules: at which hours each thing is so, hour by hour."""
    spoken: dict[tuple[str, str], dict[int, tuple[bool, bool]]] = defaultdict(dict)
    for said in person.said:
        is_proof = (
            said.granted
            and said.source not in ("import", "impor")
            and said.evidence is not None
            and earliest[said.evidence] >= said.hour
        )
        for kind, name in said.names.items():
            if said.purpose != PURPOSE or (said.granted and kind == ADDRESS and ACCOUNT in said.names):
                continue
            granted, proof = spoken[kind, name].get(said.hour, (True, False))
            spoken[kind, name][said.hour] = (granted and said.granted, proof or is_proof)
    refusals = [(hour, voice) for voice, all_of in spoken.items() for hour, (yes, _) in all_of.items() if not yes]
    proofs = [
        (hour, voice) for voice, all_of in spoken.items() for hour, (yes, proof) in all_of.items() if yes and proof
    ]
    main = ACCOUNT if person.has_account else ADDRESS
    begun = min(
        (
            hour
            for (kind, _), all_of in spoken.items()
            for hour, (yes, proof) in all_of.items()
            if kind == main and yes and (proof or not any(at <= hour for at, _ in refusals))
        ),
        default=inf,
    )

    def lasting(hour: int) -> list[tuple[int, str]]:
        found = []
        for at, voice in refusals:
            may_answer = [voice] if browsers_bind and voice[0] == BROWSER else [voice, (ACCOUNT, person.account)]
            if at <= hour and not any(at < again <= hour and by in may_answer for again, by in proofs):
                found.append((at, voice[0]))
        return found

    states = [(hour, hour >= begun and not lasting(hour)) for hour in range(11)]
    starts = [hour for (_, before), (hour, now) in pairwise([(-1, False), *states]) if now and not before]
    ends = [hour for (_, before), (hour, now) in pairwise(states) if before and not now]
    return [
        (
            start,
            end,
            None if end is inf else "withdrawal" if {k for _, k in lasting(int(end))} - {BROWSER} else "browser",
        )
        for start, end in zip(starts, [*ends, *[inf] * (len(starts) - len(ends))], strict=True)
    ]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, list[Person]]:
    rng, desk = random.Random(SEED), make_desk(tmp_path_factory.mktemp("histories") / "home")
    everyone = people(rng)
    # Some addresses were subscribed before their account came: it becomes one with them.
    early = [each for each in everyone if each.has_address and (not each.has_account or rng.random() < 0.3)]
    letters = [{"email": each.address, "subscribed_at": _at(0), "status": "subscribed"} for each in early]
    desk.land("newsletter_subscribers", "n.jsonl", letters)
    desk.run()
    accounts, calls = [], []
    for each in everyone:
        if each.has_account:
            account = {"user_id": each.account, "registered_at": _at(0), "updated_at": _at(0)}
            accounts.append(
                {**account, "email": each.address if each.has_address else f"tak-pernah-{each.number}@contoh.example"}
            )
            calls.append(_call(each))
    desk.land("accounts", "a.jsonl", accounts)
    desk.land("web_events", "w.jsonl", calls)
    desk.run()
    rows = [_row(number, said) for number, said in enumerate(said for each in everyone for said in each.said)]
    rng.shuffle(rows)
    for part in range(2):
        desk.land("consents", f"c{part}.jsonl", rows[part::2])
        desk.run()
    return desk, everyone


def _at(hour: int) -> str:
    return (BEGIN + timedelta(hours=hour)).isoformat()


def _call(person: Person) -> dict[str, Any]:
    context = {"consent": {"categoryPreferences": {"analytics": True}}}
    ids = {"anonymousId": person.browser, "userId": person.account}
    return {"messageId": f"m{person.number}", "type": "page", "timestamp": _at(0), "context": context, **ids}


def _row(number: int, said: Said) -> dict[str, Any]:
    row = {"event_id": f"c{number}", "purpose": said.purpose, "granted": said.granted, "occurred_at": _at(said.hour)}
    row |= {"policy_version": "1", "source": said.source, **said.names}
    return row | ({"evidence": said.evidence} if said.evidence else {})


@pytest.mark.parametrize("browsers_bind", [False, True])
def test_the_periods_of_every_history_are_those_of_the_rules(
    told: tuple[Desk, list[Person]], browsers_bind: bool
) -> None:
    desk, everyone = told
    earliest: dict[str, int] = {}
    for said in (said for each in everyone for said in each.said):
        if said.evidence:
            earliest[said.evidence] = min(said.hour, earliest.get(said.evidence, said.hour))
    found = derived(desk, browsers_bind=browsers_bind)
    wrong = []
    for each in everyone:
        expected = periods_of(each, earliest, browsers_bind=browsers_bind)
        if found.get(each.number, []) != expected:
            wrong.append((each, expected, found.get(each.number)))
    assert not wrong, (len(wrong), wrong[0])
    assert sum(len(periods) for periods in found.values()) > PEOPLE / 4


def derived(desk: Desk, *, browsers_bind: bool) -> dict[int, list[tuple[float, float, str | None]]]:
    with engine.connect(parquet_keys=desk.ring.parquet_keys()) as connection:
        engine.set_secret(connection, "event_key", desk.ring.event_key().hex())
        with open_vault(desk.home, desk.ring, purpose="test") as vault:
            ledger = desk.terms.inbound["consents"]
            consent.periods(connection, desk.home, ledger, vault, purpose=PURPOSE, browsers_bind=browsers_bind)
            named = pl.concat(
                [_numbers(vault, ACCOUNT, "learner-{}"), _numbers(vault, ADDRESS, "orang-{}@contoh.example")]
            )
        return _by_person(connection, dict(named.drop_nulls().unique().iter_rows()))


def _numbers(vault: Any, kind: str, name: str) -> pl.DataFrame:
    asked = pl.DataFrame({"number": range(PEOPLE)}).with_columns(kind=pl.lit(kind), value=pl.format(name, "number"))
    return vault.find(asked).join(asked, on=["kind", "value"]).select("subject", "number")


def _by_person(
    connection: duckdb.DuckDBPyConnection, numbers: dict[int, int]
) -> dict[int, list[tuple[float, float, str | None]]]:
    found: dict[int, list[tuple[float, float, str | None]]] = defaultdict(list)
    begin = BEGIN.replace(tzinfo=None).isoformat()
    query = f"""
        select subject, date_diff('hour', timestamp '{begin}', since),
            case when not isinf(until) then date_diff('hour', timestamp '{begin}', until) end, ended_by
        from consent_periods order by subject, since"""
    for subject, since, until, ended_by in connection.execute(query).fetchall():
        found[numbers[subject]].append((since, inf if until is None else until, ended_by))
    return found


def test_what_stands_at_an_instant_is_granted_inside_a_period_alone(told: tuple[Desk, list[Person]]) -> None:
    desk, _ = told
    with engine.connect(parquet_keys=desk.ring.parquet_keys()) as connection:
        engine.set_secret(connection, "event_key", desk.ring.event_key().hex())
        with open_vault(desk.home, desk.ring, purpose="test") as vault:
            at, ledger = BEGIN + timedelta(hours=4), desk.terms.inbound["consents"]
            stands = consent.standing(connection, desk.home, ledger, vault, purpose=PURPOSE, at=at, browsers_bind=True)
        inside = connection.execute(
            f"select subject from consent_periods where since <= '{at:%Y-%m-%d %H:%M}' and until > '{at:%Y-%m-%d %H:%M}'"
        ).pl()["subject"]
    assert set(stands["state"]) == {"granted", "refused", "withdrawn", "refused_by_browser"}
    assert stands["subject"].is_unique().all()
    assert set(stands.filter(pl.col("state") == "granted")["subject"]) == set(inside)
