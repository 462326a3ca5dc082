"""How the platform's tools write their rows, where that is not the shape a contract describes: one dialect a file.

A dialect says in SQL where in a row the text of a field stands, and what else must hold before a row is believed. Files and
lines are in `formats`; what becomes of a field's value in `treatments` and `operators`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipelines.contracts.models import InboundContract
from pipelines.intake.dialects import meta_pixel, midtrans, xapi
from pipelines.intake.dialects.dialect import PLAIN, Dialect, Inside, Leaf, Proof, Texts

__all__ = ["DIALECTS", "PLAIN", "Dialect", "Inside", "Leaf", "Proof", "Texts", "UnknownDialect", "dialect_of"]

# Where the contract holds a mapping, the dialect is made from it.
DIALECTS: Mapping[str, Dialect | Callable[[InboundContract], Dialect]] = {
    "meta_pixel": meta_pixel.DIALECT,
    "midtrans": midtrans.DIALECT,
    "xapi": xapi.dialect,
}


class UnknownDialect(ValueError):
    """A contract names a dialect that nobody here speaks."""


def dialect_of(contract: InboundContract) -> Dialect:
    """Return the dialect of a contract. Raises UnknownDialect."""
    if contract.dialect is None:
        return PLAIN
    if contract.dialect not in DIALECTS:
        message = f"{contract.name}: dialect `{contract.dialect}` is not known; use one of {', '.join(DIALECTS)}"
        raise UnknownDialect(message)
    found = DIALECTS[contract.dialect]
    return found if isinstance(found, Dialect) else found(contract)
