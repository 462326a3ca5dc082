"""`crosslife retention status` and `holds`: how datasets stand against their clocks, and what is kept on although it is over."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from pipelines.cli.options import as_of_option, debug_option, home_option, json_option, place, policy_option
from pipelines.cli.terminal import print_json, print_table


@click.command()
@home_option
@as_of_option
@policy_option
@json_option
@debug_option
def status(home: Path | None, as_of: datetime | None, policy: Path | None, as_json: bool) -> None:
    """Show for each dataset how long it is kept, since when it is held, up to where it was dropped, and what comes next.

    What has to go today stands in `crosslife retention plan`. Exit code 3 where something is overdue.

    \b
    Example:
      crosslife retention status --home ./home
    """
    from pipelines import retention as room
    from pipelines.cli.failures import REFUSED
    from pipelines.identity import keys

    here = place(home=home, policy=policy, as_of=as_of)
    found = room.standing(here.home, here.contracts(), as_of=here.as_of)
    overdue = room.plan(here.home, keys.open_keyring(here.home), here.contracts(), as_of=here.as_of)
    if as_json:
        told = {"files": overdue.files, "rows": overdue.rows, "subjects": overdue.subjects, "plan": overdue.checksum}
        print_json({"today": overdue.today, "datasets": [asdict(each) for each in found], "to_go": told})
    else:
        columns = ["dataset", "kept", "oldest", "closed through", "next", "waiting"]
        rows = [[e.dataset, e.kept, e.oldest, e.closed_through, e.next_on, e.waiting] for e in found]
        print_table(f"Retention on {overdue.today}", columns=columns, rows=rows)
        click.echo(
            f"to go today: {overdue.files:,} files, {overdue.rows:,} rows, {overdue.subjects:,} people; "
            f"of {overdue.enrolments:,} enrolments (`crosslife retention plan`)"
        )
    if any(drop.since and drop.since < overdue.today for drop in overdue.drops):
        click.secho("crosslife: some of it should have gone earlier: `crosslife retention apply`", fg="red", err=True)
        click.get_current_context().exit(REFUSED)


@click.command()
@home_option
@as_of_option
@policy_option
@json_option
@debug_option
def holds(home: Path | None, as_of: datetime | None, policy: Path | None, as_json: bool) -> None:
    """List what is kept on although its window has ended: by which hold, why, how many rows, until when.

    Holds are declared in the policy file (`holds`). Held rows lie aside from all models, bear pseudonyms that lead to nobody,
    and go when their hold ends.

    \b
    Example:
      crosslife retention holds --home ./home
    """
    from pipelines import engine
    from pipelines import retention as room
    from pipelines.identity import keys

    here = place(home=home, policy=policy, as_of=as_of)
    contracts = here.contracts()
    declared = {hold.id: hold for hold in contracts.policy.holds}
    listed = []
    with engine.connect(parquet_keys=keys.open_keyring(here.home).parquet_keys()) as connection:
        for each in room.held(here.home, contracts):
            hold = declared.get(each.hold)
            reason = hold.reason if hold else "no longer declared: goes with the next drop"
            count = room.rows_held(connection, each)
            listed.append(
                {"hold": each.hold, "dataset": each.dataset, "rows": count, "until": each.until, "reason": reason}
            )
    if as_json:
        print_json({"declared": [hold.model_dump() for hold in declared.values()], "held": listed})
        return
    rows = [[hold.id, ", ".join(hold.datasets), hold.years, hold.reason, hold.source] for hold in declared.values()]
    print_table("Declared holds", columns=["hold", "datasets", "years", "reason", "source"], rows=rows)
    if not listed:
        click.echo("nothing is held on today")
        return
    print_table("Held on", columns=["hold", "dataset", "rows", "until"], rows=[list(e.values())[:4] for e in listed])
