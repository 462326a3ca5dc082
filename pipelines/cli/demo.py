"""`crosslife demo`: invents a small platform's files, runs everything, and shows the completion rates."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from pipelines import settings
from pipelines.cli.options import Place, debug_option, home_option, json_option, parse_instant, place
from pipelines.cli.run import NOTHING, run_what_waits
from pipelines.cli.terminal import Progress, print_json

_LAST_DAY = datetime(2026, 6, 30, tzinfo=UTC)
_MARK = "demo.json"


@click.command()
@click.option("--learners", type=click.IntRange(1), default=2_000, show_default=True, help="Learners to invent.")
@click.option("--days", type=click.IntRange(1), default=180, show_default=True, help="Days of history.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed invents the same platform.")
@click.option(
    "--end",
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    default=_LAST_DAY,
    show_default="2026-06-30",
    help="Last day of the demo, and the day as of which it is run.",
)
@click.option(
    "--dirt",
    type=click.FloatRange(0),
    default=1.0,
    show_default=True,
    help="Amount of spoilt input; 0: none.",
)
@home_option
@json_option
@debug_option
def demo(
    learners: int,
    days: int,
    seed: int,
    end: datetime,
    dirt: float,
    home: Path | None,
    as_json: bool,
) -> None:
    """Invent a small platform, run everything, show the completion rates.

    Everybody in it is invented. The same arguments give the same files; a second demo on the same home changes
    nothing.

    \b
    Example:
      crosslife demo --learners 500 --days 60 --home /tmp/demo
    """
    last = end.date()
    here = place(home=home, as_of=parse_instant(last.isoformat()))
    progress = Progress(is_silent=as_json)
    arguments = {"learners": learners, "days": days, "seed": seed, "end": last.isoformat(), "dirt": dirt}
    _prepare(here, arguments=arguments, end=last, progress=progress)
    summary = run_what_waits(here, progress=progress)
    if as_json:
        print_json({"demo": arguments, "run": summary, "completion_rates": _rates(here.home)})
        return
    if not summary["changed"]:
        click.echo(NOTHING)
    _print_rates(here.home)
    click.echo(_where_next(here.home))


def _prepare(here: Place, *, arguments: dict[str, Any], end: date, progress: Progress) -> None:
    """Make keys and landing files where they are missing. Raises UsageError on a home that holds something else."""
    from pipelines import lake
    from pipelines.identity import keys

    mark = here.home.root / _MARK
    found = json.loads(mark.read_text(encoding="utf-8")) if mark.exists() else None
    _refuse_other_data(here.home, found=found, arguments=arguments)
    if found and found["is_complete"]:
        return
    here.home.prepare()
    keys.init(here.home)
    with lake.writer_lock(here.home):
        mark.write_text(json.dumps({**arguments, "is_complete": False}), encoding="utf-8")
        _generate(here.home, arguments=arguments, end=end, progress=progress)
        mark.write_text(json.dumps({**arguments, "is_complete": True}), encoding="utf-8")


def _refuse_other_data(home: settings.Home, *, found: dict[str, Any] | None, arguments: dict[str, Any]) -> None:
    if found is None and home.landing.is_dir() and any(home.landing.rglob("*.*")):
        message = f"{home.landing} holds files that no demo wrote; give the demo another --home"
        raise click.UsageError(message)
    if found is not None and {**found, "is_complete": None} != {**arguments, "is_complete": None}:
        told = " ".join(f"--{name} {value}" for name, value in found.items() if name != "is_complete")
        message = f"{home.root} holds the demo of {told}; repeat that, or give another --home"
        raise click.UsageError(message)


def _generate(home: settings.Home, *, arguments: dict[str, Any], end: date, progress: Progress) -> None:
    from pipelines import demo as room

    seen: Counter[str] = Counter()

    def tell(source: str, rows: int) -> None:
        seen[source] += rows

    progress("inventing a platform")
    summary = room.generate(
        home.landing,
        learners=arguments["learners"],
        days=arguments["days"],
        seed=arguments["seed"],
        end=end,
        dirt=arguments["dirt"],
        progress=tell,
    )
    rows = ", ".join(f"{source} {count:,}" for source, count in summary.rows.items())
    progress(f"landed {summary.size_bytes / 1e6:,.1f} MB: {rows}")


def _rates(home: settings.Home) -> list[dict[str, Any]]:
    import polars as pl

    rows: list[dict[str, Any]] = pl.read_parquet(home.release / "parquet" / "agg_completion_rates.parquet").to_dicts()
    return rows


def _print_rates(home: settings.Home) -> None:
    from rich.console import Console

    from pipelines import release

    Console().print(release.completion_table(home))


def _where_next(home: settings.Home) -> str:
    return "\n".join(
        [
            "",
            "Where to look next:",
            f"  {home.release}  what analysts get: analytics.duckdb, parquet/, csv/",
            f"  crosslife status --home {home.root}      what stands in the home, and the balance of each batch",
            f"  crosslife quarantine list --home {home.root}  what could not be accepted, counted by reason",
            f"  crosslife ui --home {home.root}          the assets, runs and checks in Dagster",
        ]
    )
