from __future__ import annotations

import csv
import gzip
import json
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.demo.landing import strays
from pipelines.demo.landing.layout import Layout
from pipelines.demo.landing.outlet import Outlet
from pipelines.demo.rows import Plant, Row
from pipelines.demo.truth import TABLES, Truth
from pipelines.demo.world.span import DAY, World

WORLD = World(learners=1, days=100, seed=1, end=date(2026, 6, 30))
LAYOUT = Layout(WORLD)
BAD = Plant("broken_json", "quarantined", key="k")


def order(day: int, number: int, plant: Plant | None = None) -> Row:
    line = {"order_id": f"o{number}", "user_id": "u", "course_id": "c", "created_at": "2026-05-01T00:00:00+07:00"}
    return Row("orders", WORLD.start_at + day * DAY, json.dumps({**line, "amount_idr": 5}), plant)


def write(
    folder: Path, rows: list[Row], *, is_drifting: bool = False, has_strays: bool = False
) -> list[dict[str, object]]:
    with Truth(folder / "truth") as truth:
        outlet = Outlet(folder / "landing", LAYOUT, truth, progress=None, is_drifting=is_drifting)
        outlet.put(rows)
        outlet.close()
        if has_strays:
            strays.leave(WORLD, outlet)
    found: list[dict[str, object]] = pq.read_table(folder / "truth" / "planted.parquet").to_pylist()
    return found


def line_at(path: Path, number: int) -> str:
    """What an editor shows on that line; of Parquet, the row of that number."""
    if path.suffix == ".parquet":
        return json.dumps(pq.read_table(path).to_pylist()[number - 1], default=str)
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return data.decode().splitlines()[number - 1]


def test_a_planted_row_is_found_at_its_file_and_line_in_every_format(tmp_path: Path) -> None:
    rows = [order(day, number, BAD if number % 7 == 3 else None) for number, day in enumerate(range(0, 100, 2))]
    rows += [
        Row(
            "course_progress",
            WORLD.start_at + day * DAY,
            json.dumps({"event_id": f"e{day}"}),
            BAD if day % 5 == 0 else None,
        )
        for day in range(100)
    ]
    planted = write(tmp_path, rows)
    assert len(planted) == sum(row.plant is not None for row in rows)
    marked = {f'"{json.loads(r.line).get("order_id", json.loads(r.line).get("event_id"))}"' for r in rows if r.plant}
    suffixes = set()
    for plant in planted:
        path = tmp_path / "landing" / str(plant["file"])
        text = line_at(path, plant["line"])  # type: ignore[arg-type]
        cell = text.split(",")[0] if path.suffix == ".csv" else text
        assert any(value.strip('"') == cell if path.suffix == ".csv" else value in text for value in marked), plant
        suffixes.add(path.suffix)
    assert suffixes == {".csv", ".parquet", ".gz"}


def test_lines_go_on_being_counted_over_several_batches(tmp_path: Path) -> None:
    with Truth(tmp_path / "truth") as truth:
        outlet = Outlet(tmp_path / "landing", LAYOUT, truth, progress=None, is_drifting=False)
        for number in range(5):
            outlet.put([order(0, number), order(0, number + 10, BAD)])
        outlet.close()
    lines = pq.read_table(tmp_path / "truth" / "planted.parquet")["line"].to_pylist()
    assert lines == [3, 5, 7, 9, 11]  # the header is line 1


def test_files_and_their_rows_stand_in_the_truth(tmp_path: Path) -> None:
    write(tmp_path, [order(day, day) for day in range(100)], has_strays=False)
    files = pq.read_table(tmp_path / "truth" / "files.parquet").to_pylist()
    assert sum(file["rows"] for file in files) == 100
    for file in files:
        path = tmp_path / "landing" / file["file"]
        if path.suffix == ".csv":
            assert len(list(csv.reader(path.open(newline="")))) == file["rows"] + 1


def test_files_are_named_when_their_period_is_over(tmp_path: Path) -> None:
    with Truth(None) as truth:
        outlet = Outlet(tmp_path, LAYOUT, truth, progress=None, is_drifting=False)
        outlet.put([order(0, 1)])
        assert [path.suffix for path in tmp_path.rglob("*.*")] == [".part"]
        outlet.close(WORLD.start_at + DAY)
        assert [path.suffix for path in tmp_path.rglob("*.*")] == [".part"]
        outlet.close(WORLD.start_at + 60 * DAY)
        assert [path.name for path in tmp_path.rglob("*.*")] == ["orders-2026-03.csv"]


def test_a_renamed_column_is_renamed_for_a_whole_file(tmp_path: Path) -> None:
    day = {"date": "2026-05-20", "campaign_id": "c", "spend": "5.00"}
    rows = [Row("ad_insights", WORLD.start_at + n * DAY, json.dumps(day)) for n in range(100)]
    planted = write(tmp_path, rows, is_drifting=True)
    headers = {path.name: path.read_text().splitlines()[0] for path in (tmp_path / "landing/ad_insights").iterdir()}
    renamed = {name for name, header in headers.items() if "amount_spent" in header}
    assert len(renamed) == 1
    assert {str(plant["file"]).split("/")[1] for plant in planted} == renamed
    text = (tmp_path / "landing/ad_insights" / renamed.pop()).read_text()
    assert text.count("5.00") == len(planted) > 20


@pytest.mark.parametrize("kind", ["drift_added", "drift_renamed", "drift_typed"])
def test_each_drift_concerns_one_period_of_its_source(tmp_path: Path, kind: str) -> None:
    row = {
        "event_id": "e",
        "user_id": "u",
        "messageId": "m",
        "city": "Solo",
        "gross_amount": "250000.00",
        "order_id": "o",
    }
    sources = ("course_progress", "accounts", "web_events", "payments")
    rows = [Row(source, WORLD.start_at + n * DAY, json.dumps(row)) for n in range(100) for source in sources]
    planted = [plant for plant in write(tmp_path, rows, is_drifting=True) if plant["kind"] == kind]
    assert planted
    for source in {str(plant["source"]) for plant in planted}:
        assert len({plant["file"] for plant in planted if plant["source"] == source}) == 1


def test_stray_files_are_what_they_are_said_to_be(tmp_path: Path) -> None:
    calls = [Row("web_events", WORLD.start_at + n * DAY, json.dumps({"messageId": f"m{n}"})) for n in range(100)]
    planted = write(tmp_path, calls, has_strays=True)
    landing = tmp_path / "landing" / "web_events"
    (copy,) = landing.glob(f"*{strays.COPY_MARK}*")
    assert copy.read_bytes() == copy.with_name(copy.name.replace(strays.COPY_MARK, "")).read_bytes()
    (part,) = landing.glob("*.part")
    assert not part.read_text().endswith("\n")
    assert max(len(line) for line in (landing / "web_events-raksasa.jsonl").read_bytes().splitlines()) > 1 << 20
    assert {plant["kind"] for plant in planted} == {"giant_line", "rubbish"}
    files = pq.read_table(tmp_path / "truth" / "files.parquet").to_pylist()
    assert [file["copy_of"] for file in files if file["copy_of"]] == ["web_events/web_events-2026-06-29.jsonl"]


def test_every_table_of_the_truth_is_written_even_without_rows(tmp_path: Path) -> None:
    write(tmp_path, [])
    assert {path.stem for path in (tmp_path / "truth").iterdir()} == set(TABLES)
