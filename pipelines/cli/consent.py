"""`crosslife consent`: what one living person agreed to, told to whoever names them. Not here: how it is derived."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from pipelines.cli.options import Instant, as_of_option, debug_option, home_option, json_option, place, policy_option
from pipelines.cli.terminal import print_json, print_table


@click.group()
def consent() -> None:
    """Who agreed to what: grants and refusals, purpose by purpose; nothing stated means no."""


@consent.command()
@click.option("--user-id", help="One person, by their account (`-` reads it from the standard input).")
@click.option("--email", help="One person, by their address (`-` reads it from the standard input).")
@click.option("--purpose", help="This purpose alone, such as ads_retargeting; else each one of the taxonomy.")
@click.option("--at", type=Instant(), help="What held at this date (its end) or instant, by all that is known now.")
@home_option
@as_of_option
@policy_option
@json_option
@debug_option
def show(
    user_id: str | None,
    email: str | None,
    purpose: str | None,
    at: datetime | None,
    home: Path | None,
    as_of: datetime | None,
    policy: Path | None,
    as_json: bool,
) -> None:
    """Show what one living person consents to: the state of each purpose, since when, under which version of the policy.

    States: granted; withdrawn, refused after a time of consent; refused, without one; refused by browser, and by nothing
    else; never asked, nothing was stated that counts. Only granted means yes. Instants are UTC.

    The look into the vault is logged. `-` keeps the identifier out of the shell's history; it is never shown again.

    \b
    Example:
      crosslife consent show --email - --at 2026-06-30 < address.txt
      echo learner-1 | crosslife consent show --user-id - --purpose ads_retargeting --home ./home
    """
    from pipelines import consent as room
    from pipelines.identity import keys

    if bool(user_id) == bool(email):
        raise click.UsageError("name one person, by one identifier: --user-id or --email")
    here = place(home=home, policy=policy, as_of=as_of)
    ring, contracts = keys.open_keyring(here.home), here.contracts()
    known = tuple(contracts.taxonomy.purposes)
    if purpose is not None and purpose not in known:
        raise click.UsageError(f"--purpose is one of {', '.join(known)}")
    kind, value = ("user_id", user_id) if user_id else ("email", email)
    if value == "-":
        value = sys.stdin.readline().strip()
    instant = at or here.as_of
    asked = known if purpose is None else (purpose,)
    found = room.of_person(here.home, ring, contracts, kind=kind, value=value or "", at=instant, purposes=asked)
    if found is None:
        raise click.ClickException("nobody of this identifier is known here")
    if as_json:
        print_json({"at": instant.isoformat(), "consents": found.to_dicts()})
        return
    rows = [
        (name, state.replace("_", " "), since and f"{since:%Y-%m-%d %H:%M:%S}", under, "yes" if proof else "no")
        for name, state, since, under, proof in found.iter_rows()
    ]
    columns = ("purpose", "state", "since (UTC)", "policy version", "evidence")
    print_table(f"Consents at {instant.isoformat()}", columns=columns, rows=rows)
