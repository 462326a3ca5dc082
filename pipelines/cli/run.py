"""`crosslife run`: everything that waits, from landed files to the release, through the assets that Dagster shows."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines import settings
from pipelines.cli.extract import extract_first, unread
from pipelines.cli.failures import REFUSED
from pipelines.cli.landed import unreachable, unread_folders
from pipelines.cli.options import (
    Place,
    as_of_option,
    debug_option,
    home_option,
    json_option,
    place,
    policy_option,
)
from pipelines.cli.terminal import Progress, print_json

if TYPE_CHECKING:
    from pipelines import evidence
    from pipelines.identity.keys import Keyring
    from pipelines.notices import Notice

NOTHING = "Nothing changed: no new files, no days that await their models, and the release is up to date."


@click.command()
@click.option(
    "--expiry-is-right",
    is_flag=True,
    help="Clock and windows were looked at: refuse what is too old, even most of a batch.",
)
@home_option
@as_of_option
@policy_option
@json_option
@debug_option
def run(expiry_is_right: bool, home: Path | None, as_of: datetime | None, policy: Path | None, as_json: bool) -> None:
    """Take in what has landed, check it, build the models, publish.

    Files land as <home>/landing/<source>/<anything>.jsonl, .jsonl.gz, .csv or .parquet. Where database_url was given
    (`crosslife keys set database_url`), what is new in the platform's database lands first. A second run with nothing
    new changes nothing and says so.

    \b
    Example:
      crosslife run --home ./home --as-of 2026-06-30
    """
    here = place(home=home, policy=policy, as_of=as_of)
    progress = Progress(is_silent=as_json)
    summary = run_what_waits(here, progress=progress, with_database=True, expiry_is_right=expiry_is_right)
    if as_json:
        print_json(summary)
    else:
        click.echo(told(summary))
        for hint in hints(summary, home=here.home):
            click.secho(hint, fg="yellow", err=True)
    end(summary)


def run_what_waits(
    here: Place, *, progress: Progress, with_database: bool = False, expiry_is_right: bool = False
) -> dict[str, Any]:
    """Run everything that waits; return whether anything did, the run's id, and each asset's counts.

    With `with_database` what is new in the platform's database lands first, where one was given; with `expiry_is_right`
    intake refuses what is too old though clock or windows are not those that it knows.

    Dagster and dbt are imported only when there is something to do. Raises AnotherWriter and the errors of the rooms.
    """
    from pipelines import intake, lake
    from pipelines.defs.waiting import what_waits
    from pipelines.identity import keys

    here.publish()
    ring = keys.open_keyring(here.home)
    here.home.prepare()
    contracts = here.contracts()
    unknown = intake.unknown_sources(here.home, contracts.inbound)
    if unknown:
        click.secho(unread_folders(unknown, sources=contracts.inbound), fg="yellow", err=True)
    if lost := intake.unreachable_files(here.home, contracts.inbound):
        click.secho(unreachable(lost), fg="yellow", err=True)
    with lake.writer_lock(here.home):  # freed at once: the run takes it again for its own length
        extracted = extract_first(here, ring, contracts, progress=progress) if with_database else {}
        unrecorded = _unrecorded(here)
        waiting = what_waits(here.home, ring, contracts, as_of=here.as_of)
    facts = {"as_of": here.as_of.isoformat(), "unknown_sources": list(unknown), **extracted}
    if not waiting:
        with telling(here, ring):
            if unrecorded:
                raise unrecorded
        return {"changed": False, **facts}
    if unrecorded:
        # Whatever waits goes on, withdrawals above all; the release refuses by itself.
        click.secho(f"crosslife: {unrecorded}", fg="red", err=True)
    progress(f"to do: {', '.join(waiting)}")
    from pipelines.defs import in_process, notifying

    with telling(here, ring):
        outcome = in_process.run(
            here.home, policy=here.policy, as_of=here.as_of, progress=progress, expiry_is_right=expiry_is_right
        )
        if outcome.missed:
            _tell(notifying.of_held_back("crosslife run", outcome.missed), ring)
    return {
        "changed": True,
        **facts,
        "run_id": outcome.run_id,
        "counts": outcome.counts,
        "held_back": list(outcome.missed),
    }


def _unrecorded(here: Place) -> evidence.LedgerProblem | None:
    """Record what is not recorded yet; return why that cannot be done."""
    from pipelines import evidence

    try:
        here.record(with_policy=True)
    except evidence.LedgerProblem as error:
        return error
    return None


@contextmanager
def telling(here: Place, ring: Keyring) -> Iterator[None]:
    """Tell whoever is to know of an error that ends the run; a shell of a scheduler has nobody before it."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        from pipelines import notices
        from pipelines.defs.unexpected import named_errors, told_as_text

        ending = next((each for kind, each in named_errors().items() if isinstance(error, kind)), "failed")
        if ending != "another_writer":
            _, said = told_as_text(traceback.format_exception_only(error))
            title = "A run was refused" if ending == "refused" else "A run failed"
            kind: notices.Kind = "refused" if ending == "refused" else "failed"
            _tell(notices.Notice(kind, f"{title}: crosslife run", (said,), at=here.as_of), ring)
        raise


def _tell(notice: Notice, ring: Keyring) -> None:
    from pipelines import notices

    for each in notices.send(ring, notice):
        if each.failure:
            click.secho(f"{each.channel}: nobody was told, {each.failure}", fg="yellow", err=True)


def end(summary: dict[str, Any]) -> None:
    """End the command with the exit code of a refusal where something was left out or held back; all else was done."""
    left_out = [*unread(summary.get("extract", {})), *summary.get("held_back", ())]
    for each in left_out:
        click.secho(f"crosslife: {each}", fg="red", err=True)
    if left_out:
        click.get_current_context().exit(REFUSED)


def told(summary: dict[str, Any]) -> str:
    """Return a run's summary as lines of text."""
    if not summary["changed"]:
        return NOTHING
    rows = summary["counts"].get("intake/batch", {})
    facts = ", ".join(f"{name.replace('_', ' ')} {value:,}" for name, value in rows.items() if isinstance(value, int))
    return f"Done as of {summary['as_of']}. {facts}"


def hints(summary: dict[str, Any], *, home: settings.Home) -> list[str]:
    """Return what a person should look at after a run: rows that wait, rows that were refused."""
    rows = summary.get("counts", {}).get("intake/batch", {})
    found = [f"schema drift: {line}" for line in str(rows.get("drift", "")).splitlines()]
    if found:
        found.append(f"`crosslife contracts drift --home {home.root}` proposes what the contracts would have to say")
    if rows.get("quarantined"):
        found.append(
            f"{rows['quarantined']:,} of {rows['rows_in']:,} rows wait in quarantine: "
            f"`crosslife quarantine list --home {home.root}` counts them by reason"
        )
    if rows.get("expired"):
        found.append(
            f"{rows['expired']:,} rows are older than the retention period and were not kept; an archive is loaded into a "
            "home of its own, under a policy of its own (`crosslife run --home OTHER --policy FILE`)"
        )
    return found
