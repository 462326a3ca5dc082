"""The vault's tables. Whoever reads and writes them is elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import polars as pl

# Keyed hashes, keys and ciphertexts cannot be compressed; to try costs more than to write them.
_RANDOM = "blob not null using compression uncompressed"

_IDENTIFIERS = (
    f"lookup {_RANDOM}, kind varchar not null, key_version integer not null, subject bigint not null, "
    f"first_seen_at timestamp not null, ciphertext {_RANDOM}"
)

# No indexes: a batch is one hash join, and an index would hold the whole vault in memory. Uniqueness is kept by the one
# writer, who inserts only what his join did not find.
TABLES = {
    "subjects": "subject bigint not null, created_at timestamp not null",
    "identifiers": _IDENTIFIERS,
    # Contacts that an account states and another subject had first: nobody is found by them, but whoever speaks under one
    # speaks for the account, too.
    "claims": _IDENTIFIERS,
    "domain_secrets": f"subject bigint not null, domain varchar not null, secret {_RANDOM}, data_key {_RANDOM}",
    "attributes": f"subject bigint not null, ciphertext {_RANDOM}, updated_at timestamp not null",
    "links": "anonymous_subject bigint not null, user_subject bigint not null, linked_at timestamp not null",
    # What was done with a person's data, sealed under ledger keys of theirs: several, where two became one.
    "ledger_keys": f"subject bigint not null, key_id {_RANDOM}, key {_RANDOM}",
    "records": f"key_id {_RANDOM}, digest varchar not null, ciphertext {_RANDOM}",
    # Who is known to have been a child, and by what kind of evidence; they leave with the next look.
    "minors": "subject bigint not null, evidence varchar not null, noted_at timestamp not null",
    # The last day on which somebody did something, while what showed it may have gone before them.
    "interactions": "subject bigint not null, last_on date not null",
    # Keyed hashes of what must not come back; without their key they name nobody.
    "tombstones": f"digest {_RANDOM}, reason varchar not null, since timestamp not null, until timestamp not null",
    # Contacts as they were sent to a recipient, until it has let go of them; also of those who were forgotten since.
    "handed_over": (
        "number bigint not null, subject bigint, recipient varchar not null, audience varchar not null, "
        f"kind varchar not null, data_key {_RANDOM}, ciphertext {_RANDOM}, noted_at timestamp not null"
    ),
    # What holders of the consent ledger's keys refused in rows that bear no name any more.
    "refusals": (
        "holder bigint not null, purpose varchar not null, day date not null, first_at timestamp not null, "
        "last_at timestamp not null"
    ),
    # The number of the next subject outlives erasures: a number is never given twice.
    "counters": "next_subject bigint not null",
}


def create(connection: duckdb.DuckDBPyConnection, *, name: str) -> None:
    """Create the tables that are not there yet, empty, in the attached database `name`."""
    for table, columns in TABLES.items():
        connection.execute(f"create table if not exists {name}.{table} ({columns})")


def insert(connection: duckdb.DuckDBPyConnection, rows: pl.DataFrame, *, table: str) -> None:
    """Append the frame by column name."""
    if rows.is_empty():
        return
    query(connection, f"insert into vault.{table} by name select * from incoming", incoming=rows)


def query(
    connection: duckdb.DuckDBPyConnection, sql: str, *, incoming: pl.DataFrame, bound: Mapping[str, str] | None = None
) -> pl.DataFrame:
    """Run SQL that reads the frame under the name `incoming`, and return what it gives."""
    connection.register("incoming", incoming.to_arrow())
    try:
        return connection.execute(sql, dict(bound or {})).pl()
    finally:
        connection.unregister("incoming")
