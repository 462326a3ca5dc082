"""Who was a child at any instant at which they used the service, and whose rows are theirs. Nothing is changed here.

A birth date is held against the earliest day on which anything is known to have been done by that person: their
registration, or an earlier row under any of their pseudonyms, in a statement of consent, or in a browser that they alone
used. Later birthdays cure nothing. With them goes whoever is known by a contact of theirs alone, and their own browser.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import duckdb
import polars as pl

from pipelines import consent
from pipelines.contracts import Contracts
from pipelines.contracts.ages import of_age_on
from pipelines.contracts.interactions import first_interaction
from pipelines.contracts.models import InboundContract
from pipelines.identity.tombstones import ROW
from pipelines.identity.vault import Vault
from pipelines.lake import Manifest, read_expression
from pipelines.retention.people import day_of

_KEY = "getvariable('event_key')"
_BROWSER = "anonymous_id"


def note_minor(vault: Vault, subjects: pl.Series, evidence_kind: str, *, at: datetime) -> None:
    """Note in the open vault that these subjects were children, by a kind of evidence; the next look takes them out.

    The kind is a word, never a text. Raises ValueError for anything else.
    """
    vault.minors.note(subjects, evidence=evidence_kind, at=at)


def find(
    connection: duckdb.DuckDBPyConnection, manifest: Manifest, contracts: Contracts, vault: Vault, *, at: datetime
) -> pl.Series:
    """Return the subjects that are children or only theirs, and make the tables by which `gone` tells their rows.

    `leaving` (domain, pseudonym), `leaving_holders` (holder), `leaving_rows` (dataset, key).
    """
    noted = vault.minors.noted()
    people = pl.concat([noted, _by_birth(connection, manifest, contracts, vault)]).unique()
    claimed = vault.claimants().group_by("owner").agg(pl.col("claimant").is_in(people.implode()).all())
    people = pl.concat([people, claimed.filter("claimant")["owner"]]).unique()
    sole = vault.sole_users().filter(pl.col("user").is_in(people.implode()))["browser"]
    subjects = pl.concat([people, sole]).unique().sort()
    _name(connection, contracts, vault, subjects, prefix="leaving")
    _make_leaving_rows(connection, manifest, contracts, vault, at=at)
    return subjects


def gone(contract: InboundContract) -> str | None:
    """SQL over `stored`: whether a row is theirs; None where no row of the source can be anybody's."""
    tests = []
    if contract.holder_columns:
        tests.append(_is_stated(contract))
    if contract.owner_columns:
        listed = f"(select pseudonym from leaving where domain = '{contract.domain}')"
        tests += [f"coalesce(stored.{column} in {listed}, false)" for column in contract.owner_columns]
    if through := contract.owned_through:
        listed = f"(select key from leaving_rows where dataset = '{through.dataset}')"
        tests.append(f"coalesce(stored.{through.column} in {listed}, false)")
    return f"({' or '.join(tests)})" if tests else None


