"""How a release refuses: with the table and the kind of the error, never with a value.

What is refused is decided where it is read or written.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb


class ReleaseRefused(RuntimeError):
    """Nothing was released; what stood before still stands."""


class MissesItsContract(ReleaseRefused):
    """A table that would have been released is not what its contract promises."""


class NotSealable(ReleaseRefused):
    """The release does not stand for what is about to fall, so nothing was sealed, and nothing may fall."""


class SealDamaged(ReleaseRefused):
    """What was sealed cannot be served as it was published; computed again it would be something else."""


@contextmanager
def without_values(what: str) -> Iterator[None]:
    """Turn an error of the database into ReleaseRefused: its own message may quote a row."""
    try:
        yield
    except duckdb.Error as error:
        raise ReleaseRefused(f"{what}: the database reports {type(error).__name__}") from None
