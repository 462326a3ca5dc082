"""`crosslife demo`: invents a small platform's files, runs everything, and shows the completion rates."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines import settings
from pipelines.cli.options import Place, debug_option, home_option, json_option, parse_instant, place
from pipelines.cli.retention import let_go_what_is_over, show, told
from pipelines.cli.run import NOTHING, run_what_waits
from pipelines.cli.run import end as end_run
from pipelines.cli.terminal import Progress, print_json
from pipelines.demo.profiles import PROFILES

if TYPE_CHECKING:
    from pipelines.retention import Applied

_LAST_DAY = date(2026, 6, 30)
_MARK = "demo.json"
_DAY = click.DateTime(["%Y-%m-%d"])


_PROFILES = "\b\nProfiles:\n" + "\n".join(
    f"  {name:<6} {size.learners:>6,} learners, {size.days:>5,} days: {size.purpose}" for name, size in PROFILES.items()
)


@click.command(epilog=_PROFILES)
@click.option(
    "--profile",
    type=click.Choice(list(PROFILES)),
    default="demo",
    show_default=True,
    help="Size by name; --learners and --days change it.",
)
@click.option("--learners", type=click.IntRange(1), help="Learners to invent.  [default: the profile's]")
@click.option("--days", type=click.IntRange(1), help="Days of history.  [default: the profile's]")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed invents the same platform.")
@click.option("--start", type=_DAY, help="First day of the demo.  [default: --days before --end]")
@click.option(
    "--end",
    "--as-of",
    type=_DAY,
    help="The demo covers the days before this one, and is run as of it.  [default: 2026-06-30, or --days after --start]",
)
@click.option(
    "--dirt",
    type=click.FloatRange(0),
    default=1.0,
    show_default=True,
    help="Amount of spoilt input; 0: none.",
)
@click.option(
    "--later",
    type=_DAY,
    help="Then let time pass until this day, without anything new, and let go what is over by then.",
)
@click.option("--no-run", "is_run", flag_value=False, default=True, help="Write the files and stop.")
@home_option
@json_option
@debug_option
def demo(
    profile: str,
    learners: int | None,
    days: int | None,
    seed: int,
    start: datetime | None,
    end: datetime | None,
    dirt: float,
    later: datetime | None,
    is_run: bool,
    home: Path | None,
    as_json: bool,
) -> None:
    """Invent a small platform, run everything, show the completion rates.

    Everybody in it is invented. The same arguments give the same files; a second demo on the same home changes
    nothing. Beside <home>/landing the invented world writes down its own truth, <home>/truth: who did what, which row is
    bad and why.

    \b
    Example:
      crosslife demo --profile small --home /tmp/demo
      crosslife demo --profile small --home /tmp/demo --later 2031-08-01
    """
    size = PROFILES[profile]
    learners, days = learners or size.learners, _days(days, start=start, end=end, otherwise=size.days)
    last = _end(days, start=start, end=end)
    if later and (not is_run or later.date() <= last):
        message = f"--later must be after {last}, the end of the demo, and needs a run"
        raise click.UsageError(message)
    here = place(home=home, as_of=parse_instant(last.isoformat()))
    progress = Progress(is_silent=as_json)
    arguments = {"learners": learners, "days": days, "seed": seed, "end": last.isoformat(), "dirt": dirt}
    _prepare(here, arguments=arguments, end=last, progress=progress)
    if not is_run:
        click.echo(f"Landed in {here.home.landing}; crosslife run --home {here.home.root} --as-of {last} takes it in.")
        return
    summary = run_what_waits(here, progress=progress)
    if as_json:
        passed = {"later": told(_let_time_pass(here, later, progress=progress))} if later else {}
        print_json({"demo": arguments, "run": summary, "completion_rates": _rates(here.home), **passed})
        end_run(summary)
        return
    if not summary["changed"]:
        click.echo(NOTHING)
    _print_rates(here.home)
    if later:
        show(_let_time_pass(here, later, progress=progress))
        click.echo(
            f"What had been published of it by then is sealed, and served as it was ({here.home.root}/evidence/seals)."
        )
    click.echo(_where_next(here.home))
    end_run(summary)


def _let_time_pass(here: Place, later: datetime, *, progress: Progress) -> Applied:
    """Let go what is over on a later day. That nothing came for so long would hold the brake: here it is meant."""
    from pipelines import retention
    from pipelines.identity import keys

    there = replace(here, as_of=parse_instant(later.date().isoformat()))
    plan = retention.plan(there.home, keys.open_keyring(there.home), there.contracts(), as_of=there.as_of)
    progress(
        f"{there.as_of:%Y-%m-%d}: {plan.files:,} raw files, {plan.rows:,} rows and {plan.subjects:,} people are over"
    )
    return let_go_what_is_over(there, agreed=plan.checksum, progress=progress)


def _days(days: int | None, *, start: datetime | None, end: datetime | None, otherwise: int) -> int:
    """Return how many days the options mean. Raises UsageError where they contradict each other."""
    if start is None or end is None:
        return days or otherwise
    between = (end.date() - start.date()).days
    if between < 1:
        message = "--end must be after --start"
        raise click.UsageError(message)
    if days is not None and days != between:
        message = f"from --start to --end are {between} days, --days says {days}; leave one of the three out"
        raise click.UsageError(message)
    return between


def _end(days: int, *, start: datetime | None, end: datetime | None) -> date:
    if end is not None:
        return end.date()
    return start.date() + timedelta(days=days) if start is not None else _LAST_DAY


def _prepare(here: Place, *, arguments: dict[str, Any], end: date, progress: Progress) -> None:
    """Make keys and landing files where they are missing. Raises UsageError on a home that holds something else."""
    from pipelines import lake
    from pipelines.demo.sources.midtrans import DEMO_SERVER_KEY
    from pipelines.identity import keys
    from pipelines.intake.dialects import midtrans

    mark = here.home.root / _MARK
    found = json.loads(mark.read_text(encoding="utf-8")) if mark.exists() else None
    _refuse_other_data(here.home, found=found, arguments=arguments)
    if found and found["is_complete"]:
        return
    here.home.prepare()
    keys.init(here.home)
    keys.keep_secret(here.home, midtrans.SERVER_KEY, DEMO_SERVER_KEY)
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
        truth=home.root / "truth",
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

    file = home.release / "parquet" / "agg_completion_rates.parquet"
    rows: list[dict[str, Any]] = pl.read_parquet(file).to_dicts() if file.exists() else []
    return rows


def _print_rates(home: settings.Home) -> None:
    from rich.console import Console

    from pipelines import release

    try:
        Console().print(release.completion_table(home))
    except FileNotFoundError:
        click.echo("The completion rates were held back.")


def _where_next(home: settings.Home) -> str:
    return "\n".join(
        [
            "",
            "Where to look next:",
            f"  {home.release}  what analysts get: analytics.duckdb, parquet/, csv/",
            f"  {home.evidence}  what compliance reads: lineage.html, clauses.html, processing.html, data_docs/index.html",
            f"  crosslife status --home {home.root}      what stands in the home, and the balance of each batch",
            f"  crosslife quarantine list --home {home.root}  what could not be accepted, counted by reason",
            f"  crosslife ui --home {home.root}          the assets, runs and checks in Dagster",
        ]
    )
