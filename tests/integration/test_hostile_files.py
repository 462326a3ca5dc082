"""Files made to break a reader: intake stays within 500 MB, names what is wrong, and takes the rows beside it.

Each case runs in a process of its own, whose greatest resident memory is asked for at its end.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import settings

pytestmark = pytest.mark.slow

MOST_MEGABYTES = 500
HUNDRED_MB = 100_000_000
_RUN = """
import json, sys
from pathlib import Path
from pipelines import intake
from tests.desk import AS_OF, COURSES, make_desk
desk, sources = make_desk(Path(sys.argv[1])), sys.argv[2:]
desk.land("courses", "a.jsonl", COURSES)
for source in sources:
    (Path(sys.argv[1]).parent / source).rename(desk.home.landing / source)
reports = intake.run(desk.home, desk.ring, desk.terms, as_of=AS_OF, sources=["courses", *sources])
(status,) = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
told = {each.source: [each.accepted, dict(each.quarantined), each.duplicates] for each in reports}
print(json.dumps({"megabytes": int(status.split()[1]) / 1024, "told": told}))
"""
LOG = '192.0.2.11 - - [04/May/2026:10:00:00 +0700] "GET /{} HTTP/1.1" 200 12 "-" "curl/8"\n'
ORDER = "{},learner-1,web-1,2026-05-04T10:00:00Z\n"
HEADER = "order_id,user_id,course_id,created_at\n"


def _event(name: object) -> str:
    row = {
        "event_id": str(name),
        "user_id": "learner-1",
        "course_id": "web-1",
        "event_type": "started",
        "occurred_at": "2026-05-04T10:00:00+07:00",
    }
    return json.dumps(row) + "\n"


@pytest.fixture
def take_in(tmp_path: Path) -> Callable[..., tuple[int, dict[str, int], int]]:
    def run(source: str) -> tuple[int, dict[str, int], int]:
        command = [sys.executable, "-c", _RUN, str(tmp_path / "home"), source]
        environment = {**os.environ, "PYTHONPATH": str(settings.PROJECT_ROOT)}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=300)
        assert done.returncode == 0, done.stderr[-2_000:]
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        sys.stdout.write(f"{found}\n")
        assert found["megabytes"] <= MOST_MEGABYTES
        accepted, quarantined, duplicates = found["told"][source]
        return accepted, quarantined, duplicates

    return run


@pytest.fixture
def land(tmp_path: Path) -> Callable[[str, str], Path]:
    def place(source: str, name: str) -> Path:
        folder = tmp_path / source
        folder.mkdir(exist_ok=True)
        return folder / name

    return place


@pytest.mark.parametrize("end", ["\n", ""])
@pytest.mark.parametrize(
    ("source", "name", "before", "long", "after"),
    [
        ("course_progress", "a.jsonl", _event(1), _event("{}").rstrip("\n"), _event(2)),
        ("web_access_log", "a.log", LOG.format("a"), LOG.rstrip("\n"), LOG.format("b")),
        ("orders", "a.csv", HEADER + ORDER.format(1), ORDER.rstrip("\n"), ORDER.format(2)),
    ],
    ids=["jsonl", "log", "csv"],
)
def test_a_line_of_a_hundred_megabytes(
    land: Any, take_in: Any, source: str, name: str, before: str, long: str, after: str, end: str
):
    text = long.replace("{}", "x" * HUNDRED_MB)
    land(source, name).write_text(before + text + (end + after if end else ""))
    assert take_in(source) == (2 if end else 1, {"line_too_long": 1}, 0)


@pytest.mark.parametrize("inside", ["xxxxxxxxx\n", "x,x,x\r\n"])
def test_a_quoted_cell_of_a_hundred_megabytes_with_line_ends(land: Any, take_in: Any, inside: str):
    cell = inside * (HUNDRED_MB // len(inside))
    land("orders", "a.csv").write_text(f'{HEADER}{ORDER.format(1)}2,"{cell}",web-1,2026\n{ORDER.format(3)}')
    accepted, quarantined, _ = take_in("orders")
    assert accepted == 2
    assert quarantined == {"broken_quotes": 2}


def _members(before: bytes, unit: bytes) -> Iterator[bytes]:
    """Ten gigabytes, of one piece that is compressed once."""
    yield gzip.compress(before)
    piece = zlib.compressobj(9, zlib.DEFLATED, 31)
    content = piece.compress(unit * ((64 << 20) // len(unit))) + piece.flush()
    yield from [content] * (10_000_000_000 // (64 << 20))


@pytest.mark.parametrize(
    "unit", [b"\0", b"{}\n", b"\n", b"1\n", _event(1).encode()], ids=["zeros", "empty", "blank", "tiny", "rows"]
)
def test_ten_gigabytes_in_ten_megabytes_of_gzip(land: Any, take_in: Any, unit: bytes):
    before = "".join(_event(number) for number in range(3)).encode()
    place = land("course_progress", "a.jsonl.gz")
    with place.open("wb") as stream:
        stream.writelines(_members(before, unit))
    assert place.stat().st_size < 60_000_000
    accepted, quarantined, _ = take_in("course_progress")
    assert accepted == 3
    assert quarantined["gzip_bomb"] == 1


def test_wrong_bytes_and_ten_thousand_braces_in_json_lines(land: Any, take_in: Any):
    deep = 10_000
    bad = [
        b'{"event_id":"\xff"}',
        _event(9).encode().rstrip().replace(b"learner", b"lear\0ner"),
        b"\0" * 1_000,
        b"{" * deep,
        b'{"a":' * deep + b"1" + b"}" * deep,
        b"[" * deep + b"]" * deep,
        _event(9).encode().rstrip().replace(b'"learner-1"', b'{"a":' * deep + b"1" + b"}" * deep),
        _event(9).encode().rstrip().replace(b'"started"', b"[" * deep + b"]" * deep),
    ]
    content = b"\n".join([_event(1).encode().rstrip(), *bad, _event(2).encode()])
    land("course_progress", "a.jsonl").write_bytes(content)
    accepted, quarantined, _ = take_in("course_progress")
    assert accepted == 2
    assert sum(quarantined.values()) == len(bad)
    assert quarantined["wrong_encoding"] == 1
    assert quarantined["malformed"] >= 4


def test_wrong_bytes_in_a_table_and_in_a_log(land: Any, take_in: Any):
    bad = [b"9,learner\xff,web-1,2026-05-04T10:00:00Z\n", b"\0,\0,\0,\0\n", b"{" * 10_000 + b"\n", b",,,\n"]
    rows = [(HEADER + ORDER.format(1)).encode(), *bad, ORDER.format(2).encode()]
    land("orders", "a.csv").write_bytes(b"".join(rows))
    accepted, quarantined, _ = take_in("orders")
    assert (accepted, sum(quarantined.values())) == (2, len(bad))


def test_wrong_bytes_in_a_log(land: Any, take_in: Any):
    bad = [LOG.format("\xff").encode("latin-1"), b"\0" * 99 + b"\n", b"{" * 10_000 + b"\n", b'"' * 10_000 + b"\n"]
    land("web_access_log", "a.log").write_bytes(b"".join([LOG.format("a").encode(), *bad, LOG.format("b").encode()]))
    accepted, quarantined, _ = take_in("web_access_log")
    assert (accepted, sum(quarantined.values())) == (2, len(bad))


def _events(rows: int) -> dict[str, pa.Array]:
    row = json.loads(_event(0))
    return {
        name: pa.array([value if name != "event_id" else str(n) for n in range(rows)]) for name, value in row.items()
    }


def test_a_text_of_a_megabyte_that_stands_in_every_row_of_parquet(land: Any, take_in: Any):
    rows = 20_000
    columns = _events(rows)
    index = pa.array([0] * (rows - 2) + [1] * 2, pa.int32())
    columns["enrolment_id"] = pa.DictionaryArray.from_arrays(index, pa.array(["x" * (2 << 20), "e-1"]))
    place = land("course_progress", "a.parquet")
    pq.write_table(pa.table(columns), place, dictionary_pagesize_limit=1 << 30)
    assert place.stat().st_size < 10_000_000
    assert take_in("course_progress") == (2, {"line_too_long": rows - 2}, 0)


def test_a_row_group_of_parquet_that_holds_a_thousand_times_its_size(land: Any, take_in: Any):
    columns = _events(1_000)
    columns["enrolment_id"] = pa.array(["e-1"] * 500 + ["x" * (1 << 20)] * 500)
    place = land("course_progress", "a.parquet")
    pq.write_table(pa.table(columns), place, row_group_size=500, compression="zstd", use_dictionary=False)
    assert place.stat().st_size < 10_000_000
    assert take_in("course_progress") == (500, {"parquet_bomb": 1}, 0)


def test_a_parquet_file_whose_footer_lies(land: Any, take_in: Any):
    rng = random.Random(20_260_630)
    whole = land("course_progress", "whole.parquet")
    pq.write_table(pa.table(_events(1_000)), whole, row_group_size=100)
    content = whole.read_bytes()
    size = int.from_bytes(content[-8:-4], "little")
    for number in range(100):
        changed = bytearray(content)
        for _ in range(rng.choice((1, 2, 20))):
            changed[rng.randrange(len(content) - size - 8, len(content))] = rng.randrange(256)
        land("course_progress", f"{number}.parquet").write_bytes(changed)
    accepted, quarantined, _ = take_in("course_progress")
    assert accepted >= 1_000
    assert quarantined["broken_parquet"] > 30


def test_what_is_no_file_is_left_alone_and_the_files_beside_it_are_taken_in(land: Any, take_in: Any):
    land("course_progress", "a.jsonl").write_text(_event(1))
    land("course_progress", "folder.jsonl").mkdir()
    land("course_progress", "folder.jsonl/b.jsonl").write_text(_event(2))
    land("course_progress", "nowhere.jsonl").symlink_to("gone.jsonl")
    land("course_progress", "loop.jsonl").symlink_to("loop.jsonl")
    os.mkfifo(land("course_progress", "pipe.jsonl"))
    assert take_in("course_progress") == (2, {}, 0)
