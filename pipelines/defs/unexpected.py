"""Which errors may be told as they are, and which by their kind and place alone.

Our own that are listed here quote nothing and say what to do; here is how each ends a run. All others may quote rows, or the
names of landed files, which can be anything: Dagster would write the message into its storage, a terminal into its
scrollback. Imports nothing heavy, so that the command line can use it.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Literal, ParamSpec, TypeAlias, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")

Ending: TypeAlias = Literal["failed", "refused", "another_writer"]
_NAMED: dict[tuple[str, str], Ending] = {
    ("pipelines.settings", "ForeignHome"): "refused",
    ("pipelines.defs.unexpected", "UnexpectedFailure"): "failed",
    ("pipelines.contracts", "ContractViolation"): "refused",
    ("pipelines.contracts", "UnsettledConflict"): "refused",
    ("pipelines.identity.errors", "IdentityProblem"): "refused",
    ("pipelines.lake", "AnotherWriter"): "another_writer",
    ("pipelines.lake", "LakeDamaged"): "refused",
    ("pipelines.quality", "QualityError"): "failed",
    ("pipelines.intake.reports", "BalanceError"): "failed",
    ("pipelines.intake.runs", "IntakeFailure"): "failed",
    ("pipelines.intake.runs", "SourcesWait"): "refused",
    ("pipelines.intake.brakes", "ExpiryInDoubt"): "refused",
    ("pipelines.defs.partitions", "DaysGone"): "refused",
    ("pipelines.extract", "DatabaseUnreachable"): "refused",
    ("pipelines.bench", "BenchmarkMismatch"): "failed",
    ("pipelines.disclosure", "UnassessableFrame"): "refused",
    ("pipelines.release", "ReleaseRefused"): "refused",
    ("pipelines.backup", "BackupProblem"): "refused",
    ("pipelines.release", "NotSealable"): "refused",
    ("pipelines.release", "SealDamaged"): "refused",
    ("pipelines.retention", "BrakeHeld"): "refused",
    ("pipelines.retention", "StalePlan"): "refused",
    ("pipelines.retention", "NotRemoved"): "failed",
    ("pipelines.lineage", "LineageUnresolved"): "refused",
    ("pipelines.lineage", "LineageLeak"): "refused",
    ("pipelines.audiences", "AudienceProblem"): "refused",
    ("pipelines.audiences.sinks", "SinkProblem"): "failed",
    ("pipelines.evidence", "LedgerProblem"): "refused",
    ("pipelines.evidence", "AnchorUnusable"): "failed",
    ("pipelines.evidence", "ProcessingDrift"): "refused",
    ("pipelines.warehouse", "ModelFailure"): "failed",
    ("pipelines.warehouse", "WarehouseMissing"): "failed",
    ("pipelines.warehouse.handover", "NothingHandedOver"): "failed",
    ("pipelines.engine", "ExtensionMissing"): "failed",
    ("pipelines.intake.dialects", "UnknownDialect"): "refused",
    ("pipelines.defs.extract", "TablesLeftOut"): "refused",
    ("pipelines.defs.dbt_manifest", "DbtProjectUnreadable"): "failed",
}
_ENDINGS = {name: ending for (_, name), ending in _NAMED.items()}
_PACKAGE = "pipelines"
_OURS = f"{_PACKAGE}."

ENDINGS = (KeyboardInterrupt, SystemExit, GeneratorExit)
"""What ends a process or a generator on purpose; it says nothing."""


class UnexpectedFailure(RuntimeError):
    """A step failed in a way nobody named; where and by which kind of error is told, what it said is not."""


def named_errors() -> dict[type[BaseException], Ending]:
    """Return our own kinds of errors with how each ends a run, of the modules that are imported."""
    found: dict[type[BaseException], Ending] = {}
    for (module, name), ending in _NAMED.items():
        kind = getattr(sys.modules.get(module), name, None)
        if isinstance(kind, type) and issubclass(kind, BaseException):
            found[kind] = ending
    return found


def told_as_text(messages: Sequence[str]) -> tuple[Ending, str]:
    """Return how a run ended, and what may be said of it, from the formatted errors of a chain, the outermost first.

    Those named here (`pipelines.release.refusals.ReleaseRefused: …`) are told as they are, any other by its kind alone.
    """
    for message in messages:
        kind, _, said = message.strip().partition(": ")
        name = kind.rpartition(".")[2]
        if kind.startswith(_OURS) and name in _may_be_told():
            return _ENDINGS.get(name, "failed"), said.strip() or name
    kind = (
        messages[-1].strip().partition(":")[0].split()[-1] if messages and messages[-1].strip() else "an unknown error"
    )
    return "failed", kind


def _may_be_told() -> set[str]:
    """Return the names of our own kinds of errors, and of those derived from them."""
    found, waiting = set(_ENDINGS), list(named_errors())
    while waiting:
        kind = waiting.pop()
        found.add(kind.__name__)
        waiting += kind.__subclasses__()
    return found


def may_be_shown(error: BaseException) -> bool:
    """Say whether an error quotes nothing: one of ours, or one that ends a command or a run on purpose."""
    library = type(error).__module__.partition(".")[0]
    return isinstance(error, tuple(named_errors())) or library in ("click", "dagster")


def told(error: BaseException, *, step: str) -> str:
    """Return what may be said of an error that may quote rows: its kind, and where in our own code it came up."""
    library = type(error).__module__.partition(".")[0].lstrip("_")
    kind = type(error).__name__ if library == "builtins" else f"{library}.{type(error).__name__}"
    return (
        f"{step} failed unexpectedly: {kind}{_place(error)}. What it said is not shown, it may quote rows; "
        "nothing of the unfinished step is kept"
    )


def _place(error: BaseException) -> str:
    """Return the last line of our own that an error went through, as ` at pipelines/…:line`."""
    frames = [
        (frame.f_code.co_filename.rpartition(f"/{_PACKAGE}/")[2], line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if f"/{_PACKAGE}/" in frame.f_code.co_filename and frame.f_code.co_filename != __file__
    ]
    return f" at {_PACKAGE}/{frames[-1][0]}:{frames[-1][1]}" if frames else ""


def _without_foreign_links(error: BaseException) -> BaseException:
    """Cut from an error whatever hangs on it that may not be shown; storage would keep the whole chain."""
    link: BaseException = error
    while (after := link.__cause__ or link.__context__) is not None and may_be_shown(after):
        link = after
    link.__cause__ = link.__context__ = None
    return error


def is_interrupt(error: BaseException) -> bool:
    """Say whether somebody interrupted the process; libraries tell of it in words of their own."""
    is_duckdbs = isinstance(error, RuntimeError) and str(error) == "Query interrupted"
    return (
        is_duckdbs or isinstance(error, KeyboardInterrupt) or type(error).__name__ == "DagsterExecutionInterruptedError"
    )


def _shown(error: BaseException, *, step: str) -> BaseException:
    if is_interrupt(error):
        return KeyboardInterrupt()
    return _without_foreign_links(error) if may_be_shown(error) else UnexpectedFailure(told(error, step=step))


def by_kind(step: str) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]:
    """Let a function raise UnexpectedFailure instead of an error that may quote rows."""

    def decorate(function: Callable[_P, _T]) -> Callable[_P, _T]:
        @wraps(function)
        def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _T:
            try:
                return function(*args, **kwargs)
            except ENDINGS:
                raise
            except BaseException as error:  # noqa: BLE001, whatever nobody named may quote rows, a panic of Polars, too
                shown = _shown(error, step=step)
            # Outside the handler, so that the error is not even kept as the context of what is shown.
            raise shown

        return guarded

    return decorate


def each_by_kind(step: str) -> Callable[[Callable[_P, Iterator[_T]]], Callable[_P, Iterator[_T]]]:
    """Do the same for a generator function."""

    def decorate(function: Callable[_P, Iterator[_T]]) -> Callable[_P, Iterator[_T]]:
        @wraps(function)
        def guarded(*args: _P.args, **kwargs: _P.kwargs) -> Iterator[_T]:
            try:
                yield from function(*args, **kwargs)
            except ENDINGS:
                raise
            except BaseException as error:  # noqa: BLE001, as above
                shown = _shown(error, step=step)
            else:
                return
            raise shown

        return guarded

    return decorate
