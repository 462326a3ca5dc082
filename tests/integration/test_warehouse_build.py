"""Builds warehouses from tiny synthetic lakes: definitions, increments, secrecy."""

from __future__ import annotations

import base64
import hashlib
import random
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines import contracts as contracts_room
from pipelines import engine, lake, settings, warehouse
from pipelines.identity import keys
from pipelines.warehouse import building, facts, files, lake_views, running
from pipelines.warehouse.days import Chunk, chunked, months_of
from pipelines.warehouse.handover import Handover, handed_over

AS_OF = datetime(2024, 9, 1, tzinfo=UTC)
FIRST = date(2024, 3, 1)
FACTS = (
    "fct_page_views",
    "fct_sessions",
    "fct_heartbeats_daily",
    "agg_traffic_daily",
    "agg_channels_daily",
    "agg_entry_pages_daily",
    "fct_campaign_touches_daily",
)
TABLES = (
    "dim_learners",
    "dim_courses",
    "dim_visitors",
    "fct_enrolments",
    "fct_module_completions",
    "agg_completion_rates",
    "agg_module_funnel",
    "agg_assessments",
    "agg_re_enrolments",
    "agg_active_learners",
    "agg_retention_weekly",
    "agg_revenue_monthly",
    "agg_newsletter_monthly",
    "agg_campaigns",
    "agg_consents_monthly",
    "agg_completion_segments",
    *FACTS,
)
JAKARTA = timedelta(hours=7)


@dataclass
class Site:
    """A home with a keyring and the contracts."""

    home: settings.Home
    ring: keys.Keyring
    contracts: contracts_room.Contracts
    rows: dict[str, list[dict[str, object]]] = field(default_factory=dict)

    def store(self, dataset: str, rows: Iterable[dict[str, object]]) -> None:
        """Write a state dataset, or the days of an event dataset that the rows belong to."""
        contract = {**self.contracts.inbound, **self.contracts.internal}[dataset]
        kept = list(rows)
        if getattr(contract, "kind", "state") == "state":
            self._write(contract.lake_columns, kept, lake.current_file(self.home, dataset))
            return
        for day in {row["dt"] for row in kept}:
            own = [row for row in kept if row["dt"] == day]
            self._write(contract.lake_columns, own, lake.partition_file(self.home, dataset, day))

    def _write(self, columns: Sequence[object], rows: list[dict[str, object]], file: Path) -> None:
        with engine.connect(parquet_keys=self.ring.parquet_keys()) as connection:
            names = ", ".join(f'"{column.name}" {column.sql_type}' for column in columns)
            connection.execute(f"create table stored ({names})")
            if rows:
                marks = ", ".join("?" for _ in columns)
                values = [[row.get(column.name) for column in columns] for row in rows]
                connection.executemany(f"insert into stored values ({marks})", values)
            file.parent.mkdir(parents=True, exist_ok=True)
            lake.write_parquet(connection, "select * from stored", file=file)

    def build(self, days: Sequence[date] | None = None) -> warehouse.BuildResult:
        """Build what changed: these days of web events, and every day of all other events; everything when None."""
        others = {
            name: lake.days_of(self.home, name) for name, each in self.contracts.inbound.items() if each.kind == "event"
        }
        changed = None if days is None else {**others, "web_events": days}
        built = warehouse.build(self.home, self.ring, self.contracts, days=changed, as_of=AS_OF)
        PARSED[:] = PARSED or [(self.home.dagster / PARSE).read_bytes()]
        return built

    def run_dbt(self, *, chunk_days: int, options: Sequence[str] = ()) -> running.Counts:
        days = {
            name: {
                "dt": _told(chunked(lake.days_of(self.home, name), size=chunk_days)),
                "month": _told(months_of(lake.days_of(self.home, name))),
            }
            for name in ("web_events", "course_progress", "course_progress_xapi", "consents")
        }
        variables = {
            "as_of": "2024-09-01 00:00:00",
            "chunks": days,
            "facts_root": str(self.home.facts),
        }
        with handed_over(Handover(self.home, self.ring, self.contracts, files.building_file(self.home))):
            built = running.run(self.home, command="build", variables=variables, options=options)
        if built.failed:
            raise warehouse.ModelFailure("; ".join(built.failed.values()))
        files.swap_in(self.home)
        return built.counts

    def read(self, query: str) -> list[tuple[object, ...]]:
        with warehouse.open_read_only(self.home, self.ring) as connection:
            return connection.execute(query).fetchall()

    def table(self, name: str) -> list[tuple[object, ...]]:
        return self.read(f"select * from warehouse.marts.{name} order by all")