def keys_of(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Return `kind` and `value` of the keys of rows that go, by which others' rows would belong to them."""
    return connection.execute(
        f"select '{ROW}' || dataset as kind, key::varchar as value from leaving_rows order by all"
    ).pl()


def _by_birth(
    connection: duckdb.DuckDBPyConnection, manifest: Manifest, contracts: Contracts, vault: Vault
) -> pl.Series:
    """Return whoever was no longer than a child's age away from their birth when they were first known to do anything."""
    _keep(connection, "births", vault.minors.births())
    grown = of_age_on("birth_date", years=contracts.policy.minority.years)
    connection.execute(f"create or replace table growing as select subject, {grown} as of_age_on from births")
    told = list(_told(manifest, contracts))
    firsts = " union all ".join(f"select min({day}) as day from {rows}" for _, _, day, rows in told)
    if not firsts:
        return pl.Series("subject", [], dtype=pl.Int64)
    connection.execute(f"delete from growing where of_age_on <= (select min(day) from ({firsts})) or of_age_on is null")
    young = connection.execute("select subject from growing order by subject").pl()["subject"]
    if young.is_empty():
        return young
    _keep(connection, "sole", vault.sole_users())
    browsers = connection.execute('select browser from sole semi join growing on subject = "user"').pl()["browser"]
    _name(connection, contracts, vault, pl.concat([young, browsers]).unique(), prefix="young")
    connection.execute("create or replace table done (subject bigint, first_on date)")
    for contract, column, day, rows in told:
        names = (
            "young_holders on holder"
            if column in contract.holder_columns
            else f"young on domain = '{contract.domain}' and pseudonym"
        )
        connection.execute(
            f"insert into done select subject, min({day}) from {rows} join {names} = stored.{column} group by subject"
        )
    query = """
        with own as (
            select coalesce("user", subject) as subject, min(first_on) as first_on
            from done left join sole on subject = browser group by 1)
        select subject from own join growing using (subject) where first_on < of_age_on order by subject"""
    return connection.execute(query).pl()["subject"]


def _told(manifest: Manifest, contracts: Contracts) -> Iterator[tuple[InboundContract, str, str, str]]:
    """Yield contract, column of a person, SQL of the day on which they did it, SQL of the rows."""
    for contract in contracts.inbound.values():
        first = first_interaction(contract)
        for files in manifest.stored().by_columns(contract.name).values() if first else ():
            for column in (*contract.holder_columns, *contract.owner_columns):
                yield contract, column, day_of(first or ""), f"{read_expression(files)} as stored"


def _name(
    connection: duckdb.DuckDBPyConnection, contracts: Contracts, vault: Vault, subjects: pl.Series, *, prefix: str
) -> None:
    """Make `<prefix>` (subject, domain, pseudonym) and `<prefix>_holders` (subject, holder) of these subjects."""
    connection.execute(f"create or replace table {prefix} (subject bigint, domain varchar, pseudonym varchar)")
    for domain in sorted({each.domain for each in contracts.inbound.values() if each.owner_columns}):
        named = vault.pseudonyms(subjects, domain=domain)
        _keep(connection, "named_now", named)
        connection.execute(f"insert into {prefix} select subject, '{domain}', pseudonym from named_now")
    holder = consent.holder_key_of_hash("digest", kind="holder_kind", key=_KEY)
    connection.execute(f"create or replace table {prefix}_holders (subject bigint, holder bigint)")
    for digests in vault.digests(subjects):
        _keep(connection, "digests", digests)
        connection.execute(f"insert into {prefix}_holders select subject, {holder} from digests where not is_claim")


def _make_leaving_rows(
    connection: duckdb.DuckDBPyConnection, manifest: Manifest, contracts: Contracts, vault: Vault, *, at: datetime
) -> None:
    """Make `leaving_rows`: keys of rows that go, and of those that were refused before and others' rows still name."""
    connection.execute("create or replace table leaving_rows (dataset varchar, key bigint)")
    for contract in contracts.inbound.values():
        through = contract.owned_through
        if through is None:
            continue
        other = contracts.inbound[through.dataset]
        for files in manifest.stored().by_columns(other.name).values():
            rows = f"{read_expression(files)} as stored where {gone(other)}"
            connection.execute(
                f"insert into leaving_rows select distinct '{other.name}', stored.{through.column} from {rows}"
            )
        if not vault.tombstones.is_empty:
            orphans = _orphans(connection, manifest, contract)
            buried = vault.tombstones.buried(orphans.with_columns(kind=pl.lit(f"{ROW}{other.name}")), at=at)
            _keep(connection, "orphans", buried)
            connection.execute(f"insert into leaving_rows select '{other.name}', value::bigint from orphans")


def _orphans(connection: duckdb.DuckDBPyConnection, manifest: Manifest, contract: InboundContract) -> pl.DataFrame:
    """Return `value`: the keys by which rows of a source belong to a row that is not there."""
    through = contract.owned_through
    if through is None:
        return pl.DataFrame(schema={"value": pl.String})
    own, others = (
        " union all ".join(
            f"select {through.column} as key from {read_expression(files)}"
            for files in manifest.stored().by_columns(name).values()
        )
        or "select null::bigint as key where false"
        for name in (contract.name, through.dataset)
    )
    return connection.execute(
        f"select distinct key::varchar as value from ({own}) anti join ({others}) using (key) where key is not null"
    ).pl()


def _is_stated(contract: InboundContract) -> str:
    """SQL: whether a statement names one of them; of a browser alone, whether it is theirs."""
    kinds = {f.stored_as[0]: f.identifier_kind for f in contract.fields if f.treatment == "holder_key"}
    theirs = {column: f"coalesce(stored.{column} in (select holder from leaving_holders), false)" for column in kinds}
    people = [column for column, kind in kinds.items() if kind != _BROWSER]
    nobody = " and ".join(f"stored.{column} is null" for column in people) or "true"
    tests = [theirs[column] if column in people else f"({theirs[column]} and {nobody})" for column in kinds]
    return f"({' or '.join(tests)})"


def _keep(connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    connection.register("frame_given", frame.to_arrow())
    connection.execute(f"create or replace table {name} as select * from frame_given")
    connection.unregister("frame_given")
