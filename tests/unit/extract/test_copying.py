"""Which rows of a table land, and when the mark moves; the table is a list."""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from pipelines.extract.copying import MINUTE, Row, land
from pipelines.extract.marks import open_marks
from pipelines.extract.outlet import Outlet
from pipelines.settings import Home
from tests.desk import AS_OF

HOUR = 60 * MINUTE
NOW = 1_000_000 * HOUR


@dataclass
class Table:
    """A table as a list of rows, read the way the database gives it."""

    home: Home
    rows: list[Row] = field(default_factory=list)
    file_bytes: int = 1 << 20

    def select(self, floor: int | None) -> Iterable[Row]:
        chosen = [row for row in self.rows if row[0] is None or floor is None or row[0] >= floor]
        return sorted(chosen, key=lambda row: (row[0] is None, row[0] or 0))

    def read(self, *, cap: int = NOW) -> tuple[int, int]:
        outlet = Outlet(self.home, "accounts", as_of=AS_OF, file_bytes=self.file_bytes)
        with open_marks(self.home, "accounts") as marks:
            return land(self.select, marks=marks, outlet=outlet, cap=cap, overlap_minutes=60)

    def files(self) -> list[Path]:
        return sorted((self.home.landing / "accounts").glob("*"))

    def landed(self) -> list[bytes]:
        return [line for file in self.files() for line in gzip.open(file, "rb").read().splitlines()]


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return Table(Home(tmp_path / "home").prepare())


def test_only_new_and_changed_rows_of_the_overlap_land(table: Table):
    table.rows = [(NOW - HOUR, b"a"), (NOW - MINUTE, b"b")]
    assert table.read() == (2, 2)
    assert table.read() == (2, 0)
    table.rows = [(NOW - HOUR, b"a"), (NOW, b"b2"), (NOW - 30 * MINUTE, b"late")]
    assert table.read() == (3, 2)
    assert table.landed() == [b"a", b"b", b"late", b"b2"]


def test_rows_before_the_overlap_are_not_read_again(table: Table):
    table.rows = [(NOW - 3 * HOUR, b"old"), (NOW, b"new")]
    table.read()
    assert table.read() == (1, 0)


def test_nothing_new_leaves_no_file(table: Table):
    assert table.read() == (0, 0)
    assert table.files() == []


def test_an_instant_beyond_the_cap_does_not_move_the_mark(table: Table):
    table.rows = [(NOW - 5 * HOUR, b"a"), (NOW + 99 * HOUR, b"far")]
    table.read()
    table.rows.append((NOW - 5 * HOUR + MINUTE, b"b"))
    assert table.read() == (3, 1)


def test_rows_without_a_mark_land_when_they_change(table: Table):
    table.rows = [(None, b"a"), (NOW, b"b")]
    table.read()
    assert table.read() == (2, 0)
    table.rows[0] = (None, b"a2")
    assert table.read() == (2, 1)
    table.rows[0] = (None, b"a")
    assert table.read() == (2, 1)


