"""`crosslife retention prune`: letting go of what runs leave behind."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from pipelines.cli.options import as_of_option, debug_option, home_option, json_option, place, policy_option
from pipelines.cli.terminal import print_json


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would go, and change nothing.")
@home_option
@as_of_option
@policy_option
@json_option
@debug_option
def prune(dry_run: bool, home: Path | None, as_of: datetime | None, policy: Path | None, as_json: bool) -> None:
    """Let go of records of runs that are too old (`run_records_days`); Dagster does it every night.

    Dagster's runs with their events and logs, OpenLineage events, compiled SQL, explanations of editions that are no longer
    shown. A run under way stays, and so does the last run of each asset.

    \b
    Example:
      crosslife retention prune --dry-run --home ./home
    """
    here = place(home=home, policy=policy, as_of=as_of)
    here.publish()
    from contextlib import nullcontext

    from pipelines import lake
    from pipelines.defs import pruning, run_storage

    found = here.contracts()
    # Where Dagster has never run, it is not asked: that would make its storage.
    is_there = (here.home.dagster / "history").is_dir()
    with (
        nullcontext() if dry_run else lake.writer_lock(here.home),
        run_storage.opened(here.home) if is_there else nullcontext() as instance,
    ):
        counts = pruning.prune(here.home, found, instance, as_of=here.as_of, dry_run=dry_run)
    if as_json:
        print_json({"dry_run": dry_run, "counts": dict(counts)})
        return
    told = [f"{kind.replace('_', ' ')}: {count:,}" for kind, count in counts.items() if count and kind != "kept_runs"]
    click.echo(("would go:\n" if dry_run else "gone:\n") + "\n".join(told) if told else "Nothing is too old.")
    if counts["kept_runs"]:
        click.echo(f"old runs that stay, as the last of an asset: {counts['kept_runs']:,}")
