"""The platform's database: a connection that only reads, and its errors told without what they quote.

libpq and the server quote addresses, users and values in their messages; nothing of them is passed on, but a phrase of our
own for each kind. Not here: which tables, which rows.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

_CONNECT_SECONDS = 10
# Phrases of libpq and the server (in English, which every setting of messages falls back to), and ours.
_CONNECTING = {
    "password authentication failed": "user or password are refused",
    "no password supplied": "a password is asked for, and the URL has none",
    "no pg_hba.conf entry": "the server lets nobody in from here (pg_hba.conf)",
    "connection refused": "nothing listens at that address",
    "could not translate host name": "the host's name is not known",
    "failed to resolve host": "the host's name is not known",
    "no such file or directory": "there is no socket at that path",
    "timeout": "no answer came in time",
    "does not exist": "the database or the user is not there",
    "too many": "all its connections are taken",
    "starting up": "it is still starting",
    "shutting down": "it is shutting down",
    "certificate": "its certificate is not trusted",
    "ssl": "no encrypted connection could be agreed on",
}
_REFUSALS = {
    "42501": "the user may not read it: grant select on its columns (and bypassrls, where row policies hide rows)",
    "55P03": "the table is locked by another session; the next read tries again",
    "57014": "the read was cancelled (statement_timeout?); the next one tries again",
    "40001": "a standby server cancelled the read; the next one tries again",
    "53100": "the server's disk is full",
}
_BEGIN = """
    set local timezone to 'UTC';
    set local lock_timeout to '30s';
    set local extra_float_digits to 1;
    set local row_security to off
"""
_OLDEST = """
    select (extract(epoch from least(now(), min(xact_start))) * 1000000)::bigint from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
"""


class Unreachable(RuntimeError):
    """The database does not answer; nothing of its URL is told."""


class Refused(RuntimeError):
    """The database does not give a table; nothing of its message is told."""


@contextmanager
def connect(url: str) -> Iterator[psycopg.Connection]:
    """Open a connection that only reads. Raises Unreachable."""
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)
    connection, problem = None, ""
    try:
        connection = psycopg.connect(
            url,
            autocommit=True,
            prepare_threshold=None,
            connect_timeout=_CONNECT_SECONDS,
            client_encoding="utf8",
            application_name="crosslife",
        )
    except (psycopg.Error, UnicodeError, ValueError) as error:
        problem = _why(error)
    # Outside the handler, so that the error is not even kept as the context of ours.
    if connection is None:
        message = (
            f"the database that database_url names cannot be reached: {problem}. See that it runs and lets this machine in, or "
            "give another URL (`crosslife keys set database_url`, or CROSSLIFE_DATABASE_URL); "
            "nothing is lost: the next read begins where the last one ended"
        )
        raise Unreachable(message)
    connection.read_only = True
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def snapshot(connection: psycopg.Connection) -> Iterator[int]:
    """Look at the database as of one instant, read only; give the latest mark that can be relied on (see `land`).

    That is the instant before which no transaction began that is still open, as far as the server lets us see others'.
    Raises Refused, or Unreachable where the connection broke.
    """
    refusal, is_broken = "", False
    try:
        # Before the snapshot: what commits between the two is then either seen or later than the mark.
        row = connection.execute(_OLDEST).fetchone()
        with connection.transaction():
            connection.execute(_BEGIN)
            yield int(row[0]) if row else 0
    except psycopg.Error as error:
        is_broken = connection.closed
        refusal = _REFUSALS.get(error.sqlstate or "", f"{type(error).__name__}, SQLSTATE {error.sqlstate or 'unknown'}")
    if is_broken:
        message = (
            "the connection to the database broke off; what was read stands, the next read begins where this one ended"
        )
        raise Unreachable(message)
    if refusal:
        raise Refused(f"the database does not give its table: {refusal}")


def _why(error: Exception) -> str:
    said = str(error).lower()
    if isinstance(error, psycopg.ProgrammingError | UnicodeError | ValueError):
        return "it is no URL of a database (postgresql://user:password@host:5432/name)"
    return next((ours for phrase, ours in _CONNECTING.items() if phrase in said), "for a reason that is not shown")
