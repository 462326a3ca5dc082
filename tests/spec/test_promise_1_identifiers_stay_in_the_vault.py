"""Promise 1: a direct identifier that arrives is afterwards in the vault and nowhere else.

First the witness: the canary search finds a plant in each kind of container and in each form, and nothing in a clean tree.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import hashlib
import io
import json
import lzma
import os
import sqlite3
import urllib.parse
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import duckdb_extension_httpfs
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.canary import Finding, Zones, search

EMAIL = "Learner.0012+canary@mail.example.com"
PHONE = "+62 812-0000-0012"
NAME = "Obviously Fake Learner Number Twelve"
CANARIES = [("email", EMAIL), ("phone", PHONE), ("name", NAME)]
PARQUET_KEYS = {"other_v1": b"o" * 32, "lake_v1": b"k" * 32}
DUCKDB_KEYS = {"other": b"o" * 32, "warehouse": b"w" * 32}


def found(root: Path, **options: object) -> list[Finding]:
    return search(root, CANARIES, parquet_keys=PARQUET_KEYS, duckdb_keys=DUCKDB_KEYS, **options)


def engine() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    extension = next(Path(duckdb_extension_httpfs.__file__).parent.glob(f"extensions/v{duckdb.__version__}/*"))
    connection.execute(f"load '{extension}'")
    for name, key in PARQUET_KEYS.items():
        connection.execute(f"pragma add_parquet_key('{name}', '{base64.b64encode(key).decode()}')")
    return connection


def rows_with(value: str) -> str:
    """Many dull rows and one plant in the middle, so that compression and dictionaries have something to do."""
    return (
        f"select i, case when i = 700 then '{value}' else 'dull value ' || (i % 50) end as note from range(2000) t(i)"
    )


def plain_file(folder: Path) -> None:
    (folder / "a.log").write_text(f"2026 started for {EMAIL} ok\n")


def upper_case(folder: Path) -> None:
    (folder / "a.txt").write_text(EMAIL.upper())


def csv_phone_national(folder: Path) -> None:
    (folder / "a.csv").write_text("id,phone\n1,081200000012\n")


def csv_phone_international(folder: Path) -> None:
    (folder / "a.csv").write_text("id,phone\n1,6281200000012\n")


def name_in_text(folder: Path) -> None:
    (folder / "a.txt").write_text(f"Dear {NAME.lower()}, welcome")


def name_in_query(folder: Path) -> None:
    (folder / "a.txt").write_text("/search?q=" + urllib.parse.quote_plus(NAME))


def json_escaped(folder: Path) -> None:
    (folder / "a.jsonl").write_text(json.dumps({"m": EMAIL}).replace("@", "\\u0040") + "\n")


def json_wholly_escaped(folder: Path) -> None:
    (folder / "a.json").write_text('{"m": "' + "".join(f"\\u{ord(c):04X}" for c in EMAIL) + '"}')


def percent_encoded(folder: Path) -> None:
    (folder / "a.log").write_text("GET /?mail=" + urllib.parse.quote(EMAIL, safe=""))


def percent_encoded_twice(folder: Path) -> None:
    (folder / "a.log").write_text("GET /?next=" + urllib.parse.quote(urllib.parse.quote(EMAIL, safe=""), safe=""))


def percent_in_json_escape(folder: Path) -> None:
    (folder / "a.log").write_text(urllib.parse.quote(json.dumps(EMAIL).replace("@", "\\u0040"), safe=""))


def base64_at_0(folder: Path) -> None:
    (folder / "a.txt").write_bytes(base64.b64encode(b"abc" + EMAIL.encode() + b"xy"))


def base64_at_1(folder: Path) -> None:
    (folder / "a.txt").write_bytes(base64.b64encode(b"abcd" + EMAIL.encode() + b"xy"))


def base64_at_2(folder: Path) -> None:
    (folder / "a.txt").write_bytes(base64.b64encode(b"abcde" + EMAIL.encode() + b"xy"))


def base64_for_urls(folder: Path) -> None:
    (folder / "a.txt").write_bytes(base64.urlsafe_b64encode(b"\xff\xfe" + EMAIL.lower().encode()))


def utf_16_le(folder: Path) -> None:
    (folder / "a.bin").write_bytes(f"x{EMAIL}".encode("utf-16-le"))


def utf_16_be(folder: Path) -> None:
    (folder / "a.bin").write_bytes(b"\0" + PHONE.encode("utf-16-be"))


def hexadecimal(folder: Path) -> None:
    (folder / "a.txt").write_text(EMAIL.encode().hex().upper())


def md5_hex(folder: Path) -> None:
    (folder / "a.txt").write_text(hashlib.md5(EMAIL.lower().encode()).hexdigest())


def sha1_hex(folder: Path) -> None:
    (folder / "a.txt").write_text(hashlib.sha1(EMAIL.encode()).hexdigest())


def sha256_hex_of_phone(folder: Path) -> None:
    (folder / "a.txt").write_text(hashlib.sha256(b"6281200000012").hexdigest().upper())


def sha512_hex_of_phone_with_plus(folder: Path) -> None:
    (folder / "a.txt").write_text(hashlib.sha512(b"+6281200000012").hexdigest())


def sha256_raw(folder: Path) -> None:
    (folder / "a.bin").write_bytes(os.urandom(100) + hashlib.sha256(EMAIL.lower().encode()).digest() + os.urandom(9))


def md5_raw_of_national_phone(folder: Path) -> None:
    (folder / "a.bin").write_bytes(hashlib.md5(b"081200000012").digest())


def file_name(folder: Path) -> None:
    (folder / f"{EMAIL}.json").write_text("{}")


def folder_name(folder: Path) -> None:
    (folder / f"user={urllib.parse.quote(EMAIL)}").mkdir()


def link_target(folder: Path) -> None:
    (folder / "current").symlink_to(f"versions/{EMAIL}")


def gzipped(folder: Path) -> None:
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(json.dumps({"m": EMAIL}).encode()))


def gzipped_without_saying_so(folder: Path) -> None:
    (folder / "a.dat").write_bytes(gzip.compress(gzip.compress(EMAIL.encode())))


def bzipped(folder: Path) -> None:
    (folder / "a.bz2").write_bytes(bz2.compress(EMAIL.encode()))


def xzipped(folder: Path) -> None:
    (folder / "a.xz").write_bytes(lzma.compress(EMAIL.encode()))


def zipped(members: dict[str, bytes], comment: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = comment
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def zip_member(folder: Path) -> None:
    (folder / "a.zip").write_bytes(zipped({"in.txt": b"dull " * 99 + EMAIL.encode()}))


def zip_in_zip_in_gzip(folder: Path) -> None:
    inner = zipped({"in.json": json.dumps({"m": EMAIL}).encode()})
    (folder / "a.gz").write_bytes(gzip.compress(zipped({"inner.zip": inner})))


def zip_member_name(folder: Path) -> None:
    (folder / "a.zip").write_bytes(zipped({f"{EMAIL}.txt": b""}))


def zip_comment(folder: Path) -> None:
    (folder / "a.gz").write_bytes(gzip.compress(zipped({}, comment=EMAIL.encode())))


def parquet_column(folder: Path) -> None:
    engine().execute(f"copy ({rows_with(EMAIL)}) to '{folder}/a.parquet' (compression zstd)")


def parquet_nested(folder: Path) -> None:
    row = f"select [{{'m': '{EMAIL}', 'n': repeat('dull', 99)}}] as notes"
    engine().execute(f"copy ({row}) to '{folder}/a.parquet' (compression zstd)")


def parquet_number(folder: Path) -> None:
    row = "select case when i = 9 then 6281200000012 else i end as n from range(2000) t(i)"
    engine().execute(f"copy ({row}) to '{folder}/a.parquet' (compression zstd)")


def parquet_blob_digest(folder: Path) -> None:
    digest = hashlib.sha256(EMAIL.lower().encode()).hexdigest()
    row = f"select unhex('{digest}') as d, repeat('dull', 50) as n from range(200)"
    engine().execute(f"copy ({row}) to '{folder}/a.parquet' (compression zstd)")


def parquet_encrypted(folder: Path) -> None:
    options = "compression zstd, encryption_config {footer_key: 'lake_v1'}"
    engine().execute(f"copy ({rows_with(EMAIL)}) to '{folder}/a.parquet' ({options})")


def parquet_encrypted_metadata(folder: Path) -> None:
    options = f"encryption_config {{footer_key: 'lake_v1'}}, kv_metadata {{made_by: '{EMAIL}'}}"
    engine().execute(f"copy (select 1 as n) to '{folder}/a.parquet' ({options})")


def parquet_encrypted_column_name(folder: Path) -> None:
    options = "encryption_config {footer_key: 'lake_v1'}"
    engine().execute(f"copy (select 1 as \"{EMAIL}\") to '{folder}/a.parquet' ({options})")


def parquet_metadata(folder: Path) -> None:
    table = pa.table({"n": [1]}).replace_schema_metadata({"made_by": EMAIL})
    pq.write_table(table, folder / "a.parquet", compression="zstd")


def parquet_field_metadata(folder: Path) -> None:
    field = pa.field("n", pa.int64(), metadata={"description": f"as asked by {EMAIL}"})
    pq.write_table(pa.table([[1]], schema=pa.schema([field])), folder / "a.parquet", compression="zstd")


def parquet_statistics(folder: Path) -> None:
    pq.write_table(pa.table({"m": ["a", EMAIL, "z"]}), folder / "a.parquet", compression="zstd", write_page_index=True)


def parquet_in_zip(folder: Path) -> None:
    parquet_encrypted(folder)
    data = (folder / "a.parquet").read_bytes()
    (folder / "a.parquet").unlink()
    (folder / "a.zip").write_bytes(zipped({"a.parquet": data}))


def duckdb_with(folder: Path, *statements: str, key: bytes | None = None) -> None:
    connection = engine()
    secret = f"(encryption_key '{base64.b64encode(key).decode()}')" if key else ""
    connection.execute(f"attach '{folder}/a.duckdb' as x {secret}")
    connection.execute("use x")
    for statement in statements:
        connection.execute(statement)
    connection.close()


def duckdb_column(folder: Path) -> None:
    duckdb_with(folder, "create schema s", f"create table s.t as {rows_with(EMAIL)}")


def duckdb_comment(folder: Path) -> None:
    duckdb_with(folder, "create table t (n int)", f"comment on column t.n is '{EMAIL}'")


def duckdb_view(folder: Path) -> None:
    duckdb_with(folder, f"create view v as select '{EMAIL}' as m")


def duckdb_enum(folder: Path) -> None:
    duckdb_with(folder, f"create type e as enum ('{EMAIL}', 'dull')")


def duckdb_encrypted(folder: Path) -> None:
    duckdb_with(folder, f"create table t as {rows_with(EMAIL)}", key=DUCKDB_KEYS["warehouse"])


def duckdb_encrypted_comment(folder: Path) -> None:
    statements = ("create table t (n int)", f"comment on table t is '{EMAIL}'")
    duckdb_with(folder, *statements, key=DUCKDB_KEYS["warehouse"])


def duckdb_free_block(folder: Path) -> None:
    values = "select md5(i::varchar) || case when i = 9 then '" + EMAIL + "' else '' end as m from range(3000) t(i)"
    duckdb_with(
        folder,
        "set force_compression = 'uncompressed'",
        f"create table t as {values}",
        "checkpoint",
        "create table later as select md5(i::varchar) as m from range(30000) t(i)",
        "checkpoint",
        "drop table t",
        "checkpoint",
    )


def sqlite_with(folder: Path, *statements: str, values: tuple[object, ...] = ()) -> sqlite3.Connection:
    connection = sqlite3.connect(folder / "a.db")
    for statement in statements:
        connection.execute(statement, values if "?" in statement else ())
    connection.commit()
    return connection


def sqlite_column(folder: Path) -> None:
    sqlite_with(folder, "create table t (m text)", "insert into t values (?)", values=(f"<{EMAIL}>",)).close()


def sqlite_gzipped_blob(folder: Path) -> None:
    packed = gzip.compress(EMAIL.encode())
    sqlite_with(folder, "create table t (m blob)", "insert into t values (?)", values=(packed,)).close()


def sqlite_long_value(folder: Path) -> None:
    """A value that spans overflow pages is torn apart in the raw bytes."""
    text = "x" * 4050 + EMAIL + "y" * 9000
    sqlite_with(folder, "create table t (m text)", "insert into t values (?)", values=(text,)).close()


def sqlite_wal(folder: Path) -> None:
    connection = sqlite3.connect(folder / "a.db")
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma wal_autocheckpoint = 0")
    connection.execute("create table t (m text)")
    connection.execute("insert into t values (?)", ("x" * 4050 + EMAIL + "y" * 9000,))
    connection.commit()
    saved = {name: (folder / name).read_bytes() for name in ("a.db", "a.db-wal")}
    connection.close()
    for name, data in saved.items():
        (folder / name).write_bytes(data)


def chunk_border(folder: Path) -> None:
    """The plant lies across the border of two stretches of the reading."""
    (folder / "a.bin").write_bytes(b"." * ((4 << 20) - 10) + EMAIL.encode() + b"." * 100)


PLANTS: list[Callable[[Path], None]] = [
    value
    for name, value in list(globals().items())
    if callable(value) and getattr(value, "__annotations__", {}) == {"folder": "Path", "return": "None"}
]


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_a_plant_is_found_in_every_kind_of_container_and_form(plant, tmp_path):
    plant(tmp_path)
    findings = found(tmp_path)
    assert {finding.kind for finding in findings} & {"email", "phone", "name"}
    assert "unreadable" not in {finding.kind for finding in findings}
    assert all(EMAIL.lower() not in finding.place.lower() for finding in findings)


def test_every_way_to_plant_is_tried():
    assert len(PLANTS) >= 50


def clean_tree(root: Path) -> None:
    connection = engine()
    dull = (
        "select i, md5(i::varchar) as m, 'dull ' || i as t, now()::timestamp as at, i / 7 as d from range(20000) t(i)"
    )
    connection.execute(f"copy ({dull}) to '{root}/a.parquet' (compression zstd)")
    connection.execute(f"copy ({dull}) to '{root}/b.parquet' (encryption_config {{footer_key: 'lake_v1'}})")
    duckdb_with(root, f"create table t as {dull}", key=DUCKDB_KEYS["warehouse"])
    sqlite_with(root, "create table t (m text)", "insert into t values ('081200000013')").close()
    (root / "a.jsonl.gz").write_bytes(gzip.compress(b'{"m": "learner.0013@mail.example.com"}\n' * 500))
    (root / "a.zip").write_bytes(zipped({"in.txt": b"+62 812-0000-00123"}))
    (root / "a.bin").write_bytes(os.urandom(1 << 20))
    (root / "a.log").write_text("1081200000012 and 0812000000123 are counters, %% \\u00 \\x 100%\n" * 200)


def test_a_clean_tree_gives_no_finding(tmp_path):
    clean_tree(tmp_path)
    assert found(tmp_path) == []


def test_a_container_that_no_key_opens_is_a_finding(tmp_path):
    duckdb_encrypted(tmp_path)
    parquet_encrypted(tmp_path)
    (tmp_path / "torn.gz").write_bytes(gzip.compress(b"x" * 1000)[:-20])
    findings = search(tmp_path, CANARIES)
    assert {(finding.file, finding.kind) for finding in findings} == {
        ("a.duckdb", "unreadable"),
        ("a.parquet", "unreadable"),
        ("torn.gz", "unreadable"),
    }


def test_a_sealed_zone_is_clean_when_encrypted_and_found_out_when_not(tmp_path):
    zones = Zones(sealed=frozenset({"vault"}), skipped=frozenset({"landing"}))
    for zone in ("vault", "landing"):
        (tmp_path / zone).mkdir()
    plain_file(tmp_path / "landing")
    duckdb_encrypted(tmp_path / "vault")
    assert found(tmp_path, allow=zones) == []
    parquet_column(tmp_path / "vault")
    assert {finding.file for finding in found(tmp_path, allow=zones)} == {"vault/a.parquet"}


def test_a_zone_name_counts_only_directly_under_the_root(tmp_path):
    hidden = tmp_path / "lake" / "landing"
    hidden.mkdir(parents=True)
    plain_file(hidden)
    assert found(tmp_path, allow=Zones(skipped=frozenset({"landing"})))


def test_a_missing_folder_and_a_meaningless_canary_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        search(tmp_path / "nowhere", CANARIES)
    with pytest.raises(ValueError, match="shorter"):
        search(tmp_path, [("name", "Ann")])
