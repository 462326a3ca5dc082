"""Identifiers to subjects, subjects to domain secrets: found in one join, made in bulk where they are missing.

Attributes and links have modules of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import duckdb
import polars as pl

from pipelines.identity import pseudonyms, sealing, tables
from pipelines.identity.errors import OldLookups

# The domain of the vault itself: its data key seals raw identifiers and attributes; it has no pseudonyms.
IDENTITY = "identity"
SECRET_BYTES = 32


def find_or_create(
    connection: duckdb.DuckDBPyConnection, identifiers: pl.DataFrame, *, key_version: int, at: datetime
) -> pl.DataFrame:
    """Return `lookup` and `subject` for each distinct lookup; unknown ones become new subjects.

    Takes `kind`, `normal` and `lookup`. Two rows that bear the same new identifier get the same subject.
    """
    distinct = identifiers.unique("lookup", maintain_order=True)
    found = find(connection, distinct)
    known = found.filter(pl.col("subject").is_not_null()).select("lookup", "subject")
    unknown = found.filter(pl.col("subject").is_null()).drop("subject")
    return pl.concat([known, _create(connection, unknown, key_version=key_version, at=at)])


def find(connection: duckdb.DuckDBPyConnection, identifiers: pl.DataFrame) -> pl.DataFrame:
    """Add `subject` to a frame with `lookup`, NULL where it is unknown."""
    sql = "select incoming.*, i.subject from incoming left join vault.identifiers as i using (lookup)"
    return tables.query(connection, sql, incoming=identifiers)


def claim(connection: duckdb.DuckDBPyConnection, contacts: pl.DataFrame, *, key_version: int) -> None:
    """Note contacts that subjects state and others had first, once each; columns as those of `register`."""
    sql = "select incoming.* from incoming left join vault.claims as c using (lookup, subject) where c.subject is null"
    register(connection, tables.query(connection, sql, incoming=contacts), key_version=key_version, table="claims")


def claimants(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Return `owner`, `claimant`: whoever is known by contacts alone, and each account that states one of these."""
    return connection.execute("""
        select distinct i.subject as owner, c.subject as claimant
        from vault.claims as c join vault.identifiers as i using (lookup)
        where i.subject not in (select subject from vault.identifiers where kind = 'user_id')
        order by all""").pl()


def register(
    connection: duckdb.DuckDBPyConnection, identifiers: pl.DataFrame, *, key_version: int, table: str = "identifiers"
) -> None:
    """Write new identifiers: `kind`, `normal`, `lookup`, `first_seen_at`, and their subjects' `subject`, `data_key`."""
    sealed = sealing.seal(
        identifiers["normal"].to_list(),
        data_keys=identifiers["data_key"].to_list(),
        subjects=identifiers["subject"].to_list(),
        what="identifier",
    )
    rows = identifiers.select(
        "lookup", "kind", "subject", "first_seen_at", key_version=pl.lit(key_version), ciphertext=sealed
    )
    tables.insert(connection, rows, table=table)


def known_secrets(connection: duckdb.DuckDBPyConnection, known: pl.Series, *, domain: str) -> pl.DataFrame:
    """Return `subject`, `secret` of those subjects who have a secret in the domain."""
    sql = (
        "select incoming.subject, s.secret from incoming "
        "join vault.domain_secrets as s on s.subject = incoming.subject and s.domain = $domain"
    )
    return tables.query(connection, sql, incoming=known.to_frame("subject"), bound={"domain": domain})


def secrets(connection: duckdb.DuckDBPyConnection, subjects: pl.DataFrame, *, domain: str) -> pl.DataFrame:
    """Return `subject`, `secret` and `data_key` of the domain for each distinct subject, drawn where missing."""
    sql = """
        select incoming.subject, s.secret, s.data_key
        from incoming
        left join (select * from vault.domain_secrets where domain = $domain) as s using (subject)
    """
    found = tables.query(connection, sql, incoming=subjects.select("subject").unique(), bound={"domain": domain})
    missing = found.filter(pl.col("secret").is_null())["subject"]
    made = _draw(connection, missing, domain=domain)
    return pl.concat([found.filter(pl.col("secret").is_not_null()), made])


def check_lookups(connection: duckdb.DuckDBPyConnection, *, lookup_key: bytes) -> None:
    """Raise OldLookups where a vault's lookups are not what we would compute: everybody known would be somebody new."""
    row = connection.execute("select * from vault.identifiers limit 1").pl()
    sql = "select data_key from incoming join vault.domain_secrets using (subject) where domain = $domain"
    keys = tables.query(connection, sql, incoming=row.select("subject"), bound={"domain": IDENTITY})["data_key"]
    normal = sealing.unseal(
        row["ciphertext"].to_list(), data_keys=keys.to_list(), subjects=row["subject"].to_list(), what="identifier"
    )
    expected = pseudonyms.with_lookup(row.select("kind", normal=normal), key=lookup_key)["lookup"]
    if expected.to_list() != row["lookup"].to_list():
        message = (
            "the vault's lookups were made by an earlier version: run `crosslife keys rotate lookup`, then try again"
        )
        raise OldLookups(message)


def next_number(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the number that the next new subject gets."""
    row = connection.execute("select next_subject from vault.counters").fetchone()
    return int(row[0]) if row else 1


def numbers(*, below: int, at_once: int) -> Iterator[pl.Series]:
    """Yield the numbers that subjects have, at most so many at once; none that nobody has yet, or a small vault would be asked
    for as many as a large one.
    """
    for first in range(1, below, at_once):
        yield pl.Series("subject", range(first, min(first + at_once, below)), dtype=pl.Int64)


def _create(
    connection: duckdb.DuckDBPyConnection, identifiers: pl.DataFrame, *, key_version: int, at: datetime
) -> pl.DataFrame:
    numbers = _next_numbers(connection, identifiers.height)
    tables.insert(connection, pl.DataFrame({"subject": numbers}).with_columns(created_at=pl.lit(at)), table="subjects")
    keys = _draw(connection, numbers, domain=IDENTITY)
    numbered = identifiers.with_columns(subject=numbers, data_key=keys["data_key"], first_seen_at=pl.lit(at))
    register(connection, numbered, key_version=key_version)
    return numbered.select("lookup", "subject")


def _draw(connection: duckdb.DuckDBPyConnection, subjects: pl.Series, *, domain: str) -> pl.DataFrame:
    drawn = pl.DataFrame(
        {
            "subject": subjects,
            "secret": sealing.random_bytes(len(subjects), width=SECRET_BYTES),
            "data_key": sealing.random_bytes(len(subjects), width=SECRET_BYTES),
        }
    )
    tables.insert(connection, drawn.with_columns(domain=pl.lit(domain)), table="domain_secrets")
    return drawn


def _next_numbers(connection: duckdb.DuckDBPyConnection, count: int) -> pl.Series:
    first = next_number(connection)
    connection.execute(f"update vault.counters set next_subject = {first + count:d}")
    return pl.Series("subject", range(first, first + count), dtype=pl.Int64)