def _told(chunks: Iterable[Chunk]) -> list[dict[str, str]]:
    return [{"first": str(run.first), "last": str(run.last)} for run in chunks]


@pytest.fixture(scope="session")
def all_contracts() -> contracts_room.Contracts:
    return contracts_room.load(settings.CONTRACTS_DIR)


@pytest.fixture
def site(tmp_path: Path, all_contracts: contracts_room.Contracts) -> Site:
    return new_site(tmp_path / "home", all_contracts)


PARSE = Path("dbt") / "target" / "partial_parse.msgpack"
# dbt's parse of the project, of the first home that was built: each further one would take seconds to make its own.
PARSED: list[bytes] = []


def new_site(root: Path, all_contracts: contracts_room.Contracts) -> Site:
    home = settings.home(root).prepare()
    if PARSED:
        (home.dagster / PARSE).parent.mkdir(parents=True)
        (home.dagster / PARSE).write_bytes(PARSED[0])
    return Site(home, keys.init(home), all_contracts)


def pseudonym(kind: str, number: int) -> str:
    return hashlib.sha256(f"{kind} {number}".encode()).hexdigest()[:32]


def at(day: date, hours: float) -> datetime:
    """Return the UTC instant of an hour of a Jakarta day."""
    return datetime.combine(day, time()) + timedelta(hours=hours) - JAKARTA


def call(number: int, instant: datetime, **columns: object) -> dict[str, object]:
    return {
        "event_key": number,
        "event_type": "page",
        "page_path": "/kursus",
        "is_consented": True,
        "policy_version": "1",
        "visitor_pseudonym": pseudonym("visitor", 1),
        "occurred_at": instant,
        "dt": (instant + JAKARTA).date(),
        **columns,
    }


def ping(number: int, instant: datetime, **columns: object) -> dict[str, object]:
    return call(number, instant, event_type="track", event_name="page_ping", **columns)


def progress(number: int, learner: int, event_type: str, instant: datetime, **columns: object) -> dict[str, object]:
    return {
        "event_key": number,
        "learner_pseudonym": pseudonym("learner", learner),
        "course_id": "C1",
        "event_type": event_type,
        "occurred_at": instant,
        "dt": (instant + JAKARTA).date(),
        "policy_version": "1",
        **columns,
    }


def random_calls(rng: random.Random, *, days: int, browsers: int, calls: int) -> list[dict[str, object]]:
    """Return bursts of calls, many of them across midnight, some keyed, some denied, some of browsers that never pause."""
    rows: list[dict[str, object]] = []
    for browser in range(browsers):
        instant = at(FIRST, rng.choice([0.0, 22.0, 23.9]))
        busy = browser == 0
        for _ in range(calls * (8 if busy else 1)):
            instant += timedelta(
                minutes=rng.choice([20, 25, 29, 29.9] if busy else [0.1, 0.2, 5, 29, 30, 31, 400, 900])
            )
            if instant >= at(FIRST + timedelta(days=days), 0):
                break
            key = browser * 1000 + rng.randrange(6) if rng.random() < 0.7 else None
            shared = {
                "visitor_pseudonym": pseudonym("visitor", browser),
                "page_view_key": key,
                "learner_pseudonym": pseudonym("learner", browser % 3) if rng.random() < 0.3 else None,
                "page_path": rng.choice(["/", "/kursus", "/blog"]),
                "referrer_host": rng.choice([None, "crosslife.example", "google.com", "instagram.com"]),
                "utm_campaign": rng.choice([None, None, "k1", "k2"]),
            }
            make = rng.choice([call, ping, ping])
            rows.append(make(len(rows) + 1, instant, **shared))
    denied = range(len(rows) + 1, len(rows) + 40)
    rows += [
        {
            "event_key": number,
            "event_type": "page",
            "page_path": "/",
            "is_consented": False,
            "policy_version": "1",
            "dt": FIRST + timedelta(days=rng.randrange(days)),
        }
        for number in denied
    ]
    return rows


def late_batches(rng: random.Random, calls: list[dict[str, object]], *, days: int) -> list[list[dict[str, object]]]:
    """Return the calls in random order of their days, some of a day late, and one whole day in the middle last of all."""
    order = [FIRST + timedelta(days=step) for step in range(days)]
    middle = order.pop(2)
    rng.shuffle(order)
    late = [row for row in calls if row["dt"] == order[0] and rng.random() < 0.5]
    early = [
        [row for row in calls if row["dt"] in order[step : step + 2] and row not in late]
        for step in range(0, days - 1, 2)
    ]
    return [*early, late, [row for row in calls if row["dt"] == middle]]


