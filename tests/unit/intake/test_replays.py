"""Quarantined rows judged again: what comes of them is what would have come of a first arrival."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines import contracts, engine, intake, lake, settings
from pipelines.identity import keys
from pipelines.intake import dropping, quarantine
from pipelines.intake.quarantine import Selection
from tests.desk import AS_OF, COURSES, Desk, make_desk

Make = Callable[..., dict[str, Any]]


def terms(folder: Path, source: str, old: str, new: str) -> contracts.Contracts:
    """The contracts with one thing changed."""
    shutil.copytree(settings.CONTRACTS_DIR, folder, dirs_exist_ok=True)
    file = folder / "inbound" / f"{source}.odcs.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    return contracts.load(folder)


def replay(desk: Desk, **chosen: str) -> dict[str, intake.BatchReport]:
    reports = intake.replay(desk.home, desk.ring, desk.terms, Selection(**chosen), as_of=AS_OF)
    return {report.source: report for report in reports}


def twins(tmp_path: Path, *, users: int = 3) -> tuple[Desk, Desk]:
    """Two homes of the same keys that know the same people, so that the same row is the same in both."""
    first = make_desk(tmp_path / "first")
    first.land("courses", "c.jsonl", COURSES)
    first.land(
        "accounts",
        "a.jsonl",
        [
            {
                "user_id": f"learner-{n}",
                "email": f"l{n}@contoh.example",
                "registered_at": "2026-01-01T00:00:00Z",
                "updated_at": "2026-05-01T00:00:00Z",
            }
            for n in range(users)
        ],
    )
    first.run()
    shutil.copytree(first.home.root, tmp_path / "second")
    home = settings.Home(tmp_path / "second")
    return first, Desk(home, keys.open_keyring(home), first.terms)


def state(desk: Desk, dataset: str, *, family: str | None = None) -> tuple[list[Any], list[Any]]:
    """The rows of a dataset and the ids that are known, as they stand."""
    rows = desk.rows(dataset)
    ids: list[Any] = []
    with engine.connect(parquet_keys=desk.ring.parquet_keys()) as connection:
        for file in sorted((desk.home.lake / ".keys" / (family or dataset)).glob("*.parquet")):
            query = f"select event_key, content_key, dt from {lake.read_expression(file)}"
            ids += connection.execute(query).fetchall()
    return sorted(rows.rows(), key=repr), sorted(ids)


@pytest.fixture
def strict(tmp_path: Path) -> contracts.Contracts:
    return terms(
        tmp_path / "strict",
        "course_progress",
        "logicalTypeOptions: {format: f64, minimum: 0, maximum: 100}",
        "logicalTypeOptions: {format: f64, minimum: 0, maximum: 50}",
    )


def test_a_replay_gives_what_a_first_arrival_under_the_mended_contract_gives(
    tmp_path: Path, strict: contracts.Contracts, progress: Make
):
    first, second = twins(tmp_path)
    rows = [
        progress(n, progress_percent=20 * (n % 6), occurred_at=f"2026-05-0{n % 7 + 1}T10:00:00Z") for n in range(40)
    ]
    rows += [progress(50, course_id="later-1", progress_percent=80), progress(51, event_type="nonsense")]
    mended = first.terms
    first.terms = strict
    first.land("course_progress", "a.jsonl", rows)
    second.land("course_progress", "a.jsonl", rows)
    before = first.run()["course_progress"]
    clean = second.run()["course_progress"]
    first.terms = mended
    again = replay(first)["course_progress"]
    assert before.quarantined["out_of_range:progress_percent"] > 10
    assert again.replayed == again.rows_in == sum(before.quarantined.values())
    assert again.quarantined == clean.quarantined == {"not_allowed:event_type": 1, "unknown_course": 1}
    assert before.accepted + again.accepted == clean.accepted
    assert state(first, "course_progress") == state(second, "course_progress")
    assert first.quarantined() == second.quarantined()
    for desk in (first, second):
        desk.land("courses", "more.jsonl", [*COURSES, {"course_id": "later-1", "title": "Nanti"}])
        desk.run()
    assert state(first, "course_progress") == state(second, "course_progress")
    assert first.quarantined() == {("course_progress", "not_allowed:event_type"): 1}


@pytest.mark.parametrize("bad_first", [True, False])
def test_of_two_rows_of_one_id_the_replayed_one_stays_where_it_came_first(
    tmp_path: Path, strict: contracts.Contracts, progress: Make, bad_first: bool
):
    first, second = twins(tmp_path)
    times = ("2026-05-01T10:00:00Z", "2026-05-03T10:00:00Z")
    bad = progress(1, progress_percent=90, occurred_at=times[0 if bad_first else 1])
    good = progress(1, progress_percent=10, occurred_at=times[1 if bad_first else 0])
    mended = first.terms
    first.terms = strict
    reports = []
    for desk in (first, second):
        desk.land("course_progress", "a.jsonl", [good, bad, progress(2)])
        reports.append(desk.run()["course_progress"])
    first.terms = mended
    again = replay(first)["course_progress"]
    assert (again.accepted, again.duplicates, again.displaced) == ((1, 0, 1) if bad_first else (0, 1, 0))
    assert state(first, "course_progress") == state(second, "course_progress")
    assert reports[0].accepted + again.accepted - again.displaced == reports[1].accepted


def test_of_three_rows_of_one_id_replayed_one_by_one_the_earliest_stays(tmp_path: Path, progress: Make):
    first, second = twins(tmp_path)
    mended = first.terms
    narrow = terms(tmp_path / "narrow", "course_progress", "minimum: 0, maximum: 100", "minimum: 30, maximum: 50")
    rows = [
        progress(1, progress_percent=40, occurred_at="2026-05-05T10:00:00Z"),
        progress(1, progress_percent=90, occurred_at="2026-05-02T10:00:00Z"),
        progress(1, score="not a number", occurred_at="2026-05-03T10:00:00Z", progress_percent=41),
    ]
    for desk, under in ((first, narrow), (second, mended)):
        desk.terms = under
        desk.land("course_progress", "a.jsonl", rows)
        desk.run()
    first.terms = second.terms = terms(
        tmp_path / "loose",
        "course_progress",
        "      - name: score\n        logicalType: number\n        logicalTypeOptions: {format: f64}\n",
        "      - name: score\n        logicalType: string\n        logicalTypeOptions: {pattern: '^[a-z0-9. ]{1,20}$'}\n",
    )
    replay(first, reason="wrong_type")
    assert first.rows("course_progress")["progress_percent"].to_list() == [41.0]
    replay(first, reason="out_of_range")
    replay(second)
    assert first.rows("course_progress")["progress_percent"].to_list() == [90.0]
    assert [row[:1] for row in state(first, "course_progress")[1]] == [
        row[:1] for row in state(second, "course_progress")[1]
    ]
    assert len(list((first.home.lake / "course_progress").rglob("*.parquet"))) == 1


def test_a_row_that_waited_goes_before_a_copy_that_came_with_a_later_batch(
    tmp_path: Path, strict: contracts.Contracts, progress: Make
):
    first, second = twins(tmp_path)
    mended = first.terms
    first.terms = strict
    for desk in (first, second):
        desk.land("course_progress", "a.jsonl", [progress(1, progress_percent=90, occurred_at="2026-05-09T10:00:00Z")])
        desk.run()
        desk.land("course_progress", "b.jsonl", [progress(1, progress_percent=10, occurred_at="2026-05-01T10:00:00Z")])
        desk.run()
    first.terms = mended
    assert replay(first)["course_progress"].displaced == 1
    assert state(first, "course_progress") == state(second, "course_progress")
    assert first.rows("course_progress")["progress_percent"].to_list() == [90.0]


def test_a_state_that_waited_does_not_overwrite_one_that_came_later(tmp_path: Path):
    first, second = twins(tmp_path)
    mended = first.terms
    tight = terms(
        tmp_path / "tight",
        "ad_insights",
        "      - name: clicks\n        logicalType: integer\n        logicalTypeOptions: {format: i64, minimum: 0}",
        "      - name: clicks\n        logicalType: integer\n        logicalTypeOptions: {format: i64, minimum: 0, maximum: 50}",
    )

    def day(number: int, clicks: int) -> dict[str, Any]:
        return {"date": f"2026-05-0{number}", "campaign_id": "c1", "clicks": clicks}

    first.terms = tight
    for desk in (first, second):
        desk.land("ad_insights", "a.jsonl", [day(1, 10), day(1, 90), day(2, 91), day(3, 92), day(3, 11), day(4, 5)])
        desk.run()
        desk.land("ad_insights", "b.jsonl", [day(2, 12), day(4, 5)])
        desk.run()
    first.terms = mended
    report = replay(first)["ad_insights"]
    assert (report.replayed, report.accepted, report.superseded) == (3, 1, 2)
    columns = ["report_date", "clicks"]
    assert first.rows("ad_insights").select(columns).rows() == second.rows("ad_insights").select(columns).rows()
    assert first.rows("ad_insights")["clicks"].to_list() == [90, 12, 11, 5]


def test_consent_of_a_replayed_call_is_judged_at_its_own_instant(tmp_path: Path, call: Make):
    first, second = twins(tmp_path)
    mended = first.terms
    tight = terms(
        tmp_path / "tight", "web_events", "logicalTypeOptions: {maxLength: 500}", "logicalTypeOptions: {maxLength: 12}"
    )
    said = [
        {
            "event_id": f"s{n}", "anonymous_id": "browser-1", "purpose": "product_analytics", "granted": granted,
            "occurred_at": at, "policy_version": mended.policy.version,
        }
        for n, (granted, at) in enumerate([(True, "2026-05-01T00:00:00Z"), (False, "2026-05-03T00:00:00Z")])
    ]  # fmt: skip
    calls = [
        call(
            n, messageId=f"message-number-{n}", anonymousId="browser-1", userId="learner-1", consent=None, timestamp=at
        )
        for n, at in enumerate(("2026-05-02T10:00:00Z", "2026-05-04T10:00:00Z"))
    ]
    first.terms = tight
    for desk in (first, second):
        desk.land("consents", "c.jsonl", said)
        desk.land("web_events", "a.jsonl", calls)
        desk.run()
    first.terms = mended
    assert replay(first)["web_events"].denied_consent == 1
    columns = ["event_key", "is_consented", "learner_pseudonym", "folder"]
    assert first.rows("web_events").select(columns).rows() == second.rows("web_events").select(columns).rows()


def test_rows_of_broken_files_and_half_lines_are_left_where_they_are(desk: Desk, progress: Make):
    desk.land("courses", "c.jsonl", COURSES)
    desk.land_bytes("course_progress", "a.jsonl", b'{"event_id":\n\xff\xfe{"event_id":"x"}\n')
    desk.land_bytes("course_progress", "b.parquet", b"no parquet")
    desk.run()
    before = desk.quarantined()
    assert sum(before.values()) == 3
    assert replay(desk) == {}
    assert desk.quarantined() == before


def test_what_is_rejected_again_keeps_its_day(tmp_path: Path, desk: Desk, progress: Make):
    from datetime import timedelta

    desk.land("courses", "c.jsonl", COURSES)
    desk.land("course_progress", "a.jsonl", [progress(1, event_type="nonsense"), progress(2, event_type="also")])
    desk.run()
    (file,) = quarantine.files_of(desk.home)
    later = AS_OF + timedelta(days=5)
    intake.replay(desk.home, desk.ring, desk.terms, Selection(), as_of=later)
    assert quarantine.files_of(desk.home) == (file,)
    assert desk.quarantined() == {("course_progress", "not_allowed:event_type"): 2}


def test_what_has_landed_waits_while_rows_are_replayed(desk: Desk, progress: Make):
    desk.land("courses", "c.jsonl", COURSES)
    desk.land("course_progress", "a.jsonl", [progress(1, event_type="nonsense")])
    desk.run()
    desk.land("course_progress", "b.jsonl", [progress(2)])
    assert replay(desk)["course_progress"].rows_in == 1
    assert desk.run()["course_progress"].accepted == 1


def test_dropped_rows_are_gone_and_counted_in_a_term_of_their_own(desk: Desk, progress: Make):
    desk.land("courses", "c.jsonl", COURSES)
    desk.land(
        "course_progress",
        "a.jsonl",
        [progress(1, event_type="a"), progress(2, event_type="b"), progress(3, course_id="x")],
    )
    desk.land("course_progress", "b.jsonl", [progress(4, event_type="c")])
    desk.run()
    dropped = dropping.drop(
        desk.home, desk.ring, Selection(file="a.jsonl", reason="not_allowed"), why="a trial", as_of=AS_OF
    )
    assert dropped.rows == {"course_progress": {"not_allowed:event_type": 2}}
    assert desk.quarantined() == {
        ("course_progress", "not_allowed:event_type"): 1,
        ("course_progress", "unknown_course"): 1,
    }
    with lake.open_manifest(desk.home) as manifest:
        (work,) = manifest.interventions()
        assert json.loads(json.dumps(work.counts)) == {"why": "a trial", "dropped": dropped.rows}
        assert dropping.totals(manifest) == {"came": 4, "replayed": 0, "dropped": 2, "waiting": 2}
    replay(desk)
    with lake.open_manifest(desk.home) as manifest:
        assert dropping.totals(manifest)["waiting"] == sum(desk.quarantined().values()) == 2


def test_nothing_is_dropped_without_a_why(desk: Desk, progress: Make):
    desk.land("course_progress", "a.jsonl", [progress(1)])
    desk.run()
    with pytest.raises(dropping.NoWhy):
        dropping.drop(desk.home, desk.ring, Selection(), why=" ", as_of=AS_OF)
    assert sum(desk.quarantined().values()) == 1


@pytest.mark.parametrize("moment", ["prepare", "finish"])
def test_a_replay_that_dies_loses_nothing(
    tmp_path: Path, strict: contracts.Contracts, progress: Make, moment: str, monkeypatch: pytest.MonkeyPatch
):
    first, second = twins(tmp_path)
    mended = first.terms
    rows = [progress(n, progress_percent=10 * n) for n in range(10)]
    first.terms = strict
    for desk in (first, second):
        desk.land("course_progress", "a.jsonl", rows)
        desk.run()
    first.terms = mended

    def dying(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(lake.Manifest, moment, dying)
        with pytest.raises(KeyboardInterrupt):
            replay(first)
    first.run()
    replay(first)
    assert state(first, "course_progress") == state(second, "course_progress")
    assert first.quarantined() == second.quarantined() == {}


def test_the_groups_of_quarantine_tell_files_and_days(desk: Desk, progress: Make):
    desk.land("course_progress", "a.jsonl", [progress(1), progress(2)])
    desk.land("course_progress", "b.jsonl", [progress(3)])
    desk.run()
    found = quarantine.groups(desk.home, desk.ring, Selection(source="course_progress", reason="unknown_course"))
    assert found.select("file", "rows").rows() == [("a.jsonl", 2), ("b.jsonl", 1)]
    assert quarantine.groups(desk.home, desk.ring, Selection(source="accounts")).is_empty()
