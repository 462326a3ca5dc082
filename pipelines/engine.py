"""Opens DuckDB connections in the one way this product allows.

Extensions are loaded by path from their wheel, never from the network; Parquet keys are registered on the connection, so
that SQL text only ever bears their names. What is read or written through a connection does not belong here.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import duckdb

from pipelines import settings

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "temp_file_encryption": "true",
}


class ExtensionMissing(FileNotFoundError):
    """The extension's wheel is not of DuckDB's version."""


def connect(
    *,
    parquet_keys: Mapping[str, bytes] | None = None,
    temp_dir: Path | None = None,
    memory_limit: str | None = None,
    threads: int | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open an in-memory DuckDB in UTC with OpenSSL encryption, and register `parquet_keys` by name.

    Spilled pages go, encrypted, to `temp_dir` (nowhere when it is None).
    """
    _verify_extension()
    connection = duckdb.connect(":memory:", config=_CONFIG | {"allow_unsigned_extensions": "true"})
    prepare(connection, parquet_keys=parquet_keys)
    connection.execute(f"set memory_limit = '{memory_limit or settings.memory_limit()}'")
    connection.execute(f"set temp_directory = '{quoted(temp_dir) if temp_dir else ''}'")
    if threads:
        connection.execute(f"set threads = {threads:d}")
    return connection


def prepare(connection: duckdb.DuckDBPyConnection, *, parquet_keys: Mapping[str, bytes] | None = None) -> None:
    """Make a connection that somebody else opened (dbt) read and write our files."""
    connection.execute(f"load '{quoted(httpfs_path())}'")
    connection.execute("set TimeZone = 'UTC'")
    for name, key in (parquet_keys or {}).items():
        # DuckDB takes no bound parameter here; the text is never logged.
        connection.execute(f"pragma add_parquet_key('{name}', '{base64.b64encode(key).decode()}')")


@cache
def _verify_extension() -> None:
    """Let DuckDB verify the extension's signature once a process: it would read all of its 20 MB for every connection."""
    with duckdb.connect(":memory:", config=dict(_CONFIG)) as connection:
        connection.execute(f"load '{quoted(httpfs_path())}'")


def set_secret(connection: duckdb.DuckDBPyConnection, name: str, value: str) -> None:
    """Set the connection's variable `name`, so that SQL can use a secret that never stands in its text."""
    import pyarrow as pa

    # Through Arrow: a bound parameter makes DuckDB import pandas.
    connection.register("secret", pa.table({"value": [value]}))
    connection.execute(f"set variable {name} = (select value from secret)")
    connection.unregister("secret")


def attach(
    connection: duckdb.DuckDBPyConnection, file: Path, *, name: str, key: bytes | None, read_only: bool = False
) -> None:
    """Attach a DuckDB file under `name`, encrypted with AES-256-GCM when a key is given.

    Raises duckdb.Error with the file's path, never with the key.
    """
    options = ["read_only"] if read_only else []
    if key is not None:
        options.append(f"encryption_key '{base64.b64encode(key).decode()}'")
    suffix = f" ({', '.join(options)})" if options else ""
    connection.execute(f"attach '{quoted(file)}' as {name}{suffix}")


def quoted(text: Path | str) -> str:
    """Return the text for use inside single quotes in SQL."""
    return str(text).replace("'", "''")


@cache
def httpfs_path() -> Path:
    """Return the path of the signed httpfs extension (it brings OpenSSL) inside its wheel.

    Raises ExtensionMissing when the wheel's version is not DuckDB's own.
    """
    import duckdb_extension_httpfs

    folder = Path(duckdb_extension_httpfs.__file__).parent / "extensions" / f"v{duckdb.__version__}"
    found = sorted(folder.glob("*.duckdb_extension"))
    if not found:
        message = (
            f"duckdb {duckdb.__version__} needs duckdb-extension-httpfs of the same version: run `make clean demo`"
        )
        raise ExtensionMissing(message)
    return found[0]