def random_progress(rng: random.Random, *, learners: int, days: int) -> list[dict[str, object]]:
    types = [
        "enrolled",
        "started",
        "module_completed",
        "module_completed",
        "course_completed",
        "unenrolled",
        "refunded",
    ]
    return [
        progress(
            number,
            rng.randrange(learners),
            rng.choice(types),
            at(FIRST, rng.random() * 24 * days),
            course_id=rng.choice(["C1", "C2"]),
            cohort=rng.choice([None, None, "2024A"]),
            module_id=rng.choice(["M1", "M2", "X"]),
            enrolment_key=rng.choice([None, None, 7, 8]),
        )
        for number in range(learners * 8)
    ]


def small_lake(site: Site) -> None:
    instant = at(FIRST, 10)
    site.store("courses", [{"course_id": "C1", "title": "Course 1", "policy_version": "1"}])
    site.store(
        "web_events", [call(1, instant, page_view_key=5), ping(2, instant + timedelta(seconds=10), page_view_key=5)]
    )
    site.store("course_progress", [progress(1, 1, "enrolled", instant), progress(2, 1, "course_completed", instant)])


def test_an_empty_home_builds_typed_empty_marts(site: Site) -> None:
    result = site.build()
    assert result.days == ()
    assert result.models >= len(TABLES)
    assert {name: site.table(name) for name in TABLES} == {name: [] for name in TABLES}
    published = site.contracts.outbound["agg_completion_rates"].mart_columns
    types = dict(site.read("select column_name, column_type from (describe warehouse.marts.agg_completion_rates)"))
    assert types == {column.name: column.sql_type for column in published}


def test_published_tables_have_the_columns_of_their_contracts(site: Site) -> None:
    small_lake(site)
    site.build()
    for name, contract in site.contracts.outbound.items():
        found = dict(site.read(f"select column_name, column_type from (describe warehouse.marts.{name})"))
        assert found == {column.name: column.sql_type for column in contract.mart_columns}


def test_unit_tests_of_every_mart_pass(site: Site) -> None:
    small_lake(site)
    marts = {file.stem for file in (settings.DBT_PROJECT_DIR / "models" / "marts").glob("*.sql")}
    counts = site.run_dbt(chunk_days=31, options=["--exclude-resource-type", "test"])
    assert counts.tests >= len(marts)


@pytest.mark.slow
def test_any_order_of_increments_equals_one_full_refresh(
    tmp_path: Path, all_contracts: contracts_room.Contracts
) -> None:
    rng = random.Random(7)
    calls = random_calls(rng, days=5, browsers=6, calls=60)
    learning = random_progress(rng, learners=12, days=5)
    cohorts = [
        {"course_id": "C1", "cohort": "2024A", "ends_at": at(FIRST, 0), "observation_days": 3, "policy_version": "1"}
    ]
    whole = new_site(tmp_path / "whole", all_contracts)
    steps = new_site(tmp_path / "steps", all_contracts)
    for target in (whole, steps):
        target.store("cohorts", cohorts)
    whole.store("web_events", calls)
    whole.store("course_progress", learning)
    whole.build()

    steps.build()
    arrived: list[dict[str, object]] = []
    batches = late_batches(rng, calls, days=5)
    for batch in batches:
        arrived += batch
        changed = {row["dt"] for row in batch}
        steps.store("web_events", [row for row in arrived if row["dt"] in changed])
        steps.build(sorted(changed))
    steps.store("course_progress", learning)
    steps.build([])

    assert whole.read("select count(*) from warehouse.marts.fct_page_views where heartbeats > 1")[0][0] > 0
    for name in TABLES:
        assert steps.table(name) == whole.table(name), name


@pytest.mark.slow
def test_chunks_of_any_size_give_the_same_facts(tmp_path: Path, all_contracts: contracts_room.Contracts) -> None:
    calls = random_calls(random.Random(11), days=5, browsers=5, calls=50)
    found = []
    for size in (1, 31):
        target = new_site(tmp_path / str(size), all_contracts)
        target.store("web_events", calls)
        target.run_dbt(chunk_days=size)
        found.append({name: target.table(name) for name in FACTS})
    assert found[0] == found[1]


