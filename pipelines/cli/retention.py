"""`crosslife retention`: what has to go, why, and letting it go. Never shows the name of a landed file: it can be a person's."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines.cli.conflicts import conflicts
from pipelines.cli.options import Place, as_of_option, debug_option, home_option, json_option, place, policy_option
from pipelines.cli.pruning import prune
from pipelines.cli.retained import holds, status
from pipelines.cli.terminal import print_json, print_table

if TYPE_CHECKING:
    from pipelines.cli.terminal import Progress
    from pipelines.retention import Applied, Drop, Plan


@click.group()
def retention() -> None:
    """What the policy's windows have ended for, and that it went.

    \b
      landing      files as they arrived, from the day on which their batch was committed
      quarantine   rows that could not be judged, by the day they came; their key goes with them
      lake         days of events; enrolments that ended; everything of people who did nothing for years
      vault        what leads to such people: their keys are shredded
      held         what a tax duty or a case kept on, once that is over
    """


for _command in (conflicts, holds, prune, status):
    retention.add_command(_command)


@retention.command()
@home_option
@as_of_option
@policy_option
@json_option
@debug_option
def plan(home: Path | None, as_of: datetime | None, policy: Path | None, as_json: bool) -> None:
    """Show what would go today: where, how much, since when it should be gone, under which clause. Changes nothing.

    \b
    Example:
      crosslife retention plan --home ./home --as-of 2026-07-15
    """
    from pipelines import retention as room
    from pipelines.identity import keys

    here = place(home=home, policy=policy, as_of=as_of)
    found = room.plan(here.home, keys.open_keyring(here.home), here.contracts(), as_of=here.as_of)
    if as_json:
        print_json(_told(found))
        return
    _show(found)
    if found.is_empty:
        _doubted(found)
    else:
        click.echo(f"plan {found.checksum}: `crosslife retention apply --plan {found.checksum}` lets exactly this go")


@retention.command()
@click.option("--plan", "agreed", help="The checksum of the plan that was looked at; needed where it is unusual.")
@home_option
@as_of_option
@policy_option
@json_option
@debug_option
def apply(agreed: str | None, home: Path | None, as_of: datetime | None, policy: Path | None, as_json: bool) -> None:
    """Let go what has to go today; what went is recorded in the evidence ledger. Dagster does it every night.

    Exit code 3 where the plan is another than the one agreed to, or unusual and not agreed to; then nothing has changed.

    \b
    Example:
      crosslife retention apply --home ./home
    """
    from pipelines.cli.terminal import Progress

    here = place(home=home, policy=policy, as_of=as_of)
    applied = let_go_what_is_over(here, agreed=agreed, progress=Progress(is_silent=as_json))
    if as_json:
        print_json(told(applied))
        return
    show(applied)


def let_go_what_is_over(here: Place, *, agreed: str | None, progress: Progress) -> Applied:
    """Let go what has to go at a place's instant, publish before and after it. Raises what `letting_go.let_go` raises."""
    from pipelines import lake
    from pipelines import retention as room
    from pipelines.cli.run import run_what_waits
    from pipelines.identity import keys

    here.publish()
    ring = keys.open_keyring(here.home)
    has_lake = room.plan(here.home, ring, here.contracts(), as_of=here.as_of).rows > 0
    if has_lake:
        # Figures are sealed from a release of today, and what is derived follows its source.
        run_what_waits(here, progress=progress)
    from pipelines.defs.letting_go import let_go

    with lake.writer_lock(here.home), here.recorded():
        applied = let_go(here.home, ring, here.contracts(), as_of=here.as_of, agreed=agreed, progress=progress)
    if has_lake:
        run_what_waits(here, progress=progress)
    return applied


def told(applied: Applied) -> dict[str, Any]:
    """Return what went, as JSON has it."""
    return {**_told(applied.plan), "changed": applied.changed, "held": applied.held}


def show(applied: Applied) -> None:
    """Print what went, what stays, and what is held on."""
    _show(applied.plan)
    if not applied.is_noted:
        _doubted(applied.plan)
    gone = applied.plan.files - applied.changed
    click.echo(f"gone: {gone:,} files and {applied.plan.rows:,} rows, kept: {applied.plan.kept:,} files, overdue: none")
    for hold, rows in applied.held.items():
        click.echo(f"held on by {hold}: {rows:,} rows (`crosslife retention holds`)")


def _told(found: Plan) -> dict[str, Any]:
    return {
        "today": found.today,
        "plan": found.checksum,
        "policy_version": found.policy_version,
        "unusual": found.unusual,
        "drops": [asdict(drop) for drop in found.drops],
        "keys": len(found.key_ids),
        "enrolments": found.enrolments,
        "subjects": found.subjects,
        "kept": found.kept,
        "unjudged": found.unjudged,
    }


def _show(found: Plan) -> None:
    if found.unusual:
        click.secho(found.unusual, fg="yellow", err=True)
    if found.unjudged:
        click.echo(
            f"files in landing that no batch has read as they are, or that a link leads to: {found.unjudged:,}; they stay"
        )
    if found.is_empty:
        click.echo(f"Nothing has to go on {found.today}; files kept in these zones: {found.kept:,}")
        return
    columns = ["zone", "dataset", "files", "rows", "since", "why"]
    rows = [[each.zone, each.dataset, each.files, each.rows, each.since, _why(each)] for each in found.drops]
    print_table(f"To go on {found.today}", columns=columns, rows=rows)


def _doubted(found: Plan) -> None:
    if found.doubt:
        click.echo(
            f"Until somebody agrees it is not noted that anybody looked, and keys of backups stay: {found.doubt}. If all is as "
            f"it should be, `crosslife retention apply --plan {found.checksum}` says so"
        )


def _why(drop: Drop) -> str:
    return f"{drop.because} ({drop.clause})"
