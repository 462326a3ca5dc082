"""Errors of libraries that quote rows in their messages: told by their kind and the step, never by the message.

Dagster would write the message into its storage, a terminal into its scrollback. Not here: our own errors, which quote
nothing and say what to do. Imports nothing heavy, so that the command line can use it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import wraps
from typing import ParamSpec, TypeVar

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


class UnexpectedFailure(RuntimeError):
    """A library failed in a step; which and how is told, what it said is not."""


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
