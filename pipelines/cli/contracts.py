"""`crosslife contracts`: whether the contracts hold together, and what is rendered from them."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines import settings
from pipelines.cli.failures import FAILED
from pipelines.cli.options import debug_option, home_option, json_option, place, policy_option
from pipelines.cli.policy import policy as policy_versions
from pipelines.cli.terminal import print_json


@click.group()
def contracts() -> None:
    """What may arrive, what becomes of it, what is published."""


contracts.add_command(policy_versions)


@contracts.command()
@policy_option
@json_option
@debug_option
@click.pass_context
def check(ctx: click.Context, policy: Path | None, as_json: bool) -> None:
    """Read all contracts, cross-check them, and compare what was rendered from them.

    \b
    Example:
      crosslife contracts check
    """
    from pipelines.contracts import render as rendering

    found = place(home=None, policy=policy).contracts()
    differences = rendering.differences(found, settings.DBT_PROJECT_DIR)
    counts = {"inbound": len(found.inbound), "internal": len(found.internal), "outbound": len(found.outbound)}
    if as_json:
        print_json({**counts, "policy": found.policy.version, "is_rendered": not differences})
    elif differences:
        click.echo("\n".join([*differences, "run `crosslife contracts render`"]), err=True)
    else:
        told = ", ".join(f"{count} {kind}" for kind, count in counts.items())
        click.echo(f"{told} contracts hold together under policy version {found.policy.version}")
        for each in found.policy.waiting:
            click.secho(str(each), fg="yellow", err=True)
    ctx.exit(FAILED if differences else 0)


@contracts.command()
@policy_option
@json_option
@debug_option
def render(policy: Path | None, as_json: bool) -> None:
    """Write again what is derived from the contracts: dbt's sources and exposures.

    \b
    Example:
      crosslife contracts render
    """
    from pipelines.contracts import render as rendering

    found = place(home=None, policy=policy).contracts()
    written = [str(file) for file in rendering.write(found, settings.DBT_PROJECT_DIR)]
    if as_json:
        print_json({"written": written})
    else:
        click.echo("\n".join(written) or "Everything rendered is up to date.")


@contracts.command()
@click.option("--source", help="Of this source alone, such as payments.")
@click.option("--all", "with_settled", is_flag=True, help="Also what the contract provides for by now.")
@click.option("--diff", "as_diff", is_flag=True, help="Print the proposed changes as one diff, for `git apply`.")
@home_option
@policy_option
@json_option
@debug_option
def drift(
    source: str | None, with_settled: bool, as_diff: bool, home: Path | None, policy: Path | None, as_json: bool
) -> None:
    """Show where sources no longer send what their contract says, and the change of the contract that would settle it.

    Each drift is told once: when it was first and last seen, in how many batches and rows. A proposal is fail-closed: a
    new field is dropped until somebody decides what it is. Read the diff before you apply it.

    \b
    Example:
      crosslife contracts drift --home ./home
      crosslife contracts drift --source payments --diff | git apply
      crosslife quarantine replay --source payments
    """
    from dataclasses import asdict

    from pipelines import lake
    from pipelines.intake import drifts, mending

    here = place(home=home, policy=policy)
    listed: tuple[lake.Drift, ...] = ()
    if here.home.manifest_file.exists():
        with lake.open_manifest(here.home) as manifest:
            listed = manifest.drifts().listed(source)
    proposed = mending.propose(listed, here.contracts().inbound, root=settings.PROJECT_ROOT)
    shown = [each for each in proposed.proposals if each.is_open or with_settled]
    if as_json:
        told = [{**asdict(each.drift), "proposal": each.words, "is_open": each.is_open} for each in shown]
        print_json({"drifts": told, "diff": proposed.diff})
    elif as_diff:
        click.echo(proposed.diff, nl=False)
    else:
        for each in shown:
            seen = f"{each.drift.batches:,} batches, {each.drift.first_as_of[:10]} to {each.drift.last_as_of[:10]}"
            click.echo(f"{drifts.told(each.drift)} ({seen})\n  proposed: {each.words}")
        click.echo("As a diff: add --diff" if shown else "No drift: the sources send what their contracts say.")
