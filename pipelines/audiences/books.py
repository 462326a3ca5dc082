"""What is kept of audiences: who was in which since when and under which consent, uploads, and withdrawals.

People stand in it by pseudonyms that stand nowhere else, and no hash does. It is one encrypted file, written anew with each
change and put in the place of the old one at once: what was taken out lies in no free block, and a kill leaves the old state.
Not here: deciding who is in, or sending.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl

from pipelines import engine
from pipelines.audiences.problems import BooksDamaged
from pipelines.identity.files import put_in_place
from pipelines.identity.keyring import Keyring, NewKey
from pipelines.settings import Home

KEY = "audiences_v1"
DOMAIN = "audiences"
"""A domain of its own: that of the ads team's events is taken from whoever withdraws, and what was sent must stay provable."""

_TABLES = {
    # One row for each time somebody was in an audience: when they were sent, under which consent, by which transfer.
    "memberships": (
        "segment varchar not null, recipient varchar not null, pseudonym varchar not null, since timestamp not null, "
        "until timestamp, ended_by varchar, consent_since timestamp not null, stated_under varchar, evidence_key bigint, "
        "policy_version varchar not null, rung varchar not null, fields varchar not null"
    ),
    # One row for each time something was sent or taken back; counts alone.
    "uploads": (
        "upload bigint not null, segment varchar, recipient varchar not null, mode varchar not null, "
        "started_at timestamp not null, ended_at timestamp, policy_version varchar not null, rung varchar not null, "
        "agreement varchar not null, fields varchar not null, candidates bigint, consented bigint, allowed bigint, "
        "reachable bigint, sent bigint, entered bigint, ended bigint, invalid bigint, reasons varchar"
    ),
    # One row for each person and recipient, or (without a person) for contacts of people who were forgotten since.
    "withdrawals": (
        "withdrawal bigint not null, pseudonym varchar, recipient varchar not null, reason varchar not null, "
        "requested_at timestamp not null, found_at timestamp not null, contacts bigint, removed_at timestamp, "
        "confirmed_at timestamp"
    ),
    # Contacts, by their number in the vault, that were taken out at a recipient and wait for its word.
    "taken_out": "recipient varchar not null, number bigint not null",
    # Under which id a recipient knows a segment.
    "audiences": "segment varchar not null, recipient varchar not null, remote_id varchar not null",
}


class Books:
    """The books, open in memory; `commit` makes what was changed last."""

    def __init__(self, home: Home, ring: Keyring, connection: duckdb.DuckDBPyConnection) -> None:
        self._home, self._key, self.connection = home, ring.key(KEY), connection
        for table, columns in _TABLES.items():
            connection.execute(f"create table {table} ({columns})")
        if place(home).exists():
            self._read()

    def rows(self, query: str, *bound: object) -> pl.DataFrame:
        """Return what a query gives."""
        return self.connection.execute(query, list(bound)).pl()

    def run(self, statement: str, *bound: object) -> None:
        """Change something, until `commit` in memory alone."""
        self.connection.execute(statement, list(bound))

    def run_with(self, statement: str, rows: pl.DataFrame, *bound: object) -> None:
        """Change something by a statement that reads the frame `incoming`."""
        self.connection.register("incoming", rows.to_arrow())
        try:
            self.connection.execute(statement, list(bound))
        finally:
            self.connection.unregister("incoming")

    def next_number(self, table: str, column: str) -> int:
        """Return the number of the next row of a table."""
        row = self.connection.execute(f"select coalesce(max({column}), 0) + 1 from {table}").fetchone()
        return int(row[0]) if row else 1

    def commit(self) -> None:
        """Write everything into a fresh file and put it in the place of the old one."""
        file = place(self._home)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = file.with_name(f".{file.name}.fresh")
        fresh.unlink(missing_ok=True)
        engine.attach(self.connection, fresh, name="fresh", key=self._key)
        try:
            for table, columns in _TABLES.items():
                self.connection.execute(f"create table fresh.{table} ({columns})")
                self.connection.execute(f"insert into fresh.{table} select * from {table} order by all")
        finally:
            self.connection.execute("detach fresh")
        fresh.chmod(0o600)
        put_in_place(fresh, path=file)

    def _read(self) -> None:
        try:
            engine.attach(self.connection, place(self._home), name="kept", key=self._key, read_only=True)
            for table in _TABLES:
                self.connection.execute(f"insert into {table} by name select * from kept.{table}")
            self.connection.execute("detach kept")
        except duckdb.Error:
            raise BooksDamaged(
                f"{place(self._home)} cannot be read: restore it from a backup (`crosslife backup restore`); nothing is sent "
                "until then, as nobody would know whom to take out"
            ) from None


def place(home: Home) -> Path:
    """Return the file of the books."""
    return home.audiences / "books.duckdb"


@contextmanager
def open_books(home: Home, ring: Keyring) -> Iterator[Books]:
    """Open the books; without `commit` nothing is kept. Raises BooksDamaged, MissingKey."""
    if not place(home).exists():
        ring.change(add=[NewKey(KEY)])
    with engine.connect() as connection:
        yield Books(home, ring, connection)


def naive(at: datetime) -> datetime:
    """Return an instant as the books have it: UTC, without saying so."""
    return at.astimezone(UTC).replace(tzinfo=None)
