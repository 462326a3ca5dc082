"""A batch of which most would be refused as too old waits while clock or window is not the one that is known: nothing is lost."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines import contracts, intake, settings
from pipelines.defs.unexpected import named_errors
from pipelines.lake import Intervention, open_manifest
from tests.desk import AS_OF, COURSES, Desk, make_desk

Make = Callable[..., dict[str, Any]]
JUMPED = datetime(2036, 7, 1, 17, tzinfo=UTC)
NEXT_DAY = AS_OF + timedelta(days=1)


def calls(call: Make, numbers: Iterable[int], *, on: str = "2026-06-30") -> list[dict[str, Any]]:
    at = f"{on}T10:00:00Z"
    return [call(number, timestamp=at, receivedAt=at, anonymousId="b1") for number in numbers]


@pytest.fixture
def desk(desk: Desk, call: Make) -> Desk:
    """A home that took in web events yesterday, and has landed those of today."""
    desk.land("web_events", "1.jsonl", calls(call, range(3)))
    desk.run()
    desk.land("web_events", "2.jsonl", calls(call, range(3, 7)))
    return desk


def batches(desk: Desk, source: str = "web_events") -> int:
    with open_manifest(desk.home) as manifest:
        return sum(each.source == source for each in manifest.batches())


def agree(desk: Desk, *, as_of: datetime, terms: contracts.Contracts | None = None) -> dict[str, int]:
    (report,) = intake.run(desk.home, desk.ring, terms or desk.terms, as_of=as_of, expiry_is_right=True)
    return dict(report.refused)


def test_under_a_clock_that_jumped_what_landed_waits_for_the_right_one(desk: Desk):
    known = desk.subjects()
    with pytest.raises(intake.ExpiryInDoubt, match="4 of 4 rows would be refused as too old, and the last") as held:
        desk.run(as_of=JUMPED)
    assert "see that the clock is right" in str(held.value)
    assert (batches(desk), desk.subjects(), desk.rows("web_events").height) == (1, known, 3)
    assert desk.run(as_of=NEXT_DAY)["web_events"].accepted == 4
    assert desk.rows("web_events").height == 7


def test_it_holds_again_though_other_sources_were_taken_in_under_the_wrong_clock(desk: Desk):
    desk.land("courses", "c.jsonl", COURSES)
    for hours in range(2):
        with pytest.raises(intake.ExpiryInDoubt):
            desk.run(as_of=JUMPED + timedelta(hours=hours))
    assert (batches(desk, "courses"), batches(desk)) == (1, 1)


def test_a_first_batch_of_a_source_is_held_by_the_batches_of_others(desk: Desk, progress: Make):
    (desk.home.landing / "web_events" / "2.jsonl").unlink()
    desk.land("courses", "c.jsonl", COURSES)
    desk.land("course_progress", "p.jsonl", [progress(1, event_type="course_completed")])
    with pytest.raises(intake.ExpiryInDoubt, match="course_progress: 1 of 1"):
        desk.run(as_of=JUMPED)


def test_somebody_who_looked_lets_it_go_on(desk: Desk):
    assert agree(desk, as_of=JUMPED) == {"expired": 4}
    desk.land("web_events", "3.jsonl", [])
    desk.run(as_of=JUMPED + timedelta(days=1))
    assert batches(desk) == 3


def test_a_source_that_sends_all_its_history_again_is_refused_as_ever(desk: Desk, call: Make):
    desk.land("web_events", "all.jsonl", calls(call, range(100, 140), on="2019-01-01"))
    report = desk.run(as_of=NEXT_DAY)["web_events"]
    assert (report.accepted, report.refused) == (4, {"expired": 40})


def test_an_archive_is_the_first_that_lands_and_is_not_held(tmp_path: Path, call: Make):
    fresh = make_desk(tmp_path / "fresh")
    fresh.land("web_events", "all.jsonl", calls(call, range(5), on="2012-01-01"))
    assert fresh.run()["web_events"].refused == {"expired": 5}


def test_after_a_long_silence_a_few_old_rows_hold_nothing(desk: Desk, call: Make):
    late = AS_OF + timedelta(days=400)
    desk.land("web_events", "late.jsonl", calls(call, range(20, 22), on="2019-01-01"))
    assert desk.run(as_of=late)["web_events"].refused == {"expired": 2}


def test_many_old_rows_are_held_though_more_are_young(desk: Desk, call: Make, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("pipelines.intake.brakes._MANY", 1)
    desk.land("web_events", "late.jsonl", calls(call, range(20, 22), on="2019-01-01"))
    with pytest.raises(intake.ExpiryInDoubt, match="2 of 6 rows"):
        desk.run(as_of=AS_OF + timedelta(days=400))


@pytest.mark.parametrize(("days", "is_held"), [(62, False), (63, True)])
def test_a_clock_is_doubted_after_sixty_two_days(desk: Desk, call: Make, days: int, is_held: bool):
    at = AS_OF + timedelta(days=days)
    (desk.home.landing / "web_events" / "2.jsonl").unlink()
    desk.land("web_events", "old.jsonl", calls(call, range(5), on="2019-01-01"))
    if is_held:
        with pytest.raises(intake.ExpiryInDoubt, match="63 days"):
            desk.run(as_of=at)
    else:
        assert desk.run(as_of=at)["web_events"].refused == {"expired": 5}


def edited(terms: contracts.Contracts, period: str) -> contracts.Contracts:
    """Contracts under a policy whose window for automatic data is another, as `load` would give them."""
    window = terms.policy.windows["automatic"].model_copy(update={"period": period})
    policy = terms.policy.model_copy(update={"windows": {**terms.policy.windows, "automatic": window}})
    own = terms.inbound["web_events"]
    own = own.model_copy(update={"retention": own.retention.model_copy(update={"period": period})})
    return terms.model_copy(update={"policy": policy, "inbound": {**terms.inbound, "web_events": own}})


def test_under_a_window_that_was_edited_since_the_last_drop_it_waits(desk: Desk):
    with open_manifest(desk.home) as manifest:
        noted = {"windows": {"automatic": "P5Y event"}}
        manifest.prepare_intervention(Intervention("d1", "retention", AS_OF.isoformat(), noted), moves=[], stale={})
        manifest.finish("d1")
    wrong = edited(desk.terms, "P1D")
    later = AS_OF + timedelta(days=5)
    with pytest.raises(intake.ExpiryInDoubt, match="automatic was P5Y event and is P1D event"):
        intake.run(desk.home, desk.ring, wrong, as_of=later)
    assert batches(desk) == 1
    assert agree(desk, as_of=later, terms=wrong) == {"expired": 4}


def test_the_refusal_is_one_of_ours():
    assert named_errors()[intake.ExpiryInDoubt] == "refused"


@pytest.mark.long
def test_a_run_is_refused_and_goes_on_once_somebody_says_so(desk: Desk):
    told = ["run", "--home", str(desk.home.root), "--as-of", JUMPED.date().isoformat()]
    held = crosslife(*told)
    assert (held.returncode, batches(desk)) == (3, 1)
    assert "--expiry-is-right" in held.stderr
    crosslife(*told, "--expiry-is-right")
    assert batches(desk) == 2


def crosslife(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipelines.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=settings.PROJECT_ROOT, check=False)
