"""The one graph of all columns: fields as they land, the lake, models by their compiled SQL, and what is published.

What the steps in Python read and write is declared in the contracts; models are read by their syntax tree. Not here: how a
statement is read (statements), what may come of what (taint).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from pipelines.contracts import Contracts, InboundContract, InternalContract, OutboundContract
from pipelines.lineage import statements
from pipelines.lineage.graph import Dataset, Graph
from pipelines.lineage.operations import CUT
from pipelines.lineage.parsing import LineageUnresolved, tables_of
from pipelines.lineage.statements import Column, Dependency, Operation, Statement

LANDING, RELEASE = "landing/", "release/"
ASSESSED = "assess"
"""What a cell goes through before it is published (disclosure)."""


def assemble(contracts: Contracts, models: Mapping[str, str], *, is_strict: bool = True) -> Graph:
    """Return the graph of the contracts and of the models, whose compiled SQL is given by name. Raises LineageUnresolved.

    Unless `is_strict`, a published table whose model lacks a column of its contract is left out, as dbt will not build it.
    """
    lake = [*map(_landed, contracts.inbound.values()), *map(_stored, contracts.inbound.values())]
    stored: list[InboundContract | InternalContract] = [*contracts.inbound.values(), *contracts.internal.values()]
    known = {contract.name: [column.name for column in contract.table_columns] for contract in stored}
    internal = [_internal(contract, known) for contract in contracts.internal.values()]
    built = [_model(name, found, contracts) for name, found in _statements(models, known).items()]
    columns = {dataset.name: list(dataset.columns) for dataset in built}
    released = [
        _released(contract, columns)
        for contract in contracts.outbound.values()
        if is_strict or _is_whole(contract, columns.get(contract.name, []))
    ]
    return Graph([*lake, *internal, *built, *released])


def _landed(contract: InboundContract) -> Dataset:
    columns: dict[str, frozenset[Dependency]] = {field.path: frozenset() for field in contract.fields}
    return Dataset(LANDING + contract.name, "landing", columns, domain=contract.domain)


def _stored(contract: InboundContract) -> Dataset:
    """Return a dataset of the lake: each column from its fields, by their treatment."""
    source = LANDING + contract.name
    stand_ins = {
        field.path: [other.path for other in contract.fields if other.instead_of == field.path]
        for field in contract.fields
    }
    columns = {}
    for column in contract.table_columns:
        paths = [each for path in column.sources for each in (path, *stand_ins.get(path, ()))]
        if not paths and column.name == "dt" and contract.event_time:
            columns[column.name] = frozenset({_value(source, contract.event_time, CUT)})
        else:
            columns[column.name] = frozenset(_value(source, path, column.treatment) for path in paths)
    return Dataset(contract.name, "lake", columns, domain=contract.domain, purposes=frozenset(contract.purposes))


def _internal(contract: InternalContract, known: Mapping[str, list[str]]) -> Dataset:
    """Return a dataset of our own making: what its query reads where it has one, else the fields that it names."""
    if contract.query:
        found = statements.read(contract.query, name=contract.name, known=known)
    else:
        named = {
            column.name: frozenset(
                _value(LANDING + name, path, "keep")
                for name, _, path in (each.partition(".") for each in column.sources)
            )
            for column in contract.lake_columns
        }
        found = Statement(named, frozenset())
    if lost := sorted({column.name for column in contract.lake_columns} - found.columns.keys()):
        raise LineageUnresolved(f"{contract.name} declares {', '.join(lost)}, which its query does not make")
    columns = {
        column.name: frozenset(
            Dependency(each.column, each.part, (*each.through, Operation(column.treatment)))
            for each in found.columns[column.name]
        )
        for column in contract.lake_columns
    }
    purposes = frozenset(contract.purposes)
    return Dataset(
        contract.name, "lake", columns, found.rows, domain=contract.domain, purposes=purposes, reads=found.tables
    )


def _statements(models: Mapping[str, str], known: Mapping[str, list[str]]) -> dict[str, Statement]:
    if twice := sorted(models.keys() & known.keys()):
        raise LineageUnresolved(f"models have the names of datasets: {', '.join(twice)}")
    read = {name: tables_of(sql, name=name) for name, sql in models.items()}
    columns, found = dict(known), dict[str, Statement]()
    try:
        for name in TopologicalSorter({name: sorted(own & models.keys()) for name, own in read.items()}).static_order():
            found[name] = statements.read(models[name], name=name, known=columns)
            columns[name] = list(found[name].columns)
    except CycleError as error:
        raise LineageUnresolved(f"models are made of each other: {', '.join(error.args[1])}") from None
    return found


def _model(name: str, found: Statement, contracts: Contracts) -> Dataset:
    outbound = contracts.outbound.get(name)
    domain = outbound.domain if outbound else None
    return Dataset(name, "model", found.columns, found.rows, domain=domain, reads=found.tables)


def _released(contract: OutboundContract, models: Mapping[str, list[str]]) -> Dataset:
    """Return a published table: its cells are those of the mart, assessed; derived ones come from published ones."""
    if contract.name not in models:
        raise LineageUnresolved(f"{RELEASE}{contract.name} is made of {contract.name}, which is no model")
    columns = {
        column.name: frozenset({_value(contract.name, column.name, ASSESSED)}) for column in contract.mart_columns
    }
    columns |= dict(_derived(contract))
    purposes = frozenset(contract.purposes)
    return Dataset(RELEASE + contract.name, "release", columns, domain=contract.domain, purposes=purposes)


def _is_whole(contract: OutboundContract, columns: list[str]) -> bool:
    return {column.name for column in contract.mart_columns} <= set(columns)


def _derived(contract: OutboundContract) -> Iterator[tuple[str, frozenset[Dependency]]]:
    own = {"published": [column.name for column in contract.columns]}
    for column in contract.columns:
        if column.role == "derived":
            query = f"select ({column.formula}) as value from published"
            name = RELEASE + contract.name
            found = statements.read(query, name=f"{name}.{column.name}", known=own).columns["value"]
            yield (
                column.name,
                frozenset(Dependency(Column(name, each.column.name), each.part, each.through) for each in found),
            )


def _value(dataset: str, name: str, through: str) -> Dependency:
    return Dependency(Column(dataset, name), "value", (Operation(through),))
