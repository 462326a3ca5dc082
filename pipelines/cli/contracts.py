"""`crosslife contracts`: whether the contracts hold together, and what is rendered from them."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines import settings
from pipelines.cli.failures import FAILED
from pipelines.cli.options import debug_option, json_option, place, policy_option
from pipelines.cli.terminal import print_json


@click.group()
def contracts() -> None:
    """What may arrive, what becomes of it, what is published."""


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
