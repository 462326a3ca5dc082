"""Audiences as Dagster's own scheduler, sensors and queue run them, over HTTP: sent at night, taken back soon, told when late."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster._core.scheduler.instigation import TickStatus

from tests.nights import AGREED, Nights, email, nights, phone
from tests.outside.meta_api import Fault, Row
from tests.recipient import sha256

pytestmark = pytest.mark.slow
SENT, TAKEN_BACK = ("audiences", "SUCCESS"), ("withdrawals", "SUCCESS")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Nights]:
    with nights(tmp_path / "home", monkeypatch) as found:
        found.schedules()
        yield found


def rows(numbers: set[int]) -> set[Row]:
    return {(sha256(email(each).lower()), sha256("62" + phone(each)[1:].replace("-", ""))) for each in numbers}


def sent_a_night(home: Nights) -> None:
    """Noon and the next noon: at half past four in between it is night."""
    home.goes_on(days=1)
    home.schedules()


def test_every_night_is_sent_and_a_withdrawal_asks_for_one_run(home: Nights) -> None:
    assert home.ended() == []
    assert home.looks().status is TickStatus.SKIPPED
    sent_a_night(home)
    assert home.ended() == [SENT]
    assert [each.members for each in home.api.audiences.values()] == [rows(set(AGREED))] * 2
    home.goes_on(minutes=6)
    assert home.looks().status is TickStatus.SKIPPED

    home.goes_on(hours=1)
    home.says_no(7)
    home.goes_on(minutes=6)
    asked = home.looks()
    assert (asked.status, len(asked.run_ids)) == (TickStatus.SUCCESS, 1)
    # While that run waits in the queue, the next look asks for the same, which Dagster knows.
    home.goes_on(minutes=6)
    again = home.looks()
    assert (again.status, again.run_ids) == (TickStatus.SKIPPED, [])
    home.runs()
    assert home.ended() == [SENT, TAKEN_BACK]
    assert [each.members for each in home.api.audiences.values()] == [rows(set(AGREED) - {7})] * 2
    home.goes_on(minutes=6)
    assert home.looks().status is TickStatus.SKIPPED
    home.runs()
    sent_a_night(home)
    assert home.ended() == [SENT, TAKEN_BACK, SENT]
    assert set(home.judged()) == {True}
    assert [each.members for each in home.api.audiences.values()] == [rows(set(AGREED) - {7})] * 2


def test_a_withdrawal_that_is_older_than_its_deadline_is_told(home: Nights) -> None:
    sent_a_night(home)
    home.says_no(7)
    home.goes_on(minutes=6)
    # Meta takes the removal, says each time that something in it was no hash, and replaces nothing: that confirms nothing.
    home.api.invalid = 1
    home.looks()
    home.runs()
    for _ in range(3):
        home.api.faults = [None, Fault(code=200)]
        sent_a_night(home)
    assert home.ended()[-4:] == [TAKEN_BACK, *[("audiences", "FAILURE")] * 3]
    assert home.judged()[:4] == [True] * 4
    assert not home.judged()[-1]
    home.api.invalid = 0
    sent_a_night(home)
    assert home.judged()[-1]


def test_a_run_that_meta_refuses_is_a_failed_run_and_is_asked_for_again(home: Nights) -> None:
    sent_a_night(home)
    home.says_no(7)
    home.goes_on(minutes=6)
    home.api.faults = [Fault(code=200)]
    home.looks()
    home.runs()
    assert home.ended()[-1] == ("withdrawals", "FAILURE")
    assert rows({7}) <= next(iter(home.api.audiences.values())).members
    asked = []
    for _ in range(12):
        home.goes_on(minutes=5)
        asked.append(len(home.looks().run_ids))
    assert asked == [0] * 11 + [1], "once more within the hour"
    home.runs()
    assert home.ended()[-1] == TAKEN_BACK
    assert [each.members for each in home.api.audiences.values()] == [rows(set(AGREED) - {7})] * 2


def test_deadlines_are_judged_though_every_removal_fails(home: Nights) -> None:
    sent_a_night(home)
    home.says_no(7)
    for _ in range(4):
        home.api.faults = [Fault(code=200)] * 2
        home.goes_on(days=1)
        home.schedules()
    assert home.ended()[1:] == [("audiences", "FAILURE")] * 4
    assert home.judged()[0]
    assert not home.judged()[-1]
