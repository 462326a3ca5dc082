"""What the platform knows of an account (name, birth date, e-mail, phone): sealed, one entry a subject, newest wins.

Judging the values does not belong here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import duckdb
import polars as pl

from pipelines.identity import merging, normal_forms, pseudonyms, sealing, subjects, tables
from pipelines.identity.merging import CONTACTS

SEALED = ("user_id", "email", "name", "phone", "birth_date")
_SLICE_ROWS = 100_000


@dataclass(frozen=True)
class StoredAttributes:
    """Counts of one storing: attribute entries written; contacts that belong to another subject already."""

    written: int
    conflicts: int


def store(
    connection: duckdb.DuckDBPyConnection, accounts: pl.DataFrame, *, lookup_key: bytes, key_version: int
) -> StoredAttributes:
    """Seal the newest attributes of each subject, and make e-mail and phone identifiers of it.

    Takes `subject`, `user_id`, `updated_at` and what there is of the other attributes, as text.
    """
    # In one order always, whatever order the rows came in: of two states of one instant the same one stays.
    ordered = accounts.sort("updated_at", "subject", *(name for name in SEALED if name in accounts.columns))
    keys = subjects.secrets(connection, ordered, domain=subjects.IDENTITY).select("subject", "data_key")
    keyed = ordered.join(keys, on="subject", maintain_order="left")
    conflicts = _add_contacts(connection, keyed, lookup_key=lookup_key, key_version=key_version)
    newest = keyed.unique("subject", keep="last", maintain_order=True)
    written = sum(_write(connection, part) for part in newest.iter_slices(_SLICE_ROWS))
    return StoredAttributes(written=written, conflicts=conflicts)


def _add_contacts(
    connection: duckdb.DuckDBPyConnection, accounts: pl.DataFrame, *, lookup_key: bytes, key_version: int
) -> int:
    """Return how many contacts were left with the subject that had them first.

    A subject that is known by contacts alone becomes one with the account that claims them, where it may be.
    """
    present = [name for name in CONTACTS if name in accounts.columns]
    if not present:
        return 0
    contacts = accounts.select("subject", "data_key", "updated_at", *present).unpivot(
        present, index=["subject", "data_key", "updated_at"], variable_name="kind", value_name="value"
    )
    # Of an account that is told of again and again the first of each contact says all there is to say.
    stated = contacts.drop_nulls("value").unique(["subject", "kind", "value"], keep="first", maintain_order=True)
    usable = normal_forms.with_normal_form(stated).drop_nulls("normal")
    claims = pseudonyms.with_lookup(usable, key=lookup_key).unique(["lookup", "subject"], maintain_order=True)
    first = claims.unique("lookup", keep="first", maintain_order=True)
    owned = subjects.find(connection, first.rename({"subject": "claimant"}))
    new = owned.filter(pl.col("subject").is_null()).with_columns(subject="claimant")
    subjects.register(connection, new.rename({"updated_at": "first_seen_at"}), key_version=key_version)
    owners = pl.concat([owned.filter(pl.col("subject").is_not_null()), new]).select("lookup", owner="subject")
    contested = claims.join(owners, on="lookup", maintain_order="left").filter(pl.col("owner") != pl.col("subject"))
    merged = merging.absorb(connection, contested.select("owner", claimant="subject"))
    kept = contested.join(merged, left_on=["owner", "subject"], right_on=["owner", "claimant"], how="anti")
    subjects.claim(connection, kept.rename({"updated_at": "first_seen_at"}), key_version=key_version)
    return kept.height


def _write(connection: duckdb.DuckDBPyConnection, newest: pl.DataFrame) -> int:
    stored = "select incoming.* from incoming left join vault.attributes as a using (subject)"
    fresh = tables.query(
        connection,
        f"{stored} where a.updated_at is null or a.updated_at < incoming.updated_at",
        incoming=newest,
    )
    names = [name for name in SEALED if name in fresh.columns]
    encode = json.JSONEncoder(ensure_ascii=False).encode
    texts = [encode(row) for row in fresh.select(names).iter_rows(named=True)]
    sealed = sealing.seal(
        texts, data_keys=fresh["data_key"].to_list(), subjects=fresh["subject"].to_list(), what="attributes"
    )
    rows = fresh.select("subject", "updated_at", ciphertext=sealed)
    tables.query(
        connection, "delete from vault.attributes where subject in (select subject from incoming)", incoming=rows
    )
    tables.insert(connection, rows, table="attributes")
    return rows.height
