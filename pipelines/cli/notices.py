"""`crosslife notices`: over which channels people are told of failures, and whether they work."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from pipelines.cli.failures import FAILED
from pipelines.cli.options import debug_option, home_option, json_option, place
from pipelines.cli.terminal import print_json

_NONE = (
    "No channel was given, so nobody is told of failures. Keep one with\n"
    "  crosslife keys set webhook_url    https://…  (a chat service, or anything that takes JSON)\n"
    "  crosslife keys set smtp_url       smtp[s]://user:password@host:port?from=…&to=…"
)


@click.group()
def notices() -> None:
    """Who is told when a run fails, a release is refused or a source falls silent.

    Dagster's daemon tells of its runs, and `crosslife run` of its own, wherever the secrets webhook_url or smtp_url
    were kept. A notice bears names of assets, counts and kinds of errors, and never a value.
    """


@notices.command()
@home_option
@json_option
@debug_option
def test(home: Path | None, as_json: bool) -> None:
    """Send a notice that says it is a test over every channel that was given; exit code 1 where one fails.

    \b
    Example:
      crosslife notices test --home ./home
    """
    from pipelines import notices as room
    from pipelines.identity import keys

    here = place(home=home)
    notice = room.Notice("test", "A test: notices arrive here", ("Nothing has happened.",), at=here.as_of)
    done = room.send(keys.open_keyring(here.home), notice)
    if as_json:
        print_json({"deliveries": [asdict(each) for each in done]})
    elif not done:
        click.echo(_NONE)
    else:
        for each in done:
            click.echo(f"{each.channel}: {each.failure or 'delivered'}")
    if any(each.failure for each in done):
        click.get_current_context().exit(FAILED)
