"""Which errors may be told as they are, and which by their kind alone.

Our own quote nothing and say what to do; here is how each ends a run. Those of libraries may quote rows: Dagster would write
the message into its storage, a terminal into its scrollback. Imports nothing heavy, so that the command line can use it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Literal, ParamSpec, TypeAlias, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")

# Looked up among what is already imported: an error that was raised comes from a module that is there.
_QUOTING = (
    ("duckdb", "Error"),
    ("psycopg", "Error"),
    ("polars.exceptions", "PolarsError"),
    ("polars.exceptions", "PanicException"),
    ("pyarrow.lib", "ArrowException"),
)

Ending: TypeAlias = Literal["failed", "refused", "another_writer"]
_NAMED: dict[tuple[str, str], Ending] = {
    ("pipelines.settings", "ForeignHome"): "refused",
    ("pipelines.defs.unexpected", "UnexpectedFailure"): "failed",
    ("pipelines.contracts", "ContractViolation"): "refused",
    ("pipelines.identity.errors", "IdentityProblem"): "refused",
    ("pipelines.lake", "AnotherWriter"): "another_writer",
    ("pipelines.lake", "LakeDamaged"): "refused",
    ("pipelines.quality", "QualityError"): "failed",
    ("pipelines.intake.reports", "BalanceError"): "failed",
    ("pipelines.intake.runs", "IntakeFailure"): "failed",
    ("pipelines.intake.runs", "SourcesWait"): "refused",
    ("pipelines.extract", "DatabaseUnreachable"): "refused",
    ("pipelines.bench", "BenchmarkMismatch"): "failed",
    ("pipelines.disclosure", "UnassessableFrame"): "refused",
    ("pipelines.release", "ReleaseRefused"): "refused",
    ("pipelines.warehouse", "ModelFailure"): "failed",
    ("pipelines.defs.in_process", "RefusedArrivals"): "refused",
    ("pipelines.defs.dbt_manifest", "DbtProjectUnreadable"): "failed",
}
_ENDINGS = {name: ending for (_, name), ending in _NAMED.items()}
_OURS = "pipelines."


class UnexpectedFailure(RuntimeError):
    """A library failed in a step; which and how is told, what it said is not."""


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

    Ours (`pipelines.release.refusals.ReleaseRefused: …`) are told as they are, any other by its kind alone.
    """
    for message in messages:
        kind, _, said = message.strip().partition(": ")
        if kind.startswith(_OURS):
            name = kind.rpartition(".")[2]
            return _ENDINGS.get(name, "failed"), said.strip() or name
    kind = (
        messages[-1].strip().partition(":")[0].split()[-1] if messages and messages[-1].strip() else "an unknown error"
    )
    return "failed", kind


def quoting_errors() -> tuple[type[BaseException], ...]:
    """Return the kinds of errors whose messages may quote rows."""
    found = (getattr(sys.modules.get(module), name, None) for module, name in _QUOTING)
    return tuple(kind for kind in found if isinstance(kind, type) and issubclass(kind, BaseException))


def told(error: BaseException, *, step: str) -> str:
    """Return what may be said of an error."""
    library = type(error).__module__.partition(".")[0].lstrip("_")
    return (
        f"{step} failed unexpectedly: {library}.{type(error).__name__}. What the library said is not shown, it may "
        "quote rows; nothing of the unfinished step is kept"
    )


def by_kind(step: str) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]:
    """Let a function raise UnexpectedFailure instead of an error that may quote rows."""

    def decorate(function: Callable[_P, _T]) -> Callable[_P, _T]:
        @wraps(function)
        def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _T:
            try:
                return function(*args, **kwargs)
            except quoting_errors() as error:
                message = told(error, step=step)
            # Outside the handler, so that the error is not even kept as the context of ours.
            raise UnexpectedFailure(message) from None

        return guarded

    return decorate


def each_by_kind(step: str) -> Callable[[Callable[_P, Iterator[_T]]], Callable[_P, Iterator[_T]]]:
    """Do the same for a generator function."""

    def decorate(function: Callable[_P, Iterator[_T]]) -> Callable[_P, Iterator[_T]]:
        @wraps(function)
        def guarded(*args: _P.args, **kwargs: _P.kwargs) -> Iterator[_T]:
            try:
                yield from function(*args, **kwargs)
            except quoting_errors() as error:
                message = told(error, step=step)
            else:
                return
            raise UnexpectedFailure(message) from None

        return guarded

    return decorate
