"""Bytes of every format as lines with their places."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.intake.formats import delimited, jsonl, lines, parquet, suffix_of


def cut(content: bytes) -> list[tuple[int, str, str | None]]:
    return [tuple(row.values()) for batch in lines.cut(io.BytesIO(content)) for row in batch.to_pylist()]  # type: ignore[misc]


def _until_broken(batches: Iterator[pa.RecordBatch], reason: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    try:
        for batch in batches:
            found += batch.to_pylist()
    except lines.UnreadableFile as problem:
        found_reason = str(problem)
    else:
        pytest.fail("the break was not noticed")
    assert found_reason == reason
    return found


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
    assert [row["place"] for row in rows] == [2, 3, 4, 6]


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


def test_a_stray_quote_costs_its_own_line_and_no_other(tmp_path: Path):
    place = tmp_path / "a.csv"
    place.write_text('id,title\n1,"Satu\n2,Dua\n3,"Ti"ga\n' + "".join(f"{n},x\n" for n in range(4, 200)))
    rows = [row for batch in delimited.read(place) for row in batch.to_pylist()]
    assert [(row["place"], row["fault"]) for row in rows if row["fault"]] == [
        (2, "broken_quotes"),
        (4, "broken_quotes"),
    ]
    assert json.loads(rows[0]["raw"]) == {"line": '1,"Satu\n'}
    assert len(rows) == 199


@pytest.mark.parametrize("header", ["context,context.gpc", "context.gpc,context", "a.b,a.b.c"])
def test_a_column_that_is_part_of_another_is_refused(tmp_path: Path, header: str):
    place = tmp_path / "a.csv"
    place.write_text(f"{header}\n1,2\n")
    with pytest.raises(lines.UnreadableFile, match="broken_header"):
        list(delimited.read(place))
    table = tmp_path / "a.parquet"
    first, second = header.split(",")
    duckdb.sql(f'copy (select 1 as "{first}", 2 as "{second}") to \'{table}\' (format parquet)')
    with pytest.raises(lines.UnreadableFile, match="broken_header"):
        list(parquet.read(table))


def test_a_gzip_that_breaks_off_gives_every_whole_line_before(tmp_path: Path):
    content = "".join(f'{{"number": {n}, "text": "{n * 7919}"}}\n' for n in range(20_000)).encode()
    whole = gzip.compress(content)
    place = tmp_path / "a.jsonl.gz"
    for name, data in (("cut", whole[: len(whole) * 9 // 10]), ("garbage", whole + b"rubbish that follows")):
        place.write_bytes(data)
        found = _until_broken(jsonl.read_gzip(place), "broken_gzip")
        assert len(found) > (17_000 if name == "cut" else 19_999), name
        assert found[16_999]["raw"].strip() == '{"number": 16999, "text": "134615081"}'


def test_a_gzip_of_several_members_is_one_stream(tmp_path: Path):
    place = tmp_path / "a.jsonl.gz"
    place.write_bytes(gzip.compress(b"{first}\n{sec") + gzip.compress(b"ond}\n") + b"\0" * 512)
    assert [row["raw"].strip() for batch in jsonl.read_gzip(place) for row in batch.to_pylist()] == [
        "{first}",
        "{second}",
    ]


def test_a_parquet_file_with_a_broken_page_gives_its_other_row_groups(tmp_path: Path):
    place = tmp_path / "a.parquet"
    duckdb.sql(f"copy (select range as id, hash(range) as h from range(50000)) to '{place}' (row_group_size 10240)")
    data = bytearray(place.read_bytes())
    third = pq.ParquetFile(place).metadata.row_group(2).column(1).data_page_offset
    data[third : third + 64] = b"\xff" * 64
    place.write_bytes(data)
    found = _until_broken(parquet.read(place), "broken_parquet")
    assert 20_000 < len(found) < 50_000


def test_a_star_in_the_name_of_a_parquet_file_is_a_star(tmp_path: Path):
    for name in ("*.parquet", "other.parquet"):
        duckdb.sql(f"copy (select '{name}' as id) to '{tmp_path / 'x'}' (format parquet)")
        (tmp_path / "x").rename(tmp_path / name)
    rows = [row["raw"] for batch in parquet.read(tmp_path / "*.parquet") for row in batch.to_pylist()]
    assert rows == ['{"id":"*.parquet"}']


def test_an_int96_instant_is_in_utc(tmp_path: Path):
    place = tmp_path / "a.parquet"
    table = pa.table({"at": pa.array([datetime(2026, 5, 4, 10, tzinfo=UTC)], pa.timestamp("us"))})
    pq.write_table(table, place, use_deprecated_int96_timestamps=True)
    (row,) = [row for batch in parquet.read(place) for row in batch.to_pylist()]
    assert json.loads(row["raw"])["at"].startswith("2026-05-04 10:00:00+00")


def test_a_byte_order_mark_is_not_part_of_the_first_line():
    assert cut(b"\xef\xbb\xbf{first of all}\n") == [(1, "{first of all}\n", None)]


def test_lines_after_a_stray_quote_that_are_no_records_belong_to_it(tmp_path: Path):
    place = tmp_path / "a.csv"
    place.write_text('id,title\n1,"Satu\nno record\nnor this, one, either\n2,Dua\n3\n')
    rows = [row for batch in delimited.read(place) for row in batch.to_pylist()]
    found = [(row["place"], row["fault"]) for row in rows]
    assert found == [(2, "broken_quotes"), (5, None), (6, "wrong_cell_count")]
    assert json.loads(rows[0]["raw"]) == {"line": '1,"Satu\nno record\nnor this, one, either\n'}


def test_a_csv_line_beyond_the_limit_is_cut_while_it_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(delimited, "LONGEST_LINE_BYTES", 100)
    monkeypatch.setattr(delimited, "KEPT_OF_A_LONG_LINE_BYTES", 10)
    place = tmp_path / "a.csv"
    place.write_text("id,title\n1," + "x" * 1_000 + "\n2,Dua\n3," + "y" * 1_000)
    rows = [row for batch in delimited.read(place) for row in batch.to_pylist()]
    found = [(row["place"], row["fault"]) for row in rows]
    assert found == [(2, "line_too_long"), (3, None), (4, "line_too_long")]
    assert json.loads(rows[0]["raw"]) == {"line": "1,xxxxxxxx"}


def test_very_short_lines_come_in_batches_of_a_bounded_number(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lines, "_ROWS", 10)
    for content in (b"1\n" * 35, b"{}\n" * 35, b'"\xff"\n' * 35):
        batches = list(lines.cut(io.BytesIO(content)))
        assert [batch.num_rows for batch in batches] == [10, 10, 10, 5]
        assert [place for batch in batches for place in batch["place"].to_pylist()] == list(range(1, 36))


def test_a_gzip_bomb_is_named_and_what_stands_before_it_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(jsonl, "_MOST_OF_A_WINDOW_BYTES", 100_000)
    monkeypatch.setattr(jsonl, "_KEPT_OF_A_BOMB_BYTES", 20)
    place = tmp_path / "a.jsonl.gz"
    place.write_bytes(gzip.compress(b"{first}\n") + gzip.compress(b"{second}\n" * 50_000))
    found = _until_broken(jsonl.read_gzip(place), "gzip_bomb")
    assert [row["raw"].strip() for row in found] == ["{first}", "{second}", "{se"]
    place.write_bytes(gzip.compress(b"{second}\n" * 10_000))
    assert sum(batch.num_rows for batch in jsonl.read_gzip(place)) == 10_000


def test_padding_between_the_members_of_a_gzip_is_skipped(tmp_path: Path):
    place = tmp_path / "a.jsonl.gz"
    place.write_bytes(gzip.compress(b"{first}\n") + b"\0" * 512 + gzip.compress(b"{second}\n"))
    assert sum(batch.num_rows for batch in jsonl.read_gzip(place)) == 2


def test_rows_after_a_broken_row_group_keep_their_places(tmp_path: Path):
    place = tmp_path / "a.parquet"
    duckdb.sql(f"copy (select range as id, hash(range) as h from range(50000)) to '{place}' (row_group_size 10240)")
    data = bytearray(place.read_bytes())
    second = pq.ParquetFile(place).metadata.row_group(1).column(1).data_page_offset
    data[second : second + 64] = b"\xff" * 64
    place.write_bytes(data)
    found = _until_broken(parquet.read(place), "broken_parquet")
    assert all(json.loads(row["raw"])["id"] == row["place"] - 1 for row in found)
    assert found[-1]["place"] == 50_000


def test_a_long_text_that_stands_in_many_rows_costs_those_rows_alone(tmp_path: Path):
    place = tmp_path / "a.parquet"
    texts = pa.DictionaryArray.from_arrays(pa.array([0, 1, 0, 1], pa.int32()), pa.array(["x" * (2 << 20), "short"]))
    pq.write_table(pa.table({"id": pa.array([1, 2, 3, 4]), "text": texts}), place)
    rows = [row for batch in parquet.read(place) for row in batch.to_pylist()]
    assert {row["place"]: row["fault"] for row in rows} == {1: "line_too_long", 2: None, 3: "line_too_long", 4: None}


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (pa.array([1.5], pa.float16()), "1.5"),
        (pa.array([Decimal("1.50")], pa.decimal256(40, 2)), "1.50"),
        (pa.array([b"\xff"]), r"\xFF"),
    ],
)
def test_a_parquet_type_that_the_engine_does_not_know_is_read_all_the_same(tmp_path: Path, array: pa.Array, text: str):
    place = tmp_path / "a.parquet"
    pq.write_table(pa.table({"value": array}), place)
    (row,) = [row for batch in parquet.read(place) for row in batch.to_pylist()]
    assert str(json.loads(row["raw"])["value"]) == text


def test_a_column_name_that_is_no_utf8_makes_a_broken_file(tmp_path: Path):
    place = tmp_path / "a.parquet"
    pq.write_table(pa.table({"kolom": [1]}), place, store_schema=False)
    place.write_bytes(place.read_bytes().replace(b"kolom", b"\xffolom"))
    assert _until_broken(parquet.read(place), "broken_parquet") == []