def test_a_session_crosses_midnight_and_counts_on_its_first_day(site: Site) -> None:
    midnight = at(FIRST, 24)
    site.store("web_events", [call(1, midnight - timedelta(minutes=20)), call(2, midnight + timedelta(minutes=10))])
    site.build()
    assert site.read("select session_key, dt, calls from warehouse.marts.fct_sessions") == [(1, FIRST, 2)]
    assert site.read("select dt, page_views, sessions from warehouse.marts.agg_traffic_daily order by dt") == [
        (FIRST, 1, 1),
        (FIRST + timedelta(days=1), 1, 1),
    ]


def test_a_day_that_leaves_the_lake_leaves_the_facts(site: Site) -> None:
    small_lake(site)
    site.build()
    assert facts.days_of(site.home) == {FIRST}
    file = lake.partition_file(site.home, "web_events", FIRST)
    file.unlink()
    file.parent.rmdir()
    site.build([FIRST])
    assert facts.days_of(site.home) == set()
    assert site.table("fct_page_views") == []


def test_links_that_arrive_late_change_no_partition(site: Site) -> None:
    small_lake(site)
    site.build()
    before = {file: file.stat().st_mtime_ns for file in site.home.facts.rglob("dt=*/*.parquet")}
    link = {
        "visitor_pseudonym": pseudonym("visitor", 1),
        "learner_pseudonym": pseudonym("learner", 1),
        "linked_at": at(FIRST, 30),
        "policy_version": "1",
    }
    site.store("identity_links", [link])
    site.build([])
    assert before == {file: file.stat().st_mtime_ns for file in site.home.facts.rglob("dt=*/*.parquet")}
    joined = site.read(
        "select v.learner_pseudonym from warehouse.marts.fct_page_views p join warehouse.marts.dim_visitors v "
        "using (visitor_pseudonym)"
    )
    assert joined == [(pseudonym("learner", 1),)]


def test_enrolments_take_cohort_month_and_spell(site: Site) -> None:
    january, march = at(date(2024, 2, 1), 1), at(date(2024, 3, 10), 10)
    site.store("cohorts", [{"course_id": "C1", "cohort": "2024A", "observation_days": 90, "policy_version": "1"}])
    site.store(
        "course_progress",
        [
            # Learner 1: names no cohort; refunded, then enrolled again in a later month and completed; in UTC it is January.
            progress(1, 1, "enrolled", january),
            progress(2, 1, "refunded", january + timedelta(days=3)),
            progress(3, 1, "enrolled", march),
            progress(4, 1, "course_completed", march + timedelta(days=9)),
            # Learner 2: enrolled in a cohort; its completion names none.
            progress(5, 2, "enrolled", january, cohort="2024A"),
            progress(6, 2, "course_completed", march),
            # Learner 3: enrolled twice in one cohort.
            progress(7, 3, "enrolled", january, cohort="2024A"),
            progress(8, 3, "unenrolled", january + timedelta(days=1)),
            progress(9, 3, "enrolled", march, cohort="2024A"),
            # Learner 4: completed without ever enrolling.
            progress(10, 4, "course_completed", march),
            # Learner 5: two enrolment ids without anything between.
            progress(11, 5, "enrolled", january, enrolment_key=1),
            progress(12, 5, "enrolled", march, enrolment_key=2),
            progress(13, 5, "course_completed", march + timedelta(days=1), enrolment_key=1),
        ],
    )
    site.build()
    columns = "cohort, is_completed, is_withdrawn, is_refunded, round(days_to_complete)"
    found = {
        learner: site.read(
            f"select {columns} from warehouse.marts.fct_enrolments "
            f"where learner_pseudonym = '{pseudonym('learner', learner)}' order by cohort"
        )
        for learner in range(1, 6)
    }
    assert found == {
        1: [("2024-02", False, False, True, None), ("2024-03", True, False, False, 9.0)],
        2: [("2024A", True, False, False, 38.0)],
        3: [("2024A", False, False, False, None)],
        4: [("2024-03", True, False, False, 0.0)],
        5: [("2024-02", True, False, False, 39.0), ("2024-03", False, False, False, None)],
    }


