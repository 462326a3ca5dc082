"""What a contract takes over from another, so that nothing is written twice. Checks between contracts are in `relations`."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.contracts import odcs
from pipelines.contracts.documents import Findings, Node
from pipelines.contracts.models import Field, InboundContract


def with_shared_paths(
    contracts: Mapping[str, InboundContract], nodes: Mapping[str, Node], findings: Findings
) -> dict[str, InboundContract]:
    """Return the contracts, fields with `path_templates_from` (source.field) showing the paths that the other shows."""
    return {name: _shared(contract, contracts, nodes[name], findings) for name, contract in contracts.items()}


def _shared(
    contract: InboundContract, contracts: Mapping[str, InboundContract], root: Node, findings: Findings
) -> InboundContract:
    fields = tuple(_taken_over(field, contracts, root, findings) for field in contract.fields)
    return contract if fields == contract.fields else contract.model_copy(update={"fields": fields})


def _taken_over(field: Field, contracts: Mapping[str, InboundContract], root: Node, findings: Findings) -> Field:
    if field.path_templates_from is None:
        return field
    source, _, path = field.path_templates_from.partition(".")
    listed = contracts[source].fields if source in contracts else ()
    templates = next((other.path_templates for other in listed if other.path == path), ())
    if not templates or field.path_templates:
        place = next((node for node in odcs.walk(root) if node.content == field.path_templates_from), root)
        what = f"`{field.path}` takes its paths from `{field.path_templates_from}`, which has none, or has its own too"
        findings.add(place, what, mend="name a field with pathTemplates as source.field, and list none here")
    return field.model_copy(update={"path_templates": templates})
