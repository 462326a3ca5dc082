"""Promise 6: whoever's time is over is in no file, in no domain, and no replay, backfill or restored copy brings them back.

Two people live the same life in every source; one of them goes on. What is looked for afterwards is everything that ever led
to the other: what they are called, the keyed hashes of it, and their pseudonyms in every domain.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from pipelines import engine, lake, retention
from pipelines.identity import keys
from pipelines.identity.vault import open_vault
from pipelines.lake import open_manifest
from pipelines.retention import looking
from tests.canary import Zones, search
from tests.desk import COURSES, Desk, make_desk

ENDS = "2031-05-20"
INSTANTS = ("occurred_at", "created_at", "registered_at", "subscribed_at")
DOMAINS = ("analytics", "ads", "support", "payments")


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T05:00:00+00:00")


def life(name: str, month: str) -> dict[str, list[dict[str, Any]]]:
    """What one person does within a month, in every source that is about people."""
    day, told = f"{month}-20T09:00:00+07:00", f"{name}.utama@contoh.example"
    browser = {"anonymousId": f"peramban-{name}", "context": {"consent": {"categoryPreferences": {"analytics": True}}}}
    consent = {"granted": True, "policy_version": "1", "source": "settings", "occurred_at": day}
    return {
        "accounts": [
            {"user_id": f"akun-{name}", "email": told, "name": f"{name} utama", "phone": "+628111222" + month[-2:]}
            | {"registered_at": day, "last_login_at": day, "updated_at": day}
        ],
        "consents": [{"event_id": f"c-{name}-{month}", "user_id": f"akun-{name}", "purpose": "newsletter", **consent}],
        "web_events": [
            {"messageId": f"w-{name}-{month}", "type": "page", "timestamp": day, "userId": f"akun-{name}", **browser}
        ],
        "course_progress": [
            {"event_id": f"p-{name}-{month}", "user_id": f"akun-{name}", "course_id": "web-1"}
            | {"event_type": "enrolled", "occurred_at": day}
        ],
        "orders": [
            {"order_id": f"o-{name}-{month}", "user_id": f"akun-{name}", "course_id": "web-1", "created_at": day}
            | {"amount_idr": 250000, "discount_idr": 0, "status": "paid"}
        ],
        "newsletter_subscribers": [{"email": told, "subscribed_at": day, "source": "footer"}],
        "support_tickets": [
            {
                "message_id": f"t-{name}-{month}",
                "ticket_id": f"tiket-{name}",
                "user_id": f"akun-{name}",
                "channel": "email",
            }
            | {"author": "customer", "created_at": day, "subject": "halo", "body": f"saya {name} utama"}
        ],
    }


@dataclass
class Two:
    """A desk with two people, and everything that leads to the one who leaves."""

    desk: Desk
    names: list[tuple[str, str]]
    pseudonyms: list[tuple[str, str]]

    def plan(self, day: str) -> retention.Plan:
        return retention.plan(self.desk.home, keys.open_keyring(self.desk.home), self.desk.terms, as_of=at(day))

    def apply(self, day: str) -> retention.Applied:
        with open_manifest(self.desk.home) as manifest:
            manifest.recover()
        ring, agreed = keys.open_keyring(self.desk.home), self.plan(day).checksum
        return retention.apply(self.desk.home, ring, self.desk.terms, as_of=at(day), agreed=agreed)

    def land(self, name: str, month: str, file: str) -> None:
        for source, rows in life(name, month).items():
            self.desk.land(source, file, rows)

    def found(self) -> list[str]:
        """Where something lies that leads to whoever left; the vault is opened, as far as it can be."""
        ring = keys.open_keyring(self.desk.home)
        epoch = ring.current("vault")
        findings = search(
            self.desk.home.root,
            [*self.names, *self.pseudonyms],
            parquet_keys=ring.parquet_keys(),
            duckdb_keys={f"vault-{epoch.version}": ring.key(epoch.id)},
            allow=Zones(sealed=frozenset({"quarantine", "vault"}), skipped=frozenset({"landing"})),
        )
        return [f"{each.kind} in {each.file}" for each in findings]

    def subjects(self) -> int:
        return self.desk.subjects()


@pytest.fixture
def two(desk: Desk) -> Two:
    desk.land("courses", "c.jsonl", COURSES)
    found = Two(desk, [("user_id", "akun-dewi"), ("email", "dewi.utama@contoh.example"), ("name", "dewi utama")], [])
    for name in ("dewi", "budi"):
        found.land(name, "2026-05", f"{name}.jsonl")
    found.land("budi", "2028-01", "later.jsonl")
    desk.run(as_of=at("2028-02-01"))
    with open_vault(desk.home, keys.open_keyring(desk.home), purpose="test") as vault:
        named = {each for domain in DOMAINS for frame in vault.named_in(domain) for each in frame["pseudonym"]}
    found.pseudonyms += [("pseudonym", each) for each in _of_dewi(desk, named)]
    assert len(found.pseudonyms) >= 4
    return found


def _of_dewi(desk: Desk, named: set[str]) -> list[str]:
    """The pseudonyms that stand in rows of May 2026 alone: budi's stand in those of 2028, too."""
    young, old = set[str](), set[str]()
    for dataset in life("x", "2026-05"):
        rows = desk.rows(dataset)
        at = next(name for name in INSTANTS if name in rows.columns)
        for column in (name for name in rows.columns if name.endswith("_pseudonym")):
            for pseudonym, instant in rows.select(column, at).iter_rows():
                (young if instant.year > 2027 else old).add(pseudonym)
    return sorted((old - young) & named)


