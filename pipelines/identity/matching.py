"""Whom hashed identifiers name, as they are sent to Meta: found among the subjects the vault knows, by the same lookups.

A hash makes nobody a subject. Whether somebody may be matched at all is asked of the consent ledger, elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import polars as pl

from pipelines.identity import normal_forms, pseudonyms, sealing, subjects, tables

# Each kind with what a value of it may be the hash of, the likelier first. A value that is not hashed is taken as the
# first of these, and an e-mail or phone number is hashed in its normal form.
STANDS_FOR: Mapping[str, tuple[str, ...]] = {
    "external_id": ("user_id", "anonymous_id"),
    "hashed_email": ("email",),
    "hashed_phone": ("phone",),
}
KINDS = frozenset(STANDS_FOR)
_HASH = r"^[0-9a-f]{64}$"


def find(connection: duckdb.DuckDBPyConnection, identifiers: pl.DataFrame, *, lookup_key: bytes) -> pl.DataFrame:
    """Return `kind`, `value`, `subject` of each distinct pair; NULL where the vault knows nobody by it.

    Takes kinds of `STANDS_FOR` only. Who is known by it as an account comes before who is known as a browser.
    """
    found = _candidates(connection, identifiers, lookup_key=lookup_key).drop_nulls("subject")
    first = found.sort("rank", maintain_order=True).unique(["kind", "value"], keep="first", maintain_order=True)
    pairs = identifiers.select("kind", "value").unique(maintain_order=True)
    return pairs.join(first.select("kind", "value", "subject"), on=["kind", "value"], how="left", maintain_order="left")


def holders(connection: duckdb.DuckDBPyConnection, identifiers: pl.DataFrame, *, lookup_key: bytes) -> pl.DataFrame:
    """Return under what each value's owner may have spoken: `kind`, `value`, `holder_kind`, `digest`, `can_grant`, `subject`.

    These are the value itself, known or not, and every other identifier of the subject it leads to. What a holder refuses
    counts always; what it grants only where it is what the value is taken for. `subject` stands with the value itself alone.
    """
    named = _candidates(connection, identifiers, lookup_key=lookup_key)
    own = named.select("kind", "value", "digest", "can_grant", "subject", holder_kind="stands_for")
    known = named.drop_nulls("subject").select("kind", "value", "subject", "can_grant")
    # What is told to belong to another account as well, that account may refuse, and not grant.
    claimed = named.drop("subject").rename({"stands_for": "holder_kind"})
    sql = "select incoming.kind, value, c.subject from incoming join vault.claims as c using (lookup)"
    theirs = tables.query(connection, sql, incoming=claimed).with_columns(can_grant=pl.lit(value=False))
    known = pl.concat([known, theirs.select(known.columns)])
    others = known.join(digests_of(connection, known.select("subject").unique()), on="subject")
    # What is granted under a contact that is only claimed, is granted by whoever had it first.
    granting = pl.col("can_grant") & ~pl.col("is_claim")
    nobody = others.with_columns(can_grant=granting, subject=pl.lit(None, dtype=pl.Int64)).select(own.columns)
    spoken = pl.concat([own, nobody]).group_by("kind", "value", "holder_kind", "digest")
    return spoken.agg(pl.col("can_grant").any(), pl.col("subject").max())


def digests_of(connection: duckdb.DuckDBPyConnection, known: pl.DataFrame) -> pl.DataFrame:
    """Return `subject`, `holder_kind`, `digest`, `is_claim` of every identifier of these subjects, and of every contact they
    state and others had first.
    """
    sql = """
        select i.subject, i.kind as holder_kind, i.ciphertext, s.data_key, is_claim
        from incoming
        join (
            select *, false as is_claim from vault.identifiers union all select *, true from vault.claims
        ) as i using (subject)
        join vault.domain_secrets as s on s.subject = i.subject and s.domain = $domain
    """
    sealed = tables.query(connection, sql, incoming=known, bound={"domain": subjects.IDENTITY})
    normal = sealing.unseal(
        sealed["ciphertext"].to_list(),
        data_keys=sealed["data_key"].to_list(),
        subjects=sealed["subject"].to_list(),
        what="identifier",
    )
    return pseudonyms.with_digest(sealed.with_columns(normal=normal)).select(
        "subject", "holder_kind", "digest", "is_claim"
    )


def unhashed(identifiers: pl.DataFrame) -> pl.DataFrame:
    """Return the rows whose value is a user id as it is: whoever bears it is known by that id alone."""
    return identifiers.filter((pl.col("kind") == "external_id") & ~_spelled().str.contains(_HASH))


def meanings(identifiers: pl.DataFrame) -> pl.DataFrame:
    """Return `kind`, `value`, `stands_for`, `rank`, `digest`, `can_grant`: a row for each that a hashed value may stand for."""
    kinds = pl.DataFrame(
        [(kind, name, rank) for kind, names in STANDS_FOR.items() for rank, name in enumerate(names)],
        schema={"kind": pl.String, "stands_for": pl.String, "rank": pl.Int64},
        orient="row",
    )
    pairs = identifiers.select("kind", "value").unique(maintain_order=True)
    named = pairs.join(kinds, on="kind", maintain_order="left")
    spelled = named.select(kind="stands_for", value="value", given=_spelled())
    digested = pseudonyms.with_digest(normal_forms.with_normal_form(spelled))
    is_hash = pl.col("given").str.contains(_HASH)
    digest = pl.when(is_hash).then("given").otherwise(pl.when(pl.col("normal").is_not_null()).then("digest"))
    columns = digested.select(digest=digest, can_grant=is_hash | (named["rank"] == 0))
    return pl.concat([named, columns], how="horizontal").drop_nulls("digest")


def _candidates(connection: duckdb.DuckDBPyConnection, identifiers: pl.DataFrame, *, lookup_key: bytes) -> pl.DataFrame:
    """Add `lookup` and `subject` to the meanings of each value."""
    usable = meanings(identifiers)
    by_meaning = usable.select(kind="stands_for", digest="digest")
    looked_up = usable.with_columns(pseudonyms.with_lookup(by_meaning, key=lookup_key)["lookup"])
    return subjects.find(connection, looked_up)


def _spelled() -> pl.Expr:
    """Hashes are written in either case, and now and then with blanks around them."""
    return pl.col("value").str.strip_chars().str.to_lowercase()
