"""What OpenLineage is told of each dataset: its columns, its owner, and of which other columns each one is made, and how.

Imports the OpenLineage client, so it is imported late. Not here: which events there are (events).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from openlineage.client.event_v2 import InputDataset, OutputDataset
from openlineage.client.facet_v2 import (
    DatasetFacet,
    column_lineage_dataset,
    data_quality_assertions_dataset,
    documentation_dataset,
    input_statistics_input_dataset,
    output_statistics_output_dataset,
    ownership_dataset,
    schema_dataset,
)

from pipelines.contracts import Contracts, InboundContract, InternalContract, OutboundContract
from pipelines.lineage.dependencies import Dependency
from pipelines.lineage.graph import LANDING, RELEASE, Dataset, Graph
from pipelines.lineage.operations import AGGREGATE, COUNT, MIDDLE
from pipelines.lineage.runs import Checked

NAMESPACE = "crosslife"
PRODUCER = "urn:crosslife:warehouse"
"""Who tells: a name and no address, as nothing of it can be fetched."""

_PLACES = {"lake": "lake/", "model": "warehouse/"}
_KEEP = "keep"
"""The one treatment of the taxonomy that takes nothing away."""
_DECIDES = {
    "condition": "CONDITIONAL",
    "filter": "FILTER",
    "join": "JOIN",
    "group": "GROUP_BY",
    "counted": "GROUP_BY",
    "order": "SORT",
    "window": "WINDOW",
}
_Contract: TypeAlias = InboundContract | InternalContract | OutboundContract
_Field: TypeAlias = tuple[str, str | None, str | None]


def place(dataset: Dataset) -> str:
    """Return the name of a dataset outside: `landing/…`, `lake/…`, `warehouse/…` or `release/…`."""
    return _PLACES.get(dataset.layer, "") + dataset.name


class Teller:
    """Tells of the datasets of a graph in the words of the contracts."""

    def __init__(self, graph: Graph, contracts: Contracts) -> None:
        self._graph, self._contracts = graph, contracts
        self._treatments = contracts.taxonomy.treatments.keys() - {_KEEP}

    def read(self, dataset: Dataset, *, rows: int | None = None) -> InputDataset:
        """Return a dataset as something that was read; one that landed says here what it is, as nobody makes it."""
        is_landed = dataset.layer == "landing"
        counted = input_statistics_input_dataset.InputStatisticsInputDatasetFacet(rowCount=rows, producer=PRODUCER)
        return InputDataset(
            namespace=NAMESPACE,
            name=place(dataset),
            facets=self._described(dataset) if is_landed else {},
            inputFacets={} if rows is None else {"inputStatistics": counted},
        )

    def made(self, dataset: Dataset, *, rows: int | None = None) -> OutputDataset:
        """Return a dataset as something that was made, with all that is known of it."""
        counted = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=rows, producer=PRODUCER)
        return OutputDataset(
            namespace=NAMESPACE,
            name=place(dataset),
            facets={**self._described(dataset), "columnLineage": self._column_lineage(dataset)},
            outputFacets={} if rows is None else {"outputStatistics": counted},
        )

    def judged(self, dataset: Dataset, checks: Iterable[Checked]) -> InputDataset:
        """Return a dataset with what checks said of it."""
        assertions = [each for check in checks for each in _assertions(check)]
        facet = data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(assertions, producer=PRODUCER)
        return InputDataset(namespace=NAMESPACE, name=place(dataset), inputFacets={"dataQualityAssertions": facet})

    def _described(self, dataset: Dataset) -> dict[str, DatasetFacet]:
        contract = self._contract(dataset)
        known = {name: (sql_type, description) for name, sql_type, description in _fields(contract, dataset)}
        columns = [
            schema_dataset.SchemaDatasetFacetFields(name, *known.get(name, (None, None))) for name in dataset.columns
        ]
        found: dict[str, DatasetFacet] = {
            "schema": schema_dataset.SchemaDatasetFacet(fields=columns, producer=PRODUCER)
        }
        if contract:
            owner = ownership_dataset.Owner(name=f"team:{contract.owner}", type="OWNER")
            found["ownership"] = ownership_dataset.OwnershipDatasetFacet(owners=[owner], producer=PRODUCER)
            found["documentation"] = documentation_dataset.DocumentationDatasetFacet(
                description=contract.description, producer=PRODUCER
            )
        return found

    def _contract(self, dataset: Dataset) -> _Contract | None:
        name, known = dataset.name.removeprefix(LANDING).removeprefix(RELEASE), self._contracts
        if dataset.layer in ("landing", "lake"):
            return known.inbound.get(name) or known.internal.get(name)
        return known.outbound.get(name)

    def _column_lineage(self, dataset: Dataset) -> column_lineage_dataset.ColumnLineageDatasetFacet:
        return column_lineage_dataset.ColumnLineageDatasetFacet(
            fields={
                name: column_lineage_dataset.Fields(inputFields=self._inputs(dataset, own))
                for name, own in dataset.columns.items()
            },
            dataset=self._inputs(dataset, dataset.rows),
            producer=PRODUCER,
        )

    def _inputs(self, dataset: Dataset, own: Iterable[Dependency]) -> list[column_lineage_dataset.InputField]:
        """Return each column once, with every way in which it takes part."""
        ways: dict[tuple[str, str], list[column_lineage_dataset.Transformation]] = {}
        for each in sorted(own):
            source = place(self._graph.datasets[each.column.dataset])
            found = ways.setdefault((source, each.column.name), [])
            if (way := self._way(dataset, each)) not in found:
                found.append(way)
        return [
            column_lineage_dataset.InputField(namespace=NAMESPACE, name=source, field=name, transformations=found)
            for (source, name), found in ways.items()
        ]

    def _way(self, dataset: Dataset, each: Dependency) -> column_lineage_dataset.Transformation:
        names = [operation.name for operation in each.through]
        if each.part != "value":
            kind, subtype = "INDIRECT", _DECIDES[each.part]
        elif {AGGREGATE, COUNT, MIDDLE} & set(names):
            kind, subtype = "DIRECT", "AGGREGATION"
        else:
            kind, subtype = "DIRECT", "TRANSFORMATION" if set(names) - {_KEEP} else "IDENTITY"
        return column_lineage_dataset.Transformation(
            type=kind,
            subtype=subtype,
            description=", ".join(dict.fromkeys(names)),
            masking=self._is_masking(dataset, names),
        )

    def _is_masking(self, dataset: Dataset, names: list[str]) -> bool:
        """Say whether a treatment takes something away. An aggregate of SQL does not count: it may be of one person's rows."""
        treated = set(names) - {AGGREGATE} | (set(names[-1:]) if dataset.layer == "lake" else set())
        return bool(treated & self._treatments)


def _fields(contract: _Contract | None, dataset: Dataset) -> Iterator[_Field]:
    """Yield (name, type, description) as the contract of a dataset has them; a model that none speaks of has names alone."""
    if isinstance(contract, OutboundContract):
        yield from ((each.name, each.sql_type, each.description) for each in contract.columns)
    elif isinstance(contract, InboundContract) and dataset.layer == "landing":
        yield from ((each.path, each.sql_type, each.description) for each in contract.fields)
    elif contract is not None:
        yield from ((each.name, each.sql_type, each.description) for each in contract.table_columns)


def _assertions(check: Checked) -> Iterator[data_quality_assertions_dataset.Assertion]:
    severity = "warn" if check.is_warning else "error"
    yield data_quality_assertions_dataset.Assertion(check.name, success=check.is_met, severity=severity)
    for column, expectation in check.missed:
        yield data_quality_assertions_dataset.Assertion(expectation, success=False, column=column, severity=severity)
