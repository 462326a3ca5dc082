"""The vault as other rooms use it: open it with a purpose, resolve, store, link, commit.

The tables' own rules are in `subjects`, `attributes` and `edges`; files and keys in `epochs` and `keyring`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import duckdb
import polars as pl

from pipelines import settings
from pipelines.identity import (
    attributes,
    edges,
    epochs,
    forgetting,
    matching,
    normal_forms,
    pseudonyms,
    records,
    subjects,
    tombstones,
)
from pipelines.identity.attributes import StoredAttributes
from pipelines.identity.errors import IdentityProblem
from pipelines.identity.files import locked
from pipelines.identity.handed_over import HandedOver
from pipelines.identity.interactions import Interactions
from pipelines.identity.keyring import Keyring
from pipelines.identity.minors import Minors
from pipelines.identity.reach import Reach
from pipelines.identity.refusals import Refusals

# Bounds the memory of one look-up, not its result.
_SLICE_ROWS = 250_000


class Vault:
    """An open vault; everything done lies in one transaction that `commit` ends."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, ring: Keyring) -> None:
        self._connection = connection
        self._ring = ring
        self._lookup = ring.current("lookup")
        subjects.check_lookups(connection, lookup_key=self._lookup_key())
        self.tombstones = tombstones.Tombstones(connection, key=ring.key(tombstones.KEY))
        self.minors = Minors(connection, lookup_key=self._lookup_key())
        self.interactions = Interactions(connection)
        self.handed_over = HandedOver(connection)
        self.reach = Reach(connection)
        self.refusals = Refusals(connection)
        self._begin()

    def resolve(self, identifiers: pl.DataFrame, *, domain: str, at: datetime) -> pl.DataFrame:
        """Return `kind`, `value`, `pseudonym` for each distinct pair of `kind` and `value` that is not NULL.

        Unknown identifiers become new subjects, first seen `at`; hashes find who is known and make nobody known. A
        value of which nothing usable is left (an e-mail of blanks) has no pseudonym.
        """
        key = pseudonyms.domain_key(self._ring.key("root"), domain=domain)
        # In one order always: who is numbered first keeps a contact that two accounts claim at one instant.
        pairs = identifiers.select(pl.col("kind", "value").cast(pl.String)).drop_nulls()
        distinct = pairs.unique().sort("kind", "value")
        parts = [self._resolve(part, domain=domain, key=key, at=at) for part in distinct.iter_slices(_SLICE_ROWS)]
        return pl.concat(parts) if parts else distinct.with_columns(pseudonym=pl.lit(None, dtype=pl.String))

    def find(self, identifiers: pl.DataFrame) -> pl.DataFrame:
        """Return `kind`, `value`, `subject` of each distinct pair; NULL where nobody is known by it. Nobody becomes known."""
        normal = normal_forms.with_normal_form(identifiers.select("kind", "value").unique(maintain_order=True))
        looked_up = pseudonyms.with_lookup(normal.drop_nulls("normal"), key=self._lookup_key())
        found = subjects.find(self._connection, looked_up).select("kind", "value", "subject")
        return normal.select("kind", "value").join(found, on=["kind", "value"], how="left", maintain_order="left")

    def known(self, identifiers: pl.DataFrame) -> pl.DataFrame:
        """Return under what whoever these hashed identifiers name may have spoken of consent; nobody becomes known.

        Takes distinct pairs of `kind` and `value`; gives `kind`, `value`, `holder_kind`, `digest`, `can_grant`, `subject`,
        several rows a pair.
        """
        parts = identifiers.iter_slices(_SLICE_ROWS) if identifiers.height else [identifiers]
        return pl.concat([matching.holders(self._connection, part, lookup_key=self._lookup_key()) for part in parts])

    def store_attributes(self, accounts: pl.DataFrame) -> StoredAttributes:
        """Seal what is known of accounts: `user_id`, `updated_at`, and any of `email`, `name`, `phone`, `birth_date`.

        E-mail and phone become identifiers of the account's subject. Whoever was known by one of them alone becomes one
        with the account, pseudonyms included; one that another account has already stays with that one (accounts are
        never merged) and is counted as a conflict.
        """
        texts = [pl.col(name).cast(pl.String) for name in attributes.SEALED if name in accounts.columns]
        usable = accounts.drop_nulls("user_id").with_columns(_naive(accounts, "updated_at"), *texts)
        if usable.is_empty():
            return StoredAttributes(written=0, conflicts=0)
        with_subject = self._attach_subject(usable, kind="user_id", name="subject", at_column="updated_at")
        return attributes.store(
            self._connection, with_subject, lookup_key=self._lookup_key(), key_version=self._lookup.version
        )

    def link(self, pairs: pl.DataFrame) -> None:
        """Keep `anonymous_id`, `user_id`, `linked_at` as edges; of each pair the earliest instant."""
        usable = pairs.drop_nulls(["anonymous_id", "user_id", "linked_at"]).with_columns(_naive(pairs, "linked_at"))
        if usable.is_empty():
            return
        half = self._attach_subject(usable, kind="anonymous_id", name="anonymous_subject", at_column="linked_at")
        whole = self._attach_subject(half, kind="user_id", name="user_subject", at_column="linked_at")
        edges.store(self._connection, whole.select("anonymous_subject", "user_subject", "linked_at"))

    def links(self, *, domain: str) -> pl.DataFrame:
        """Return `visitor_pseudonym`, `learner_pseudonym`, `linked_at`, sorted; both resolved in the domain before."""
        key = pseudonyms.domain_key(self._ring.key("root"), domain=domain)
        return edges.read(self._connection, domain=domain, key=key)

    def forget_unused(self, used: pl.Series | set[str], *, domain: str) -> int:
        """Take out again who became a subject since the last commit and stands in no row; return how many.

        `used` are the pseudonyms, in this domain, of every row that is kept. Of the others everything goes: subject,
        identifiers, secrets of every domain, attributes, and links at either end. To be called before `links` and
        `commit`. Who was known before is left alone, and so is whoever is noted as a child: they leave with all they have.
        """
        key = pseudonyms.domain_key(self._ring.key("root"), domain=domain)
        if subjects.next_number(self._connection) == self._first_new:
            return 0
        known = pl.Series("pseudonym", list(used) if isinstance(used, set) else used, dtype=pl.String)
        gone = forgetting.unused(self._connection, since=self._first_new, used=known, domain=domain, key=key)
        gone = gone.filter(~gone.is_in(self.minors.noted().implode()))
        if not gone.is_empty():
            forgetting.forget(self._connection, gone, since=self._first_new)
        return len(gone)

    def digests(self, among: pl.Series | None = None) -> Iterator[pl.DataFrame]:
        """Yield `subject`, `holder_kind`, `digest`, `is_claim` of every identifier and claim, a slice of subjects at a time.

        Of all subjects, unless only some are asked for.
        """
        if among is not None:
            yield matching.digests_of(self._connection, among.to_frame("subject"))
            return
        for numbers in subjects.numbers(below=subjects.next_number(self._connection), at_once=_SLICE_ROWS):
            yield matching.digests_of(self._connection, numbers.to_frame())

    def claimants(self) -> pl.DataFrame:
        """Return `owner` and `claimant`, the subjects known by contacts alone and the accounts that state one of these."""
        return subjects.claimants(self._connection)

    def sole_users(self) -> pl.DataFrame:
        """Return `browser` and `user`, the subjects of every browser that was only ever linked to one user."""
        return edges.sole_users(self._connection)

    def pseudonyms(self, known: pl.Series, *, domain: str, is_drawn: bool = False) -> pl.DataFrame:
        """Return `subject`, `pseudonym` of those subjects who have one in the domain; nobody gets one unless it `is_drawn`."""
        key = pseudonyms.domain_key(self._ring.key("root"), domain=domain)
        if is_drawn:
            subjects.secrets(self._connection, known.rename("subject").to_frame(), domain=domain)
        return pseudonyms.with_pseudonym(subjects.known_secrets(self._connection, known, domain=domain), key=key)

    def named_in(self, domain: str, *, only_known: bool = False) -> Iterator[pl.DataFrame]:
        """Yield `subject`, `pseudonym` of whoever has one in the domain, a slice of the subjects at a time; nobody gets one.

        With `only_known`, those alone who were subjects at the last commit.
        """
        end = self._first_new if only_known else subjects.next_number(self._connection)
        for numbers in subjects.numbers(below=end, at_once=_SLICE_ROWS):
            yield self.pseudonyms(numbers, domain=domain)

    def known_since(self) -> pl.DataFrame:
        """Return `subject`, `created_at` of every subject."""
        return self._connection.execute("select subject, created_at from vault.subjects order by subject").pl()

    def forget(self, gone: pl.Series) -> int:
        """Take these subjects out with everything the vault has of them; return how many there were.

        Their keys are shredded once the vault has been copied into its next epoch. That no row bears their pseudonyms any
        more is the caller's to know.
        """
        there = int(self.known_since()["subject"].is_in(gone.implode()).sum())
        forgetting.forget(self._connection, gone, since=1)
        return there

    def translations(self, *, origin: str, target: str) -> Iterator[pl.DataFrame]:
        """Yield `origin_pseudonym`, `pseudonym` of whoever has one in both domains; nobody gets one.

        A slice of the subjects at a time.
        """
        for known in subjects.numbers(below=subjects.next_number(self._connection), at_once=_SLICE_ROWS):
            there = self.pseudonyms(known, domain=target)
            here = self.pseudonyms(there["subject"], domain=origin).rename({"pseudonym": "origin_pseudonym"})
            yield here.join(there, on="subject").select("origin_pseudonym", "pseudonym")

    def withdraw(self, known: pl.Series, *, domain: str, forgettable: pl.Series) -> int:
        """Take the domain's secret from subjects, so that no pseudonym leads to them there; return how many were forgotten.

        Forgotten are the `forgettable` of them who have nothing left: no other domain's secret, no sealed attributes. That
        no row bears their pseudonym any more is the caller's to know.
        """
        return forgetting.withdraw(self._connection, known, domain=domain, forgettable=forgettable)

    def keep_record(self, known: pl.Series, text: str) -> tuple[str, ...]:
        """Seal what was done with the data of these subjects, for each under a key of their own; return the digests.

        A digest (SHA-256 of the ciphertext) is what the evidence ledger bears; it outlives the key and tells nothing.
        """
        return records.keep(self._connection, known, text)

    def records(self, subject: int) -> list[tuple[str, str]]:
        """Return digest and text of everything that was recorded of a subject. Raises WrongKey."""
        return records.read(self._connection, subject)

    def commit(self) -> None:
        """Make everything since the last commit durable, all of it or nothing."""
        self._connection.execute("commit")
        self._begin()

    def close(self) -> None:
        """Drop what was not committed, and write the rest into the file, leaving no log behind."""
        try:
            self._connection.execute("rollback")
            self._connection.execute("checkpoint vault")
        finally:
            self._connection.close()

    def _begin(self) -> None:
        self._connection.execute("begin")
        self._first_new = subjects.next_number(self._connection)

    def _resolve(self, distinct: pl.DataFrame, *, domain: str, key: bytes, at: datetime) -> pl.DataFrame:
        is_matched = pl.col("kind").is_in(list(matching.KINDS))
        known = pl.concat(
            [self._subjects_of(distinct.filter(~is_matched), at=at), self._matched(distinct.filter(is_matched), at=at)]
        )
        secrets = subjects.secrets(self._connection, known.drop_nulls("subject"), domain=domain)
        named = pseudonyms.with_pseudonym(secrets.drop("data_key"), key=key)
        return known.join(named, on="subject", how="left", maintain_order="left").select("kind", "value", "pseudonym")

    def _matched(self, distinct: pl.DataFrame, *, at: datetime) -> pl.DataFrame:
        found = matching.find(self._connection, distinct, lookup_key=self._lookup_key())
        unknown = matching.unhashed(found.filter(pl.col("subject").is_null()))
        made = self._subjects_of(unknown.select("value", kind=pl.lit("user_id")), at=at)
        named = unknown.select("kind", "value").join(made.select("value", "subject"), on="value")
        return pl.concat([found.join(named, on=["kind", "value"], how="anti"), named])

    def _subjects_of(self, distinct: pl.DataFrame, *, at: datetime) -> pl.DataFrame:
        normal = pseudonyms.with_lookup(normal_forms.with_normal_form(distinct), key=self._lookup_key())
        usable = normal.drop_nulls("normal").drop("value")
        found = subjects.find_or_create(
            self._connection, usable, key_version=self._lookup.version, at=_naive_instant(at)
        )
        return normal.join(found, on="lookup", how="left", maintain_order="left").select("kind", "value", "subject")

    def _attach_subject(self, frame: pl.DataFrame, *, kind: str, name: str, at_column: str) -> pl.DataFrame:
        first = frame[at_column].min()
        at = first if isinstance(first, datetime) else datetime(1970, 1, 1)  # noqa: DTZ001 - all instants here are naive UTC
        values = frame.select(pl.lit(kind).alias("kind"), pl.col(kind).cast(pl.String).alias("value"))
        found = self._subjects_of(values.unique().sort("value"), at=at).select(
            pl.col("value").alias(kind), pl.col("subject").alias(name)
        )
        return frame.join(found, on=kind, maintain_order="left").drop_nulls(name)

    def _lookup_key(self) -> bytes:
        return self._ring.key(self._lookup.id)


@contextmanager
def open_vault(home: settings.Home, ring: Keyring, *, purpose: str) -> Iterator[Vault]:
    """Open the vault for one stated purpose; logged, exclusive, and without `commit` nothing is kept.

    Raises LostVault, WrongKey, MissingKey, OldLookups or VaultBusy.
    """
    home.vault.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(epochs.lock_file(home)):
        epoch = epochs.ensure(ring)
        connection = epochs.open_file(ring, epoch=epoch, purpose=purpose)
        try:
            opened = Vault(connection, ring)
        except IdentityProblem:
            connection.close()
            raise
        try:
            yield opened
        finally:
            opened.close()


def _naive_instant(at: datetime) -> datetime:
    return at if at.tzinfo is None else at.astimezone(UTC).replace(tzinfo=None)


def _naive(frame: pl.DataFrame, column: str) -> pl.Expr:
    kind = frame.schema[column]
    expression = pl.col(column)
    if isinstance(kind, pl.Datetime) and kind.time_zone is not None:
        expression = expression.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return expression.cast(pl.Datetime("us")).fill_null(datetime(1970, 1, 1))  # noqa: DTZ001 - naive UTC
