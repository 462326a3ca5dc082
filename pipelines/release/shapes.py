"""How the published tables hang together, by their contracts. Not here: what follows from it for their cells."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines import disclosure
from pipelines.contracts import OutboundContract


def links_between(outbound: Mapping[str, OutboundContract]) -> tuple[disclosure.Link, ...]:
    """Return the links between the tables; raises disclosure.UnassessableFrame where it is not known how they correspond."""
    return disclosure.find_links({name: _shape(contract) for name, contract in outbound.items()})


def _shape(contract: OutboundContract) -> disclosure.Shape:
    return disclosure.Shape(contract.key, contract.disclosure.population, contract.named("measure"))
