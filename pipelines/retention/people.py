"""Whose clock has run out: the last thing each person did of their own accord, over every source, by their pseudonyms.

A person is a subject of the vault: what they did under any of their pseudonyms, in a statement of consent, or in a browser
that only they ever used, moves the one clock, as does what the vault noted of rows that have fallen since. Of whom nothing at
all is known to have been done, the day on which they became known counts. A pseudonym that leads to nobody any more has a
clock of its own. Nothing is changed here; what goes is taken out elsewhere, by the SQL that is given here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from pipelines import consent
from pipelines.contracts import Contracts, periods
from pipelines.contracts.interactions import last_interaction, period_by_person
from pipelines.contracts.models import InboundContract
from pipelines.identity.vault import Vault
from pipelines.intake.treatments import JAKARTA_OFFSET_HOURS
from pipelines.lake import Manifest, read_expression

_KEY = "getvariable('event_key')"


def day_of(instant: str) -> str:
    """SQL: the day, in Jakarta, of an instant."""
    return f"({instant} + interval {JAKARTA_OFFSET_HOURS} hours)::date"


@dataclass(frozen=True)
class Clocks:
    """The tables `clocks` (domain, pseudonym, last_on), `subject_clocks` (subject, last_on, did_on), `holders` (holder, last_on).

    `until` is the first day that is not counted: whoever's period ends before it has no time left.
    """

    connection: duckdb.DuckDBPyConnection
    until: date

    def expired(self, period: str) -> pl.Series:
        """Return the subjects whose period has ended."""
        query = f"select subject from subject_clocks where {self._is_over('last_on', period)} order by subject"
        return self.connection.execute(query).pl()["subject"]

    def silenced(self, refused: pl.DataFrame, period: str) -> pl.Series:
        """Return those holders of refusals (`holder`, `last_at`) whose people have no time left; of nobody's, the refusal's."""
        self.connection.register("refused", refused.to_arrow())
        nobodys = f"holders.holder is null and {self._is_over(day_of('last_at'), period)}"
        query = f"""
            select distinct refused.holder from refused left join holders using (holder)
            where {self._is_over("last_on", period)} or {nobodys} order by holder"""
        found = self.connection.execute(query).pl()["holder"]
        self.connection.unregister("refused")
        return found

    def days(self) -> pl.DataFrame:
        """Return `subject`, `last_on` of whoever is known to have done something, by all that stands and the vault has noted."""
        return self.connection.execute(
            "select subject, did_on as last_on from subject_clocks where did_on is not null"
        ).pl()

    def gone(self, contract: InboundContract, period: str) -> str:
        """SQL over `stored`: whether a row's people have no time left; a row of nobody has the clock of its own instant."""
        if contract.holder_columns:
            return self._gone_statements(contract, period)
        over = self._is_over("last_on", period)
        if through := contract.owned_through:
            key, gone, there = f"stored.{through.column}", f"gone_{through.dataset}", f"all_{through.dataset}"
            is_orphan = f"{key} not in (select key from {there}) and {self._is_old(contract, period)}"
            return f"({key} in (select key from {gone}) or ({is_orphan}))"
        listed = f"(select pseudonym from clocks where domain = '{contract.domain}' and {over})"
        owners = " or ".join(f"stored.{column} in {listed}" for column in contract.owner_columns)
        # Whose pseudonym leads to nobody and who never did anything has no clock: the row was left over by a killed drop.
        idle = f"(select pseudonym from clocks where domain = '{contract.domain}' and last_on is null)"
        nobody = " and ".join(
            f"(stored.{column} is null or stored.{column} in {idle})" for column in contract.owner_columns
        )
        return f"({owners} or ({nobody} and {self._is_old(contract, period)}))"

    def _gone_statements(self, contract: InboundContract, period: str) -> str:
        over = self._is_over("last_on", period)
        living = f"(select holder from holders where not {over})"
        known = "(select holder from holders)"
        nobody_lives = " and ".join(
            f"coalesce(stored.{name} not in {living}, true)" for name in contract.holder_columns
        )
        is_known = " or ".join(f"coalesce(stored.{name} in {known}, false)" for name in contract.holder_columns)
        return f"({nobody_lives} and ({is_known} or {self._is_old(contract, period)}))"

    def _is_old(self, contract: InboundContract, period: str) -> str:
        instants = [f"stored.{field.stored_as[0]}" for field in contract.instants if field.stored_as]
        return self._is_over(day_of(f"greatest({', '.join(instants)})"), period) if instants else "false"

    def _is_over(self, day: str, period: str) -> str:
        return f"({day} + {periods.interval(period)} < date '{self.until}')"


