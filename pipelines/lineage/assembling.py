"""The one graph of all columns: fields as they land, the lake, models by their compiled SQL, and what is published.

What the steps in Python read and write is declared in the contracts; models are read by their syntax tree. Not here: how a
statement is read (statements), what may come of what (taint).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from pipelines import disclosure
from pipelines.contracts import Contracts, InboundContract, InternalContract, OutboundContract
from pipelines.lineage import arriving, projected, statements
from pipelines.lineage.arriving import CONSENT, LINK, PSEUDONYMISE, SUBJECT, of
from pipelines.lineage.dependencies import Column, Dependency, Operation, Statement
from pipelines.lineage.graph import LANDING, RELEASE, VAULT, Dataset, Graph
from pipelines.lineage.parsing import LineageUnresolved, tables_of

ASSESSED = "assess"
"""What a cell goes through before it is published (disclosure)."""


def assemble(contracts: Contracts, models: Mapping[str, str], *, is_strict: bool = True) -> Graph:
    """Return the graph of the contracts and of the models, whose compiled SQL is given by name. Raises LineageUnresolved.

    Unless `is_strict`, a published table whose model lacks a column of its contract is left out, as dbt will not build it.
    """
    landed = map(arriving.landed, contracts.inbound.values())
    lake = [
        *landed,
        arriving.vault(contracts),
        *(arriving.stored(each, contracts) for each in contracts.inbound.values()),
    ]
    stored: list[InboundContract | InternalContract] = [*contracts.inbound.values(), *contracts.internal.values()]
    known = {contract.name: [column.name for column in contract.table_columns] for contract in stored}
    internal = [_internal(contract, contracts, known) for contract in contracts.internal.values()]
    built = [_model(name, found, contracts) for name, found in _statements(models, known).items()]
    columns = {dataset.name: list(dataset.columns) for dataset in built}
    outbound = {
        name: each for name, each in contracts.outbound.items() if is_strict or _is_whole(each, columns.get(name, []))
    }
    released = [_released(each, columns, _withholding(each, outbound)) for each in outbound.values()]
    return Graph([*lake, *internal, *built, *released])


def assemble_lake(contracts: Contracts) -> Graph:
    """Return the part of the graph that needs no models: what lands, what is stored, and what is projected."""
    return assemble(contracts, {}, is_strict=False)


def _internal(contract: InternalContract, contracts: Contracts, known: Mapping[str, list[str]]) -> Dataset:
    """Return a dataset of our own making: what its query reads where it has one, else the links that the vault keeps."""
    found = projected.read(contract, contracts, known) if contract.query else _linked(contract, contracts)
    columns = {column.name: found.columns[column.name] for column in contract.lake_columns}
    purposes = frozenset(contract.purposes)
    return Dataset(
        contract.name, "lake", columns, found.rows, domain=contract.domain, purposes=purposes, reads=found.tables
    )


def _linked(contract: InternalContract, contracts: Contracts) -> Statement:
    """Return what links between subjects are made of: the fields that are named, and who is whom."""
    columns, rows = dict[str, frozenset[Dependency]](), {of(LINK, VAULT, "filter")}
    for column in contract.lake_columns:
        named = [each.partition(".") for each in column.sources]
        through = (Operation("keep"), Operation(column.treatment))
        own = {Dependency(Column(LANDING + name, path), "value", through) for name, _, path in named}
        who = {of(SUBJECT, column.treatment, "condition")} if column.treatment == PSEUDONYMISE else set()
        columns[column.name] = frozenset(own | who)
        rules = [(name, contracts.inbound[name].consent) for name, _, _ in named]
        rows |= {of(Column(name, rule.stored_as), CONSENT, "filter") for name, rule in rules if rule}
    return Statement(columns, frozenset(rows))


def _statements(models: Mapping[str, str], known: Mapping[str, list[str]]) -> dict[str, Statement]:
    if twice := sorted(models.keys() & known.keys()):
        raise LineageUnresolved(f"models have the names of datasets: {', '.join(twice)}")
    read = {name: tables_of(sql, name=name) for name, sql in models.items()}
    columns, found = dict(known), dict[str, Statement]()
    try:
        for name in TopologicalSorter({name: sorted(own & models.keys()) for name, own in read.items()}).static_order():
            found[name] = statements.read(models[name], name=name, known=columns, before=found)
            columns[name] = list(found[name].columns)
    except CycleError as error:
        raise LineageUnresolved(f"models are made of each other: {', '.join(error.args[1])}") from None
    return found


def _model(name: str, found: Statement, contracts: Contracts) -> Dataset:
    outbound = contracts.outbound.get(name)
    domain = outbound.domain if outbound else None
    return Dataset(name, "model", found.columns, found.rows, domain=domain, reads=found.tables)


def _withholding(contract: OutboundContract, outbound: Mapping[str, OutboundContract]) -> Iterator[Column]:
    """Yield what decides which of a table's rows are withheld: its own counts, and the table that it is finer than."""
    rule = contract.disclosure
    own = (rule.population, *rule.parts, *rule.at_least, *((rule.closed_window,) if rule.closed_window else ()))
    yield from (Column(contract.name, name) for name in own)
    shapes = {
        name: disclosure.Shape(each.key, each.disclosure.population, each.named("measure"))
        for name, each in outbound.items()
    }
    for link in disclosure.find_links(shapes):
        if link.finer == contract.name:
            yield from (Column(contract.name, name) for name in link.on)
            yield from (Column(link.coarser, name) for name in link.on)
            yield Column(RELEASE + link.coarser, disclosure.WITHHELD)


def _released(contract: OutboundContract, models: Mapping[str, list[str]], withholding: Iterable[Column]) -> Dataset:
    """Return a published table: its cells are those of the mart, assessed; derived ones come from published ones."""
    if contract.name not in models:
        raise LineageUnresolved(f"{RELEASE}{contract.name} is made of {contract.name}, which is no model")
    columns = {
        column.name: frozenset({of(Column(contract.name, column.name), ASSESSED)}) for column in contract.mart_columns
    }
    name, withheld = RELEASE + contract.name, {*withholding}
    for measure in contract.named("measure"):
        columns[measure] |= {of(Column(name, disclosure.WITHHELD), ASSESSED, "condition")}
    columns |= dict(_derived(contract))
    columns[disclosure.WITHHELD] = frozenset(of(each, ASSESSED, "condition") for each in withheld)
    omits = contract.disclosure.omit_withheld
    rows = frozenset(of(each, ASSESSED, "filter") for each in withheld) if omits else frozenset[Dependency]()
    return Dataset(name, "release", columns, rows, domain=contract.domain, purposes=frozenset(contract.purposes))


def _is_whole(contract: OutboundContract, columns: list[str]) -> bool:
    return {column.name for column in contract.mart_columns} <= set(columns)


def _derived(contract: OutboundContract) -> Iterator[tuple[str, frozenset[Dependency]]]:
    name = RELEASE + contract.name
    own = {name: [column.name for column in contract.columns]}
    for column in contract.columns:
        if column.role == "derived":
            query = f'select ({column.formula}) as value from "{name}"'
            yield column.name, statements.read(query, name=f"{name}.{column.name}", known=own).columns["value"]
