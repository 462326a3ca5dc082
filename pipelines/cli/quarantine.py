"""`crosslife quarantine`: what could not be accepted, in counts. Values stay in the encrypted files."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.cli.options import debug_option, home_option, json_option, place
from pipelines.cli.terminal import print_json, print_table


@click.group()
def quarantine() -> None:
    """Rows that could not be accepted."""


@quarantine.command("list")
@home_option
@json_option
@debug_option
def listed(home: Path | None, as_json: bool) -> None:
    """Count quarantined rows by source and reason; no values are shown.

    \b
    Example:
      crosslife quarantine list --home ./home
    """
    from pipelines.identity import keys
    from pipelines.intake import quarantine as room

    here = place(home=home)
    counts = room.counts(here.home, keys.open_keyring(here.home)).to_dicts()
    if as_json:
        print_json({"quarantined": counts})
    elif not counts:
        click.echo("Nothing is in quarantine.")
    else:
        print_table("Quarantine", columns=list(counts[0]), rows=[list(row.values()) for row in counts])
