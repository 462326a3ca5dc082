"""Opens containers and yields what is inside as stretches of bytes: one function a format.

Nothing is judged here. What cannot be opened raises `Unreadable`, which the search reports: an unread container proves
nothing.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import shutil
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_ROWS = 50_000
_FEW = 2_000
_SYSTEM_SQL = (
    "select comment from duckdb_databases() where not internal",
    "select schema_name, comment from duckdb_schemas() where not internal",
    "select table_name, comment, sql, tags::varchar from duckdb_tables() where not internal",
    "select column_name, comment, column_default from duckdb_columns() where not internal",
    "select view_name, comment, sql from duckdb_views() where not internal",
    "select index_name, comment, sql from duckdb_indexes()",
    "select sequence_name, comment, sql from duckdb_sequences()",
    "select type_name, labels::varchar, comment from duckdb_types() where not internal",
    "select function_name, macro_definition, comment from duckdb_functions() where not internal",
)
Inside = Iterator[tuple[str, bytes]]


class Unreadable(Exception):
    """A container could not be opened with any of the keys."""


def connect(parquet_keys: Mapping[str, bytes]) -> duckdb.DuckDBPyConnection:
    """Open an in-memory DuckDB that knows the keys and never uses the network."""
    offline = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    connection = duckdb.connect(":memory:", config=offline)
    connection.execute("set TimeZone = 'UTC'")
    for name, key in parquet_keys.items():
        connection.execute(f"pragma add_parquet_key('{name}', '{base64.b64encode(key).decode()}')")
    return connection


@cache
def _connected(parquet_keys: tuple[tuple[str, bytes], ...]) -> duckdb.DuckDBPyConnection:
    """Return the one connection of these keys, for thousands of small files."""
    connection = connect(dict(parquet_keys))
    # Containers that lie in others are written to the same place, one after another: of none may anything be remembered.
    connection.execute("set enable_external_file_cache = false")
    connection.execute("set threads = 1")
    return connection


def parquet(file: Path, keys: Mapping[str, bytes]) -> Inside:
    """Yield each column's values and, of an encrypted file, the decrypted footer (schema, statistics, metadata).

    The footer of a plain file lies in its raw bytes, uncompressed, and needs no decoding.
    """
    # A container may lie in another that is still being read: each has a cursor, which bears no setting of the session.
    connection = _connected(tuple(sorted(keys.items()))).cursor()
    connection.execute("set TimeZone = 'UTC'")
    with file.open("rb") as stream:
        is_encrypted = stream.read(4) == b"PARE"
    options = "" if not is_encrypted else _opening(connection, file, keys)
    if is_encrypted:
        yield "footer", _footer(file.read_bytes(), keys)
    yield from _columns(connection, f"read_parquet('{_quoted(file)}'{options}, hive_partitioning = false)", file)


def duckdb_file(file: Path, keys: Mapping[str, bytes]) -> Inside:
    """Yield every definition, comment and column of a DuckDB file."""
    connection = connect({})
    for key in (None, *keys.values()):
        secret = f", encryption_key '{base64.b64encode(key).decode()}'" if key else ""
        try:
            connection.execute(f"attach '{_quoted(file)}' as inside (read_only{secret})")
            break
        except duckdb.Error:
            continue
    else:
        raise Unreadable(f"{file.name}: no key opens this DuckDB file")
    connection.execute("use inside")
    for statement in _SYSTEM_SQL:
        yield "catalog", _lines(cell for row in connection.execute(statement).fetchall() for cell in row)
    listed = "select schema_name, table_name from duckdb_tables() where database_name = 'inside' and not internal"
    for schema, table in connection.execute(listed).fetchall():
        for column, values in _columns(connection, f'inside."{schema}"."{table}"', file):
            yield f"table {schema}.{table} {column}", values


def sqlite(file: Path, scratch: Path) -> Inside:
    """Yield every definition and column of a SQLite file with its write-ahead log, read from a copy."""
    copy = scratch / "copy.sqlite"
    for old in scratch.glob("copy.sqlite*"):
        old.unlink()
    shutil.copyfile(file, copy)
    wal = file.with_name(file.name + "-wal")
    if wal.exists():
        shutil.copyfile(wal, copy.with_name(copy.name + "-wal"))
    connection = sqlite3.connect(copy)
    connection.text_factory = bytes
    try:
        for name, text in connection.execute("select name, sql from sqlite_master").fetchall():
            yield "schema", b"\n".join((name or b"", text or b""))
        for (table,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
            rows = connection.execute('select * from "{}"'.format(table.decode().replace('"', '""')))
            yield from _sqlite_rows(rows, table.decode())
    except sqlite3.DatabaseError as error:
        raise Unreadable(f"{file.name}: not a readable SQLite file") from error
    finally:
        connection.close()


def unpack(data: bytes) -> list[tuple[str, bytes]] | None:
    """Return the members of compressed data, or None where it is not compressed."""
    try:
        if data.startswith(b"\x1f\x8b"):
            return [("gunzip", gzip.decompress(data))]
        if data.startswith(b"BZh"):
            return [("bunzip2", bz2.decompress(data))]
        if data.startswith(b"\xfd7zXZ"):
            return [("unxz", lzma.decompress(data))]
        if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            return _zip(data)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError) as error:
        raise Unreadable(f"a compressed container is damaged or locked ({type(error).__name__})") from error
    return None


def _zip(data: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        notes = [archive.comment, *(part for info in archive.infolist() for part in (info.comment, info.extra))]
        names = "\n".join(archive.namelist()).encode()
        members = [(f"zip {number}", archive.read(info)) for number, info in enumerate(archive.infolist())]
    return [("zip names", names), ("zip comments", b"\n".join(notes)), *members]


def _sqlite_rows(rows: sqlite3.Cursor, table: str) -> Inside:
    names = [column[0] for column in rows.description]
    while batch := rows.fetchmany(_ROWS):
        for name, values in zip(names, zip(*batch, strict=True), strict=True):
            blobs = [value for value in values if isinstance(value, bytes)]
            yield f"table {table} column {name}", _lines(value for value in values if not isinstance(value, bytes))
            yield f"table {table} column {name}", b"\n".join(blobs)
            for blob in blobs:
                if blob[:2] in (b"\x1f\x8b", b"PK"):
                    yield f"table {table} column {name} value", blob


def _columns(connection: duckdb.DuckDBPyConnection, relation: str, file: Path) -> Inside:
    try:
        described = connection.execute(f"describe select * from {relation}").fetchall()
        head = _head(connection, relation, described)
        for number, (name, kind, *_) in enumerate(described):
            quoted = '"' + name.replace('"', '""') + '"'
            yield "column name", name.encode()
            if len(head) <= _FEW:
                values = dict.fromkeys(row[number] for row in head)
                yield f"column {name}", b"\n".join(_bytes_of(value) for value in values if value is not None)
                continue
            distinct = f"select distinct {quoted} as value from {relation} where {quoted} is not null"
            # A blob is read as bytes: its text form would show it escaped.
            is_blob = kind == "BLOB"
            joined = f"select string_agg(value::varchar, chr(10)) from ({distinct}) group by hash(value) % 16"
            rows = connection.execute(distinct if is_blob else joined)
            while batch := rows.fetchmany(_ROWS if is_blob else 1):
                yield f"column {name}", b"\n".join(_bytes_of(value) for (value,) in batch)
    except duckdb.Error as error:
        raise Unreadable(f"{file.name}: {type(error).__name__} while reading") from error


def _head(
    connection: duckdb.DuckDBPyConnection, relation: str, described: list[Any]
) -> list[tuple[str | bytes | None, ...]]:
    """Return the first rows of a relation, as text and bytes: of a small one these are all, in one query instead of many."""
    cells = [
        '"' + name.replace('"', '""') + '"' + ("" if kind == "BLOB" else "::varchar") for name, kind, *_ in described
    ]
    return connection.execute(f"select {', '.join(cells)} from {relation} limit {_FEW + 1}").fetchall()


def _bytes_of(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


def _opening(connection: duckdb.DuckDBPyConnection, file: Path, keys: Mapping[str, bytes]) -> str:
    for name in keys:
        options = f", encryption_config = {{footer_key: '{name}'}}"
        try:
            connection.execute(f"describe select * from read_parquet('{_quoted(file)}'{options})")
        except duckdb.Error:
            continue
        return options
    raise Unreadable(f"{file.name}: no key opens this Parquet file")


def _footer(data: bytes, keys: Mapping[str, bytes]) -> bytes:
    """Decrypt the footer: DuckDB's metadata functions take no key. AES-GCM: length, nonce, ciphertext, tag."""
    tail = data[-8 - int.from_bytes(data[-8:-4], "little") : -8]
    for start in range(min(len(tail), 256)):
        if int.from_bytes(tail[start : start + 4], "little") != len(tail) - start - 4:
            continue
        for key in keys.values():
            try:
                return AESGCM(key).decrypt(tail[start + 4 : start + 16], tail[start + 16 :], None)
            except InvalidTag:
                continue
    raise Unreadable("the footer of an encrypted Parquet file could not be decrypted")


def _lines(values: Iterator[object]) -> bytes:
    texts = (
        value if isinstance(value, str) else json.dumps(value, default=str) for value in values if value is not None
    )
    return "\n".join(texts).encode(errors="surrogatepass")


def _quoted(file: Path) -> str:
    return str(file).replace("'", "''")
