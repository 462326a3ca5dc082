"""`crosslife audience history`: what was sent and taken back, and of one living person where they are and were."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from pipelines.cli.options import as_of_option, debug_option, home_option, json_option, place, policy_option
from pipelines.cli.terminal import print_json, print_table


@click.command()
@click.option("--user-id", help="One person, by their account (`-` reads it from the standard input).")
@click.option("--email", help="One person, by their address (`-` reads it from the standard input).")
@click.option("--at", "instant", help="Only where they were at this date or instant.")
@home_option
@as_of_option
@policy_option
@json_option
@debug_option
def history(
    user_id: str | None,
    email: str | None,
    instant: str | None,
    home: Path | None,
    as_of: datetime | None,
    policy: Path | None,
    as_json: bool,
) -> None:
    """Show what was sent and taken back; or, of one living person, in which audiences they were and under which consent.

    \b
    Example:
      crosslife audience history --home ./home
      echo learner-1 | crosslife audience history --user-id - --home ./home
    """
    from pipelines import audiences
    from pipelines.cli.options import parse_instant
    from pipelines.identity import keys

    here = place(home=home, policy=policy, as_of=as_of)
    ring = keys.open_keyring(here.home)
    if user_id and email:
        raise click.UsageError("name one person, by one identifier")
    if user_id or email:
        kind, value = ("user_id", user_id) if user_id else ("email", email)
        if value == "-":
            value = sys.stdin.readline().strip()
        at = parse_instant(instant) if instant else None
        found = audiences.of_person(here.home, ring, kind=kind, value=value or "", at=at)
        if found is None:
            raise click.ClickException("nobody of this identifier is known here")
        if as_json:
            print_json({"memberships": found.to_dicts()})
            return
        print_table("In audiences", columns=found.columns, rows=found.rows())
        return
    sent = audiences.uploads(here.home, ring)
    open_ones = audiences.withdrawals(here.home, ring, at=here.as_of)
    if as_json:
        print_json({"uploads": sent.to_dicts(), "withdrawals": open_ones.to_dicts()})
        return
    columns = [
        "upload",
        "segment",
        "recipient",
        "mode",
        "ended_at",
        "sent",
        "entered",
        "ended",
        "rung",
        "policy_version",
    ]
    print_table("Uploads", columns=columns, rows=sent.select(columns).rows())
    print_table("Withdrawals", columns=open_ones.columns, rows=open_ones.rows())
