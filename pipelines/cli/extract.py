"""`crosslife extract`: what is new in the platform's database becomes landed files. Not here: taking them in (`run`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines import settings
from pipelines.cli.failures import REFUSED
from pipelines.cli.options import Place, as_of_option, debug_option, home_option, json_option, place
from pipelines.cli.terminal import Progress, print_json

if TYPE_CHECKING:
    from pipelines.contracts import Contracts
    from pipelines.identity.keyring import Keyring


@click.command()
@click.option("--source", "sources", multiple=True, help="Read this source alone; may be given several times.")
@home_option
@as_of_option
@json_option
@debug_option
def extract(sources: tuple[str, ...], home: Path | None, as_of: datetime | None, as_json: bool) -> None:
    """Copy what is new in the platform's PostgreSQL database into landing; `crosslife run` does it first by itself.

    A source is read where its contract says `extract` and the database has such a table: only the columns of the contract,
    from a little before the last instant that was read. The URL is a secret: `crosslife keys set database_url`, or
    CROSSLIFE_DATABASE_URL (postgresql://user:password@host:5432/name); a user that may only select is enough.

    \b
    Examples:
      crosslife extract --home ./home
      crosslife extract --source accounts --source orders
    """
    from pipelines import lake
    from pipelines.identity import keys

    here = place(home=home, as_of=as_of)
    ring = keys.open_keyring(here.home)
    url = keys.secret(ring, settings.DATABASE_URL).decode()
    contracts = here.contracts()
    _refuse_unknown(sources, known=[name for name, each in contracts.inbound.items() if each.extract])
    with lake.writer_lock(here.home):
        found = _extracted(here, contracts, url=url, sources=sources or None, progress=Progress(is_silent=as_json))
    if as_json:
        print_json(found)
    elif not found["sources"] and "unreachable" not in found:
        click.echo("Nothing was read: the database has no table of these sources.")
    problems = unread(found)
    for problem in problems:
        click.secho(f"crosslife: {problem}", fg="red", err=True)
    if problems:
        click.get_current_context().exit(REFUSED)


def extract_first(
    here: Place, ring: Keyring, contracts: Contracts, *, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Land what is new in the database, where one was given, and return it as `extract`; the caller holds the lock.

    What could not be read is told in it, and stops nothing.
    """
    from pipelines.identity import keys
    from pipelines.identity.errors import MissingSecret

    try:
        url = keys.secret(ring, settings.DATABASE_URL).decode()
    except MissingSecret:
        return {}
    return {"extract": _extracted(here, contracts, url=url, sources=None, progress=progress)}


def unread(found: Mapping[str, Any]) -> list[str]:
    """Return what a person must hear of an extract: tables that were left out, a database that does not answer."""
    told = [f"{each['source']}: {each['problem']}" for each in found.get("sources", []) if each["problem"]]
    return told + ([found["unreachable"]] if "unreachable" in found else [])


def _extracted(
    here: Place, contracts: Contracts, *, url: str, sources: Sequence[str] | None, progress: Callable[[str], None]
) -> dict[str, Any]:
    from pipelines import extract as room

    try:
        done = room.extract(here.home, contracts, url=url, as_of=here.as_of, progress=progress, sources=sources)
    except room.DatabaseUnreachable as error:
        return {"sources": [asdict(each) for each in error.extracted], "unreachable": str(error)}
    return {"sources": [asdict(each) for each in done]}


def _refuse_unknown(sources: Sequence[str], *, known: Sequence[str]) -> None:
    for name in sources:
        if name not in known:
            raise click.BadParameter(
                f"{name} is read from no table; choose of {', '.join(known)}", param_hint="--source"
            )
