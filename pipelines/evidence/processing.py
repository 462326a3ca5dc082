"""The record of processing (UU PDP Art. 31), from the contracts alone; and where the real lineage does something else.

What a column is made of (lineage), and how the record is shown (pages), does not belong here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipelines.contracts import Contracts, InboundContract, InternalContract, OutboundContract
from pipelines.contracts.models import Field
from pipelines.contracts.registers import Policy
from pipelines.lineage import LANDING, RELEASE, Dataset, Graph


class ProcessingDrift(RuntimeError):
    """Data is processed otherwise than the record of processing says; nothing is built before one of them is changed."""


@dataclass(frozen=True)
class Held:
    """A dataset with personal data: whose, which, why, how it is protected and how long it is kept."""

    dataset: str
    description: str
    owner: str
    domain: str
    categories: tuple[str, ...]
    subjects: tuple[str, ...]
    identifiers: tuple[str, ...]
    treatments: tuple[str, ...]
    purposes: tuple[tuple[str, str], ...]
    consent: str
    retention: str
    published_in: tuple[str, ...]


@dataclass(frozen=True)
class Activity:
    """What data is processed for: a purpose with its bases, the datasets held for it, who receives it, what is published."""

    purpose: str
    description: str
    clause: str
    lawful_bases: tuple[str, ...]
    datasets: tuple[str, ...]
    published: tuple[str, ...]
    recipients: tuple[str, ...]


@dataclass(frozen=True)
class Record:
    """The whole record, under one version of the policy; `zones` says of each that holds raw data how, and for how long."""

    policy_version: str
    zones: tuple[tuple[str, str], ...]
    activities: tuple[Activity, ...]
    datasets: tuple[Held, ...]


def record_of(contracts: Contracts) -> Record:
    """Return the record of processing that the contracts make."""
    held: list[InboundContract | InternalContract] = [*contracts.inbound.values(), *contracts.internal.values()]
    return Record(
        policy_version=contracts.policy.version,
        zones=tuple(_zones(contracts.policy)),
        activities=tuple(_activity(purpose, contracts) for purpose in contracts.taxonomy.purposes),
        datasets=tuple(_held(each, contracts) for each in held),
    )


def drift(contracts: Contracts, graph: Graph) -> tuple[str, ...]:
    """Return in words where what is published is made of other sources than its contract says, or for another purpose."""
    return tuple(
        found
        for contract in contracts.outbound.values()
        if RELEASE + contract.name in graph.datasets
        for found in _drift(contract, contracts, graph)
    )


def refuse_drift(contracts: Contracts, graph: Graph) -> None:
    """Raise ProcessingDrift where the real lineage is not what the record says, listing every difference."""
    if found := drift(contracts, graph):
        raise ProcessingDrift("\n".join(("the record of processing says otherwise than the lineage:", *found)))


def _drift(contract: OutboundContract, contracts: Contracts, graph: Graph) -> Iterator[str]:
    real, said = _sources(RELEASE + contract.name, graph), set(contract.made_of)
    for name in sorted(real - said):
        yield f"{contract.name} is made of {name}, which its contract does not say: add it to madeOf, or do not read it"
    for name in sorted(said - real):
        yield f"{contract.name} is not made of {name}, as its contract says: take it out of madeOf"
    for name in sorted(real):
        for purpose in sorted(set(contract.purposes) - set(contracts.inbound[name].purposes)):
            yield f"{contract.name} processes {name} for {purpose}, which is no purpose of {name}"


def _sources(name: str, graph: Graph) -> set[str]:
    """Return the inbound sources that a dataset is made of, over whatever lies between."""
    seen, waiting = {name}, [name]
    while waiting:
        for parent in _processed(graph.datasets[waiting.pop()]) - seen:
            seen.add(parent)
            waiting.append(parent)
    return {each.removeprefix(LANDING) for each in seen if each.startswith(LANDING)}


def _processed(dataset: Dataset) -> set[str]:
    """Return what a dataset holds of others; to ask who is whom, or whether somebody consents, processes nothing for it."""
    if dataset.layer != "lake":
        return dataset.parents()
    values = {each.column.dataset for own in dataset.columns.values() for each in own if each.part == "value"}
    return {*values, *dataset.reads} - {dataset.name}


def _activity(purpose: str, contracts: Contracts) -> Activity:
    word = contracts.taxonomy.purposes[purpose]
    held = [each for each in (*contracts.inbound.values(), *contracts.internal.values()) if purpose in each.purposes]
    published = [each for each in contracts.outbound.values() if purpose in each.purposes]
    bases = [each.lawful_basis[purpose] for each in held] + [each.lawful_basis[purpose] for each in published]
    return Activity(
        purpose=purpose,
        description=word.description,
        clause=word.clause,
        lawful_bases=tuple(sorted(set(bases))),
        datasets=tuple(sorted(each.name for each in held)),
        published=tuple(sorted(each.name for each in published)),
        recipients=tuple(
            f"{each.name} ({each.role}, {each.country}; transfer: {each.transfer.rung}"
            f"{'' if each.is_sending else '; nothing is sent'})"
            for each in contracts.recipients.values()
            if purpose in each.purposes
        ),
    )


def _held(contract: InboundContract | InternalContract, contracts: Contracts) -> Held:
    fields = contract.fields if isinstance(contract, InboundContract) else ()
    kinds = contracts.taxonomy.identifier_kinds
    categories = {field.category for field in fields} | {column.category for column in contract.lake_columns}
    retention = contract.retention
    kept = f"{_clock(retention.period, retention.anchor)}" if retention.period else "without end"
    if retention.otherwise_period:
        kept += f", else {_clock(retention.otherwise_period, retention.otherwise_anchor)}"
    if retention.reason:
        kept += f": {retention.reason}"
    return Held(
        dataset=contract.name,
        description=contract.description,
        owner=contract.owner,
        domain=contract.domain,
        categories=tuple(sorted(categories)),
        subjects=tuple(sorted({kinds[field.identifier_kind].subject for field in fields if field.identifier_kind})),
        identifiers=tuple(
            f"{field.path} ({field.identifier}): {field.treatment}{_condition(field, contract)}"
            for field in fields
            if field.identifier != "none"
        ),
        treatments=tuple(sorted({column.treatment for column in contract.lake_columns})),
        purposes=tuple(sorted((purpose, contract.lawful_basis[purpose]) for purpose in contract.purposes)),
        consent=_consent(contract),
        retention=kept,
        published_in=tuple(sorted(name for name, each in contracts.outbound.items() if contract.name in each.made_of)),
    )


def _zones(policy: Policy) -> Iterator[tuple[str, str]]:
    yield "landing", f"files as they arrived, to be kept for {policy.landing_days.value} days"
    yield (
        "quarantine",
        f"rows that could not be judged, encrypted by day, to be kept for {policy.quarantine_days.value} days",
    )
    yield "vault", "identifiers, encrypted under a key for each person; each opening is logged and recorded"
    yield "lake and warehouse", "pseudonyms only, encrypted"
    yield (
        "records of runs",
        f"counts, labels and SQL, nothing of a person, to be kept for {policy.run_records_days.value} days",
    )
    yield "backups", f"to be kept for {policy.backup_days.value} days"


def _consent(contract: InboundContract | InternalContract) -> str:
    """Return what consent a dataset asks for, and what is left of a row without."""
    rule = contract.consent if isinstance(contract, InboundContract) else None
    if rule is None:
        return ""
    left = (
        f"without it {', '.join(rule.denied_drops)} is not stored"
        if rule.denied_drops
        else "without it no key is stored"
    )
    return f"{rule.purpose}; {left}; where nothing is stated it is {rule.default}"


def _condition(field: Field, contract: InboundContract | InternalContract) -> str:
    """Return what a field is stored under, where the rest of its row is stored without."""
    rule = contract.consent if isinstance(contract, InboundContract) else None
    return ", only with consent" if rule and set(field.stored_as) & set(rule.denied_drops) else ""


def _clock(period: str, anchor: str | None) -> str:
    return f"{period} from {(anchor or 'none').replace('_', ' ')}"