def test_what_clients_name_is_published_only_where_the_catalogue_lists_it(site: Site) -> None:
    day, told = at(FIRST, 10), "081200000000"
    listed = {"course_id": "C1", "cohort": "2024A", "observation_days": 3, "policy_version": "1"}
    site.store("cohorts", [listed])
    modules = [
        {"course_id": course, "module_id": "M1", "title": "One", "policy_version": "1"} for course in ("C1", "C2")
    ]
    site.store("course_modules", modules)
    site.store(
        "course_progress",
        [
            progress(1, 1, "enrolled", day, cohort="2024A"),
            progress(2, 1, "module_completed", day, cohort="2024A", module_id="M1"),
            progress(3, 2, "enrolled", day, cohort=told),
            progress(4, 2, "module_completed", day, cohort=told, module_id=told),
            progress(5, 3, "enrolled", day, course_id="C2", cohort=told),
        ],
    )
    site.build()
    found = site.read(
        "select course_id, cohort, module_id, enrolled, completed_module from warehouse.marts.agg_module_funnel order by all"
    )
    assert found == [
        ("C1", "(unlisted)", "M1", 1, 0),
        ("C1", "2024A", "M1", 1, 1),
        ("C2", "2024-03", "M1", 1, 0),
    ]
    cohorts = site.read("select course_id, cohort from warehouse.marts.agg_completion_rates order by all")
    assert cohorts == [row[:2] for row in found]
    assert (told,) in site.read("select module_id from warehouse.marts.fct_module_completions")


def test_a_visit_that_our_own_site_refers_comes_from_nowhere_else(site: Site) -> None:
    hosts = [None, "crosslife.example", "mastery.crosslife.example", "notcrosslife.example", "google.com"]
    site.store(
        "web_events",
        [
            call(number, at(FIRST, 10), visitor_pseudonym=pseudonym("visitor", number), referrer_host=host)
            for number, host in enumerate(hosts, start=1)
        ],
    )
    site.build()
    found = site.read("select channel, sessions from warehouse.marts.agg_channels_daily order by channel")
    assert found == [("Direct", 3), ("Organic Search", 1), ("Referral", 1)]


def test_a_session_before_midnight_enters_on_its_own_day_with_the_page_after_it(site: Site) -> None:
    before, after = at(FIRST, 23.9), at(FIRST, 24.1)
    site.store("web_events", [call(1, before, event_type="track", event_name="other"), call(2, after)])
    site.build()
    entries = "select dt, page_path, entries, bounces from warehouse.marts.agg_entry_pages_daily"
    assert site.read(entries) == [(FIRST, "/kursus", 1, 1)]


def test_nine_browsers_and_one_learner_are_one_learner(site: Site) -> None:
    instant = at(FIRST, 10)
    calls = [call(number, instant, visitor_pseudonym=pseudonym("visitor", number)) for number in range(1, 11)]
    calls[9] |= {"learner_pseudonym": pseudonym("learner", 1), "page_view_key": 55}
    site.store("web_events", [*calls, ping(11, instant + timedelta(seconds=9), page_view_key=55)])
    site.build()
    columns = "page_views, visitors, learners, engaged_learners"
    assert site.read(f"select {columns} from warehouse.marts.agg_traffic_daily") == [(10, 10, 1, 1)]


def test_no_key_and_no_pseudonym_is_readable_under_the_home(site: Site) -> None:
    small_lake(site)
    site.build()
    site.build([FIRST])
    secrets = [site.ring.warehouse_key(), *site.ring.parquet_keys().values()]
    forms = {
        form for key in secrets for form in (key, base64.b64encode(key), key.hex().encode(), key.hex().upper().encode())
    }
    forms |= {pseudonym("visitor", 1).encode(), pseudonym("learner", 1).encode()}
    read = 0
    for file in site.home.root.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            read += 1
            assert not [form for form in forms if form in content], file
    assert read > 20


def test_the_warehouse_file_opens_with_its_key_only(site: Site) -> None:
    small_lake(site)
    site.build()
    with engine.connect() as connection, pytest.raises(duckdb.Error):
        engine.attach(connection, site.home.warehouse_file, name="warehouse", key=None, read_only=True)
    with pytest.raises(duckdb.Error), warehouse.open_read_only(site.home, site.ring) as connection:
        connection.execute("create table warehouse.marts.extra as select 1 as one")


def test_a_failing_test_names_itself_and_leaves_its_model_as_it_was(site: Site) -> None:
    small_lake(site)
    site.build()
    before = site.table("dim_courses")
    course = {"course_id": "CANARY", "title": "Twice", "policy_version": "1"}
    site.store("courses", [course, course])
    held_back = site.build([]).held_back
    assert held_back["dim_courses"] == "test unique_dim_courses_course_id failed"
    assert held_back["agg_completion_rates"] == held_back["dim_courses"]
    assert "CANARY" not in str(held_back)
    assert site.table("dim_courses") == before
    leftovers = [file.name for file in site.home.warehouse.iterdir()]
    assert sorted(leftovers) == ["facts", "warehouse.duckdb"]
    assert not [file for file in site.home.dagster.rglob("*") if file.is_file() and b"CANARY" in file.read_bytes()]


