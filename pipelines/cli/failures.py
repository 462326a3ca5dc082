"""How a command fails: named errors become one line on stderr and an exit code, errors that may quote rows too.

Anything else stays a traceback. Here: which error means which exit code. Not here: what an error says (that stands where
it is raised).
"""

from __future__ import annotations

import sys
from typing import Any

import click

from pipelines import settings
from pipelines.defs.unexpected import quoting_errors, told

FAILED, USAGE, REFUSED, ANOTHER_WRITER = 1, 2, 3, 4

# Looked up among what is already imported: an error that was raised comes from a module that is there.
_NAMED: dict[tuple[str, str], int] = {
    ("pipelines.settings", "ForeignHome"): REFUSED,
    ("pipelines.defs.unexpected", "UnexpectedFailure"): FAILED,
    ("pipelines.contracts", "ContractViolation"): REFUSED,
    ("pipelines.identity.errors", "IdentityProblem"): REFUSED,
    ("pipelines.lake", "AnotherWriter"): ANOTHER_WRITER,
    ("pipelines.lake", "LakeDamaged"): REFUSED,
    ("pipelines.quality", "QualityError"): FAILED,
    ("pipelines.intake.reports", "BalanceError"): FAILED,
    ("pipelines.intake.runs", "IntakeFailure"): FAILED,
    ("pipelines.intake.runs", "SourcesWait"): REFUSED,
    ("pipelines.extract", "DatabaseUnreachable"): REFUSED,
    ("pipelines.bench", "BenchmarkMismatch"): FAILED,
    ("pipelines.disclosure", "UnassessableFrame"): REFUSED,
    ("pipelines.release", "ReleaseRefused"): REFUSED,
    ("pipelines.warehouse", "ModelFailure"): FAILED,
    ("pipelines.defs.in_process", "RefusedArrivals"): REFUSED,
    ("pipelines.defs.dbt_manifest", "DbtProjectUnreadable"): FAILED,
}


class CommandGroup(click.Group):
    """The top group: gives every named error its exit code."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """Run the command; `--debug` anywhere lets a named error keep its traceback."""
        settings.forbid_core_dumps()
        try:
            return super().invoke(ctx)
        except quoting_errors() as error:
            # Even with --debug: the traceback ends with the message, which may quote rows.
            click.secho(f"crosslife: {told(error, step=_step(ctx))}", fg="red", err=True)
            ctx.exit(FAILED)
        except tuple(_named_errors()) as error:
            if ctx.meta.get("debug"):
                raise
            click.secho(f"crosslife: {error}", fg="red", err=True)
            ctx.exit(exit_code(error))


def _step(ctx: click.Context) -> str:
    return f"crosslife {ctx.invoked_subcommand}" if ctx.invoked_subcommand else "crosslife"


def exit_code(error: BaseException) -> int:
    """Return the exit code of a named error."""
    return next(code for kind, code in _named_errors().items() if isinstance(error, kind))


def _named_errors() -> dict[type[BaseException], int]:
    found = {}
    for (module, name), code in _NAMED.items():
        kind = getattr(sys.modules.get(module), name, None)
        if isinstance(kind, type) and issubclass(kind, BaseException):
            found[kind] = code
    return found