def test_whoever_left_is_in_no_file_and_who_stays_is_untouched(two: Two) -> None:
    before = {name: two.desk.rows(name).height for name in life("x", "2026-05")}
    assert two.found(), "the search sees nothing"
    assert two.apply("2031-04-30").plan.subjects == 0
    applied = two.apply("2031-05-01")
    # Account and browser.
    assert (applied.plan.subjects, two.subjects()) == (2, 2)
    assert two.found() == []
    after = {name: two.desk.rows(name).height for name in life("x", "2026-05")}
    assert after == {name: rows - 1 for name, rows in before.items()}
    assert two.plan("2031-05-01").is_empty


def test_what_an_agent_or_a_job_did_keeps_nobody(two: Two) -> None:
    answer = {**life("dewi", "2026-05")["support_tickets"][0], "message_id": "t-answer", "author": "agent"}
    two.desk.land("support_tickets", "answer.jsonl", [{**answer, "created_at": "2027-12-01T09:00:00+07:00"}])
    exported = {**life("dewi", "2026-05")["accounts"][0], "updated_at": "2027-12-01T09:00:00+07:00"}
    two.desk.land("accounts", "export.jsonl", [exported])
    two.desk.run(as_of=at("2028-02-02"))
    assert two.apply("2031-05-01").plan.subjects == 2
    assert two.found() == []


def test_what_a_tax_duty_holds_stays_aside_and_leads_to_nobody(two: Two) -> None:
    applied = two.apply("2031-05-01")
    assert applied.held == {"tax_books": 1}
    (held,) = retention.held(two.desk.home, two.desk.terms)
    assert (held.dataset, str(held.until)) == ("orders", "2036-12-31")
    with engine.connect(parquet_keys=two.desk.ring.parquet_keys()) as connection:
        rows = connection.execute(
            f"select buyer_pseudonym, amount_idr from {lake.read_expression(held.file)}"
        ).fetchall()
    assert rows == [(None, 250000)]
    two.apply("2036-12-31")
    assert held.file.exists()
    assert [drop.zone for drop in two.apply("2037-01-01").plan.drops if drop.zone == "held"] == ["held"]
    assert not held.file.exists()


def test_a_full_backfill_a_replay_and_a_late_event_bring_nobody_back(two: Two) -> None:
    copy = two.desk.home.root.parent / "copy"
    shutil.copytree(two.desk.home.landing, copy)
    two.apply("2031-05-01")
    shutil.copytree(copy, two.desk.home.landing, dirs_exist_ok=True)
    two.desk.run(as_of=at("2031-05-02"), expiry_is_right=True)
    two.land("dewi", "2026-05", "again.jsonl")
    two.land("dewi", "2026-04", "older.jsonl")
    reports = two.desk.run(as_of=at("2031-05-02"), expiry_is_right=True)
    assert {name: report.accepted for name, report in reports.items() if report.accepted} == {}
    assert (two.subjects(), two.found()) == (2, [])


def test_a_young_row_of_somebody_new_is_taken_in_with_their_old_ones(two: Two) -> None:
    two.apply("2031-05-01")
    old, young = life("citra", "2026-05"), life("citra", "2030-05")
    two.desk.land("support_tickets", "both.jsonl", [*old["support_tickets"], *young["support_tickets"]])
    assert two.desk.run(as_of=at("2031-05-02"))["support_tickets"].accepted == 2


@pytest.mark.parametrize("step", ["commit", "prepare_intervention", "finish", "rotate_vault", "trim_ids", "raise_to"])
def test_killed_anywhere_the_next_call_ends_in_the_same_state(
    two: Two, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, step: str
) -> None:
    places: dict[str, str] = {
        "commit": "pipelines.identity.vault.Vault.commit",
        "prepare_intervention": "pipelines.lake.manifest.Manifest.prepare_intervention",
        "finish": "pipelines.lake.manifest.Manifest.finish",
        "rotate_vault": "pipelines.identity.rotation.rotate_vault",
        "trim_ids": "pipelines.retention.sweeping.trim_ids",
        "raise_to": "pipelines.lake.horizons.Horizons.raise_to",
    }
    two.apply("2031-04-30")
    with monkeypatch.context() as killing:
        killing.setattr(places[step], _killed)
        with pytest.raises(KeyboardInterrupt):
            two.apply("2031-05-01")
    two.apply("2031-05-01")
    assert two.plan("2031-05-01").is_empty
    assert (two.subjects(), two.found()) == (2, [])
    with open_manifest(two.desk.home) as manifest:
        assert not looking.is_sweep_due(manifest, today=at("2031-05-01").date())
        assert not manifest.has_unfinished()


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_jump_of_the_clock_stops_at_the_brake(two: Two) -> None:
    ring = keys.open_keyring(two.desk.home)
    with pytest.raises(retention.BrakeHeld, match="see that the clock is right"):
        retention.apply(two.desk.home, ring, two.desk.terms, as_of=at("2038-02-01"))
    assert two.subjects() == 4


def test_another_window_stops_at_the_brake(two: Two) -> None:
    two.apply("2031-04-30")
    windows = dict(two.desk.terms.policy.windows)
    shorter = {**windows, "identity": windows["identity"].model_copy(update={"period": "P1M"})}
    policy = two.desk.terms.policy.model_copy(update={"windows": shorter})
    terms = two.desk.terms.model_copy(update={"policy": policy})
    two.land("budi", "2031-04", "alive.jsonl")
    two.desk.run(as_of=at("2031-04-30"))
    ring = keys.open_keyring(two.desk.home)
    with pytest.raises(retention.BrakeHeld, match="identity was P5Y"):
        retention.apply(two.desk.home, ring, terms, as_of=at("2031-05-31"))


@pytest.fixture
def desk(tmp_path: Any) -> Desk:
    return make_desk(tmp_path / "home")
