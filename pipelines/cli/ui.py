"""`crosslife ui`: Dagster's own pages for a home, on this machine only."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from pipelines import settings
from pipelines.cli.options import debug_option, home_option, place, policy_option

# Its successor `dg dev` wants a [tool.dg] table, which would be a second place that names the definitions.
_ACCEPTED = "ignore:Function `dev_command` is superseded"


@click.command()
@home_option
@policy_option
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True, help="Port on 127.0.0.1.")
@debug_option
def ui(home: Path | None, policy: Path | None, port: int) -> None:
    """Open Dagster for this home: assets, runs, checks, schedule, landing sensor.

    \b
    Example:
      crosslife ui --home ./home        then visit http://127.0.0.1:3000
    """
    here = place(home=home, policy=policy)
    settings.silence()
    settings.publish(here.home.prepare(), policy=here.policy, as_of=settings.as_of_text() or "")
    from pipelines.defs.instance import write_instance_file

    write_instance_file(here.home)
    click.echo(f"Dagster for {here.home.root}: http://127.0.0.1:{port} (Ctrl-C ends it)", err=True)
    workspace = ["-w", str(settings.WORKSPACE_FILE), "-h", "127.0.0.1", "-p", str(port)]
    os.execv(sys.executable, [sys.executable, "-W", _ACCEPTED, "-m", "dagster", "dev", *workspace])  # noqa: S606
