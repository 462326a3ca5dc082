"""`crosslife audience build`, and what a person sees of funnels, sendings and withdrawals: counts alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.cli.options import as_of_option, debug_option, home_option, json_option, place, policy_option
from pipelines.cli.terminal import print_json, print_table

if TYPE_CHECKING:
    from pipelines.audiences import Funnel, Synced, Withdrawn

_STEPS = ["candidates", "consented", "allowed", "reachable"]


@click.command()
@click.argument("segment")
@click.option(
    "--to", "folder", required=True, type=click.Path(path_type=Path, file_okay=False), help="Where the list goes."
)
@click.option("--for", "recipient", default="meta", help="Whose format: meta, google or tiktok.", show_default=True)
@home_option
@as_of_option
@policy_option
@json_option
@debug_option
def build(
    segment: str,
    folder: Path,
    recipient: str,
    home: Path | None,
    as_of: datetime | None,
    policy: Path | None,
    as_json: bool,
) -> None:
    """Write SEGMENT as a list of hashes for upload by hand, in the format of its recipient.

    It counts as sent: who is in it stands in the books, and whoever withdraws comes in a removal list of the same folder
    (`crosslife audience withdraw --to FOLDER`), to be uploaded and then confirmed (`--confirmed RECIPIENT`). A list leads to
    people: delete it once it was uploaded.

    \b
    Example:
      crosslife audience build unfinished_registrations --to ./upload --home ./home
    """
    from pipelines import audiences, lake
    from pipelines.cli.terminal import Progress
    from pipelines.defs import sending
    from pipelines.identity import keys

    here = place(home=home, policy=policy, as_of=as_of)
    ring, contracts = keys.open_keyring(here.home), here.contracts()
    sinks = sending.lists_in(folder, recipient)
    with lake.writer_lock(here.home), here.recorded():
        synced = audiences.sync(
            here.home, ring, contracts, sinks, as_of=here.as_of, only=[segment], progress=Progress(is_silent=as_json)
        )
    if as_json:
        print_json({"synced": [asdict(each) for each in synced]})
        return
    if not synced:
        raise click.UsageError(f"segments.yaml does not send {segment} to {recipient}")
    show_synced(synced)


def show_funnels(funnels: dict[str, Funnel]) -> None:
    """Print each segment's steps, and why people left."""
    rows = [[name, *(getattr(each, step) for step in _STEPS)] for name, each in funnels.items()]
    print_table("Funnels: people at each step", columns=["segment", *_STEPS], rows=rows)
    left = [[name, reason, count] for name, each in funnels.items() for reason, count in each.left.items()]
    print_table("Left out, each for the first reason", columns=["segment", "reason", "people"], rows=left)


def show_withdrawn(done: Withdrawn) -> None:
    """Print how far withdrawals have come."""
    click.echo(
        f"withdrawals: {done.found:,} newly found, {done.removed:,} removed, {done.confirmed:,} confirmed, {done.open:,} open"
    )
    if done.overdue:
        click.secho(f"crosslife: {done.overdue:,} withdrawals are over their deadline", fg="red", err=True)


def show_synced(synced: Sequence[Synced]) -> None:
    """Print what each audience became at each recipient."""
    columns = ["segment", "recipient", *_STEPS, "sent", "entered", "left", ""]
    rows = [
        [
            *(each.segment, each.recipient),
            *(getattr(each.funnel, step) for step in _STEPS),
            *(each.sent, each.entered, each.ended),
            "too small: nobody is sent" if each.is_too_small else "nothing was sent (dry run)" if each.is_dry else "",
        ]
        for each in synced
    ]
    print_table("Audiences", columns=columns, rows=rows)
