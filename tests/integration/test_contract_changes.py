"""A contract may gain and lose fields while a home is full: the lake reads as if it had always been so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines import contracts, settings, warehouse
from pipelines.contracts import render
from tests.desk import AS_OF, COURSES, Desk, make_desk

pytestmark = pytest.mark.slow
DEVICE = """      - name: device
        logicalType: string
        classification: internal
        description: What the lesson was opened on.
        customProperties:
          - {property: category, value: course}
          - {property: identifier, value: none}
          - {property: treatment, value: label}
          - {property: storedAs, value: device}
"""


def _event(number: int, day: int, **more: str) -> dict[str, str]:
    at = f"2026-05-{day:02}T10:00:00Z"
    row = {"event_id": f"e{number}", "user_id": "u", "course_id": "web-1", "event_type": "enrolled", "occurred_at": at}
    return {**row, **more}


def _terms(folder: Path, *, with_device: bool) -> contracts.Contracts:
    shutil.copytree(settings.CONTRACTS_DIR, folder)
    file = folder / "inbound" / "course_progress.odcs.yaml"
    if with_device:
        text = file.read_text()
        file.write_text(text.replace("      - name: event_type\n", f"{DEVICE}      - name: event_type\n", 1))
    return contracts.load(folder)


def _events(desk: Desk) -> list[tuple[object, ...]]:
    built = warehouse.build(desk.home, desk.ring, desk.terms, days=None, as_of=AS_OF)
    assert built.held_back == {}
    with warehouse.open_read_only(desk.home, desk.ring) as connection:
        return connection.execute("select course_id, enrolled from warehouse.marts.agg_completion_rates").fetchall()


def test_a_field_that_comes_and_goes_leaves_a_full_home_readable(tmp_path: Path):
    desk = make_desk(tmp_path / "home")
    desk.land("courses", "c.jsonl", COURSES)
    desk.land("course_progress", "a.jsonl", [_event(1, 4), _event(2, 5)])
    desk.run()
    desk.terms = _terms(tmp_path / "more", with_device=True)
    assert render.rendered(desk.terms) != render.rendered(contracts.load(settings.CONTRACTS_DIR))
    desk.land("course_progress", "b.jsonl", [_event(3, 5, device="phone"), _event(4, 6, device="phone")])
    desk.run()
    assert _events(desk) == [("web-1", 1)]
    desk.terms = _terms(tmp_path / "less", with_device=False)
    desk.land("course_progress", "c.jsonl", [_event(5, 4), _event(6, 6)])
    assert desk.run()["course_progress"].accepted == 2
    assert _events(desk) == [("web-1", 1)]
    before, after = (
        desk.home.lake / "course_progress" / "dt=2026-05-05",
        desk.home.lake / "course_progress" / "dt=2026-05-06",
    )
    assert before.is_dir()
    assert after.is_dir()


def test_a_file_of_the_lake_that_is_gone_stops_everything(tmp_path: Path):
    from pipelines import lake

    desk = make_desk(tmp_path / "home")
    desk.land("courses", "c.jsonl", COURSES)
    desk.land("course_progress", "a.jsonl", [_event(1, 4)])
    desk.run()
    next((desk.home.lake / "course_progress").rglob("*.parquet")).unlink()
    desk.land("course_progress", "b.jsonl", [_event(2, 5)])
    with pytest.raises(lake.LakeDamaged, match="course_progress/dt=2026-05-04"):
        desk.run()
