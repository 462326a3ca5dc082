"""`crosslife bench intake`: intake of web events against a plain DuckDB script with the same columns and rows."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pipelines import contracts, engine, intake, settings
from pipelines.bench import events
from pipelines.bench.measuring import BenchmarkMismatch, Result, clocked, describe, scratch, side
from pipelines.identity import keys

FULL_EVENTS = 5_000_000
QUICK_EVENTS = 1_000_000
_AS_OF = datetime(2026, 6, 30, 17, tzinfo=UTC)
_SOURCE = "web_events"
# Pseudonyms and keyed hashes differ by their keys; everything else must be equal row by row.
_COMPARED = (
    "dt, event_type, event_name, occurred_at, ip_network, browser_family, os_family, device_family, locale, page_path, "
    "referrer_host, utm_source, is_consented, visitor_pseudonym is null, learner_pseudonym is null, page_view_key is null"
)


def compare(*, quick: bool, progress: Callable[[str], None]) -> Result:
    """Measure both sides on the same file and compare what they wrote."""
    count = QUICK_EVENTS if quick else FULL_EVENTS
    folder = scratch("intake")
    source = folder / f"web_events-{count}.jsonl"
    progress(f"making {count:,} web events")
    size = events.write(source, events=count)
    progress("the plain script")
    plain = side(__name__, "plain_side", source=str(source), out=str(folder / "plain"))
    progress("this product")
    ours = side(__name__, "our_side", source=str(source), home=str(folder / "home"))
    progress("comparing the rows")
    _check_same(folder)
    progress("Great Expectations on the arrivals")
    quality = side(__name__, "quality_side", home=str(folder / "home"))
    machine, commit = describe()
    figures = {
        "ratio": ours["seconds"] / plain["seconds"],
        "seconds": ours["seconds"],
        "plain_seconds": plain["seconds"],
        "peak_gib": ours["peak_bytes"] / 2**30,
        "plain_peak_gib": plain["peak_bytes"] / 2**30,
        "events": float(count),
        "events_per_second": count / ours["seconds"],
        "input_megabytes": size / 1e6,
        "great_expectations_seconds": quality["seconds"],
        "rows_quarantined": ours["quarantined"],
        "rows_duplicate": ours["duplicates"],
    }
    baseline = (
        "one DuckDB script: read_json, keyed hashes, truncations, deduplication, rejects, Parquet by day, unencrypted"
    )
    return Result("intake", figures, baseline, machine, commit)


def our_side(*, source: str, home: str) -> dict[str, float]:
    """Take the file in through the product, into a home of its own."""
    place = settings.Home(Path(home))
    shutil.rmtree(place.root, ignore_errors=True)
    place.prepare()
    ring = keys.init(place)
    terms = contracts.load(settings.CONTRACTS_DIR, policy_file=settings.policy_file())
    landed = place.landing / _SOURCE / "events.jsonl"
    landed.parent.mkdir(parents=True)
    landed.hardlink_to(source)

    def work() -> dict[str, float]:
        (report,) = intake.run(place, ring, terms, as_of=_AS_OF, sources=[_SOURCE])
        return {"quarantined": float(sum(report.quarantined.values())), "duplicates": float(report.duplicates)}

    return clocked(work)


def quality_side(*, home: str) -> dict[str, float]:
    """Judge what has arrived with Great Expectations."""
    from pipelines import lake, quality

    place = settings.Home(Path(home))
    ring = keys.open_keyring(place)
    terms = contracts.load(settings.CONTRACTS_DIR, policy_file=settings.policy_file())
    days = lake.days_of(place, _SOURCE)

    def work() -> None:
        result = quality.check_arrivals(place, ring, terms, dataset=_SOURCE, days=days, as_of=_AS_OF)
        if not result.success:
            raise BenchmarkMismatch("Great Expectations refused what intake had accepted")

    return clocked(work)


def plain_side(*, source: str, out: str) -> dict[str, float]:
    """Do the same work with one plain DuckDB script."""
    from pipelines.bench import plain_intake

    place = Path(out)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    return clocked(lambda: plain_intake.run(Path(source), place))


def _check_same(folder: Path) -> None:
    home = settings.Home(folder / "home")
    ring = keys.open_keyring(home)
    key = "encryption_config = {footer_key: 'lake_v1'}"
    ours = f"read_parquet('{home.lake}/{_SOURCE}/*/*.parquet', hive_partitioning = true, {key})"
    plain = f"read_parquet('{folder}/plain/events/*/*.parquet', hive_partitioning = true)"
    groups = "select {columns}, count(*) as rows from {table} group by all"
    with engine.connect(parquet_keys=ring.parquet_keys(), temp_dir=folder / "spill", memory_limit="8GB") as connection:
        left, right = (groups.format(columns=_COMPARED, table=table) for table in (ours, plain))
        row = connection.execute(
            f"select count(*) from (({left} except all {right}) union all ({right} except all {left}))"
        ).fetchone()
    if row is None or row[0]:
        raise BenchmarkMismatch(f"the two sides differ in {row[0] if row else '?'} groups of rows; no ratio is given")
