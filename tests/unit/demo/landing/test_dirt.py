from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime
from random import Random
from typing import Any

import pytest

from pipelines.demo.landing.dirt import EVENT_TIMES, RATES, REQUIRED, Dirt
from pipelines.demo.rows import Plant, Row
from pipelines.demo.world.span import DAY, World

WORLD = World(learners=1, days=60, seed=1, end=date(2026, 6, 30))
AT = WORLD.start_at + 10 * DAY
CALL = {
    "messageId": "m1",
    "anonymousId": "b1",
    "type": "page",
    "timestamp": "2026-05-11T03:00:00.123Z",
    "context": {"ip": "198.18.0.1"},
    "properties": {"page_view_id": "é"},
}


def spoilt(kind: str, *, source: str = "web_events", document: dict[str, Any] = CALL, seed: int = 1) -> list[Row]:
    row = Row(source, AT, json.dumps(document, ensure_ascii=False))
    return list(Dirt(WORLD, level=1).spoilt(row, kind, key="m1", rng=Random(seed), occurred_at=7, email="a@b.example"))


def test_level_nothing_leaves_everything_clean() -> None:
    plan = Dirt(WORLD, level=0)
    row = Row("web_events", AT, json.dumps(CALL))
    assert all(list(plan.landed(row, key="m1", rng=Random(n))) == [row] for n in range(500))


def test_a_higher_level_spoils_more_and_never_all() -> None:
    def share(level: float) -> float:
        plan = Dirt(WORLD, level=level)
        return sum(plan.pick("web_events", AT, rng=Random(n)) != "" for n in range(2000)) / 2000

    assert share(0.5) == pytest.approx(sum(RATES["web_events"].values()) / 2, abs=0.03)
    assert share(1000.0) == pytest.approx(0.9, abs=0.03)


def test_a_duplicate_is_the_same_line_twice_and_the_second_is_known() -> None:
    first, second = spoilt("duplicate")
    assert first.line == second.line
    assert first.plant is None
    assert second.plant == Plant("duplicate", "duplicate", key="m1", occurred_at=7)


def test_a_late_row_goes_to_the_next_file_and_stays_as_it_is() -> None:
    (row,) = spoilt("late")
    layout = Dirt(WORLD, level=1).layout
    assert row.plant is not None
    assert row.plant.fate == "accepted"
    assert layout.file("web_events", row.at) != layout.file("web_events", AT)
    assert json.loads(row.line) == CALL


def test_nothing_is_late_beyond_the_end() -> None:
    row = Row("web_events", WORLD.end_at - 60, json.dumps(CALL))
    assert list(Dirt(WORLD, level=1).spoilt(row, "late", key="m1", rng=Random(1))) == [row]


def test_broken_json_does_not_parse() -> None:
    for seed in range(50):
        (row,) = spoilt("broken_json", seed=seed)
        with pytest.raises(json.JSONDecodeError):
            json.loads(row.line)
        assert row.plant is not None
        assert row.plant.fate == "quarantined"


def test_a_wrong_encoding_is_no_utf_8_but_still_one_json_line() -> None:
    (row,) = spoilt("wrong_encoding")
    data = row.line.encode("utf-8", "surrogateescape")
    with pytest.raises(UnicodeDecodeError):
        data.decode()
    json.loads(data.decode("utf-8", "replace"))


@pytest.mark.parametrize("source", sorted(source for source, rates in RATES.items() if "missing_field" in rates))
def test_a_missing_field_is_named_and_gone(source: str) -> None:
    document = {name: "x" for members in REQUIRED[source] for name in members} | {"other": 1}
    (row,) = spoilt("missing_field", source=source, document=document)
    assert row.plant is not None
    gone = row.plant.field.split("|")
    assert document.keys() - json.loads(row.line).keys() == set(gone)


def test_only_what_is_there_can_be_missing() -> None:
    document = {"anonymousId": "b1", "timestamp": "2026-05-11T03:00:00Z"}
    for seed in range(20):
        (row,) = spoilt("missing_field", document=document, seed=seed)
        assert row.plant is not None
        assert row.plant.field in {"timestamp", "anonymousId|userId"}


def test_a_time_without_offset_is_the_same_instant_on_the_clock_of_jakarta() -> None:
    (row,) = spoilt("no_offset")
    assert json.loads(row.line)["timestamp"] == "2026-05-11T10:00:00.123"
    local = {**CALL, "occurred_at": "2026-05-11T10:00:00+07:00"}
    (row,) = spoilt("no_offset", source="course_progress", document=local)
    assert json.loads(row.line)["occurred_at"] == "2026-05-11T10:00:00"


def test_the_future_is_more_than_a_day_ahead_of_the_end() -> None:
    (row,) = spoilt("future")
    at = datetime.fromisoformat(json.loads(row.line)["timestamp"]).timestamp()
    assert at > WORLD.end_at + DAY


def test_a_wrong_type_is_no_instant() -> None:
    for seed in range(10):
        (row,) = spoilt("wrong_type", seed=seed)
        with pytest.raises((ValueError, TypeError)):
            datetime.fromisoformat(json.loads(row.line)["timestamp"])


def test_an_unknown_field_may_bear_an_address_and_is_named() -> None:
    names = {spoilt("unknown_field", seed=seed)[0].plant.field for seed in range(30)}  # type: ignore[union-attr]
    assert {"traits", "internal_note"} <= names
    assert any("a@b.example" in spoilt("unknown_field", seed=seed)[0].line for seed in range(30))


def test_csv_and_parquet_take_no_broken_lines() -> None:
    plan = Dirt(WORLD, level=50)
    kinds = Counter(plan.pick("orders", AT, rng=Random(n)) for n in range(2000))
    assert {"duplicate", "late", "missing_field"} <= kinds.keys()
    assert not kinds.keys() & {"broken_json", "wrong_type", "unknown_field", "wrong_encoding"}


def test_a_row_that_bears_a_plant_is_left_alone() -> None:
    row = Row("payments", AT, "{}", Plant("forged_signature", "quarantined"))
    plan = Dirt(WORLD, level=1000)
    assert all(list(plan.landed(row, key="o", rng=Random(n))) == [row] for n in range(200))


def test_every_rate_can_be_carried_out() -> None:
    made_elsewhere = {"repeated_later", "out_of_order", "truncated"}
    for source, rates in RATES.items():
        fields = {name: "x" for members in REQUIRED.get(source, ()) for name in members}
        document = {**CALL, **fields, EVENT_TIMES.get(source, "none"): "2026-05-11T10:00:00+07:00"}
        for kind in rates.keys() - made_elsewhere:
            assert spoilt(kind, source=source, document=document)[-1].plant is not None, (source, kind)
