"""`crosslife quarantine`: what could not be accepted: count it, look at it, judge it again, drop it.

Values stay in the encrypted files unless somebody says for what they are looked at. Not here: how rows are found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from pipelines.cli.options import Place, as_of_option, debug_option, home_option, json_option, place, policy_option
from pipelines.cli.terminal import Progress, print_json, print_table

_Command = TypeVar("_Command", bound=Callable[..., Any])


@click.group()
def quarantine() -> None:
    """Rows that could not be accepted: counted, looked at, judged again, dropped.

    \b
    A reason is a code and a field: wrong_type:score, missing_required:user_id, unknown_course.
    A code alone (wrong_type) stands for every field.
    """


def _source_option(command: _Command) -> _Command:
    return click.option("--source", help="Rows of this source alone, such as payments.")(command)


def _reason_option(command: _Command) -> _Command:
    return click.option("--reason", help="Rows of this reason alone: wrong_type:score, or wrong_type.")(command)


def _file_option(command: _Command) -> _Command:
    return click.option("--file", "file", help="Rows of this landed file alone, by its name in the source's folder.")(
        command
    )


@quarantine.command("list")
@_source_option
@_reason_option
@click.option("--files", "by_file", is_flag=True, help="Tell each landed file apart; its name is shown.")
@home_option
@policy_option
@json_option
@debug_option
def listed(
    source: str | None, reason: str | None, by_file: bool, home: Path | None, policy: Path | None, as_json: bool
) -> None:
    """Count quarantined rows by source and reason, with the rule they break; no values are shown.

    \b
    Example:
      crosslife quarantine list --home ./home --source payments --files
    """
    from pipelines.identity import keys
    from pipelines.intake import quarantine as room

    here = place(home=home, policy=policy)
    chosen = room.Selection(source=source, reason=reason)
    rows = _told(here, room.groups(here.home, keys.open_keyring(here.home), chosen), by_file=by_file)
    if as_json:
        print_json({"quarantined": rows})
    elif not rows:
        click.echo("Nothing is in quarantine.")
    else:
        print_table("Quarantine", columns=list(rows[0]), rows=[_plain(row) for row in rows])


def _told(here: Place, groups: Any, *, by_file: bool) -> list[dict[str, Any]]:  # noqa: ANN401 - a polars frame
    """Return the rows of the table: by source and reason, or by file too, with the rule in words and the window's end."""
    import polars as pl

    from pipelines.intake.inspection import safe
    from pipelines.intake.wording import in_words

    contracts = here.contracts()
    named = ["source", "reason", *(["file"] if by_file else [])]
    files = [] if by_file else [pl.col("file").n_unique().alias("files")]
    measures = [pl.col("rows").sum(), *files, pl.col("oldest").min(), pl.col("newest").max()]
    found: list[dict[str, Any]] = groups.group_by(named).agg(measures).sort(named).to_dicts()
    window = timedelta(days=contracts.policy.quarantine_days.value)
    for row in found:
        row["gone_after"] = row["oldest"] + window
        row["rule"] = in_words(row["reason"], contracts.inbound.get(row["source"]))
        if by_file:
            row["file"] = safe(row["file"] or "")
    return found


@quarantine.command()
@_source_option
@_reason_option
@_file_option
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Rows on a page.")
@click.option("--skip", type=click.IntRange(0), default=0, help="Rows before the page.")
@click.option(
    "--reveal", is_flag=True, help="Show each row as it came; needs --purpose, and is noted in the vault's log."
)
@click.option("--purpose", help="For what the rows are looked at, in one line.")
@home_option
@policy_option
@json_option
@debug_option
def show(
    source: str | None,
    reason: str | None,
    file: str | None,
    limit: int,
    skip: int,
    reveal: bool,
    purpose: str | None,
    home: Path | None,
    policy: Path | None,
    as_json: bool,
) -> None:
    """Show quarantined rows without their values: file, line, reason, the types of the fields, a mask of the bad value.

    In a mask every digit is 9 and every letter a.

    \b
    Example:
      crosslife quarantine show --source payments --reason wrong_type:gross_amount --limit 5
      crosslife quarantine show --source payments --reveal --purpose "mend the export of 3 July"
    """
    from pipelines.identity import keys
    from pipelines.intake import inspection
    from pipelines.intake.quarantine import Selection

    if reveal and purpose is None:
        message = "--reveal shows personal data: say for what with --purpose"
        raise click.UsageError(message)
    here = place(home=home, policy=policy)
    try:
        rows = inspection.waiting(
            here.home,
            keys.open_keyring(here.home),
            Selection(source=source, reason=reason, file=file),
            contracts=here.contracts().inbound,
            limit=limit,
            skip=skip,
            purpose=purpose if reveal else None,
        )
    except inspection.NoPurpose as error:
        raise click.UsageError(str(error)) from None
    if as_json:
        print_json({"rows": [asdict(row) for row in rows]})
        return
    for row in rows:
        click.echo(f"{row.source}/{row.file}:{row.line}  {row.reason}")
        click.echo("  " + (", ".join(f"{name} {kind}" for name, kind in row.fields.items()) or "no JSON object"))
        if row.mask is not None:
            click.echo(f"  value like: {row.mask}")
        if row.raw is not None:
            click.echo(f"  row: {row.raw}")
    click.echo(f"{len(rows)} rows{f', next page: --skip {skip + limit}' if len(rows) == limit else ''}", err=True)


