"""`crosslife keys`: make, list and exchange the keys of a home, keep what others share. Never shows one."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from pipelines import settings
from pipelines.cli.options import debug_option, home_option, json_option, place
from pipelines.cli.terminal import print_json, print_table

_MOST_CHARACTERS = 10_000


@click.group()
def keys() -> None:
    """The keys of a home: made once, listed, exchanged; and the secrets that others share with it."""


@keys.command()
@home_option
@json_option
@debug_option
def init(home: Path | None, as_json: bool) -> None:
    """Make the keys of a home where they are missing; a second call changes nothing.

    The master key is CROSSLIFE_MASTER_KEY (base64), else the file CROSSLIFE_KEY_FILE, else <home>/master.key.
    Without it nothing in this home can be read again: keep a copy elsewhere.

    \b
    Example:
      crosslife keys init --home ./home
    """
    from pipelines.identity import keys as room

    here = place(home=home)
    room.init(here.home)
    here.record()
    _show(here.home.root, as_json=as_json)


@keys.command()
@home_option
@json_option
@debug_option
def status(home: Path | None, as_json: bool) -> None:
    """List ids, versions and states of the keys, never the keys.

    \b
    Example:
      crosslife keys status --home ./home --json
    """
    _show(place(home=home).home.root, as_json=as_json)


@keys.command()
@click.argument("what", type=click.Choice(["master", "vault", "lookup"]))
@home_option
@json_option
@debug_option
def rotate(what: str, home: Path | None, as_json: bool) -> None:
    """Exchange a key and destroy the old one; pseudonyms never change by it.

    A master key of the environment is exchanged for the one in CROSSLIFE_MASTER_KEY_NEXT (base64); no key is taken
    from the command line, where other users could read it.

    \b
    Example:
      crosslife keys rotate vault --home ./home
    """
    from pipelines import backup, lake
    from pipelines.identity import keys as room

    here = place(home=home)
    room.open_keyring(here.home)
    with lake.writer_lock(here.home):
        # What is destroyed here is recorded as made before.
        here.record()
        done = room.rotate(here.home, what, new_master_text=settings.next_master_key_text())
        if what == "lookup":
            # Else a restore would bring the old one back.
            backup.note_gone(here.home, room.open_keyring(here.home))
        # A new master key of the environment is there with the next command, which records it.
        if what != "master" or settings.master_key_text() is None:
            here.record()
    if as_json:
        print_json(asdict(done))
        return
    made, destroyed = (", ".join(names) or "nothing" for names in (done.made, done.destroyed))
    click.echo(f"{done.what}: made {made}; destroyed {destroyed}")


@keys.command("set")
@click.argument("name", type=click.Choice(settings.SECRETS))
@home_option
@json_option
@debug_option
def set_(name: str, home: Path | None, as_json: bool) -> None:
    """Keep a secret that another party shares with you, in the place of an earlier one.

    It is read from the terminal without showing it, or from a pipe; never from the command line, where other users could
    read it. CROSSLIFE_<NAME> in the environment, where it is set, goes before it.

    \b
    Example:
      crosslife keys set midtrans_server_key --home ./home < server.key
    """
    from pipelines import evidence
    from pipelines.identity import keys as room

    here = place(home=home)
    room.open_keyring(here.home)
    text = _secret(name)
    if name == settings.ANCHOR_URL:
        # Else a wrong address would be found out by the first head that is missing there.
        evidence.refuse_unusable(here.home, text)
    with here.recorded():
        kept = room.keep_secret(here.home, name, text)
    if as_json:
        print_json(asdict(kept))
        return
    click.echo(f"{name}: kept, version {kept.version}")


def _secret(name: str) -> str:
    """Return a secret as typed or piped; a line longer than any secret is not read to its end."""
    if sys.stdin.isatty():
        return str(click.prompt(name, hide_input=True, err=True))
    return sys.stdin.read(_MOST_CHARACTERS)


def _show(home: Path, *, as_json: bool) -> None:
    from pipelines.identity import keys as room

    found = room.status(place(home=home).home)
    if as_json:
        print_json(asdict(found))
        return
    click.echo(f"master key: {found.master_source} (fingerprint {found.master_fingerprint})")
    click.echo(f"vault: {found.vault_file} ({'present' if found.is_vault_present else 'not made yet'})")
    rows = [[key.id, key.version, key.state, key.created] for key in found.keys]
    print_table("Keys", columns=["key", "version", "state", "created"], rows=rows)
