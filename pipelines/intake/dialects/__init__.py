"""How the platform's tools write their rows, where that is not the shape a contract describes: one dialect a file.

A dialect says in SQL where in a row the text of a field stands, and what else must hold before a row is believed. Files and
lines are in `formats`; what becomes of a field's value in `treatments` and `operators`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pipelines.contracts.models import InboundContract

Leaf = Callable[[str], str]


@dataclass(frozen=True)
class Dialect:
    """How one tool writes.

    `leaves` maps a field's dotted path to a function from the SQL of the text at that path to the SQL of the field's
    text; the row itself is the column `raw`. `reads` are the dotted paths that leaves look at besides the fields.
    """

    leaves: Mapping[str, Leaf] = field(default_factory=dict)
    reads: tuple[str, ...] = ()


PLAIN = Dialect()


class UnknownDialect(ValueError):
    """A contract names a dialect that nobody here speaks."""


def dialect_of(contract: InboundContract) -> Dialect:
    """Return the dialect of a contract. Raises UnknownDialect."""
    if contract.dialect is None:
        return PLAIN
    if contract.dialect not in DIALECTS:
        message = f"{contract.name}: dialect `{contract.dialect}` is not known; use one of {', '.join(DIALECTS)}"
        raise UnknownDialect(message)
    return DIALECTS[contract.dialect]


DIALECTS: Mapping[str, Dialect] = {}
