"""Seals what was published of rows whose source is about to fall: finds the rows that a drop touches, and keeps them.

Which rows those are is declared with each table (`sealing` of its contract) and found in the warehouse from which the release
was made. What was published of them, withheld marks included, is what stands for good; what of them was not published never
will be. How seals are stored (`seals`) and served (`splicing`), and what falls, does not belong here.

A finer table repeats the population of a coarser one (`disclosure.links`). Were its rows computed again beside a sealed
coarser row, the difference of both would be the number of those who fell, and rows that the coarser one had withheld could
come back. So whatever is touched in the coarser table is touched in the finer one, too. A coarser row that is computed again
beside sealed finer ones tells what it would tell beside the release before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from pipelines import lake, warehouse
from pipelines.contracts import Contracts, OutboundContract
from pipelines.contracts.sealing import ByMembers, ByPeriod, Unit
from pipelines.identity.keys import Keyring
from pipelines.release import editions
from pipelines.release.marts import held_back_of, marts_of
from pipelines.release.refusals import NotSealable, without_values
from pipelines.release.seals import NOTHING, keep_seals, read_seals
from pipelines.release.shapes import links_between
from pipelines.retention.falling import Falling
from pipelines.settings import Home

_UNITS: tuple[Unit, ...] = ("day", "week", "month")
_ONE_DAY = timedelta(days=1)
_NEAR = 2
"""How many days away an event can still change a figure of a day (`neighbourDays` of the contracts)."""


@dataclass(frozen=True)
class Sealed:
    """What a call sealed, by table: how many published rows more than before, and the digest (SHA-256) of the table's seal.

    A table whose rows are touched for the first time is named with 0 rows where nothing was published of them.
    """

    rows: Mapping[str, int] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)


def seal(home: Home, ring: Keyring, contracts: Contracts, falling: Falling, *, as_of: datetime) -> Sealed:
    """Seal every published row that changes when `falling` is dropped; the caller holds the writer lock.

    Called again, or killed and called again, it seals nothing twice. Raises NotSealable where the release of today does not
    stand for what falls: then nothing may fall. Raises SealDamaged where an earlier seal cannot be read.
    """
    if falling.is_empty:
        return Sealed()
    _refuse_waiting(home, contracts, falling, as_of=as_of)
    with without_values("the warehouse cannot be read"), warehouse.open_read_only(home, ring) as connection:
        scopes = _scopes(home, contracts, falling, connection)
        _refuse_unbuilt(scopes, connection)
    before = read_seals(home)
    changed, rows = {}, {}
    for name, own in sorted(scopes.items()):
        earlier = before.get(name, NOTHING)
        later = earlier.adding(own, _published(home, name, own))
        if later.scopes.height > earlier.scopes.height:
            changed[name], rows[name] = later, later.rows.height - earlier.rows.height
    return Sealed(rows, keep_seals(home, changed)) if changed else Sealed()


def _scopes(
    home: Home, contracts: Contracts, falling: Falling, connection: duckdb.DuckDBPyConnection
) -> dict[str, pl.DataFrame]:
    """Return for each table what a drop touches in it: values of the columns by which its contract tells."""
    found: dict[str, list[pl.DataFrame]] = {name: [] for name in contracts.outbound}
    for name, contract in contracts.outbound.items():
        rule = contract.sealing
        if isinstance(rule, ByPeriod):
            days = _days(home, contracts, falling, contract, connection)
            found[name].append(periods(contract, rule, days))
        elif isinstance(rule, ByMembers) and not falling.enrolments.is_empty():
            _refuse_unbuilt([rule.model], connection)
            found[name] += _members(home, name, rule, falling.enrolments, connection)
    links = links_between(contracts.outbound)
    # As often as there are tables: what is touched passes along every chain of links.
    for _ in contracts.outbound:
        for link in links:
            more = [each for each in found[link.coarser] if not any(each is own for own in found[link.finer])]
            found[link.finer] += more
    return {
        name: pl.concat(parts, how="diagonal_relaxed").unique()
        for name, parts in found.items()
        if any(not part.is_empty() for part in parts)
    }


def periods(contract: OutboundContract, rule: ByPeriod, days: Iterable[date]) -> pl.DataFrame:
    """Return the periods that the days and their neighbours meet, as the table names them."""
    steps = range(-rule.neighbour_days, rule.neighbour_days + 1)
    near = {day + _ONE_DAY * step for day in days for step in steps}
    units = (rule.unit,) if rule.unit else _UNITS
    met = sorted({(unit, _first_day(unit, day)) for unit in units for day in near})
    kind = next(column.sql_type.upper() for column in contract.columns if column.name == rule.column)
    starts = pl.Series(rule.column, [first for _, first in met], dtype=pl.Date)
    frame = pl.DataFrame([starts if kind == "DATE" else starts.dt.strftime("%Y-%m")])
    named = pl.Series(rule.unit_column, [unit for unit, _ in met], dtype=pl.String) if rule.unit_column else None
    return frame if named is None else frame.with_columns(named).select(rule.columns)


def _first_day(unit: Unit, day: date) -> date:
    if unit == "week":
        return day - _ONE_DAY * day.weekday()
    return day.replace(day=1) if unit == "month" else day


def _days(
    home: Home,
    contracts: Contracts,
    falling: Falling,
    contract: OutboundContract,
    connection: duckdb.DuckDBPyConnection,
) -> set[date]:
    """Return the days on which something falls of what a table is made of."""
    rule = contract.sealing
    days = {day for name in contract.made_of for day in falling.days.get(name, ())}
    if not isinstance(rule, ByPeriod) or rule.through is None:
        return days
    days |= falling.days.get(rule.through, frozenset())
    file = lake.current_file(home, rule.through)
    if not days or not file.exists():
        return days
    columns = [column for column in contracts.internal[rule.through].lake_columns if column.sql_type == "TIMESTAMP"]
    instants = connection.execute(lake.read_columns(file, columns)).pl()
    zone = contracts.policy.timezone
    dated = instants.select(pl.all().dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.date())
    meets = pl.any_horizontal(pl.all().is_in(sorted(days)).fill_null(value=False))
    concerned = dated.filter(meets)
    return days | {day for column in concerned.iter_columns() for day in column.drop_nulls()}


def _members(
    home: Home, name: str, rule: ByMembers, enrolments: pl.DataFrame, connection: duckdb.DuckDBPyConnection
) -> list[pl.DataFrame]:
    """Return where falling enrolments stand in the table's model; and where else their people do, as far as it was published.

    What somebody has left is computed again from what is left: only what was said of it already must not change.
    """
    columns = ", ".join(f'{rule.made.get(column, f"model.{column}")} as "{column}"' for column in rule.columns)
    same = " and ".join(f"model.{column} = falling.{column}" for column in rule.on)
    connection.register("falling", enrolments.to_arrow())
    found = connection.execute(f"""
        select distinct {columns}, model.enrolled_at between falling.first_at and falling.last_at as is_own
        from warehouse.marts."{rule.model}" as model join falling on {same}""").pl()
    connection.unregister("falling")
    # NULL would be any value; a published row has none in its key.
    own, others = (found.filter(test).drop("is_own").drop_nulls().unique() for test in ("is_own", ~pl.col("is_own")))
    published = _published(home, name, others)
    return [own, others.join(published.select(others.columns).unique(), on=others.columns, how="semi")]


def _published(home: Home, name: str, scopes: pl.DataFrame) -> pl.DataFrame:
    file = home.release / "parquet" / f"{name}.parquet"
    if not file.exists():
        raise NotSealable(f"{name} is not in the release: see why it is held back, then `crosslife run` first")
    published = pl.read_parquet(file)
    if missing := sorted(set(scopes.columns) - set(published.columns)):
        raise NotSealable(f"{name} was released without {', '.join(missing)}: `crosslife run` first")
    return published


def _refuse_waiting(home: Home, contracts: Contracts, falling: Falling, *, as_of: datetime) -> None:
    """Refuse where the release of today is not made of all that is about to fall."""
    if not editions.is_whole(home.release):
        raise NotSealable("there is no whole release from which figures could be kept: `crosslife run` first")
    note = warehouse.read_note(home)
    today = as_of.astimezone(ZoneInfo(contracts.policy.timezone)).date()
    if not note.get("released") or note.get("released_on") != today.isoformat():
        raise NotSealable(f"what stands in the warehouse was not released on {today}: `crosslife run` first")
    waiting = [name for name, days in lake.stale_days(home).items() if _meet(name, days, falling, contracts)]
    if waiting:
        raise NotSealable(
            f"days of {', '.join(sorted(waiting))} that are about to fall await their models: `crosslife run` first"
        )


def _meet(dataset: str, stale: Iterable[date], falling: Falling, contracts: Contracts) -> bool:
    """Say whether stale days are among those that fall; a state dataset stands there with the day of the run that changed it."""
    if dataset in contracts.internal:
        return any(falling.days.get(name) for name in (dataset, *contracts.internal[dataset].projects))
    falls = falling.days.get(dataset, frozenset())
    if dataset not in contracts.inbound or contracts.inbound[dataset].kind == "state":
        return bool(falls)
    return any(abs((day - each).days) <= _NEAR for day in stale for each in falls)


def _refuse_unbuilt(names: Collection[str], connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse where a table that would be sealed, or what tells its rows, is missing or stands as an earlier build left it."""
    if unbuilt := sorted(set(names) & held_back_of(connection).keys() | set(names) - marts_of(connection)):
        raise NotSealable(f"{', '.join(unbuilt)} could not be built, and would be sealed as before: mend that first")
