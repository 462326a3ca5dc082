"""`crosslife backup`: make a backup, list and check backups, put a home back. Never shows a key or what a backup holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines import settings
from pipelines.cli.options import Place, as_of_option, debug_option, home_option, json_option, place, policy_option
from pipelines.cli.terminal import Progress, print_json, print_table

if TYPE_CHECKING:
    from pipelines.identity.keys import Keyring

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.group()
def backup() -> None:
    """Copies of a home that end: each lies under a key of its own, which is destroyed after the policy's days.

    \b
    In a backup: keys, vault, lake, quarantine, evidence, release. Not in it: landing (it holds files for days
    only: land again what came since), the warehouse and Dagster's storage (the next run makes them anew).
    \b
    To open one takes the file, the master key, and the file of backup keys, which lies outside the home:
    CROSSLIFE_BACKUP_KEYS, else beside CROSSLIFE_KEY_FILE, else <home>.backup-keys. Keep the master key in a safe;
    put the file of backup keys on a disk of its own, and into no other backup: an old copy of it would open
    what has ended.
    """


@backup.command()
@click.option("--to", type=_FOLDER, help="The folder to write to, best on another disk (else CROSSLIFE_BACKUPS).")
@home_option
@as_of_option
@policy_option
@json_option
@debug_option
def make(to: Path | None, home: Path | None, as_of: datetime | None, policy: Path | None, as_json: bool) -> None:
    """Write one encrypted file with everything of a home that cannot be made again; no run writes meanwhile.

    \b
    Example:
      crosslife backup make --home ./home --to /mnt/backups
    """
    from pipelines import backup as room
    from pipelines import lake
    from pipelines.identity import keys

    here = place(home=home, policy=policy, as_of=as_of)
    folder, contracts, ring = _folder(to), here.contracts(), keys.open_keyring(here.home)
    with lake.writer_lock(here.home), here.recorded():
        made = room.make(here.home, ring, contracts, to=folder, as_of=here.as_of, say=Progress(is_silent=as_json))
    if as_json:
        print_json(asdict(made))
        return
    click.echo(f"{made.file}: {made.files:,} files, {made.bytes / 1e6:,.1f} MB")
    click.echo(f"It opens until {made.last_day}, with the master key and {settings.backup_keys_file(here.home)}")


@backup.command("list")
@click.argument("folder", type=_FOLDER, required=False)
@home_option
@policy_option
@json_option
@debug_option
def list_(folder: Path | None, home: Path | None, policy: Path | None, as_json: bool) -> None:
    """List the backups of FOLDER (else CROSSLIFE_BACKUPS): which open, until when, and which have ended.

    \b
    Example:
      crosslife backup list /mnt/backups --home ./home
    """
    from pipelines import backup as room

    here = place(home=home, policy=policy)
    named = settings.backups_folder(folder)
    found = room.listed(here.home, here.contracts(), places=[named] if named else [])
    if as_json:
        print_json({"backups": [asdict(each) for each in found]})
        return
    if not found:
        click.echo("no backup, and no key of one")
        return
    columns = ["backup", "made at", "state", "bytes", "until"]
    print_table("Backups", columns=columns, rows=[list(asdict(each).values()) for each in found])


@backup.command()
@click.argument("file", type=_FILE)
@home_option
@as_of_option
@policy_option
@json_option
@debug_option
def check(file: Path, home: Path | None, as_of: datetime | None, policy: Path | None, as_json: bool) -> None:
    """Read a backup from its beginning to its end, and say whether it can be put back. Changes nothing.

    Exit code 3 where it was changed or cut, where its key was destroyed, or where it is of another home.

    \b
    Example:
      crosslife backup check /mnt/backups/crosslife-2026-07-01-….backup --home ./home
    """
    from pipelines import backup as room

    here = place(home=home, policy=policy, as_of=as_of)
    header = room.check(here.home, file, here.contracts(), as_of=here.as_of, say=Progress(is_silent=as_json))
    if as_json:
        print_json({**asdict(header), "is_whole": True})
        return
    click.echo(f"{header.name}: whole, made at {header.made_at}")


@backup.command()
@click.argument("file", type=_FILE)
@home_option
@as_of_option
@policy_option
@json_option
@debug_option
def restore(file: Path, home: Path | None, as_of: datetime | None, policy: Path | None, as_json: bool) -> None:
    """Put a home back where none stands (the master key's file may), and let go again what went since the backup.

    What was dropped or destroyed since is in the file of backup keys and goes again; so does what the policy's windows have
    ended for. Then `crosslife run` builds and publishes. Land again what arrived since the backup, consents and requests
    above all: the home does not know of it. Exit code 3 where the backup is not whole, has ended, or something stands there.

    \b
    Example:
      crosslife backup restore /mnt/backups/crosslife-2026-07-01-….backup --home ./home
    """
    from pipelines import backup as room
    from pipelines import lake

    here = place(home=home, policy=policy, as_of=as_of)
    say = Progress(is_silent=as_json)
    done = room.restore(here.home, file, here.contracts(), as_of=here.as_of, then=_overdue(here, say), say=say)
    if as_json:
        print_json(asdict(done))
    else:
        click.echo(f"{here.home.root}: {done.files:,} files, as they were at {done.made_at}")
        click.echo(
            f"went again: horizons {done.horizons:,}, keys {done.keys:,} with {done.unreadable_files:,} files, vault keys "
            f"{', '.join(done.vault_keys)}; overdue: none"
        )
        click.echo(f"Now land again what arrived since {done.made_at}, then `crosslife run --home {here.home.root}`")
    with lake.writer_lock(here.home):
        _record(here)


def _overdue(here: Place, say: Callable[[str], None]) -> Callable[[settings.Home, Keyring], None]:
    """Return what lets everything go that has to by now; to put a home back is to agree to it."""
    from pipelines import retention

    def apply(home: settings.Home, ring: Keyring) -> None:
        contracts = here.contracts()
        agreed = retention.plan(home, ring, contracts, as_of=here.as_of)
        applied = retention.apply(home, ring, contracts, as_of=here.as_of, agreed=agreed.checksum)
        say(f"retention: {applied.plan.files - applied.changed:,} files gone, none overdue")

    return apply


def _record(here: Place) -> None:
    """Record the restore and anchor it; where the anchor knows more than the backup did, say what that means."""
    from pipelines import evidence

    try:
        here.record()
    except evidence.AnchorDenies:
        click.secho(
            "The home is back, and its evidence ledger ends where the backup ended: the anchor knows entries made since. "
            "Nothing is published until you give the ledger another anchor (`crosslife keys set anchor_url`). Keep the heads "
            "of the old one, and show them to whoever audits: they prove that there were entries of which this home has no "
            "copy. The chain says from which backup it goes on.",
            fg="yellow",
            err=True,
        )
        raise


def _folder(to: Path | None) -> Path:
    if folder := settings.backups_folder(to):
        return folder
    raise click.UsageError(f"name a folder: --to, or {settings.BACKUPS_VARIABLE}")
