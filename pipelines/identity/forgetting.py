"""Takes subjects out of the open transaction of whom no row that stands bears a pseudonym: new ones, and who withdrew.

What was deleted is gone from the file itself with the next epoch only (see `epochs`).
"""

from __future__ import annotations

import duckdb
import polars as pl

from pipelines.identity import handed_over, pseudonyms, records, subjects, tables

_ENDS = ("anonymous_subject", "user_subject")
# Each table with the columns that name a subject; `counters` stays: a number is never given twice.
_BEARERS = {
    "links": _ENDS,
    "attributes": ("subject",),
    "identifiers": ("subject",),
    "claims": ("subject",),
    "domain_secrets": ("subject",),
    "ledger_keys": ("subject",),
    "minors": ("subject",),
    "interactions": ("subject",),
    "subjects": ("subject",),
}


def unused(connection: duckdb.DuckDBPyConnection, *, since: int, used: pl.Series, domain: str, key: bytes) -> pl.Series:
    """Return the subjects numbered `since` or later whose pseudonym in the domain is not `used`, or who have none."""
    new = connection.execute(
        """
        select s.subject, d.secret from vault.subjects as s
        left join vault.domain_secrets as d on d.subject = s.subject and d.domain = $domain and d.subject >= $since
        where s.subject >= $since
        """,
        {"domain": domain, "since": since},
    ).pl()
    named = pseudonyms.with_pseudonym(new, key=key)
    return named.join(used.to_frame("pseudonym"), on="pseudonym", how="anti")["subject"]


def forget(connection: duckdb.DuckDBPyConnection, gone: pl.Series, *, since: int) -> None:
    """Remove everything that bears one of these subjects, all numbered `since` or later."""
    rows = gone.to_frame("subject")
    handed_over.orphan(connection, rows, since=since)
    for table, columns in _BEARERS.items():
        bears = " or ".join(f"({name} >= {since:d} and {name} in (select subject from incoming))" for name in columns)
        tables.query(connection, f"delete from vault.{table} where {bears}", incoming=rows)
    records.sweep(connection)


def withdraw(connection: duckdb.DuckDBPyConnection, known: pl.Series, *, domain: str, forgettable: pl.Series) -> int:
    """Delete the domain's secret of these subjects, and the forgettable who then have neither secret nor attributes."""
    rows = known.to_frame("subject")
    tables.query(
        connection,
        "delete from vault.domain_secrets where domain = $domain and subject in (select subject from incoming)",
        incoming=rows,
        bound={"domain": domain},
    )
    gone = tables.query(
        connection,
        """
        select incoming.subject from incoming
        where incoming.subject not in (select subject from vault.domain_secrets where domain <> $identity)
            and incoming.subject not in (select subject from vault.attributes)
        """,
        incoming=forgettable.to_frame("subject"),
        bound={"identity": subjects.IDENTITY},
    )["subject"]
    if not gone.is_empty():
        forget(connection, gone, since=1)
    return len(gone)
