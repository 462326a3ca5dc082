"""`crosslife bench intake --source …`: intake of any source against the plain script with the same columns and rows."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from pipelines import contracts, engine, intake, settings
from pipelines.bench import multiplied
from pipelines.bench.measuring import BenchmarkMismatch, Result, clocked, describe, scratch, side
from pipelines.contracts import Contracts
from pipelines.contracts.models import InboundContract
from pipelines.identity import keys

ALL = "all"
FULL_ROWS = 400_000
QUICK_ROWS = 100_000
_AS_OF = datetime(2026, 6, 30, 17, tzinfo=UTC)
_COURSES = "courses"
# Treatments whose stored value is the typed value itself; of the others (keys differ, closed lists drop) that there is one.
_KEPT = "keep"
_SAME_ABSENCE = ("event_key", "holder_key", "pseudonymise")


def names() -> tuple[str, ...]:
    """Return the sources that can be measured."""
    return tuple(sorted(_terms().inbound))


def compare(sources: Sequence[str], *, rows: int | None, quick: bool, progress: Callable[[str], None]) -> Result:
    """Measure both sides of each source on the same rows, and compare what they wrote.

    Figures are named `<source>.ratio`, `.seconds`, `.plain_seconds`, `.rows_per_second`, `.peak_gib`. Raises
    BenchmarkMismatch where the two sides differ, or a name is no source.
    """
    count = rows or (QUICK_ROWS if quick else FULL_ROWS)
    terms, figures = _terms(), dict[str, float]()
    for name in names() if ALL in sources else sources:
        if name not in terms.inbound:
            raise BenchmarkMismatch(f"there is no source {name}: use {ALL}, {', '.join(names())}")
        for figure, value in _of_source(terms.inbound[name], rows=count, progress=progress).items():
            figures[f"{name}.{figure}"] = value
    machine, commit = describe()
    baseline = (
        "per source one DuckDB script made from its contract: typed columns, keyed hashes, deduplication, rejects, Parquet "
        "(by day), unencrypted; no vault, closed lists, unknown fields or history"
    )
    return Result("intake", figures, baseline, machine, commit)


def our_side(*, name: str, source: str, home: str, landing: str) -> dict[str, float]:
    """Take a file in through the product, into a home of its own that knows the courses."""
    place = settings.Home(Path(home))
    shutil.rmtree(place.root, ignore_errors=True)
    place.prepare()
    keys.init(place)
    keys.keep_secret(place, "midtrans_server_key", multiplied.SERVER_KEY)
    ring, terms = keys.open_keyring(place), _terms()
    if name != _COURSES:
        shutil.copytree(Path(landing) / _COURSES, place.landing / _COURSES)
        intake.run(place, ring, terms, as_of=_AS_OF, sources=[_COURSES])
    landed = place.landing / name / Path(source).name
    landed.parent.mkdir(parents=True)
    landed.hardlink_to(source)

    def work() -> dict[str, float]:
        (report,) = intake.run(place, ring, terms, as_of=_AS_OF, sources=[name])
        return {"accepted": float(report.accepted), "rows_in": float(report.rows_in)}

    return clocked(work)


def plain_side(*, name: str, source: str, out: str, landing: str) -> dict[str, float]:
    """Do the same work with the plain script."""
    from pipelines.bench import plain_source

    place, terms = Path(out), _terms()
    listed = duckdb.sql(f"select course_id from read_csv('{engine.quoted(landing)}/{_COURSES}/*.csv')").fetchall()
    known = frozenset(course for (course,) in listed)

    def write(contract: InboundContract, file: Path, *, below: Path) -> None:
        shutil.rmtree(below, ignore_errors=True)
        below.mkdir(parents=True)
        plain_source.run(contract, file, below, as_of=_AS_OF, courses=known, key=multiplied.SERVER_KEY)

    if name != _COURSES:
        # The product has taken the courses in before its clock starts, and imported what a process imports once.
        (courses,) = (Path(landing) / _COURSES).glob("*.csv")
        write(terms.inbound[_COURSES], courses, below=place.with_name("plain-courses"))
    return clocked(lambda: write(terms.inbound[name], Path(source), below=place))


def _of_source(contract: InboundContract, *, rows: int, progress: Callable[[str], None]) -> dict[str, float]:
    folder = scratch("intake-sources")
    landing = folder / "demo"
    progress(f"{contract.name}: making {rows:,} rows")
    source = _made(contract.name, folder, landing, rows=rows)
    arguments = {"name": contract.name, "source": str(source), "landing": str(landing)}
    progress(f"{contract.name}: the plain script")
    plain = side(__name__, "plain_side", out=str(folder / "plain"), **arguments)
    progress(f"{contract.name}: this product")
    ours = side(__name__, "our_side", home=str(folder / "home"), **arguments)
    _check_same(contract, folder)
    size = source.stat().st_size
    source.unlink()
    return {
        "ratio": ours["seconds"] / plain["seconds"],
        "seconds": ours["seconds"],
        "plain_seconds": plain["seconds"],
        "rows_per_second": ours["rows_in"] / ours["seconds"],
        "plain_rows_per_second": ours["rows_in"] / plain["seconds"],
        "rows_accepted": ours["accepted"],
        "input_megabytes": size / 1e6,
        "peak_gib": ours["peak_bytes"] / 2**30,
    }


def _made(name: str, folder: Path, landing: Path, *, rows: int) -> Path:
    multiplied.prepare(landing)
    source = folder / f"{name}-{rows}{multiplied.suffix_of(landing, name)}"
    multiplied.write(source, landing, source=name, rows=rows)
    return source


def _check_same(contract: InboundContract, folder: Path) -> None:
    """Compare all rows of both sides. Raises BenchmarkMismatch."""
    home = settings.Home(folder / "home")
    ring = keys.open_keyring(home)
    columns = ", ".join(_compared(contract))
    with engine.connect(parquet_keys=ring.parquet_keys(), temp_dir=folder / "spill", memory_limit="4GB") as connection:
        tables = (_ours(home, contract), _plain(folder, contract))
        left, right = (f"select {columns}, count(*) as rows from {table} group by all" for table in tables)
        row = connection.execute(
            f"select count(*) from (({left} except all {right}) union all ({right} except all {left}))"
        ).fetchone()
    if row is None or row[0]:
        different = row[0] if row else "?"
        raise BenchmarkMismatch(
            f"{contract.name}: the two sides differ in {different} groups of rows; no ratio is given"
        )


def _compared(contract: InboundContract) -> list[str]:
    by_name = {column.name: column for column in contract.lake_columns}
    found = []
    for f in contract.fields:
        stored = [name for name in f.stored_as if name in by_name]
        if f.treatment == _KEPT:
            found += [f"{name}::{by_name[name].sql_type} as {name}" for name in stored]
        elif f.treatment in _SAME_ABSENCE:
            found += [f"{name} is null" for name in stored]
    return [*found, *(["dt"] if contract.event_time else [])]


def _ours(home: settings.Home, contract: InboundContract) -> str:
    files = "*/*.parquet" if contract.event_time else "current.parquet"
    place = f"{engine.quoted(home.lake)}/{contract.name}/{files}"
    return f"read_parquet('{place}', hive_partitioning = true, encryption_config = {{footer_key: 'lake_v1'}})"


def _plain(folder: Path, contract: InboundContract) -> str:
    files = "events/*/*.parquet" if contract.event_time else "current.parquet"
    return f"read_parquet('{engine.quoted(folder)}/plain/{files}', hive_partitioning = true)"


def _terms() -> Contracts:
    return contracts.load(settings.CONTRACTS_DIR, policy_file=settings.policy_file())
