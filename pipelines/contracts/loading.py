"""Loads the contracts of a folder and hands them out, or tells everything that is wrong with them.

What single documents say is read in `reading`; what must hold between them in `checks` and `relations`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, TypeVar

from pipelines.contracts import documents, projections, relations, segments, sharing, traffic
from pipelines.contracts.checks import Vocabulary
from pipelines.contracts.documents import Findings, Node
from pipelines.contracts.models import Dataset, InboundContract, InternalContract
from pipelines.contracts.outbound import OutboundContract
from pipelines.contracts.reading import Reader
from pipelines.contracts.registers import Recipient, Recipients, Taxonomy
from pipelines.contracts.strict import Frozen, Strict
from pipelines.contracts.versions import PolicyInForce, PolicyVersions

_Contract = TypeVar("_Contract", bound=Dataset)


class Contracts(Strict):
    """Everything the contracts say, cross-checked.

    `policy` is the version in force on the day or at the instant asked for (unless told, the day on which the latest began),
    with the figures that hold then; `policies` holds them all as they are written.
    """

    inbound: Annotated[Mapping[str, InboundContract], Frozen]
    outbound: Annotated[Mapping[str, OutboundContract], Frozen]
    internal: Annotated[Mapping[str, InternalContract], Frozen]
    policy: PolicyInForce
    policies: PolicyVersions
    recipients: Annotated[Mapping[str, Recipient], Frozen]
    taxonomy: Taxonomy
    traffic: traffic.Traffic
    segments: Annotated[Mapping[str, segments.Segment], Frozen]

    def family_of(self, contract: InboundContract) -> tuple[InboundContract, ...]:
        """Return the sources whose events share their ids with those of a source, itself among them."""
        return tuple(each for each in self.inbound.values() if each.family == contract.family)


def load(directory: Path, *, policy_file: Path | None = None, as_of: date | None = None) -> Contracts:
    """Return the contracts of a folder, cross-checked.

    Raises ContractViolation with every finding as `file:line: what; mend: how`.
    """
    findings = Findings()
    nodes = {
        name: _read(file, directory, findings)
        for name, file in (
            ("taxonomy", directory / "taxonomy.yaml"),
            ("policy", policy_file or directory / "policy.yaml"),
            ("recipients", directory / "recipients.yaml"),
            ("traffic", directory / "traffic.yaml"),
            ("segments", directory / "segments.yaml"),
        )
    }
    taxonomy = documents.validate(Taxonomy, nodes["taxonomy"], findings)
    policies = documents.validate(PolicyVersions, nodes["policy"], findings)
    recipients = documents.validate(Recipients, nodes["recipients"], findings)
    own_traffic = documents.validate(traffic.Traffic, nodes["traffic"], findings)
    declared = documents.validate(segments.Segments, nodes["segments"], findings)
    if taxonomy is None or policies is None or recipients is None or own_traffic is None or declared is None:
        raise documents.ContractViolation(tuple(sorted(findings.listed)))
    relations.check_registers(taxonomy, policies, recipients, nodes, findings)
    segments.check(declared, recipients.recipients, taxonomy, nodes["segments"], findings)
    policy = policies.on(as_of or policies.versions[-1].effective_date)
    registers = {
        "purposes": tuple(taxonomy.purposes),
        "policy_versions": tuple(each.version for each in policies.versions),
    }
    reader = Reader(words=Vocabulary(taxonomy, findings), policy=policy, registers=registers, findings=findings)
    inbound, internal, outbound = _datasets(directory, reader)
    findings.raise_any()
    return Contracts(
        inbound=inbound,
        outbound=outbound,
        internal=internal,
        policy=policy,
        policies=policies,
        recipients=recipients.recipients,
        taxonomy=taxonomy,
        traffic=own_traffic,
        segments=declared.segments,
    )


def _datasets(
    directory: Path, reader: Reader
) -> tuple[dict[str, InboundContract], dict[str, InternalContract], dict[str, OutboundContract]]:
    findings = reader.findings
    inbound, inbound_nodes = _folder(directory, "inbound", reader.inbound, findings)
    internal, internal_nodes = _folder(directory, "internal", reader.internal, findings)
    outbound, outbound_nodes = _folder(directory, "outbound", reader.outbound, findings)
    inbound = sharing.with_shared_paths(inbound, inbound_nodes, findings)
    relations.check_inbound(inbound, inbound_nodes, findings)
    relations.check_internal(internal, inbound, internal_nodes, findings)
    projections.check(internal, inbound, internal_nodes, findings, taxonomy=reader.words.taxonomy)
    relations.check_outbound(outbound, inbound, outbound_nodes, findings, internal=internal)
    return inbound, internal, outbound


def _folder(
    directory: Path, name: str, read: Callable[..., _Contract | None], findings: Findings
) -> tuple[dict[str, _Contract], dict[str, Node]]:
    contracts: dict[str, _Contract] = {}
    nodes: dict[str, Node] = {}
    for file in sorted((directory / name).glob("*.odcs.yaml")):
        root = _read(file, directory, findings)
        contract = read(root, file=file)
        if contract is None:
            continue
        if contract.name != file.name.removesuffix(".odcs.yaml"):
            findings.add(
                root.get("name") or root, "the name is not that of the file", mend=f"rename one: {contract.name}"
            )
        contracts[contract.name], nodes[contract.name] = contract, root
    return contracts, nodes


def _read(file: Path, directory: Path, findings: Findings) -> Node:
    shown = file.relative_to(directory.parent) if file.is_relative_to(directory.parent) else file
    return documents.read(file, shown_as=str(shown), findings=findings)
