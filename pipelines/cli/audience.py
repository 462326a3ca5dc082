"""`crosslife audience`: segments, funnels, sending and taking back. Shows counts; one person's history to who names them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from pipelines.cli.lists import build, show_funnels, show_synced, show_withdrawn
from pipelines.cli.memberships import history
from pipelines.cli.options import as_of_option, debug_option, home_option, json_option, place, policy_option
from pipelines.cli.terminal import print_json, print_table


@click.group()
def audience() -> None:
    """Retargeting audiences of people who said yes, and of no one else.

    Segments are declared in data_contracts/segments.yaml. Whoever is sent has consented at that instant; children, restricted
    people and objectors are in none. Fewer people than a segment's minimum are sent to nobody.

    \b
    Begin with:
      crosslife audience list       what is declared, and who is where now
      crosslife audience preview    each funnel as it stands now; sends nothing
      crosslife audience sync       take out whoever withdrew, then replace each audience at its recipient
    """


audience.add_command(build)
audience.add_command(history)


@audience.command("list")
@home_option
@as_of_option
@policy_option
@json_option
@debug_option
def list_(home: Path | None, as_of: datetime | None, policy: Path | None, as_json: bool) -> None:
    """Show each declared segment, its recipients, and how many people stand there now.

    \b
    Example:
      crosslife audience list --home ./home
    """
    from pipelines import audiences
    from pipelines.identity import keys

    here = place(home=home, policy=policy, as_of=as_of)
    now = audiences.present(here.home, keys.open_keyring(here.home))
    rows = [
        {
            "segment": name,
            "recipient": recipient,
            "people": now.get((name, recipient), 0),
            "minimum": each.minimum,
            "left out": ", ".join(each.exclude),
            "title": each.title,
        }
        for name, each in here.contracts().segments.items()
        for recipient in each.recipients
    ]
    if as_json:
        print_json({"segments": rows})
        return
    columns = ["segment", "recipient", "people", "minimum", "left out", "title"]
    print_table("Segments", columns=columns, rows=[list(row.values()) for row in rows])


@audience.command()
@click.argument("segments", nargs=-1)
@home_option
@as_of_option
@policy_option
@json_option
@debug_option
def preview(
    segments: Sequence[str], home: Path | None, as_of: datetime | None, policy: Path | None, as_json: bool
) -> None:
    """Show the funnel of SEGMENTS (of all, without any) as it stands: who is meant, who agreed, who is left out and why.

    Sends nothing and keeps nothing.

    \b
    Example:
      crosslife audience preview unfinished_registrations --home ./home
    """
    from pipelines import audiences
    from pipelines.cli.terminal import Progress
    from pipelines.identity import keys

    here = place(home=home, policy=policy, as_of=as_of)
    built = audiences.build(
        here.home,
        keys.open_keyring(here.home),
        here.contracts(),
        as_of=here.as_of,
        only=segments,
        progress=Progress(is_silent=as_json),
    )
    funnels = {name: each.funnel for name, each in built.items()}
    if as_json:
        print_json({name: asdict(each) for name, each in funnels.items()})
        return
    show_funnels(funnels)


@audience.command()
@click.argument("segments", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Judge everything, send nothing.")
@home_option
@as_of_option
@policy_option
@json_option
@debug_option
def sync(
    segments: Sequence[str],
    dry_run: bool,
    home: Path | None,
    as_of: datetime | None,
    policy: Path | None,
    as_json: bool,
) -> None:
    """Take out whoever withdrew, then replace SEGMENTS (all, without any) at their recipients. Dagster does it every night.

    Meta wants its token (`crosslife keys set meta_access_token`) and the account's number (CROSSLIFE_META_ACCOUNT). A run that
    was broken off is gone on with by the next.

    \b
    Example:
      crosslife audience sync --dry-run --home ./home
    """
    from pipelines import audiences, lake
    from pipelines.cli.terminal import Progress
    from pipelines.defs import sending
    from pipelines.identity import keys

    here = place(home=home, policy=policy, as_of=as_of)
    ring, contracts, say = keys.open_keyring(here.home), here.contracts(), Progress(is_silent=as_json)
    sinks = sending.sinks_of(contracts, ring, is_dry=dry_run)
    with lake.writer_lock(here.home):
        if dry_run:
            synced = audiences.sync(
                here.home, ring, contracts, sinks, as_of=here.as_of, only=segments, is_dry=True, progress=say
            )
            withdrawn = None
        else:
            with here.recorded():
                done = sending.send(here.home, ring, contracts, sinks, as_of=here.as_of, only=segments, progress=say)
            synced, withdrawn = done.synced, done.withdrawn
    if as_json:
        print_json({"withdrawn": withdrawn and asdict(withdrawn), "synced": [asdict(each) for each in synced]})
        return
    if withdrawn:
        show_withdrawn(withdrawn)
    show_synced(synced)


@audience.command()
@click.option("--confirmed", metavar="RECIPIENT", help="The removal list was uploaded there by hand.")
@click.option(
    "--to", "folder", type=click.Path(path_type=Path, file_okay=False), help="Write removal lists for upload by hand."
)
@click.option(
    "--for", "recipient", default="meta", help="Whose format, with --to: meta, google or tiktok.", show_default=True
)
@home_option
@as_of_option
@policy_option
@json_option
@debug_option
def withdraw(
    confirmed: str | None,
    folder: Path | None,
    recipient: str,
    home: Path | None,
    as_of: datetime | None,
    policy: Path | None,
    as_json: bool,
) -> None:
    """Take out at every recipient whoever may not be there any more. A Dagster sensor does it as soon as somebody withdraws.

    A withdrawal is requested, then removed, then confirmed by the recipient; until then what was sent stays in the vault, so
    that it can be taken back although the address has changed. Exit code 3 where one is over its deadline.

    \b
    Example:
      crosslife audience withdraw --home ./home
    """
    from pipelines import audiences, lake
    from pipelines.cli.failures import REFUSED
    from pipelines.cli.terminal import Progress
    from pipelines.defs import sending
    from pipelines.identity import keys

    here = place(home=home, policy=policy, as_of=as_of)
    ring, contracts = keys.open_keyring(here.home), here.contracts()
    with lake.writer_lock(here.home), here.recorded():
        if confirmed:
            count = audiences.confirm(here.home, ring, confirmed, as_of=here.as_of)
            click.echo(f"{count:,} withdrawals are confirmed")
            return
        done = audiences.withdraw(
            here.home,
            ring,
            contracts,
            sending.lists_in(folder, recipient) if folder else sending.sinks_of(contracts, ring),
            as_of=here.as_of,
            progress=Progress(is_silent=as_json),
        )
    if as_json:
        print_json(asdict(done))
    else:
        show_withdrawn(done)
    if done.overdue:
        click.get_current_context().exit(REFUSED)
