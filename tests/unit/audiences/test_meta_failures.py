"""What goes wrong on purpose: each ends with the right set, or with a refusal that has a name and no value."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from pipelines.audiences.sinks import (
    AudienceBusy,
    AudienceRefused,
    PermissionRefused,
    Receipt,
    RequestRefused,
    Session,
    SessionExpired,
    SinkProblem,
    Throttled,
    TokenRefused,
    Unreachable,
    meta,
    meta_answers,
)
from tests.outside.meta_api import TOKEN, Fault, MetaApi, drops, meta_api, throttled
from tests.unit.audiences.meta_people import Clock, people, rows, sink

OLD, NEW = people(60, start=900), people(230)


@pytest.fixture
def api() -> Iterator[MetaApi]:
    with meta_api() as served:
        yield served
        served.nothing_unknown()


def begun(api: MetaApi) -> tuple[meta.MetaSink, str, Clock]:
    """A sink, its clock, and an audience in which others are already."""
    clock = Clock(api)
    target = sink(api.url, clock=clock)
    audience = target.ensure("satu", "")
    replace(target, audience, OLD, id=1)
    return target, audience, clock


def replace(target: meta.MetaSink, audience: str, members: pl.DataFrame = NEW, **session: Any) -> Receipt:
    return target.replace(audience, members, session=Session(**{"id": 4471, **session}), progress=lambda _: None)


PASSING = {
    "throttled": throttled(),
    "throttled with 429": throttled(status=429, code=0),
    "throttled by user": throttled(code=17),
    "throttled by app": throttled(code=4),
    "throttled by account": throttled(code=613),
    "throttled by page": throttled(code=32),
    "unknown error": Fault(status=500, code=1),
    "temporary error": Fault(status=503, code=2),
    "transient": Fault(status=400, code=999, is_transient=True),
    "page of a proxy": Fault(status=502, page="<html>Bad Gateway, no success</html>"),
    "page of a proxy that reads well": Fault(status=502, page="<html>Bad Gateway</html>"),
    "page that says OK": Fault(status=200, page="<html>please log in</html>"),
    "too many for a proxy": Fault(status=429, page="slow down"),
    "empty": Fault(status=500, page=""),
    "a number": Fault(status=500, page="7"),
    "new audience not yet known": Fault(status=400, code=803),
    "dropped before": drops(is_taken=False),
    "dropped after": drops(is_taken=True),
    "late": Fault(seconds=2.0, is_taken=True),
    "unreadable, and taken": Fault(status=502, page="<html>Bad Gateway</html>", is_taken=True),
}


@pytest.mark.parametrize("number", [1, 3, 5])
@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_what_passes_ends_with_the_right_set(api: MetaApi, fault: Fault, number: int) -> None:
    target, audience, _ = begun(api)
    api.faults = [*[None] * (number - 1), fault]
    receipt = replace(target, audience)
    assert api.members(audience) == rows(NEW)
    assert api.faults == []
    assert receipt.sent == 230


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_a_set_of_one_batch_ends_right_too(api: MetaApi, fault: Fault) -> None:
    target, audience, _ = begun(api)
    api.faults = [fault]
    replace(target, audience, people(30))
    assert api.members(audience) == rows(people(30))


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_adding_and_removing_end_right_too(api: MetaApi, fault: Fault) -> None:
    target, audience, _ = begun(api)
    api.faults = [fault, None, fault]
    target.add(audience, people(120))
    assert api.members(audience) == rows(OLD) | rows(people(120))
    api.faults = [None, fault]
    target.remove(audience, people(60))
    api.faults = [fault]
    target.remove_everywhere(OLD.head(40))
    assert api.members(audience) == (rows(OLD) - rows(OLD.head(40))) | (rows(people(120)) - rows(people(60)))


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_an_audience_is_made_once_whatever_becomes_of_the_answer(api: MetaApi, fault: Fault) -> None:
    for place in (0, 1):
        api.faults = [*[None] * place, fault]
        made = sink(api.url).ensure(f"audience {place}", "")
        assert [key for key, each in api.audiences.items() if each.fields["name"] == f"audience {place}"] == [made]


def test_many_faults_in_a_row_end_right(api: MetaApi) -> None:
    target, audience, clock = begun(api)
    api.faults = [
        drops(is_taken=True),
        Fault(status=500, code=1),
        throttled(),
        None,
        drops(is_taken=False),
        throttled(),
    ]
    receipt = replace(target, audience)
    assert api.members(audience) == rows(NEW)
    assert clock.slept == [2.0, 2.0, 4.0, 2.0, 4.0]
    assert receipt.waited_seconds == sum(clock.slept)


def test_a_resumed_session_whose_first_batch_never_left_begins(api: MetaApi) -> None:
    target, audience, _ = begun(api)
    replace(target, audience, is_resumed=True)
    assert api.members(audience) == rows(NEW)


def test_the_wait_that_meta_asks_for_is_kept(api: MetaApi) -> None:
    target, audience, clock = begun(api)
    api.faults = [None, throttled(minutes=19)]
    replace(target, audience)
    assert clock.slept == [19 * 60 + 2.0]
    assert api.members(audience) == rows(NEW)


def test_an_answer_that_warns_of_a_wait_is_heeded_before_the_next_request(api: MetaApi) -> None:
    target, audience, clock = begun(api)
    warned = throttled(minutes=3)
    warned.is_taken = True
    api.faults = [warned]
    replace(target, audience)
    assert clock.slept == [180.0]


def test_a_longer_wait_than_there_is_time_for_is_said(api: MetaApi) -> None:
    target, audience, clock = begun(api)
    api.faults = [throttled(minutes=90)]
    with pytest.raises(Throttled, match="90 minutes"):
        replace(target, audience)
    assert clock.slept == []
    assert api.members(audience) == rows(OLD)


def test_waits_double_and_chance_cuts_them_to_half_at_most() -> None:
    calls = sink("http://127.0.0.1:9")._calls
    assert [calls.backoff_seconds(attempt) for attempt in (0, 1, 2, 9)] == [2.0, 4.0, 8.0, 300.0]
    object.__setattr__(calls.pace, "chance", lambda: 0.0)
    assert calls.backoff_seconds(1) == 2.0


@pytest.mark.parametrize("number", [1, 2, 5])
@pytest.mark.parametrize(
    ("fault", "problem", "says"),
    [
        (Fault(code=190), TokenRefused, "crosslife keys set meta_access_token"),
        (Fault(code=200), PermissionRefused, "ads_management"),
        (Fault(code=10), PermissionRefused, "ads_management"),
        (Fault(code=200, subcode=1870090), PermissionRefused, "Terms"),
        (Fault(code=100, subcode=1713230), AudienceRefused, "Audience Manager"),
        (Fault(code=100, subcode=33), AudienceRefused, "knows no such audience"),
        (Fault(code=368), AudienceRefused, "Audience Manager"),
        (Fault(code=2650, subcode=1870144), AudienceRefused, "subcode 1870144"),
        (Fault(code=2650), AudienceRefused, "code 2650"),
        (Fault(code=2635), RequestRefused, "update facebook-business"),
        (Fault(code=100), RequestRefused, "code 100"),
        (Fault(code=105), RequestRefused, "code 105"),
    ],
)
def test_what_does_not_pass_has_a_name_and_is_not_tried_again(
    api: MetaApi, fault: Fault, problem: type[SinkProblem], says: str, number: int
) -> None:
    target, audience, clock = begun(api)
    before = api.requests
    api.faults = [*[None] * (number - 1), fault]
    with pytest.raises(problem, match=says):
        replace(target, audience)
    assert (api.requests - before, clock.slept) == (number, [])
    assert api.members(audience) == rows(OLD)


def test_a_token_that_is_no_longer_taken_is_said(api: MetaApi) -> None:
    with pytest.raises(TokenRefused):
        sink(api.url, token="EAAsomeother").ensure("satu", "")
    api.is_refusing_token = True
    for attempt in (lambda: sink(api.url).ensure("satu", ""), lambda: sink(api.url).remove_everywhere(NEW)):
        with pytest.raises(TokenRefused):
            attempt()


@pytest.mark.parametrize("fault", [Fault(status=500, code=1), drops(is_taken=False), throttled()])
def test_what_never_ends_is_given_up_with_the_old_set_and_ends_right_later(api: MetaApi, fault: Fault) -> None:
    target, audience, _ = begun(api)
    api.faults = [fault] * 40
    with pytest.raises((Unreachable, Throttled)):
        replace(target, audience)
    assert api.members(audience) == rows(OLD)
    api.faults = []
    replace(target, audience, is_resumed=True)
    assert api.members(audience) == rows(NEW)


def test_nobody_there_is_said(api: MetaApi) -> None:
    with pytest.raises(Unreachable, match="run again"):
        sink("http://127.0.0.1:9").add("1", NEW)


def test_a_redirect_is_not_followed(api: MetaApi) -> None:
    with meta_api() as elsewhere:
        target, audience, _ = begun(api)
        api.faults = [Fault(status=307, headers={"Location": f"{elsewhere.url}/x"})] * 40
        with pytest.raises(Unreachable):
            target.add(audience, NEW)
        assert elsewhere.requests == 0


def test_another_replacement_is_waited_for(api: MetaApi) -> None:
    target, audience, clock = begun(api)
    api.faults = [None, Fault(code=190)]
    with pytest.raises(TokenRefused):
        replace(target, audience, id=5)
    with pytest.raises(AudienceBusy, match="90 minutes"):
        replace(target, audience, id=6)
    for change in (target.add, target.remove):
        with pytest.raises(AudienceBusy):
            change(audience, NEW)
    # What was left is over after 90 minutes, with what it had; the fresh session of the whole set puts it right.
    clock.pass_by(timedelta(minutes=91))
    replace(target, audience, id=7)
    assert api.members(audience) == rows(NEW)


def test_a_session_that_grew_old_is_not_gone_on_with(api: MetaApi) -> None:
    target, audience, clock = begun(api)
    told: list[datetime] = []
    api.faults = [None, None, Fault(code=190)]
    with pytest.raises(TokenRefused):
        replace(target, audience, began=told.append)
    (began_at,) = told
    clock.pass_by(timedelta(minutes=86))
    before = api.requests
    with pytest.raises(SessionExpired, match="fresh one"):
        replace(target, audience, first_batch=3, is_resumed=True, began_at=began_at)
    assert api.requests == before
    # Who does not say when it began is told by Meta.
    clock.pass_by(timedelta(minutes=5))
    with pytest.raises(SessionExpired, match="fresh one"):
        replace(target, audience, first_batch=3, is_resumed=True)
    replace(target, audience, id=8)
    assert api.members(audience) == rows(NEW)


def test_a_wait_that_outlasts_the_session_ends_it(api: MetaApi) -> None:
    target, audience, _ = begun(api)
    api.faults = [None, throttled(minutes=50), throttled(minutes=50)]
    object.__setattr__(target._calls.pace, "patience_seconds", 1e9)
    with pytest.raises(SessionExpired):
        replace(target, audience)


def test_a_session_that_meta_does_not_know_ends(api: MetaApi) -> None:
    target, audience, _ = begun(api)
    with pytest.raises(SessionExpired):
        replace(target, audience, first_batch=2, is_resumed=True)
    replace(target, audience, people(60), id=9)
    with pytest.raises(SessionExpired):
        replace(target, audience, id=9, first_batch=2, is_resumed=True)


def test_entries_that_meta_finds_invalid_are_counted_and_not_shown(
    api: MetaApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    target, audience, _ = begun(api)
    api.invalid = 7
    receipt = replace(target, audience)
    assert (receipt.received, receipt.invalid) == (230, 7)
    assert leaks(caplog.text + repr(receipt)) == []


@pytest.mark.parametrize("chain", [True, False])
@pytest.mark.parametrize("fault", [Fault(code=100), Fault(code=190), Fault(status=500, code=1), drops(is_taken=True)])
def test_no_error_bears_what_was_sent(
    api: MetaApi, caplog: pytest.LogCaptureFixture, fault: Fault, *, chain: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    target, audience, _ = begun(api)
    api.faults = [fault] * 40
    with pytest.raises(SinkProblem) as refused:
        replace(target, audience)
    told = "".join(traceback.format_exception(refused.value, chain=chain)) + caplog.text + "\n".join(api.log)
    assert refused.value.__context__ is None
    assert refused.value.__cause__ is None
    assert leaks(told) == []


def leaks(text: str) -> list[str]:
    hashes = [each for frame in (OLD, NEW) for column in frame.iter_columns() for each in column.drop_nulls()]
    return [each for each in [TOKEN, "contoh.example", "62812", *hashes] if each in text]


@pytest.mark.parametrize(
    "header", ["", "{", "[]", "7", '{"1": 7}', '{"1": [7]}', '{"1": [{"estimated_time_to_regain_access": "x"}]}']
)
def test_a_usage_header_that_cannot_be_read_asks_for_nothing(header: str) -> None:
    assert meta_answers.asked_seconds({"X-Business-Use-Case-Usage": header}) == 0.0
