"""What was done with a person's data, for that person: sealed under a ledger key of their own, known elsewhere by its digest.

With the key destroyed, the digest tells nothing and is still what the evidence ledger says that it was. What is recorded,
and the ledger itself, do not belong here.
"""

from __future__ import annotations

import hashlib
import os

import duckdb
import polars as pl
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipelines.identity import sealing, tables
from pipelines.identity.errors import WrongKey

_KEY_BYTES, _ID_BYTES = 32, 16


def keep(connection: duckdb.DuckDBPyConnection, known: pl.Series, text: str) -> tuple[str, ...]:
    """Seal the text once for each of these subjects; return the SHA-256 of each ciphertext, in hexadecimal digits, sorted.

    Whoever is no subject any more has nothing kept of them, and no digest.
    """
    found = tables.query(
        connection,
        "select subject, key_id, key from incoming semi join vault.subjects using (subject) "
        "left join (select distinct on (subject) * from vault.ledger_keys order by key_id) as k using (subject) order by subject",
        incoming=known.unique().to_frame("subject"),
    )
    keys = pl.concat([found.drop_nulls("key"), _draw(connection, found.filter(pl.col("key").is_null())["subject"])])
    sealed = [_seal(text, key=key, key_id=key_id) for key_id, key in keys.select("key_id", "key").iter_rows()]
    digests = [hashlib.sha256(each).hexdigest() for each in sealed]
    rows = keys.select("key_id").with_columns(
        digest=pl.Series(digests, dtype=pl.String), ciphertext=pl.Series(sealed, dtype=pl.Binary)
    )
    tables.insert(connection, rows, table="records")
    return tuple(sorted(digests))


def read(connection: duckdb.DuckDBPyConnection, subject: int) -> list[tuple[str, str]]:
    """Return digest and text of everything recorded of a subject, sorted by digest. Raises WrongKey where one was altered."""
    rows = tables.query(
        connection,
        "select digest, ciphertext, key_id, key from incoming join vault.ledger_keys using (subject) "
        "join vault.records using (key_id) order by digest",
        incoming=pl.DataFrame({"subject": [subject]}, schema={"subject": pl.Int64}),
    )
    return [(digest, _open(sealed, key=key, key_id=key_id)) for digest, sealed, key_id, key in rows.iter_rows()]


def sweep(connection: duckdb.DuckDBPyConnection) -> None:
    """Take out what lies under keys that are gone: nobody can read it."""
    connection.execute("delete from vault.records where key_id not in (select key_id from vault.ledger_keys)")


def _draw(connection: duckdb.DuckDBPyConnection, subjects: pl.Series) -> pl.DataFrame:
    drawn = pl.DataFrame(
        {
            "subject": subjects,
            "key_id": sealing.random_bytes(len(subjects), width=_ID_BYTES),
            "key": sealing.random_bytes(len(subjects), width=_KEY_BYTES),
        }
    )
    tables.insert(connection, drawn, table="ledger_keys")
    return drawn


def _seal(text: str, *, key: bytes, key_id: bytes) -> bytes:
    nonce = os.urandom(sealing.NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, text.encode(), key_id)


def _open(sealed: bytes, *, key: bytes, key_id: bytes) -> str:
    try:
        return AESGCM(key).decrypt(sealed[: sealing.NONCE_BYTES], sealed[sealing.NONCE_BYTES :], key_id).decode()
    except InvalidTag:
        message = "a record of the vault does not open under its person's ledger key: restore the vault's last copy"
        raise WrongKey(message) from None
