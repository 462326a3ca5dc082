"""Bytes of every format as lines with their places."""

from __future__ import annotations

import io
import json
from pathlib import Path

import duckdb
import pytest

from pipelines.intake.formats import delimited, lines, parquet, suffix_of


def cut(content: bytes) -> list[tuple[int, str, str | None]]:
    return [tuple(row.values()) for batch in lines.cut(io.BytesIO(content)) for row in batch.to_pylist()]  # type: ignore[misc]


@pytest.mark.parametrize("block", [7, 64, 4 << 20])
def test_blank_lines_count_as_places_and_not_as_rows(monkeypatch: pytest.MonkeyPatch, block: int):
    monkeypatch.setattr(lines, "BLOCK_BYTES", block)
    found = [(place, raw.strip(), fault) for place, raw, fault in cut(b"\n{1111}\r\n\n  \n{2222}\n{3333}")]
    assert found == [(2, "{1111}", None), (5, "{2222}", None), (6, "{3333}", None)]


def test_a_line_beyond_the_limit_is_named_and_the_next_one_read(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lines, "BLOCK_BYTES", 1000)
    monkeypatch.setattr(lines, "LONGEST_LINE_BYTES", 3000)
    monkeypatch.setattr(lines, "KEPT_OF_A_LONG_LINE_BYTES", 10)
    found = cut(b"{first}\n" + b"x" * 50_000 + b"\n{third}\n" + b"y" * 3500 + b"\n{fifth}")
    assert [(place, fault) for place, _, fault in found] == [
        (1, None),
        (2, "line_too_long"),
        (3, None),
        (4, "line_too_long"),
        (5, None),
    ]
    assert [raw.strip() for _, raw, fault in found if fault is None] == ["{first}", "{third}", "{fifth}"]


def test_bytes_that_are_not_utf8_are_escaped_and_named():
    ((place, raw, fault),) = cut(b'{"a": "\xff"}\n')
    assert (place, raw, fault) == (1, '{"a": "\\xff"}', "wrong_encoding")


def test_dotted_csv_columns_become_nested_fields_and_broken_records_are_named(tmp_path: Path):
    place = tmp_path / "a.csv"
    place.write_bytes(b'\xef\xbb\xbfid,context.ip\r\n1,10.0.0.1\r\n2\r\n"3 ""x""\nline",\r\n4,\xff\r\n')
    rows = [row for batch in delimited.read(place) for row in batch.to_pylist()]
    assert [row["fault"] for row in rows] == [None, "wrong_cell_count", None, "wrong_encoding"]
    assert json.loads(rows[0]["raw"]) == {"id": "1", "context": {"ip": "10.0.0.1"}}
    assert json.loads(rows[2]["raw"]) == {"id": '3 "x"\nline'}
    assert [row["place"] for row in rows] == [2, 3, 5, 6]


def test_nested_and_dotted_parquet_columns_read_alike(tmp_path: Path):
    nested, dotted = tmp_path / "n.parquet", tmp_path / "d.parquet"
    duckdb.sql(f"copy (select 1 as id, {{'ip': '10.0.0.1'}} as context) to '{nested}'")
    duckdb.sql(f"copy (select 1 as id, '10.0.0.1' as \"context.ip\") to '{dotted}'")
    first, second = (json.loads(next(parquet.read(file)).to_pylist()[0]["raw"]) for file in (nested, dotted))
    assert first == second == {"id": 1, "context": {"ip": "10.0.0.1"}}


@pytest.mark.parametrize(
    ("name", "suffix"), [("A.JSONL", ".jsonl"), ("a.jsonl.gz", ".jsonl.gz"), ("a.txt", None), ("a.csv.bak", None)]
)
def test_a_format_is_known_by_the_end_of_the_name(name: str, suffix: str | None):
    assert suffix_of(name) == suffix
