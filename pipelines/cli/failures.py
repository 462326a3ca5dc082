"""How a command fails: every error becomes one line on stderr and an exit code; what one that is not ours says is not told.

Here: exit codes. Not here: which error ends how (`defs.unexpected`), or what it says (that stands where it is raised).
"""

from __future__ import annotations

import traceback
from datetime import UTC, datetime
from typing import Any

import click

from pipelines import settings
from pipelines.cli.options import PLACE
from pipelines.defs.unexpected import ENDINGS, is_interrupt, may_be_shown, named_errors, told

FAILED, USAGE, REFUSED, ANOTHER_WRITER, INTERRUPTED = 1, 2, 3, 4, 130

_CODES = {"failed": FAILED, "refused": REFUSED, "another_writer": ANOTHER_WRITER}


class CommandGroup(click.Group):
    """The top group: gives every named error its exit code."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """Run the command; `--debug` anywhere lets a named error keep its traceback."""
        settings.forbid_core_dumps()
        try:
            return super().invoke(ctx)
        except tuple(named_errors()) as error:
            _note(ctx, error)
            if ctx.meta.get("debug"):
                raise
            click.secho(f"crosslife: {error}", fg="red", err=True)
            ctx.exit(exit_code(error))
        except BaseException as error:
            if is_interrupt(error):
                click.secho("crosslife: interrupted; what was finished stands, the next run does the rest", err=True)
                ctx.exit(INTERRUPTED)
            if isinstance(error, (*ENDINGS, BrokenPipeError)) or may_be_shown(error):
                raise
            if ctx.meta.get("debug"):
                # Its way alone: the message at a traceback's end may quote rows.
                click.echo("".join(traceback.format_tb(error.__traceback__)), err=True)
            click.secho(f"crosslife: {told(error, step=_step(ctx))}", fg="red", err=True)
            ctx.exit(FAILED)


def _note(ctx: click.Context, error: BaseException) -> None:
    """Record a refusal in the evidence ledger of the home that the command worked at, where there is one."""
    here = ctx.meta.get(PLACE)
    if exit_code(error) != REFUSED or here is None or not here.home.keyring_file.exists():
        return
    from pipelines import evidence

    if failure := evidence.note_refusal(here.home, error, step=_step(ctx), at=datetime.now(UTC)):
        click.secho(f"crosslife: the refusal is not recorded ({failure})", fg="yellow", err=True)


def _step(ctx: click.Context) -> str:
    return f"crosslife {ctx.invoked_subcommand}" if ctx.invoked_subcommand else "crosslife"


def exit_code(error: BaseException) -> int:
    """Return the exit code of a named error."""
    return next(_CODES[ending] for kind, ending in named_errors().items() if isinstance(error, kind))
