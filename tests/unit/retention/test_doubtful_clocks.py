"""By a clock or a policy in doubt nothing goes that cannot come back: keys of backups, horizons, held rows, tombstones."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines import backup, contracts, intake, minors, retention
from pipelines.defs import letting_go
from pipelines.identity import backup_keys, keys
from pipelines.identity.tombstones import Burial
from pipelines.identity.vault import open_vault
from pipelines.lake import open_manifest
from tests.desk import AS_OF, COURSES, Desk
from tests.desk import call as call
from tests.desk import desk as desk

Make = Callable[..., dict[str, Any]]
JUMPED = datetime(2036, 6, 30, 17, tzinfo=UTC)


def let_go(desk: Desk, as_of: datetime, *, is_agreed: bool = False) -> retention.Applied:
    ring = keys.open_keyring(desk.home)
    agreed = retention.plan(desk.home, ring, desk.terms, as_of=as_of).checksum if is_agreed else None
    return letting_go.let_go(desk.home, ring, desk.terms, as_of=as_of, agreed=agreed)


def horizons(desk: Desk) -> dict[tuple[str, str], Any]:
    with open_manifest(desk.home) as manifest:
        return manifest.horizons().all()


@pytest.fixture
def rested(desk: Desk) -> Desk:
    """A home of which nothing has to go for years: what landed has gone."""
    desk.land("courses", "c.jsonl", COURSES)
    desk.run()
    let_go(desk, AS_OF + timedelta(days=10))
    return desk


def backed_up(desk: Desk, folder: Path) -> None:
    folder.mkdir()
    backup.make(desk.home, keys.open_keyring(desk.home), desk.terms, to=folder, as_of=AS_OF)


def test_the_brake_keeps_the_keys_of_backups(desk: Desk, tmp_path: Path) -> None:
    desk.land("courses", "c.jsonl", COURSES)
    desk.run()
    backed_up(desk, tmp_path / "backups")
    with pytest.raises(retention.BrakeHeld):
        let_go(desk, JUMPED)
    assert len(backup_keys.read(desk.home).keys) == 1
    let_go(desk, JUMPED, is_agreed=True)
    assert not backup_keys.read(desk.home).keys


def test_where_nothing_has_to_go_a_jump_keeps_them_too_until_somebody_agrees(rested: Desk, tmp_path: Path) -> None:
    backed_up(rested, tmp_path / "backups")
    applied = let_go(rested, JUMPED)
    assert (applied.plan.is_empty, applied.is_noted, len(backup_keys.read(rested.home).keys)) == (True, False, 1)
    assert "see that the clock is right" in applied.plan.doubt
    assert let_go(rested, JUMPED, is_agreed=True).is_noted
    assert not backup_keys.read(rested.home).keys


def test_a_look_by_a_clock_that_jumped_closes_nothing(rested: Desk, call: Make) -> None:
    before = horizons(rested)
    let_go(rested, JUMPED)
    assert horizons(rested) == before
    rested.land("web_events", "w.jsonl", [call(1), call(2)])
    assert rested.run(as_of=AS_OF + timedelta(days=11))["web_events"].accepted == 2


def test_a_home_that_knows_nothing_closes_nothing(desk: Desk, call: Make) -> None:
    let_go(desk, JUMPED)
    assert not horizons(desk)
    desk.land("web_events", "w.jsonl", [call(1), call(2)])
    assert desk.run()["web_events"].accepted == 2


def test_rows_below_a_horizon_that_a_wrong_clock_raised_wait(rested: Desk, call: Make) -> None:
    let_go(rested, JUMPED, is_agreed=True)
    rested.land("web_events", "w.jsonl", [call(1), call(2)])
    with pytest.raises(intake.ExpiryInDoubt, match="see whether a clock ran ahead"):
        rested.run(as_of=AS_OF + timedelta(days=11))
    report = rested.run(as_of=AS_OF + timedelta(days=11), expiry_is_right=True)["web_events"]
    assert report.refused == {"expired": 2}


def held(desk: Desk, *, year: int) -> Path:
    """A file of held rows as a drop leaves it."""
    folder = desk.home.lake / ".held" / "tax_books" / "orders" / f"year={year}"
    folder.mkdir(parents=True)
    (folder / "0.parquet").write_bytes(b"rows")
    return folder / "0.parquet"


def under(desk: Desk, **changes: Any) -> contracts.Contracts:
    """The contracts with the hold of the policy changed; without changes, without it."""
    holds = tuple(each.model_copy(update=changes) for each in desk.terms.policy.holds if changes)
    return desk.terms.model_copy(update={"policy": desk.terms.policy.model_copy(update={"holds": holds})})


@pytest.mark.parametrize(
    ("changes", "why"), [({}, "declares tax_books any more"), ({"years": 1}, "held tax_books was 10")]
)
def test_held_rows_do_not_go_by_an_edit_alone(rested: Desk, changes: dict[str, Any], why: str) -> None:
    rested.land("courses", "more.jsonl", [{**COURSES[0], "course_id": "web-2"}])
    rested.run(as_of=AS_OF + timedelta(days=12))
    let_go(rested, AS_OF + timedelta(days=21))
    file, as_of = held(rested, year=2024), AS_OF + timedelta(days=22)
    ring = keys.open_keyring(rested.home)
    with pytest.raises(retention.BrakeHeld, match=why):
        retention.apply(rested.home, ring, under(rested, **changes), as_of=as_of)
    assert file.exists()
    agreed = retention.plan(rested.home, ring, under(rested, **changes), as_of=as_of).checksum
    retention.apply(rested.home, ring, under(rested, **changes), as_of=as_of, agreed=agreed)
    assert not file.exists()


@pytest.mark.parametrize(("days", "is_swept"), [(30, True), (4000, False)])
def test_tombstones_are_not_taken_out_by_a_clock_that_jumped(desk: Desk, *, days: int, is_swept: bool) -> None:
    desk.land(
        "newsletter_subscribers",
        "1.jsonl",
        [{"email": "a@belajar.example", "subscribed_at": "2026-06-01T10:00:00+07:00"}],
    )
    desk.run()
    until = AS_OF.replace(tzinfo=None) + timedelta(days=1)
    with open_vault(desk.home, desk.ring, purpose="test") as vault:
        child = pl.DataFrame({"kind": ["email"], "value": ["b@belajar.example"]})
        vault.tombstones.bury(child, Burial("minor", AS_OF.replace(tzinfo=None), until))
        vault.commit()
    minors.erase(desk.home, desk.ring, desk.terms, as_of=AS_OF + timedelta(days=days))
    with open_vault(desk.home, desk.ring, purpose="test") as vault:
        assert vault.tombstones.is_empty == is_swept


def test_a_batch_that_came_under_a_wrong_clock_makes_it_no_truer(rested: Desk) -> None:
    _land(rested, "d.jsonl", "Lain", at=JUMPED)
    assert rested.run(as_of=JUMPED)["courses"].accepted == 1
    night = JUMPED + timedelta(days=10)
    with pytest.raises(retention.BrakeHeld, match="see that the clock is right"):
        let_go(rested, night)
    assert let_go(rested, night, is_agreed=True).plan.files == 1
    # Agreed to once, it is the clock from then on.
    _land(rested, "e.jsonl", "Ketiga", at=night)
    assert rested.run(as_of=night)["courses"].accepted == 1
    assert let_go(rested, night + timedelta(days=10)).is_noted


def _land(desk: Desk, name: str, title: str, *, at: datetime) -> None:
    """Land a file that says it was written then, as every clock of the machine is wrong."""
    place = desk.land("courses", name, [{**COURSES[0], "title": title}])
    os.utime(place, (at.timestamp(), at.timestamp()))
