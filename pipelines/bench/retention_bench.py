"""`crosslife bench retention`: what drops cost after a long history and a short one, and a sweep against the plainest rewrite.

Both sides of a figure run in one process on the same files, which hold believable columns and invented numbers. What a drop
is of, and how it is done, is the retention room's own code; the plain side is one COPY a file.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from pipelines import contracts, engine, lake, retention, settings
from pipelines.bench.measuring import BenchmarkMismatch, Result, clocked, describe, scratch, side
from pipelines.contracts import Contracts, InboundContract, periods
from pipelines.identity import keys
from pipelines.lake import Manifest, horizons, open_manifest
from pipelines.lake.rewriting import Rewriting, find
from pipelines.settings import Home

LONG, SHORT = 2_000, 30
FIRST = date(2020, 1, 1)
_A_DAY, _QUICK_A_DAY = 2_000, 500
_EVENTS, _QUICK_EVENTS, _DAYS = 20_000_000, 1_000_000, 90
_MANY, _SESSION, _EACH = 1_000, 20, 100
"""People taken out at once; events of one sitting, and of one person over all days: five sittings each."""

_TIMES, _SWEEPS = 5, 2
_ROWS = """
    select (hash(i * 31 + {number}) >> 1)::bigint as event_key, md5({block} || '-' || learner) as learner_pseudonym,
        'course-' || learner % 12 as course_id, '2020-01' as cohort, learner as enrolment_key,
        'module-' || i % 20 as module_id, {kind} as event_type,
        timestamp '{day} 03:00:00' + to_seconds((hash(i) % 40000)::bigint) as occurred_at,
        (hash(i) % 100)::double as progress_percent, (hash(i * 5) % 100)::double as score, 100.0 as max_score, 1 as attempt,
        '1' as policy_version
    from (select i, (hash(i // {session} + {number} * 7919) % {learners})::bigint as learner from range({rows}) as t(i))"""
_BLOCK = 20
"""Learners come and go: of one, nothing lies further apart than so many days, and one in as many ends on each."""


def compare(*, quick: bool, progress: Callable[[str], None]) -> Result:
    """Measure drops of one day at both ends of history, and sweeps of one person and of many."""
    whole, length = (_QUICK_A_DAY, 400) if quick else (_A_DAY, LONG)
    progress(f"drops after {SHORT} days and after {length:,}, of {whole:,} rows each")
    drop = side(__name__, "drops", folder=str(scratch(f"retention-{length}-{whole}")), long=length, a_day=whole)
    events = _QUICK_EVENTS if quick else _EVENTS
    progress(f"sweeps of one and of {_MANY:,} among {events:,} events")
    sweeps = side(__name__, "sweeps", folder=str(scratch(f"retention-sweep-{events}")), events=events)
    machine, commit = describe()
    figures = {
        "day_ratio": drop["day_seconds"] / drop["day_short_seconds"],
        "day_seconds": drop["day_seconds"],
        "enrolments_ratio": drop["enrolment_seconds"] / drop["enrolment_short_seconds"],
        "enrolments_seconds": drop["enrolment_seconds"],
        "days_of_history": float(length),
        "many_ratio": sweeps["many_seconds"] / sweeps["many_plain_seconds"],
        "many_seconds": sweeps["many_seconds"],
        "one_ratio": sweeps["one_seconds"] / sweeps["everything_seconds"],
        "one_seconds": sweeps["one_seconds"],
        "everything_seconds": sweeps["everything_seconds"],
        "events": float(events),
        "peak_gib": sweeps["peak_bytes"] / 2**30,
    }
    baseline = (
        f"day and enrolments: the same drop after {SHORT} days; many: one COPY of each file that holds {_MANY:,} people, without "
        "them; one: one COPY of every file"
    )
    return Result("retention", figures, baseline, machine, commit)


def drops(*, folder: str, long: int, a_day: int) -> dict[str, float]:
    """Drop one day of events, and the enrolments that ended on one day, from a long history and a short one by turns.

    Returns the quickest of each.
    """
    long_ago, lately = (_filled(f"{folder}/{days}", days=days, a_day=a_day) for days in (long, SHORT))
    span = [FIRST + timedelta(days=each) for each in range(_BLOCK)]
    ends = [_by_turns([long_ago, lately], periods.last_day(day, "P1Y")) for day in span[-_TIMES:]]
    for home, _ in (long_ago, lately):
        with open_manifest(home) as manifest:
            # The sweep of the month in which the days go is not what is measured, either.
            month = periods.first_of_next_month(periods.last_day(span[0], "P5Y"))
            manifest.horizons().raise_to(horizons.EVERYONE, horizons.INTERACTION, month - periods.ONE_DAY)
    by_day = [(home, _as_days(terms)) for home, terms in (long_ago, lately)]
    days = [_by_turns(by_day, periods.last_day(day, "P5Y")) for day in span[:_TIMES]]
    figures = {}
    for name, taken in (("enrolment", ends), ("day", days)):
        figures[f"{name}_seconds"], figures[f"{name}_short_seconds"] = map(min, zip(*taken, strict=True))
    return figures


def _filled(folder: str, *, days: int, a_day: int) -> tuple[Home, Contracts]:
    """Make a home of so many days whose people have been looked at: the first drop of a month is a sweep of everybody."""
    home, terms = _fresh(folder)
    ring = keys.open_keyring(home)
    learning = terms.inbound["course_progress"]
    span = [FIRST + timedelta(days=each) for each in range(days)]
    with engine.connect(parquet_keys=ring.parquet_keys()) as connection, open_manifest(home) as manifest:
        _fill(home, manifest, connection, learning, span, a_day=a_day, ends=True)
        before = span[_BLOCK - _TIMES] - timedelta(days=1)
        manifest.horizons().raise_to(learning.name, horizons.COMPLETION, before - timedelta(days=1))
    _one_drop(home, terms, periods.last_day(before, "P1Y"))
    return home, terms


def _by_turns(homes: Sequence[tuple[Home, Contracts]], last: date) -> list[float]:
    return [_one_drop(home, terms, last) for home, terms in homes]


def sweeps(*, folder: str, events: int) -> dict[str, float]:
    """Take one person and many out of many events, against rewriting the same files, and all of them, by plain COPY."""
    home, terms = _fresh(folder)
    ring = keys.open_keyring(home)
    contract = terms.inbound["course_progress"]
    span = [FIRST + timedelta(days=each) for each in range(_DAYS)]

    def work() -> dict[str, float]:
        with engine.connect(parquet_keys=ring.parquet_keys()) as connection, open_manifest(home) as manifest:
            _fill(home, manifest, connection, contract, span, a_day=events // _DAYS, ends=False, people=events // _EACH)
            found = {}
            for name, people in (("one", 1), ("many", _MANY)):
                connection.execute(
                    f"create or replace table gone as select md5('0-' || i) as pseudonym from range({people}) as t(i)"
                )
                test = "stored.learner_pseudonym in (select pseudonym from gone)"
                # By turns, so that a slow minute of the machine is nobody's.
                turns = []
                for _ in range(_SWEEPS):
                    seconds, files = _swept(home, manifest, connection, contract, test)
                    turns.append((seconds, _plain(home, connection, files, test)))
                found[f"{name}_seconds"], found[f"{name}_plain_seconds"] = map(min, zip(*turns, strict=True))
            every = [file for listed in manifest.stored().by_columns(contract.name).values() for file in listed]
            found["everything_seconds"] = _plain(home, connection, every, "false")
            return found

    return clocked(work)


def _fresh(folder: str) -> tuple[Home, Contracts]:
    root = Path(folder) / "home"
    shutil.rmtree(root, ignore_errors=True)
    home = settings.Home(root).prepare()
    keys.init(home)
    return home, contracts.load(settings.CONTRACTS_DIR, policy_file=settings.policy_file())


def _as_days(terms: Contracts) -> Contracts:
    """Return contracts under which learning events go by whole days, as events of the web do."""
    changed = {
        each.name: each.model_copy(
            update={"retention": each.retention.model_copy(update={"anchor": "event", "period": "P5Y"})}
        )
        for each in terms.family_of(terms.inbound["course_progress"])
    }
    return terms.model_copy(update={"inbound": {**terms.inbound, **changed}})


def _fill(
    home: Home,
    manifest: Manifest,
    connection: duckdb.DuckDBPyConnection,
    contract: InboundContract,
    span: Iterable[date],
    *,
    a_day: int,
    ends: bool,
    people: int = 1,
) -> None:
    """Write a day file each; with `ends` on each day some learners end what they began."""
    rewriting = Rewriting(home, connection, work_id="bench", today=FIRST)
    digest = lake.columns_digest(contract.lake_columns)
    typed = ", ".join(f"{column.name}::{column.sql_type} as {column.name}" for column in contract.lake_columns)
    for number, day in enumerate(span):
        kind, block, learners, session = "'module_completed'", 0, people, _SESSION
        if ends:
            block, learners, session = number // _BLOCK, max(a_day * 3, 1), 1
            kind = f"case when learner % {_BLOCK} = {number % _BLOCK} then 'course_completed' else {kind} end"
        rows = _ROWS.format(
            number=number, block=block, learners=learners, session=session, kind=kind, day=day, rows=a_day
        )
        query = f"select {typed} from ({rows}) order by {contract.order}"
        rewriting.set_aside(query, lake.partition_file(home, contract.name, day), columns=digest)
    work = lake.Intervention("bench", "retention", "2020-01-01T00:00:00+00:00", {})
    manifest.prepare_intervention(work, moves=rewriting.moves, stale={})
    manifest.finish("bench")


def _one_drop(home: Home, terms: Contracts, last: date) -> float:
    """Drop what is over on the day after a last day; return the seconds. Raises BenchmarkMismatch where nothing was."""
    day = last + timedelta(days=1)
    at = datetime(day.year, day.month, day.day, 5, tzinfo=UTC)
    ring = keys.open_keyring(home)
    # Nothing has ever landed here, so that somebody has to agree.
    agreed = retention.plan(home, ring, terms, as_of=at).checksum
    start = time.perf_counter()
    applied = retention.apply(home, ring, terms, as_of=at, agreed=agreed)
    seconds = time.perf_counter() - start
    if not applied.plan.rows:
        raise BenchmarkMismatch(f"nothing was over on {day}")
    return seconds


def _swept(
    home: Home, manifest: Manifest, connection: duckdb.DuckDBPyConnection, contract: InboundContract, test: str
) -> tuple[float, list[Path]]:
    start = time.perf_counter()
    found = find(connection, manifest, contract, test)
    rewriting = Rewriting(home, connection, work_id="sweep", today=FIRST)
    rewriting.take_out(contract, test, found=found)
    seconds = time.perf_counter() - start
    if not found.total:
        raise BenchmarkMismatch("nobody was found")
    shutil.rmtree(home.lake / ".staging", ignore_errors=True)
    return seconds, list(found.rows)


def _plain(home: Home, connection: duckdb.DuckDBPyConnection, files: Iterable[Path], test: str) -> float:
    place = home.lake / ".staging" / "plain.parquet"
    start = time.perf_counter()
    for file in files:
        lake.write_parquet(
            connection, f"select * from {lake.read_expression(file)} as stored where not ({test})", file=place
        )
    return time.perf_counter() - start