def test_files_are_cut_by_size_and_the_mark_moves_with_each(table: Table, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("pipelines.extract.copying._BATCH_ROWS", 10)
    table.file_bytes = 100
    table.rows = [(NOW + (n - 500) * HOUR, f"row {n:04d}".encode()) for n in range(500)]
    original = Outlet.put
    calls = iter(range(1000))

    def broken(self: Outlet) -> None:
        if next(calls) == 20:
            raise OSError(28, "No space left on device")
        original(self)

    monkeypatch.setattr(Outlet, "put", broken)
    with pytest.raises(OSError, match="No space"):
        table.read()
    done = len(table.files())
    assert 10 < done <= 20
    assert [path for path in table.files() if path.suffix == ".part"] == []
    monkeypatch.setattr(Outlet, "put", original)
    read, _ = table.read()
    assert read < 500
    assert set(table.landed()) == {row for _, row in table.rows}


def test_after_a_read_that_did_not_end_no_row_counts_as_known(table: Table, monkeypatch: pytest.MonkeyPatch):
    table.rows = [(None, b"a")]
    table.read()
    table.rows = [(None, b"b")]
    with monkeypatch.context() as broken:
        broken.setattr("pipelines.extract.marks.Marks.finish", _dies)
        with pytest.raises(KeyboardInterrupt):
            table.read()
    table.rows = [(None, b"a")]
    table.read()
    assert table.landed() == [b"a", b"b", b"a"]


def _dies(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_the_same_rows_again_are_another_file_and_come_after_the_earlier(table: Table):
    for row in (b"a", b"b", b"a"):
        table.rows = [(None, row)]
        table.read()
    contents = [path.read_bytes() for path in table.files()]
    assert len(set(contents)) == 3
    assert table.landed() == [b"a", b"b", b"a"]


def test_numbers_of_files_go_on_where_the_memory_was_lost(table: Table):
    table.rows = [(NOW, b"a")]
    table.read()
    table.home.extracts_file.unlink()
    table.rows = [(NOW, b"b")]
    table.read()
    assert table.landed() == [b"a", b"b"]


def test_only_own_unfinished_files_are_swept(table: Table):
    folder = table.home.landing / "accounts"
    folder.mkdir()
    own, other = folder / "accounts-00000007-20260630T170000Z-00001.jsonl.gz.part", folder / "upload.jsonl.part"
    own.write_bytes(b"half")
    other.write_bytes(b"somebody else's")
    table.read()
    assert table.files() == [other]


def test_neither_a_row_nor_a_plain_hash_of_it_is_remembered(table: Table):
    import hashlib

    row = b'{"email": "ratna@example.com"}'
    table.rows = [(NOW, row)]
    table.read()
    stored = table.home.extracts_file.read_bytes()
    assert b"ratna" not in stored
    for size in (16, 20, 32):
        assert hashlib.blake2b(row, digest_size=size).digest() not in stored
    with closing(sqlite3.connect(table.home.extracts_file)) as connection:
        assert connection.execute("select count(*), max(mark) from seen").fetchone() == (1, NOW)


def test_what_no_later_read_meets_is_forgotten(table: Table):
    table.rows = [(NOW - n * HOUR, f"{n}".encode()) for n in range(50)]
    table.read()
    with closing(sqlite3.connect(table.home.extracts_file)) as connection:
        assert connection.execute("select count(*) from seen").fetchone() == (2,)


def test_batches_are_bounded_in_bytes(table: Table, monkeypatch: pytest.MonkeyPatch):
    sizes: list[int] = []
    original = Outlet.write

    def noted(self: Outlet, rows: list[bytes]) -> None:
        sizes.append(sum(map(len, rows)))
        original(self, rows)

    monkeypatch.setattr(Outlet, "write", noted)
    table.rows = [(NOW, b"x" * (1 << 20) + b"%d" % n) for n in range(12)]
    table.read()
    assert max(sizes) < 6 << 20


_WRITES = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, 5), st.integers(0, 59)),  # row, minutes by which it appears late
        st.tuples(st.just("read"), st.just(0), st.just(0)),
        st.tuples(st.just("die"), st.just(0), st.just(0)),
    ),
    max_size=30,
)


@trials(max_examples=60, deadline=None)
@given(_WRITES)
def test_whatever_is_written_and_read_the_newest_landed_state_is_the_tables(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]
):
    table = Table(Home(tmp_path_factory.mktemp("history") / "home").prepare())
    state: dict[int, Row] = {}
    clock = NOW - 1000 * HOUR
    for number, (what, row, late) in enumerate(steps):
        clock += 7 * MINUTE
        if what == "write":
            mark = clock - late * MINUTE
            if row not in state or (state[row][0] or 0) < mark:
                state[row] = (mark, b"%d %020d %d" % (row, mark, number))
        table.rows = list(state.values())
        if what == "read":
            table.read()
        elif what == "die":
            with pytest.MonkeyPatch.context() as broken:
                broken.setattr("pipelines.extract.marks.Marks.finish", _dies)
                with pytest.raises(KeyboardInterrupt):
                    table.read()
    table.read()
    newest: dict[bytes, bytes] = {}
    for line in table.landed():
        key = line.split()[0]
        newest[key] = max(newest.get(key, b""), line)
    assert set(newest.values()) == {row for _, row in state.values()}
