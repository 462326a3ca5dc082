"""Seven simulated years: on each sampled day nothing is overdue and nothing went early, by a truth that shares no code with us.

Files land as their months end, are taken in, and what has to go goes; then every row of the lake is held against the files
that landed and the clocks of `tests/truth/retention`. A person's month counts as a whole: whoever's five years end within it
goes on its first day, as "up to" allows.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from pipelines import contracts, engine, intake, lake, minors, retention, settings, withdrawal
from pipelines.contracts import periods
from pipelines.identity import keys
from pipelines.identity.vault import open_vault
from pipelines.intake import treatments
from tests.truth import retention as clocks
from tests.truth import sound
from tests.truth.clocks import is_over
from tests.truth.minors import without_minors
from tests.truth.reading import World, last_second
from tests.truth.rules import AT_INTAKE, TODAY

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("years")]

ONE_CLOCK = replace(TODAY, one_clock=True)
_DAY = re.compile(r"-(\d{4}-\d{2}(?:-\d{2})?)\.")


@dataclass
class Years:
    """A home whose files land as time goes by.

    `gone` are the ids of learning events, `gone_states` the accounts and their instants, that had to go on a day that was seen.
    """

    home: settings.Home
    world: World
    pool: Path
    gone: set[str]
    gone_states: set[tuple[str, int]]

    def land(self, until: date) -> None:
        """Land every file of the pool whose days are over; the last month ends with the world."""
        last = self.world.end - periods.ONE_DAY
        for file in sorted(self.pool.rglob("*")):
            if file.is_file() and min(_last_day(file), last) < until:
                place = self.home.landing / file.relative_to(self.pool)
                place.parent.mkdir(parents=True, exist_ok=True)
                file.rename(place)

    def live(self, day: date) -> retention.Applied:
        """Take in what has landed and let go what has to go, on one day."""
        ring, terms, at = keys.open_keyring(self.home), _terms(), _noon(day)
        intake.run(self.home, ring, terms, as_of=at)
        minors.erase(self.home, ring, terms, as_of=at)
        withdrawal.strip(self.home, ring, terms, as_of=at)
        agreed = retention.plan(self.home, ring, terms, as_of=at).checksum
        return retention.apply(self.home, ring, terms, as_of=at, agreed=agreed)

    def known(self, day: date) -> World:
        """Return the world without those who are known by then to be children."""
        return without_minors(self.world, rules=ONE_CLOCK, as_of=_landed_through(day, self.world))

    def query(self, dataset: str, sql: str) -> list[tuple[object, ...]]:
        """Run SQL over a dataset of the lake, its name `stored`; nothing where it has no file."""
        files = sorted((self.home.lake / dataset).rglob("*.parquet"))
        if not files:
            return []
        ring = keys.open_keyring(self.home)
        with engine.connect(parquet_keys=ring.parquet_keys()) as connection:
            engine.set_secret(connection, "event_key", ring.event_key().hex())
            connection.execute(f"create view stored as select * from {lake.read_expression(files, filename=True)}")
            return connection.execute(sql).fetchall()


def _last_day(file: Path) -> date:
    found = _DAY.search(file.name)
    if found is None:
        return date.min
    if len(found[1]) == len("2026-06"):
        return periods.first_of_next_month(date.fromisoformat(f"{found[1]}-01")) - timedelta(days=1)
    return date.fromisoformat(found[1])


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 5, tzinfo=UTC)


def _terms() -> contracts.Contracts:
    return contracts.load(settings.CONTRACTS_DIR, policy_file=settings.policy_file())


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> Years:
    root = tmp_path_factory.mktemp("years") / "home"
    arguments = ["--profile=years", "--learners=60", "--seed=3", "--dirt=0", "--no-run", "--json"]
    command = [sys.executable, "-m", "pipelines.cli", "demo", *arguments, "--home", str(root)]
    subprocess.run(command, check=True, capture_output=True)
    home, pool = settings.Home(root), root.parent / "pool"
    home.landing.rename(pool)
    home.landing.mkdir()
    return Years(home, World(root / "truth"), pool, set(), set())


def sampled(years: Years) -> Iterator[date]:
    """The first of every eighth month, and the last weeks in which files come by day."""
    day = date(2020, 1, 1)
    while day <= years.world.end:
        yield day
        day = periods.first_of_next_month(day + timedelta(days=220))
    yield years.world.end
    yield years.world.end + timedelta(days=400)


def _landed_through(day: date, world: World) -> datetime:
    """The last instant of which everything has landed on a sampled day."""
    return last_second(min(day, world.end) - timedelta(days=1))


def _learning(years: Years, day: date) -> set[str]:
    """Return the ids of the learning events that must be there, and no others."""
    through = _landed_through(day, years.world)
    told = sound.learning_events(years.known(day), rules=TODAY).filter(pl.col("occurred_at") <= _ms(through))
    years.gone |= set(clocks.course_events(years.known(day), at=_noon(day), rules=ONE_CLOCK)["event_id"].to_list())
    left = _people_left(years, day)
    years.gone |= set(told.filter(pl.col("user_id").is_in(list(left)))["event_id"].to_list())
    return set(told["event_id"].to_list()) - years.gone


def _people_left(years: Years, day: date) -> set[str]:
    """Return the user ids of whose five years end by the end of the month."""
    people = clocks.last_interactions(years.known(day), at=_landed_through(day, years.world), rules=TODAY)
    at = _noon(periods.first_of_next_month(day))
    return set(people.filter(is_over("interacted_at", clocks.PERSONAL_YEARS, at=at))["user_id"].to_list())


def _ms(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def _keys_of(years: Years, ids: set[str]) -> dict[int, str]:
    keyed = treatments.keyed("id", key="getvariable('event_key')", family="course_progress")
    with engine.connect() as connection:
        engine.set_secret(connection, "event_key", keys.open_keyring(years.home).event_key().hex())
        connection.register("ids", pl.DataFrame({"id": sorted(ids)}).to_arrow())
        return dict(connection.execute(f"select {keyed}, id from ids").fetchall())


def test_on_every_sampled_day_nothing_is_overdue_and_nothing_went_early(years: Years) -> None:
    swept = 0
    for day in sampled(years):
        years.land(day)
        applied = years.live(day)
        swept += applied.plan.subjects
        there = _learning(years, day)
        known = _keys_of(years, set(sound.learning_events(years.world, rules=TODAY)["event_id"].to_list()))
        stored = {
            known.get(int(str(key)))
            for dataset in ("course_progress", "course_progress_xapi")
            for (key,) in years.query(dataset, "select event_key from stored where event_type <> 'voided'")
        }
        overdue, early = stored - there, there - stored
        assert (len(overdue), len(early)) == (0, 0), f"{day}: {sorted(map(str, overdue))[:3]} {sorted(early)[:3]}"
        _check_voids(years, stored, known)
        _check_calls(years, day)
        _check_accounts(years, day)
    assert swept > 0, "nobody's clock ran out"
    assert years.gone, "no enrolment was over"


def _check_voids(years: Years, stored: set[str | None], known: dict[int, str]) -> None:
    """What takes an event back is gone with it."""
    sql = "select voids_key from stored where event_type = 'voided'"
    taken_back = {known.get(int(str(key))) for (key,) in years.query("course_progress_xapi", sql)}
    assert taken_back <= stored, sorted(map(str, taken_back - stored))[:3]


def _check_calls(years: Years, day: date) -> None:
    calls = sound.web_calls(years.known(day), rules=AT_INTAKE)
    through = _landed_through(day, years.world)
    kept = calls.filter((pl.col("occurred_at") <= _ms(through)) & ~is_over("occurred_at", 5, at=_noon(day)))
    rows = years.query("web_events", "select count(*) from stored")
    stored = int(str(rows[0][0])) if rows else 0
    left = _people_left(years, day)
    of_left = kept.filter(pl.col("user_id").is_in(list(left))).height
    assert kept.height - of_left - _of_browsers_left(kept, day) <= stored <= kept.height, (
        f"{day}: {stored} of {kept.height}"
    )
    oldest = years.query("web_events", "select min(occurred_at) from stored")
    if oldest and isinstance(oldest[0][0], datetime):
        first = (oldest[0][0] + timedelta(hours=7)).date()
        assert not periods.is_over(first, "P5Y", today=day), f"{day}: calls of {first}"


def _of_browsers_left(calls: pl.DataFrame, day: date) -> int:
    """Calls of the month in which their browser's five years end: with the browser they go on its first day."""
    at = _noon(periods.first_of_next_month(day))
    return calls.filter(is_over("occurred_at", 5, at=at)).height


def _check_accounts(years: Years, day: date) -> None:
    through = _landed_through(day, years.world)
    there = sound.account_states(years.known(day)).filter(pl.col("updated_at") <= _ms(through))
    states = set(there.select("user_id", "updated_at").iter_rows())
    left = _people_left(years, day)
    # Whoever comes back after five years brings no account with them until theirs is told of again.
    years.gone_states |= {(user, at) for user, at in states if user in left}
    expected = {user for user, _ in states - years.gone_states}
    rows = years.query("accounts", "select count(*) from stored")
    assert (int(str(rows[0][0])) if rows else 0) == len(expected), day
    with open_vault(years.home, keys.open_keyring(years.home), purpose="test") as vault:
        kinds = vault._connection.execute("select count(*) from vault.identifiers where kind = 'user_id'").fetchone()
    assert kinds is not None
    assert kinds[0] <= len({user for user, _ in states} - left) + _guests(years)


def _guests(years: Years) -> int:
    """User ids that no account states: at most those whom only events ever named."""
    users = set(sound.learning_events(years.world, rules=TODAY)["user_id"].to_list())
    return len(users - set(sound.account_states(years.world)["user_id"].to_list()))
