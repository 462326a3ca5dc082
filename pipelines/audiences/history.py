"""What the books say: of one living person and instant, of uploads, of withdrawals. Nothing is changed or sent here."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from pipelines.audiences.books import DOMAIN, naive, open_books
from pipelines.identity.keyring import Keyring
from pipelines.identity.vault import open_vault
from pipelines.settings import Home


def of_person(home: Home, ring: Keyring, *, kind: str, value: str, at: datetime | None = None) -> pl.DataFrame | None:
    """Return in which audiences somebody is or was, by when they were sent; at one instant where it is given.

    `segment`, `recipient`, `since`, `until`, `ended_by`, `consent_since`, `stated_under`, `has_evidence`, `policy_version`,
    `rung`, `fields`; None where the vault knows nobody of this identifier.
    """
    with open_vault(home, ring, purpose="audiences of one person") as vault:
        found = vault.find(pl.DataFrame({"kind": [kind], "value": [value]}))["subject"].drop_nulls()
        if found.is_empty():
            return None
        named = vault.pseudonyms(found, domain=DOMAIN)
    instant = "true" if at is None else f"since <= '{naive(at)}'::timestamp and coalesce(until > '{naive(at)}', true)"
    with open_books(home, ring) as books:
        books.run_with("create temp table asked as select pseudonym from incoming", named)
        return books.rows(f"""
            select segment, recipient, since, until, ended_by, consent_since, stated_under,
                evidence_key is not null as has_evidence, policy_version, rung, fields
            from memberships semi join asked using (pseudonym) where {instant} order by since, segment, recipient""")


def uploads(home: Home, ring: Keyring) -> pl.DataFrame:
    """Return what was sent or taken back, latest first; counts alone."""
    with open_books(home, ring) as books:
        return books.rows("select * from uploads order by upload desc")


def withdrawals(home: Home, ring: Keyring, *, at: datetime) -> pl.DataFrame:
    """Return by recipient, reason and state how many withdrawals there are, and the longest that one took or has waited.

    `state` is requested, removed or confirmed; `slowest_hours` counts from what was stated to its end, or to `at`.
    """
    with open_books(home, ring) as books:
        return books.rows(
            """
            select recipient, reason,
                case when confirmed_at is not null then 'confirmed' when removed_at is not null then 'removed'
                    else 'requested' end as state,
                count(*) as withdrawals,
                max(epoch(coalesce(confirmed_at, ?::timestamp) - requested_at)) / 3600 as slowest_hours
            from withdrawals group by all order by all""",
            naive(at),
        )


def present(home: Home, ring: Keyring) -> dict[tuple[str, str], int]:
    """Return how many people are in each audience now, by segment and recipient."""
    with open_books(home, ring) as books:
        rows = books.rows(
            "select segment, recipient, count(*) as people from memberships where until is null group by all order by all"
        )
    return {(segment, recipient): people for segment, recipient, people in rows.iter_rows()}
