"""`crosslife retention conflicts`: where a floor of the law is longer than a window of the policy, and what holds."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from pipelines.cli.failures import REFUSED
from pipelines.cli.options import as_of_option, debug_option, json_option, place, policy_option
from pipelines.cli.terminal import print_json, print_table

_COLUMNS = ("category", "window", "floor", "source", "verified", "state", "holds", "why")


@click.command()
@as_of_option
@policy_option
@json_option
@debug_option
@click.pass_context
def conflicts(ctx: click.Context, as_of: datetime | None, policy: Path | None, as_json: bool) -> None:
    """Show floors of the law that are longer than the policy's windows, and which of the two holds.

    Exit code 3 where a verified floor stops the drop of a category, as nothing decided says which holds, or as notice of a
    longer window is missing.

    \b
    Example:
      crosslife retention conflicts
    """
    from pipelines import contracts
    from pipelines.contracts.versions import said

    in_force = place(home=None, policy=policy, as_of=as_of).contracts().policy
    rows = [
        (
            each.category,
            said(each.window),
            each.floor.period,
            each.floor.source,
            "yes" if each.floor.verified else "no",
            each.state,
            each.holds,
            each.why,
        )
        for each in contracts.conflicts(in_force)
    ]
    blocked = sorted(contracts.blocked_categories(in_force))
    waiting = [str(each) for each in in_force.waiting]
    if as_json:
        told = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
        print_json({"conflicts": told, "blocked": blocked, "waiting": waiting})
    elif rows:
        print_table("Floors that are longer than a window", columns=_COLUMNS[:-1], rows=[row[:-1] for row in rows])
        click.echo("\n".join(f"{row[0]}: {row[-1]}" for row in rows))
    else:
        click.echo("No floor is longer than a window.")
    if not as_json:
        for each in waiting:
            click.secho(each, fg="yellow", err=True)
        if blocked:
            click.secho(f"nothing is dropped of: {', '.join(blocked)}", fg="red", err=True)
    ctx.exit(REFUSED if blocked else 0)
