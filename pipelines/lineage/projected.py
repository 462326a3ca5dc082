"""What a projection is made of: what its query shows, and what is done to its columns as they are written.

What its contract promises takes nothing away: it is held against the query, and refused where it is not kept. Not here: which
datasets there are (assembling), what may cross from one domain to another (crossing), how rows are written (projections).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import sqlglot
from sqlglot import exp

from pipelines.contracts import Contracts, InternalContract, LakeColumn
from pipelines.contracts.projections import AGGREGATED, CUT, TRANSLATED, translated
from pipelines.lineage import statements
from pipelines.lineage.arriving import PSEUDONYMISE, SUBJECT, of
from pipelines.lineage.dependencies import Dependency, Operation, Statement
from pipelines.lineage.operations import AGGREGATE, COUNT
from pipelines.lineage.parsing import DIALECT, LineageUnresolved


def read(contract: InternalContract, contracts: Contracts, known: Mapping[str, list[str]]) -> Statement:
    """Return what a projection is made of; `known` are the datasets that it may read, with their columns.

    Raises LineageUnresolved, also where its contract says otherwise.
    """
    found = statements.read(contract.query, name=contract.name, known=known)
    if lost := sorted({column.name for column in contract.lake_columns} - found.columns.keys()):
        raise LineageUnresolved(f"{contract.name} declares {', '.join(lost)}, which its query does not make")
    for what in _broken_promises(contract, found, known):
        raise LineageUnresolved(what)
    crossing = translated(contract, {**contracts.inbound, **contracts.internal})
    # Whoever is nobody in the domain is left out.
    lost_rows = any(column.name in crossing and not column.nullable for column in contract.lake_columns)
    known_there = frozenset({of(SUBJECT, PSEUDONYMISE, "filter")} if lost_rows else ())
    columns = {
        column.name: _written(column, found.columns[column.name], is_translated=column.name in crossing)
        for column in contract.lake_columns
    }
    return replace(found, columns=columns, rows=found.rows | known_there)


def _written(column: LakeColumn, made_of: frozenset[Dependency], *, is_translated: bool) -> frozenset[Dependency]:
    """Return what a column is made of once it is written: a pseudonym is translated, an instant cut to its day."""
    done = TRANSLATED if is_translated else CUT if (column.treatment, column.sql_type) == (CUT, "DATE") else None
    if done is None:
        return made_of
    written = {Dependency(each.column, each.part, (*each.through, Operation(done))) for each in made_of}
    return frozenset(written | ({of(SUBJECT, PSEUDONYMISE, "condition")} if is_translated else set()))


def _broken_promises(contract: InternalContract, found: Statement, known: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield where the query is not what the contract says of its columns: what they come from, and what is an aggregate."""
    aggregated = _as_if_aggregated(contract, known)
    for column in contract.lake_columns:
        name, made_of = f"{contract.name}.{column.name}", found.columns[column.name]
        values = {str(each.column) for each in made_of if each.part == "value"}
        if undeclared := sorted(values - set(column.sources)):
            yield f"{name} comes from {', '.join(undeclared)}, which its contract does not say: name it, or take it out"
        if unread := sorted(set(column.sources) - {str(each.column) for each in made_of | found.rows}):
            yield f"{name} is said to come from {', '.join(unread)}, which its query does not read for it"
        if column.treatment == AGGREGATED and not _is_aggregate(aggregated.columns[column.name]):
            yield (
                f"{name} is said to be worked out from several values, but its query does not aggregate: let it,"
                " or name another treatment"
            )


def _as_if_aggregated(contract: InternalContract, known: Mapping[str, list[str]]) -> Statement:
    """Return what columns are made of where every aggregate counts as one, the greatest and the least included.

    Whether an aggregate tells somebody apart all the same is another question (taint).
    """
    if all(column.treatment != AGGREGATED for column in contract.lake_columns):
        return Statement({}, frozenset())

    def summed(node: exp.Expr) -> exp.Expr:
        return exp.Sum(this=node.this) if isinstance(node, exp.Max | exp.Min) else node

    tree = sqlglot.parse_one(contract.query, dialect=DIALECT).transform(summed)
    return statements.read(tree.sql(dialect=DIALECT), name=contract.name, known=known)


def _is_aggregate(made_of: frozenset[Dependency]) -> bool:
    """Say whether something is aggregated, and every value."""
    is_done = {each: any(done.name in (AGGREGATE, COUNT) for done in each.through) for each in made_of}
    return any(is_done.values()) and all(done for each, done in is_done.items() if each.part == "value")
