"""`crosslife`, the one command: the same assets and functions as the Dagster pages, from a shell.

One module a command. They import a room only when the command runs, so that `--help` is immediate. Not here: anything
that is not reading arguments, calling one function and showing what came of it.
"""

from __future__ import annotations

import click

from pipelines.cli.audience import audience
from pipelines.cli.backup import backup
from pipelines.cli.bench import bench
from pipelines.cli.consent import consent
from pipelines.cli.contracts import contracts
from pipelines.cli.demo import demo
from pipelines.cli.docs import docs
from pipelines.cli.evidence import evidence
from pipelines.cli.extract import extract
from pipelines.cli.failures import CommandGroup
from pipelines.cli.keys import keys
from pipelines.cli.lineage import lineage
from pipelines.cli.notices import notices
from pipelines.cli.quarantine import quarantine
from pipelines.cli.retention import retention
from pipelines.cli.run import run
from pipelines.cli.status import status
from pipelines.cli.ui import ui

_EPILOG = """\b
Everything lives under one folder, the home: --home, else CROSSLIFE_HOME, else ./home.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused to keep a promise, 4 another run is writing,
130 interrupted."""


@click.group(
    name="crosslife", cls=CommandGroup, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]}
)
def main() -> None:
    """An analytics warehouse that keeps the promises of a privacy policy.

    \b
    Begin with:
      crosslife demo      invent a small platform, run everything, see the completion rates
      crosslife run       take in what has landed, build, publish
      crosslife status    what stands in the home
    """


_COMMANDS = (
    demo,
    run,
    extract,
    status,
    quarantine,
    retention,
    audience,
    consent,
    backup,
    keys,
    notices,
    contracts,
    lineage,
    evidence,
    docs,
    ui,
    bench,
)
for command in _COMMANDS:
    main.add_command(command)