def clocks(
    connection: duckdb.DuckDBPyConnection, manifest: Manifest, contracts: Contracts, vault: Vault, *, until: date
) -> Clocks:
    """Make the tables of the clocks from everything that the lake holds; see `Clocks`."""
    connection.execute("create or replace table told (domain varchar, pseudonym varchar, last_on date)")
    connection.execute("create or replace table stated (holder bigint, last_on date)")
    for contract in contracts.inbound.values():
        at = last_interaction(contract)
        if at is None:
            continue
        for files in manifest.stored().by_columns(contract.name).values():
            rows = f"{read_expression(files)} as stored"
            for column in contract.holder_columns:
                _tell(connection, "stated", column, f"{column}, max({day_of(at)})", rows)
            for column in contract.owner_columns:
                _tell(connection, "told", column, f"'{contract.domain}', {column}, max({day_of(at)})", rows)
    _find_subjects(connection, contracts, vault)
    _find_holders(connection, vault)
    connection.execute("""
        create or replace table subject_clocks as
        with own as (
            select subject, max(last_on) as last_on from (
                select subject, last_on from subject_told
                union all select subject, last_on from subject_stated) group by subject),
        shared as (
            select "user" as subject, max(last_on) as last_on
            from sole join own on own.subject = sole.browser group by "user")
        select subject, greatest(own.last_on, shared.last_on, noted.last_on) as did_on, coalesce(did_on, known_on) as last_on
        from known left join own using (subject) left join shared using (subject) left join noted using (subject)""")
    connection.execute("""
        create or replace table clocks as
        select domain, pseudonym, last_on from named join subject_clocks using (subject)
        union all
        select domain, pseudonym, max(last_on) from told
        where (domain, pseudonym) not in (select (domain, pseudonym) from named) group by domain, pseudonym""")
    connection.execute("""
        create or replace table holders as
        select holder, max(last_on) as last_on from held join subject_clocks using (subject) group by holder""")
    return Clocks(connection, until)


def know_owned(
    connection: duckdb.DuckDBPyConnection, manifest: Manifest, contracts: Contracts, clock: Clocks, *, period: str
) -> None:
    """Make `gone_<dataset>` and `all_<dataset>` (key) of every source through which another one's rows are owned."""
    for contract in contracts.inbound.values():
        if through := contract.owned_through:
            other = contracts.inbound[through.dataset]
            for name, test in (("gone", clock.gone(other, period)), ("all", "true")):
                parts = [
                    f"select {through.column} as key from {read_expression(files)} as stored where {test}"
                    for files in manifest.stored().by_columns(other.name).values()
                ]
                rows = " union ".join(parts) or "select null as key where false"
                connection.execute(f"create or replace table {name}_{other.name} as {rows}")


def _tell(connection: duckdb.DuckDBPyConnection, table: str, column: str, selected: str, rows: str) -> None:
    connection.execute(
        f"insert into {table} select {selected} from {rows} where {column} is not null group by {column}"
    )


def _find_subjects(connection: duckdb.DuckDBPyConnection, contracts: Contracts, vault: Vault) -> None:
    """Make `known` (subject, known_on), `noted` (subject, last_on), `named` (domain, pseudonym, subject), `subject_told` and
    `sole` (browser, user)."""
    connection.execute("create or replace table named (domain varchar, pseudonym varchar, subject bigint)")
    _keep(
        connection,
        "known_frame",
        vault.known_since(),
        f"create or replace table known as select subject,\
 {day_of('created_at')} as known_on from known_frame",
    )
    _keep(
        connection,
        "noted_frame",
        vault.interactions.known(),
        "create or replace table noted as select * from noted_frame",
    )
    _keep(connection, "sole_frame", vault.sole_users(), "create or replace table sole as select * from sole_frame")
    for domain in sorted({each.domain for each in contracts.inbound.values() if each.owner_columns}):
        for slice_ in vault.named_in(domain):
            _keep(connection, "slice", slice_, f"insert into named select '{domain}', pseudonym, subject from slice")
    connection.execute("""
        create or replace table subject_told as
        select subject, max(last_on) as last_on from told join named using (domain, pseudonym) group by subject""")


def _find_holders(connection: duckdb.DuckDBPyConnection, vault: Vault) -> None:
    """Make `held` (holder, subject) of everybody the vault knows, and `subject_stated` of those who stated something."""
    connection.execute("create or replace table held (holder bigint, subject bigint)")
    holder = consent.holder_key_of_hash("digest", kind="holder_kind", key=_KEY)
    for digests in vault.digests():
        query = f"insert into held select {holder}, subject from digests where not is_claim"
        _keep(connection, "digests", digests, query)
    connection.execute("""
        create or replace table subject_stated as
        select subject, max(last_on) as last_on from stated join held using (holder) group by subject""")


def _keep(connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame, query: str) -> None:
    connection.register(name, frame)
    connection.execute(query)
    connection.unregister(name)


def periods_of(contracts: Iterable[InboundContract], *, personal: str) -> dict[str, str]:
    """Return how long after the last interaction each dataset about people is kept, by its name."""
    found = {}
    for contract in contracts:
        if not (contract.owner_columns or contract.holder_columns or contract.owned_through):
            continue
        found[contract.name] = period_by_person(contract, personal=personal)
    return found