@pytest.mark.parametrize(
    ("model", "before", "after", "named", "kinds"),
    [
        (
            "fct_enrolments",
            "completed_at <= window_closes_at",
            "completed_at is not null",
            "unit_test .* failed",
            "test",
        ),
        (
            "dim_learners",
            "select * from final",
            "select * from final where has_account",
            "test relationships_fct_enrolments_learner_pseudonym__.* failed",
            "unit_test",
        ),
    ],
    ids=["another definition", "a reference that leads nowhere"],
)
def test_a_change_of_a_model_that_breaks_its_meaning_is_named_by_its_test(
    site: Site,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    model: str,
    before: str,
    after: str,
    named: str,
    kinds: str,
) -> None:
    small_lake(site)
    project = shutil.copytree(settings.DBT_PROJECT_DIR, tmp_path / "dbt_project")
    file = project / "models" / "marts" / f"{model}.sql"
    assert before in file.read_text()
    file.write_text(file.read_text().replace(before, after))
    monkeypatch.setattr(settings, "DBT_PROJECT_DIR", project)
    selected = ["--select", "+dim_learners", "+fct_enrolments", "--exclude-resource-type", kinds]
    with pytest.raises(warehouse.ModelFailure, match=named):
        site.run_dbt(chunk_days=31, options=selected)


def test_of_a_first_build_what_failed_is_not_there(site: Site) -> None:
    small_lake(site)
    course = {"course_id": "C1", "title": "Twice", "policy_version": "1"}
    site.store("courses", [course, course])
    held_back = site.build().held_back
    there = {name for (name,) in site.read("select table_name from duckdb_columns() where schema_name = 'marts'")}
    assert not there & held_back.keys()
    assert {"fct_sessions", "agg_traffic_daily"} <= there
    assert warehouse.held_back(site.home, site.ring) == held_back


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("step", ["swap_in", "keep"])
def test_a_build_that_is_killed_at_its_end_leaves_tables_and_partitions_of_one_time(
    site: Site, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    small_lake(site)
    site.build()
    before = {name: site.table(name) for name in TABLES}
    later = at(FIRST, 12)
    site.store("web_events", [call(1, later, page_view_key=5), call(3, later + timedelta(hours=2), page_view_key=6)])

    def kill(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr(files if step == "swap_in" else facts, step, kill)
    monkeypatch.setattr(building, "recover", lambda *_: None)
    with pytest.raises(Killed):
        site.build([FIRST])
    monkeypatch.undo()
    after = {name: site.table(name) for name in TABLES}
    building.recover(site.home, site.ring)
    recovered = {name: site.table(name) for name in TABLES}
    assert recovered == (before if step == "swap_in" else after)
    assert (recovered["fct_sessions"] == before["fct_sessions"]) == (step == "swap_in")


def test_a_reader_keeps_its_warehouse_while_a_new_one_is_swapped_in(site: Site) -> None:
    small_lake(site)
    site.build()
    with warehouse.open_read_only(site.home, site.ring) as connection:
        site.store("courses", [])
        site.build([])
        assert connection.execute("select count(*) from warehouse.marts.dim_courses").fetchone() == (1,)
    assert site.table("dim_courses") == []


def test_nothing_is_written_into_the_dbt_project(site: Site) -> None:
    before = {file for file in settings.DBT_PROJECT_DIR.rglob("*") if file.is_file()}
    site.build()
    assert {file for file in settings.DBT_PROJECT_DIR.rglob("*") if file.is_file()} == before


def test_a_warehouse_that_was_never_built_says_so(site: Site) -> None:
    with pytest.raises(warehouse.WarehouseMissing, match="crosslife run"):
        warehouse.open_read_only(site.home, site.ring)


def test_every_source_of_dbt_is_a_view_over_the_lake(site: Site) -> None:
    with engine.connect() as connection:
        lake_views.create(connection, home=site.home, contracts=site.contracts)
        views = {
            row[0] for row in connection.execute("select view_name from duckdb_views() where not internal").fetchall()
        }
    assert views == {*site.contracts.inbound, *site.contracts.internal}
