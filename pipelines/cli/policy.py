"""`crosslife contracts policy`: the versions of the policy, and what changed between two of them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines.cli.options import as_of_option, debug_option, json_option, place, policy_option
from pipelines.cli.terminal import print_json, print_table

if TYPE_CHECKING:
    from pipelines.contracts import Contracts


@click.command()
@click.option("--diff", "between", nargs=2, metavar="FIRST SECOND", help="What changed between two versions.")
@as_of_option
@policy_option
@json_option
@debug_option
def policy(between: tuple[str, str] | None, as_of: datetime | None, policy: Path | None, as_json: bool) -> None:
    """Show the versions of the policy, which is in force, and what of it waits for notice; or what changed between two.

    A shorter period holds at once for all that is there. A longer one, or a consent that is taken for granted, holds only
    when a verified notice was given of it: `notice: {given_on, evidence, verified}` in that version.

    \b
    Example:
      crosslife contracts policy --as-of 2026-07-15
      crosslife contracts policy --diff 1 2
    """
    here = place(home=None, policy=policy, as_of=as_of)
    found = here.contracts()
    if between:
        _show_changes(found, *between, as_of=here.as_of, as_json=as_json)
    else:
        _show_versions(found, as_json=as_json)


def _show_versions(found: Contracts, *, as_json: bool) -> None:
    versions = [
        {
            "version": each.version,
            "effective_date": each.effective_date,
            "notice_given_on": each.notice.given_on if each.notice else None,
            "notice_verified": each.notice.verified if each.notice else None,
            "is_in_force": each.version == found.policy.version,
        }
        for each in found.policies.versions
    ]
    waiting = [str(each) for each in found.policy.waiting]
    if as_json:
        print_json({"versions": versions, "waiting": waiting})
        return
    columns = ["version", "since", "notice given on", "verified", "in force"]
    rows = [[_shown(value) for value in version.values()] for version in versions]
    print_table("Versions of the policy", columns=columns, rows=rows)
    for each in waiting:
        click.secho(each, fg="yellow", err=True)


def _show_changes(found: Contracts, first: str, second: str, *, as_of: datetime, as_json: bool) -> None:
    from pipelines.contracts.policy_changes import changes

    known = [each.version for each in found.policies.versions]
    if unknown := [each for each in (first, second) if each not in known]:
        raise click.UsageError(f"there is no version {unknown[0]}; there are {', '.join(known)}")
    if known.index(first) >= known.index(second):
        raise click.UsageError("name the earlier version first")
    changed = changes(found.policies, first, second, as_of=as_of)
    if as_json:
        print_json({"first": first, "second": second, "changes": [each.model_dump(mode="json") for each in changed]})
        return
    for each in changed:
        click.echo(f"{each.what}\n  {each.reach}{f', since {each.since}' if each.since else ''}")
    if not changed:
        click.echo(f"Versions {first} and {second} say the same.")


def _shown(value: Any) -> Any:  # noqa: ANN401
    return ("yes" if value else "no") if isinstance(value, bool) else value
