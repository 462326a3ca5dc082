"""What of the lake and the vault has to go on a day, found and counted: days, enrolments, people. Nothing is changed here.

Events with a clock of their own go by whole days; course data by enrolment; whoever has done nothing for the whole of their
period goes with everything, once a month and for the month to come, so that nobody is ever overdue. A category whose window
stands against a verified floor is left alone until somebody decides. All is found before anything is staged, and stands in
tables of the connection by which it is then taken out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from pipelines.contracts import Contracts, blocked_categories, periods
from pipelines.contracts.interactions import PERSONAL
from pipelines.contracts.models import InboundContract
from pipelines.identity.vault import Vault
from pipelines.lake import Manifest, days_of, horizons, read_columns
from pipelines.lake.partitions import day_of_file
from pipelines.lake.rewriting import files_of, find, rows_in
from pipelines.retention import ended, people
from pipelines.retention.falling import Falling
from pipelines.settings import Home


@dataclass(frozen=True)
class Going:
    """What of one dataset has to go: whole files, and rows of others by the SQL that tells them (over `stored`)."""

    contract: InboundContract
    whole: dict[Path, int] = field(default_factory=dict)
    partly: dict[Path, int] = field(default_factory=dict)
    gone: str = "false"

    @property
    def rows(self) -> int:
        """How many rows go."""
        return sum(self.whole.values()) + sum(self.partly.values())


@dataclass(frozen=True)
class Look:
    """What one look found: by dataset, how many enrolments, which subjects, whose refusals that only rows bore (`silenced`,
    holders), the last day on which each one did something (`subject`, `last_on`; none where people were not looked at), and
    the horizons that follow."""

    going: tuple[Going, ...]
    enrolments: int
    subjects: pl.Series
    silenced: pl.Series
    days: pl.DataFrame
    horizons: dict[tuple[str, str], date]
    is_sweep: bool

    @property
    def rows(self) -> int:
        """How many rows go."""
        return sum(each.rows for each in self.going)


def look(
    home: Home,
    contracts: Contracts,
    manifest: Manifest,
    connection: duckdb.DuckDBPyConnection,
    vault: Vault | None,
    *,
    today: date,
) -> Look:
    """Find what has to go of the lake and the vault; the vault is only needed on a day on which `is_sweep_due`."""
    raised: dict[tuple[str, str], date] = {}
    blocked = blocked_categories(contracts.policy).keys()
    whole = dict(_whole_days(home, contracts, manifest, connection, raised, blocked, today=today))
    is_sweep = vault is not None
    enrolments = _enrolments(home, contracts, manifest, connection, raised, blocked, today=today, is_sweep=is_sweep)
    clock, subjects = None, pl.Series("subject", [], dtype=pl.Int64)
    silenced = pl.Series("holder", [], dtype=pl.Int64)
    personal = contracts.policy.windows[PERSONAL].period
    if vault is not None:
        until = periods.first_of_next_month(today)
        clock = people.clocks(connection, manifest, contracts, vault, until=until)
        # Whose rows have to stay somewhere stays known: nobody could be told apart in them any more.
        subjects = subjects if blocked else clock.expired(personal)
        silenced = silenced if blocked else clock.silenced(vault.refusals.last(), personal)
        people.know_owned(connection, manifest, contracts, clock, period=personal)
    by_person = people.periods_of(contracts.inbound.values(), personal=personal)
    going = []
    for name, contract in contracts.inbound.items():
        if contract.retention.category in blocked:
            continue
        falling = whole.get(name, {})
        tests = [ended.GONE] if contract.retention.anchor == "completion" else []
        tests += [clock.gone(contract, by_person[name])] if clock and name in by_person else []
        test = " or ".join(tests) or "false"
        if clock and name in by_person:
            there = set(files_of(home, contract, days_of(home, name))) - falling.keys()
            partly = dict(find(connection, manifest, contract, test, among=there).rows)
        else:
            partly = ended.files_with(connection, contract, home) if tests else {}
        going.append(Going(contract, falling, partly, test))
    days = clock.days() if clock else pl.DataFrame(schema={"subject": pl.Int64, "last_on": pl.Date})
    return Look(tuple(each for each in going if each.rows), enrolments, subjects, silenced, days, raised, is_sweep)


def is_sweep_due(manifest: Manifest, *, today: date) -> bool:
    """Say whether the people of this month have not been looked at yet."""
    seen = manifest.horizons().of(horizons.EVERYONE, horizons.INTERACTION)
    # A horizon of later months is that of a clock that ran ahead.
    return seen is None or seen != swept_through(today)


def swept_through(today: date) -> date:
    """Return the last day of the month: a look at people is for all of it."""
    return periods.first_of_next_month(today) - periods.ONE_DAY


def _whole_days(
    home: Home,
    contracts: Contracts,
    manifest: Manifest,
    connection: duckdb.DuckDBPyConnection,
    raised: dict[tuple[str, str], date],
    blocked: Collection[str],
    *,
    today: date,
) -> Iterator[tuple[str, dict[Path, int]]]:
    for name, contract in contracts.inbound.items():
        retention = contract.retention
        if contract.kind != "event" or retention.anchor != "event" or not retention.period:
            continue
        if retention.category in blocked:
            continue
        by_window = periods.first_kept(today, retention.period) - periods.ONE_DAY
        # What was dropped once and is there again (a restored copy) goes again, whatever the window says by now.
        through = max(by_window, manifest.horizons().of(name, horizons.EVENT) or by_window)
        raised[name, horizons.EVENT] = through
        due = days_of(home, name, through=through)
        yield name, rows_in(connection, files_of(home, contract, due))


def _enrolments(
    home: Home,
    contracts: Contracts,
    manifest: Manifest,
    connection: duckdb.DuckDBPyConnection,
    raised: dict[tuple[str, str], date],
    blocked: Collection[str],
    *,
    today: date,
    is_sweep: bool,
) -> int:
    """Find enrolments that are over, of all sources that tell of courses; return how many."""
    learning = [each for each in contracts.inbound.values() if each.retention.anchor == "completion"]
    families = {
        each.family: contracts.family_of(each)
        for each in learning
        if each.retention.period and each.retention.category not in blocked
    }
    ended.begin(connection)
    for family in families.values():
        through = periods.first_kept(today, family[0].retention.period or "") - periods.ONE_DAY
        ended.find(connection, home, manifest, family, through=through, is_sweep=is_sweep)
        raised |= {(each.name, horizons.COMPLETION): through for each in family}
    return ended.count(connection) if families else 0


def falling(connection: duckdb.DuckDBPyConnection, found: Look) -> Falling:
    """Return what is about to fall, for whoever keeps the figures that are made of it."""
    days: dict[str, frozenset[date]] = {}
    connection.execute("""
        create or replace table falling_rows (
            learner_pseudonym varchar, course_id varchar, enrolment varchar, own_at timestamp)""")
    connection.execute(
        "insert into falling_rows select learner_pseudonym, course_id, enrolment, own_at from gone_enrolments"
    )
    for each in found.going:
        own = {day for file in each.whole if (day := day_of_file(file))}
        for file in each.partly:
            rows = f"select * from ({read_columns(file, each.contract.lake_columns)}) as stored where {each.gone}"
            own |= _days_of(connection, each.contract, rows)
            if each.contract.retention.anchor == "completion":
                at = each.contract.field(each.contract.event_time or "").stored_as[0]
                told = f"select learner_pseudonym, course_id, {at} as own_at from ({rows}) where not ({ended.GONE})"
                connection.execute(f"insert into falling_rows by name {told.replace('stored.', '')}")
        days[each.contract.name] = frozenset(own)
    enrolments = connection.execute("""
        select learner_pseudonym, course_id, min(own_at) as first_at, max(own_at) as last_at
        from falling_rows group by learner_pseudonym, course_id, enrolment order by all""").pl()
    return Falling(days, enrolments)


def _days_of(connection: duckdb.DuckDBPyConnection, contract: InboundContract, rows: str) -> set[date]:
    columns = [column for each in contract.instants for column in each.stored_as]
    parts = " union ".join(
        f"select {people.day_of(name)} as day from ({rows}) where {name} is not null" for name in columns
    )
    return {day for (day,) in connection.execute(parts).fetchall()} if parts else set()