@quarantine.command()
@_source_option
@_reason_option
@_file_option
@home_option
@as_of_option
@policy_option
@json_option
@debug_option
def replay(
    source: str | None,
    reason: str | None,
    file: str | None,
    home: Path | None,
    as_of: datetime | None,
    policy: Path | None,
    as_json: bool,
) -> None:
    """Judge quarantined rows again under the contracts of today, all of them unless told which.

    What comes of a row is what would have come of it had the contract been so when it arrived. Rows that break a rule
    still go back and keep their day. Rows of broken files and half lines cannot be judged: their file has to be sent again.

    \b
    Example:
      crosslife quarantine replay --source payments --reason wrong_type
    """
    from pipelines import intake, lake
    from pipelines.identity import keys
    from pipelines.intake import quarantine as room
    from pipelines.intake.replays import UNREPLAYABLE

    here = place(home=home, policy=policy, as_of=as_of)
    ring = keys.open_keyring(here.home)
    chosen = intake.Selection(source=source, reason=reason, file=file)
    with lake.writer_lock(here.home):
        progress = Progress(is_silent=as_json)
        reports = intake.replay(here.home, ring, here.contracts(), chosen, as_of=here.as_of)
        progress(f"judged again: {sum(report.replayed for report in reports):,} rows")
    groups = room.groups(here.home, ring, chosen).to_dicts()
    hopeless = sum(row["rows"] for row in groups if row["reason"] in UNREPLAYABLE)
    if as_json:
        print_json({"replayed": [report.balance() for report in reports], "cannot_be_replayed": hopeless})
        return
    for report in reports:
        outcome = _outcome(report)
        click.echo(f"{report.source}: {report.replayed:,} judged again: {outcome}")
    if not reports:
        click.echo("Nothing to judge again.")
    if hopeless:
        click.echo(
            f"{hopeless:,} rows never were read whole; no contract cures them, their files have to be sent again"
        )
    if any(report.accepted for report in reports):
        click.echo(f"Next: crosslife run --home {here.home.root} builds the models of the days that changed.")


def _outcome(report: Any) -> str:  # noqa: ANN401 - a batch report
    numbers = {
        "accepted": report.accepted,
        "superseded": report.superseded,
        "duplicates": report.duplicates,
        "still in quarantine": sum(report.quarantined.values()),
        "refused": sum(report.refused.values()),
    }
    return ", ".join(f"{count:,} {name}" for name, count in numbers.items() if count)


@quarantine.command()
@_source_option
@_reason_option
@_file_option
@click.option("--why", required=True, help="Why they are not needed, in one line; kept. Name nobody.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@home_option
@as_of_option
@json_option
@debug_option
def drop(
    source: str | None,
    reason: str | None,
    file: str | None,
    why: str,
    yes: bool,
    home: Path | None,
    as_of: datetime | None,
    as_json: bool,
) -> None:
    """Remove quarantined rows for good; their number by reason, the instant and the why stay in the manifest.

    \b
    Example:
      crosslife quarantine drop --source web_events --reason malformed --why "half lines of a dead disk" --yes
    """
    from pipelines import intake, lake
    from pipelines.identity import keys
    from pipelines.intake import dropping
    from pipelines.intake import quarantine as room

    if source is None and reason is None and file is None:
        message = "say which rows: --source, --reason or --file"
        raise click.UsageError(message)
    here = place(home=home, as_of=as_of)
    ring = keys.open_keyring(here.home)
    chosen = intake.Selection(source=source, reason=reason, file=file)
    if not yes:
        count = int(room.groups(here.home, ring, chosen)["rows"].sum())
        click.confirm(f"Remove {count:,} quarantined rows for good?", abort=True, err=True)
    try:
        with lake.writer_lock(here.home), here.recorded():
            dropped = dropping.drop(here.home, ring, chosen, why=why, as_of=here.as_of)
    except dropping.NoWhy as error:
        raise click.UsageError(str(error)) from None
    if as_json:
        print_json({"dropped": dropped.rows, "total": dropped.total})
        return
    click.echo(f"{dropped.total:,} rows removed")


def _plain(row: dict[str, Any]) -> list[Any]:
    from rich.markup import escape

    return [escape(value) if isinstance(value, str) else value for value in row.values()]
