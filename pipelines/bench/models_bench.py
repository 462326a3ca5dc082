"""`crosslife bench models`: the dbt models against hand-written SQL with the same outputs, over the same lake."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from pipelines import contracts, demo, engine, intake, lake, settings, warehouse
from pipelines.bench import events
from pipelines.bench.measuring import BenchmarkMismatch, Result, clocked, describe, scratch, side, whole
from pipelines.identity import keys

FULL_EVENTS = 5_000_000
QUICK_EVENTS = 1_200_000
AS_OF = datetime(2026, 6, 30, 17, tzinfo=UTC)
_COMPARED = {
    "fct_page_views": "page_view_event_key, dt, page_path, heartbeats, engaged_seconds",
    "fct_sessions": "session_key, dt, calls, page_views, started_at, ended_at",
    "agg_traffic_daily": "dt, page_path, page_views, visitors, learners, sessions, engaged_learners, median_engaged_seconds",
    "agg_completion_rates": "course_id, cohort, enrolled, completed, completion_rate, median_days_to_complete",
    "agg_module_funnel": "course_id, cohort, module_id, enrolled, completed_module",
    "agg_channels_daily": "dt, channel, sessions, page_views, channel_visitors, channel_learners",
    "agg_entry_pages_daily": "dt, page_path, entries, bounces, entry_visitors, entry_learners",
    "agg_active_learners": "period, period_starts_on, active_learners",
    "agg_retention_weekly": "enrolment_week, week_number, enrolled_in_week, retained_learners",
    "agg_re_enrolments": "course_id, cohort, enrolled_learners, returning_learners, completed_again",
    "agg_assessments": "course_id, cohort, module_id, assessed, passed, mean_attempts, median_best_result",
    "agg_completion_segments": "course_id, segment_kind, segment, segment_learners, completed",
    "agg_campaigns": "utm_campaign, impressions, clicks, spend_idr, reached_learners, registered, started, completed",
    "agg_consents_monthly": "month, purpose, speakers, granting",
    "agg_newsletter_monthly": "month, joined, left_since",
}


def compare(*, quick: bool, rows: int | None = None, progress: Callable[[str], None]) -> Result:
    """Build a lake of `rows` web events once, measure both sides over it, and compare their tables."""
    count = rows or (QUICK_EVENTS if quick else FULL_EVENTS)
    folder = scratch(f"models-{count}")
    progress(f"making a lake of {count:,} web events and the demo's courses")
    prepared = side(__name__, "make_lake", folder=str(folder), count=count, learners=300 if quick else 3000)
    progress("hand-written SQL")
    plain = side(__name__, "plain_side", folder=str(folder))
    progress("the models, every day of history")
    ours = side(__name__, "our_side", folder=str(folder))
    progress("comparing the tables")
    _check_same(folder)
    machine, commit = describe()
    figures = {
        "ratio": ours["seconds"] / plain["seconds"],
        "seconds": ours["seconds"],
        "plain_seconds": plain["seconds"],
        "start_seconds": ours["start_seconds"],
        "test_seconds": ours["test_seconds"],
        "one_more_day_seconds": ours["day_seconds"],
        "peak_gib": ours["peak_bytes"] / 2**30,
        "plain_peak_gib": plain["peak_bytes"] / 2**30,
        "events": float(count),
        "learning_events": prepared["learning_events"],
    }
    baseline = "one DuckDB script over the same lake: the same tables, unencrypted, unsorted, untested, all of history"
    return Result("models", figures, baseline, machine, commit)


def make_lake(*, folder: str, count: int, learners: int, days: int = 0) -> dict[str, float]:
    """Take in bulk web events and a demo's course data, unless the folder has them already.

    Both are of so many `days`; without, of the 90 and 180 for which the figures of the two sides are known.
    """
    home = settings.Home(Path(folder) / "home")
    terms = contracts.load(settings.CONTRACTS_DIR, policy_file=settings.policy_file())
    if not home.manifest_file.exists() or intake.pending(home, terms):
        shutil.rmtree(home.root, ignore_errors=True)
        home.prepare()
        demo.generate(home.landing, learners=learners, days=days or 180, seed=1, end=date(2026, 6, 30))
        shutil.rmtree(home.landing / "web_events")
        events.write(_landed(home), events=count, days=days or 90)
        # Payments need a key of their sender, and no model that is measured reads them.
        sources = [name for name in terms.inbound if name != "payments"]
        intake.run(home, keys.init(home), terms, as_of=AS_OF, sources=sources)
    with lake.open_manifest(home) as manifest:
        rows = {batch.source: batch.balance["accepted"] for batch in manifest.batches()}
    return {"learning_events": float(rows["course_progress"])}


def our_side(*, folder: str) -> dict[str, float]:
    """Build every model over all days; start-up (imports, dbt's parse) and tests are timed apart."""
    home = settings.Home(Path(folder) / "home")
    ring = keys.open_keyring(home)
    terms = contracts.load(settings.CONTRACTS_DIR, policy_file=settings.policy_file())
    one_day = {"web_events": lake.days_of(home, "web_events")[-1:]}
    # The first build parses the project and fills no figure; the day after it costs what a day costs.
    warehouse.build(home, ring, terms, days=one_day, as_of=AS_OF)
    day = whole(warehouse.build(home, ring, terms, days=one_day, as_of=AS_OF))

    def work() -> dict[str, float]:
        built = whole(warehouse.build(home, ring, terms, days=None, as_of=AS_OF))
        return {"test_seconds": built.test_seconds, "start_seconds": built.start_seconds, "day_seconds": day.seconds}

    figures = clocked(work)
    return figures | {"seconds": figures["seconds"] - figures["test_seconds"] - figures["start_seconds"]}


def plain_side(*, folder: str) -> dict[str, float]:
    """Do the same with one script."""
    from pipelines.bench import plain_models

    home = settings.Home(Path(folder) / "home")
    out = Path(folder) / "plain"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    ring = keys.open_keyring(home)
    return clocked(lambda: plain_models.run(home, out, ring.parquet_keys(), AS_OF))


def _landed(home: settings.Home) -> Path:
    place = home.landing / "web_events" / "events.jsonl"
    place.parent.mkdir(parents=True)
    return place


def _check_same(folder: Path) -> None:
    home = settings.Home(folder / "home")
    with warehouse.open_read_only(home, keys.open_keyring(home)) as connection:
        connection.execute("set memory_limit = '8GB'")
        engine.attach(connection, folder / "plain" / "plain.duckdb", name="plain", key=None, read_only=True)
        for table, columns in _COMPARED.items():
            ours, plain = f"select {columns} from warehouse.marts.{table}", f"select {columns} from plain.{table}"
            query = f"select count(*) from (({ours} except all {plain}) union all ({plain} except all {ours}))"
            row = connection.execute(query).fetchone()
            if row is None or row[0]:
                raise BenchmarkMismatch(f"{table}: {row[0] if row else '?'} rows differ between the two sides")
