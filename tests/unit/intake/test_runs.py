"""What a run of intake does with what has landed."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import intake, settings
from pipelines.identity import keys
from tests.desk import COURSES, Desk, make_desk

Make = Callable[..., dict[str, Any]]


def test_every_format_brings_the_same_rows(desk: Desk, progress: Make):
    desk.land("courses", "c.csv", ["course_id,title,price_idr", "web-1,Situs,1000"])
    rows = [progress(n) for n in range(4)]
    header = list(rows[0])
    desk.land("course_progress", "a.jsonl", rows[:1])
    desk.land_bytes("course_progress", "b.jsonl.gz", gzip.compress((json.dumps(rows[1]) + "\n").encode()))
    desk.land("course_progress", "c.csv", [",".join(header), ",".join(rows[2].values())])
    place = desk.home.landing / "course_progress" / "d.parquet"
    columns = ", ".join(f"'{value}' as {name}" for name, value in rows[3].items())
    duckdb.sql(f"copy (select {columns}) to '{place}' (format parquet)")
    report = desk.run()["course_progress"]
    assert (report.files, report.rows_in, report.accepted, report.quarantined) == (4, 4, 4, {})
    assert desk.rows("course_progress").select("course_id", "event_type", "occurred_at").unique().height == 1
    assert desk.rows("course_progress")["learner_pseudonym"].n_unique() == 3


def test_a_second_run_finds_nothing_to_do(desk: Desk, progress: Make):
    desk.land("courses", "c.jsonl", COURSES)
    desk.land("course_progress", "a.jsonl", [progress(1)])
    assert intake.pending(desk.home, desk.terms)
    desk.run()
    assert not intake.pending(desk.home, desk.terms)
    assert desk.run() == {}


def test_the_same_bytes_under_another_name_are_one_file(desk: Desk, call: Make):
    desk.land("web_events", "a.jsonl", [call(1)])
    desk.land("web_events", "b.jsonl", [call(1)])
    first = desk.run()["web_events"]
    assert (first.files, first.repeated_files, first.rows_in, first.accepted) == (1, 1, 1, 1)
    desk.land("web_events", "c.jsonl", [call(1)])
    second = desk.run()["web_events"]
    assert (second.files, second.repeated_files, second.rows_in) == (0, 1, 0)
    assert not intake.pending(desk.home, desk.terms)


def test_an_event_that_is_stored_stays_and_its_copy_is_a_duplicate(desk: Desk, call: Make):
    desk.land("web_events", "a.jsonl", [call(1), call(2)])
    desk.run()
    desk.land("web_events", "b.jsonl", [call(1), call(2, event="Video Played"), call(3)])
    report = desk.run()["web_events"]
    assert (report.accepted, report.duplicates, report.duplicates_with_other_content) == (1, 2, 1)
    assert desk.rows("web_events").height == 3
    assert desk.rows("web_events")["event_name"].drop_nulls().to_list() == []


def test_within_a_batch_the_earliest_received_stays(desk: Desk, call: Make):
    late = call(1, receivedAt="2026-05-04T10:05:00Z", event="Video Played")
    early = call(1, receivedAt="2026-05-04T10:00:01Z", event="Signed Up")
    desk.land("web_events", "a.jsonl", [late, early])
    report = desk.run()["web_events"]
    assert (report.accepted, report.duplicates, report.duplicates_with_other_content) == (1, 1, 1)
    assert desk.rows("web_events")["event_name"].to_list() == ["Signed Up"]


def test_late_rows_go_to_the_jakarta_day_of_their_own_time(desk: Desk, call: Make):
    desk.land(
        "web_events", "a.jsonl", [call(1, timestamp="2026-05-04T16:59:59Z"), call(2, timestamp="2026-05-04T17:00:00Z")]
    )
    desk.run()
    desk.land("web_events", "b.jsonl", [call(3, timestamp="2026-05-04T01:00:00Z")])
    assert [day.isoformat() for day in desk.run()["web_events"].days] == ["2026-05-04"]
    assert sorted(desk.rows("web_events")["folder"].to_list()) == ["dt=2026-05-04", "dt=2026-05-04", "dt=2026-05-05"]


def test_a_time_without_offset_is_jakarta_and_counted(desk: Desk, call: Make):
    desk.land("web_events", "a.jsonl", [call(1, timestamp="2026-05-04T10:00:00"), call(2)])
    report = desk.run()["web_events"]
    assert report.marks == {"without_offset:timestamp": 1}
    assert sorted(at.hour for at in desk.rows("web_events")["occurred_at"]) == [3, 10]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"messageId": None}, "missing_required:messageId"),
        ({"messageId": ""}, "missing_required:messageId"),
        ({"messageId": {"a": 1}}, "wrong_type:messageId"),
        ({"timestamp": "yesterday"}, "wrong_type:timestamp"),
        ({"timestamp": "infinity"}, "wrong_type:timestamp"),
        ({"timestamp": "2026-13-01T00:00:00Z"}, "wrong_type:timestamp"),
        ({"type": "unheard"}, "not_allowed:type"),
        ({"anonymousId": None}, "missing_required:anonymousId|userId"),
        ({"timestamp": "2026-07-01T17:00:01Z"}, "in_the_future:timestamp"),
        ({"messageId": "x" * 501}, "too_long:messageId"),
    ],
)
def test_a_bad_row_waits_in_quarantine_with_its_reason(desk: Desk, call: Make, change: dict[str, Any], reason: str):
    desk.land("web_events", "a.jsonl", [call(1), call(2, **change), call(3)])
    report = desk.run()["web_events"]
    assert (report.accepted, report.quarantined) == (2, {reason: 1})
    assert desk.quarantined() == {("web_events", reason): 1}


def test_up_to_a_day_ahead_is_clock_skew(desk: Desk, call: Make):
    desk.land("web_events", "a.jsonl", [call(1, timestamp="2026-07-01T17:00:00Z")])
    assert desk.run()["web_events"].accepted == 1


def test_broken_lines_never_stop_a_batch(desk: Desk, call: Make):
    good = json.dumps(call(1)).encode()
    lines = [good, b'{"messageId": ', b"[1, 2]", b"null", b'{"a": "\xff\xfe"}', b"", b"\x00\x00\x00", b"{" * 10_000]
    desk.land_bytes("web_events", "a.jsonl", b"\n".join(lines) + b'\n{"cut')
    report = desk.run()["web_events"]
    assert report.rows_in == 8
    assert report.accepted == 1
    assert report.quarantined == {"malformed": 6, "wrong_encoding": 1}


def test_a_quarantined_row_keeps_its_text_its_file_and_its_line(desk: Desk, call: Make):
    from pipelines import engine
    from pipelines.intake import quarantine

    desk.land("web_events", "a.jsonl", ["", json.dumps(call(1)), "{broken"])
    desk.run()
    (file,) = quarantine.files_of(desk.home)
    with engine.connect() as connection:
        rows = connection.execute(
            f"select source, reason, file, place, raw from {quarantine.read(connection, file, ring=desk.ring)}"
        )
        assert rows.fetchall() == [("web_events", "malformed", "a.jsonl", 3, "{broken")]
    assert b"{broken" not in file.path.read_bytes()


def test_files_that_cannot_be_read_are_one_row_each(desk: Desk, call: Make):
    desk.land_bytes("web_events", "a.parquet", b"no parquet at all")
    whole = gzip.compress("".join(json.dumps(call(n)) + "\n" for n in range(2000)).encode())
    desk.land_bytes("web_events", "b.jsonl.gz", whole[: len(whole) // 2])
    desk.land_bytes("web_events", "c.xlsx", b"PK")
    desk.land_bytes("web_events", "d.csv", b"")
    report = desk.run()["web_events"]
    assert report.quarantined["broken_parquet"] == 1
    assert report.quarantined["broken_gzip"] == 1
    assert report.quarantined["unknown_format"] == 1
    assert report.quarantined["no_header"] == 1
    assert not intake.pending(desk.home, desk.terms)


def test_a_file_that_is_still_being_written_is_left_alone(desk: Desk, call: Make):
    desk.land("web_events", "a.jsonl.part", [call(1)])
    desk.land("web_events", ".hidden.jsonl", [call(1)])
    assert not intake.pending(desk.home, desk.terms)
    assert desk.run() == {}


def test_unknown_fields_are_counted_by_name_and_stored_nowhere(desk: Desk, call: Make):
    strange = call(1, plan="gold", properties={"page_view_id": "v", "colour": "vermilion"}, **{"a@b.example": 1})
    desk.land("web_events", "a.jsonl", [strange, call(2)])
    report = desk.run()["web_events"]
    assert report.unknown_fields == {"(unprintable)": 1, "plan": 1, "properties.colour": 1}
    assert "vermilion" not in str(desk.rows("web_events").to_dicts())


def test_an_unknown_course_waits_and_is_replayed_when_the_course_arrives(desk: Desk, progress: Make):
    desk.land("course_progress", "a.jsonl", [progress(1), progress(2, course_id="nowhere")])
    first = desk.run()["course_progress"]
    assert (first.accepted, first.quarantined) == (0, {"unknown_course": 2})
    desk.land("courses", "c.jsonl", COURSES)
    second = desk.run()["course_progress"]
    assert (second.rows_in, second.replayed, second.accepted) == (1, 1, 1)
    assert desk.quarantined() == {("course_progress", "unknown_course"): 1}
    desk.land("courses", "d.jsonl", [{**COURSES[0], "course_id": "nowhere"}])
    assert desk.run()["course_progress"].accepted == 1
    assert desk.quarantined() == {}
    assert desk.rows("course_progress").height == 2


def test_the_newest_state_wins_whatever_the_order(desk: Desk):
    def account(day: int, city: str) -> dict[str, str]:
        at = f"2026-05-{day:02}T00:00:00Z"
        return {
            "user_id": "u",
            "email": f"u{day}@mail.example",
            "city": city,
            "registered_at": "2026-01-01T00:00:00Z",
            "updated_at": at,
        }

    desk.land(
        "accounts", "a.jsonl", [account(3, "Bandung"), account(5, "Medan"), account(5, "Medan"), account(4, "Solo")]
    )
    report = desk.run()["accounts"]
    assert (report.accepted, report.superseded, report.duplicates) == (1, 2, 1)
    desk.land("accounts", "b.jsonl", [account(2, "Ambon")])
    assert desk.run()["accounts"].superseded == 1
    assert desk.rows("accounts")["city"].to_list() == ["Medan"]
    desk.land("accounts", "c.jsonl", [account(9, "Ambon")])
    assert desk.run()["accounts"].accepted == 1
    assert desk.rows("accounts")["city"].to_list() == ["Ambon"]
    assert "@" not in str(desk.rows("accounts").to_dicts())


def test_a_denied_call_keeps_its_page_and_day_alone(desk: Desk, call: Make):
    denied = [call(1, consent=False), call(2, consent=None), call(3, context={"gpc": True})]
    desk.land("web_events", "a.jsonl", [*denied, call(4, userId="learner-9")])
    report = desk.run()["web_events"]
    assert (report.accepted, report.denied_consent) == (4, 3)
    rows = desk.rows("web_events").filter(~pl_col("is_consented"))
    filled = {name for name in rows.columns if rows[name].null_count() < rows.height}
    assert filled == {"event_key", "event_type", "page_path", "is_consented", "policy_version", "folder"}
    links = desk.rows("identity_links")
    assert links.height == 1


def test_a_page_that_only_those_saw_who_refused_still_has_its_path(desk: Desk, call: Make):
    def seen(number: int, path: str, *, consent: bool) -> dict[str, Any]:
        return call(number, consent=consent, context={"page": {"url": f"https://crosslife.example{path}"}})

    desk.land("web_events", "a.jsonl", [seen(1, "/harga", consent=False), seen(2, "/daftar", consent=True)])
    desk.run()
    assert sorted(desk.rows("web_events")["page_path"]) == ["/daftar", "/harga"]


def test_a_time_that_is_none_is_not_counted_as_one_without_offset(desk: Desk, call: Make):
    desk.land("web_events", "a.jsonl", [call(1, timestamp="kemarin sore"), call(2, timestamp="2026-05-04T10:00:00")])
    assert desk.run()["web_events"].marks["without_offset:timestamp"] == 1


def test_what_retention_would_have_dropped_is_refused(desk: Desk, call: Make, progress: Make):
    desk.land("courses", "c.jsonl", COURSES)
    desk.land(
        "web_events", "a.jsonl", [call(1, timestamp="2021-06-30T16:59:59Z"), call(2, timestamp="2021-06-30T17:00:01Z")]
    )
    done = progress(1, event_type="course_completed", occurred_at="2025-06-01T00:00:00Z")
    before = progress(4, occurred_at="2025-05-01T00:00:00Z")
    recent = progress(2, event_type="course_completed", occurred_at="2025-08-01T00:00:00Z")
    ancient = progress(3, occurred_at="2021-05-01T00:00:00Z")
    desk.land("course_progress", "a.jsonl", [done, before, recent, ancient])
    reports = desk.run(as_of=datetime(2026, 6, 30, 17, tzinfo=UTC))
    assert (reports["web_events"].accepted, reports["web_events"].refused) == (1, {"expired": 1})
    assert (reports["course_progress"].accepted, reports["course_progress"].refused) == (1, {"expired": 3})


def test_what_expired_while_it_waited_in_quarantine_is_not_brought_back_by_its_replay(desk: Desk, progress: Make):
    done = progress(1, event_type="course_completed", occurred_at="2025-08-01T00:00:00Z")
    desk.land("course_progress", "a.jsonl", [done])
    assert desk.run()["course_progress"].quarantined == {"unknown_course": 1}
    desk.land("courses", "c.jsonl", COURSES)
    report = desk.run(as_of=datetime(2026, 8, 31, tzinfo=UTC))["course_progress"]
    assert (report.replayed, report.accepted, report.refused) == (1, 0, {"expired": 1})
    assert desk.rows("course_progress").is_empty()


def pl_col(name: str) -> Any:
    import polars as pl

    return pl.col(name)


def test_however_many_unknown_fields_there_are_the_report_stays_short(desk: Desk, call: Make):
    names = ["".join(chr(97 + int(digit)) for digit in str(number)) for number in range(3000)]
    desk.land("web_events", "a.jsonl", [call(number, **{f"x{name}": 1}) for number, name in enumerate(names)])
    report = desk.run()["web_events"]
    assert report.accepted == 3000
    assert len(report.unknown_fields) == 1001
    assert sum(report.unknown_fields.values()) == 3000


def test_a_row_that_says_a_thing_twice_waits(desk: Desk, call: Make):
    text = json.dumps(call(1)).replace('"analytics": true', '"analytics": true, "analytics": false')
    rows = [text, *(json.dumps(call(n)) for n in range(2, 2500)), text.replace("message-1", "message-x")]
    desk.land("web_events", "a.jsonl", rows)
    report = desk.run()["web_events"]
    assert report.quarantined == {"repeated_field": 2}
    assert report.accepted == 2498


def test_a_number_beyond_its_column_waits_and_stops_nothing(desk: Desk, progress: Make):
    desk.land("courses", "c.jsonl", COURSES)
    desk.land("course_progress", "a.jsonl", [progress(1, attempt=6281200000000), progress(2, attempt=2)])
    report = desk.run()["course_progress"]
    assert (report.accepted, report.quarantined) == (1, {"wrong_type:attempt": 1})


@pytest.mark.parametrize("year", ["0000", "0001", "9999"])
def test_an_instant_at_the_edge_of_time_waits_and_stops_nothing(desk: Desk, progress: Make, year: str):
    desk.land("courses", "c.jsonl", COURSES)
    at = f"{year}-01-01T00:00:00"
    desk.land("course_progress", "a.jsonl", [progress(1), progress(4, occurred_at=f"{at}+14:00")])
    account = {"user_id": "u", "email": "u@mail.example", "registered_at": "2026-01-01T00:00:00Z", "updated_at": at}
    desk.land("accounts", "a.jsonl", [account])
    reports = desk.run()
    assert reports["course_progress"].quarantined == {"wrong_type:occurred_at": 1}
    assert reports["accounts"].quarantined == {"wrong_type:updated_at": 1}


def test_an_account_nobody_has_used_for_the_whole_period_is_refused(desk: Desk):
    def account(user: str, last: str) -> dict[str, str]:
        early = "2012-01-01T00:00:00Z"
        mail = f"{user}@mail.example"
        return {"user_id": user, "email": mail, "registered_at": early, "last_login_at": last, "updated_at": early}

    desk.land("accounts", "a.jsonl", [account("old", "2013-01-01T00:00:00Z"), account("new", "2026-01-01T00:00:00Z")])
    report = desk.run()["accounts"]
    assert (report.accepted, report.refused) == (1, {"expired": 1})


def test_who_came_back_is_not_judged_by_an_earlier_completion(desk: Desk, progress: Make):
    desk.land("courses", "c.jsonl", COURSES)
    story = [("enrolled", "2024-01-01"), ("course_completed", "2024-03-01"), ("refunded", "2024-04-01")]
    story += [("enrolled", "2026-06-01"), ("module_completed", "2026-06-02")]
    rows = [
        progress(n, user_id="u", event_type=kind, occurred_at=f"{day}T00:00:00Z") for n, (kind, day) in enumerate(story)
    ]
    desk.land("course_progress", "a.jsonl", rows)
    report = desk.run()["course_progress"]
    assert (report.accepted, report.refused) == (2, {"expired": 3})


def test_a_completion_that_names_no_cohort_belongs_to_the_only_one(desk: Desk, progress: Make):
    desk.land("courses", "c.jsonl", COURSES)
    first = progress(1, user_id="u", event_type="enrolled", cohort="c1", occurred_at="2024-01-01T00:00:00Z")
    second = progress(2, user_id="u", event_type="course_completed", occurred_at="2024-03-01T00:00:00Z")
    desk.land("course_progress", "a.jsonl", [first, second])
    assert desk.run()["course_progress"].refused == {"expired": 2}


def test_nobody_whose_rows_were_all_refused_is_in_the_vault(desk: Desk, progress: Make):
    from pipelines.identity.vault import open_vault

    desk.land("courses", "c.jsonl", COURSES)
    done = progress(1, user_id="gone", event_type="course_completed", occurred_at="2024-03-01T00:00:00Z")
    desk.land("course_progress", "a.jsonl", [done, progress(2, user_id="here")])
    desk.run()
    with open_vault(desk.home, desk.ring, purpose="test") as opened:
        known = opened._connection.execute("select count(*) from vault.subjects").fetchone()
    assert known == (1,)


def test_of_two_states_of_one_instant_the_same_stays_in_any_order(desk: Desk, tmp_path: Path):
    def account(city: str, day: int = 2) -> dict[str, str]:
        at = f"2026-05-0{day}T00:00:00Z"
        return {"user_id": "u", "email": "u@mail.example", "city": city, "registered_at": at, "updated_at": at}

    desk.land("accounts", "first.jsonl", [account("Ambon", 1)])
    desk.run()
    found = set()
    for number, parts in enumerate(
        ([["Medan", "Solo"]], [["Solo", "Medan"]], [["Medan"], ["Solo"]], [["Solo"], ["Medan"]])
    ):
        home = settings.Home(tmp_path / str(number))
        shutil.copytree(desk.home.root, home.root)
        copy = Desk(home, keys.open_keyring(home), desk.terms)
        for part, cities in enumerate(parts):
            copy.land("accounts", f"{part}.jsonl", [account(city) for city in cities])
            copy.run()
        found.add(copy.rows("accounts")["city"][0])
    assert len(found) == 1


def test_no_name_of_a_file_lies_in_the_manifest(desk: Desk, call: Make):
    desk.land("web_events", "someone@mail.example.jsonl", [call(1), "{broken"])
    desk.run()
    assert b"someone" not in desk.home.manifest_file.read_bytes()
    assert not intake.pending(desk.home, desk.terms)


def test_a_file_that_nobody_can_open_is_counted_and_keeps_nothing_else_from_being_read(desk: Desk) -> None:
    desk.land("courses", "c.jsonl", COURSES)
    folder = desk.home.landing / "courses"
    (folder / "long.jsonl").symlink_to("x" * 300)
    (folder / "gone.jsonl").symlink_to(desk.home.root / "nowhere.jsonl")
    Path(os.fsdecode(os.fsencode(folder) + b"/no\xffname.jsonl")).write_bytes(b"{}")
    assert desk.run()["courses"].accepted == 1
    assert intake.unreachable_files(desk.home, desk.terms.inbound) == {"courses": 3}


def test_a_stored_row_bears_the_version_of_the_policy_under_which_it_came(tmp_path: Path, call: Make):
    policy = tmp_path / "policy.yaml"
    text = (settings.CONTRACTS_DIR / "policy.yaml").read_text(encoding="utf-8")
    policy.write_text(text.replace('version: "1"', 'version: "uji-2"'), encoding="utf-8")
    desk = make_desk(tmp_path / "home", policy_file=policy)
    desk.land("web_events", "a.jsonl", [call(1), call(2, consent=False)])
    desk.run()
    assert set(desk.rows("web_events")["policy_version"]) == {"uji-2"}
