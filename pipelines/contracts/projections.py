"""What must hold of a projection: what it reads, and that nothing crosses from one domain to another that would join them.

Who carries a projection out does not belong here (see the room `projections`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from pipelines.contracts import odcs, queries
from pipelines.contracts.documents import Findings, Node
from pipelines.contracts.models import InboundContract, InternalContract, LakeColumn
from pipelines.contracts.registers import Taxonomy

SCHEMA = "lake"
TRANSLATED = "pseudonymise"
CUT = "cut_to_day"
AGGREGATED = "aggregate"


def query_beside(file: Path) -> str:
    """Return the SQL that lies beside a contract under its name; nothing where there is none."""
    beside = file.with_name(f"{file.name.removesuffix('.odcs.yaml')}.sql")
    return beside.read_text(encoding="utf-8") if beside.is_file() else ""


def in_order(contracts: Mapping[str, InternalContract]) -> tuple[InternalContract, ...]:
    """Return the projections, each after those that it reads."""
    reads = {name: set(contract.projects) & contracts.keys() for name, contract in contracts.items()}
    return tuple(contracts[name] for name in TopologicalSorter(reads).static_order() if contracts[name].projects)


def translated(contract: InternalContract, sources: Mapping[str, InboundContract | InternalContract]) -> dict[str, str]:
    """Return the pseudonym columns that come from another domain, each with that domain."""
    return {
        column.name: source.domain
        for column in contract.lake_columns
        for source, _ in _origins(column, sources)
        if column.treatment == TRANSLATED and source.domain != contract.domain
    }


def check(
    internal: Mapping[str, InternalContract],
    inbound: Mapping[str, InboundContract],
    nodes: Mapping[str, Node],
    findings: Findings,
    *,
    taxonomy: Taxonomy,
) -> None:
    """Check every projection; what is wrong becomes a finding."""
    datasets: dict[str, InboundContract | InternalContract] = {**inbound, **internal}
    for name, contract in internal.items():
        if contract.projects or contract.query:
            _Projection(contract, datasets, nodes[name], findings, tuple(taxonomy.classifications)).check()
    try:
        in_order(internal)
    except CycleError as circle:
        names = [str(each) for each in circle.args[1]]
        what = f"projections read each other in a circle: {' → '.join(names)}"
        findings.add(nodes[names[0]], what, mend="let one of them read what lies before both")


@dataclass(frozen=True)
class _Projection:
    contract: InternalContract
    datasets: Mapping[str, InboundContract | InternalContract]
    root: Node
    findings: Findings
    classifications: tuple[str, ...]

    def check(self) -> None:
        place = odcs.custom_property(self.root, "projects")
        for name in self.contract.projects:
            if name not in self.datasets:
                self.findings.add(place, f"`{name}` is no dataset", mend="name datasets of the lake")
        self._query(place)
        self._purposes()
        for column in self.contract.lake_columns:
            self._column(column)

    def _query(self, place: Node) -> None:
        file = f"{self.contract.name}.sql"
        if not self.contract.query:
            self.findings.add(place, "the projection has no query", mend=f"write it beside the contract, in {file}")
            return
        beside = Node(place.file.removesuffix(".odcs.yaml") + ".sql", 1, None)
        read = queries.tables(self.contract.query)
        if read is None:
            self.findings.add(beside, "the query cannot be read as SQL", mend="write one SELECT")
            return
        declared = {f"{SCHEMA}.{name}" for name in self.contract.projects}
        mend = f"let `projects` and the query name the same datasets, as {SCHEMA}.<dataset>"
        for name in sorted(read - declared):
            self.findings.add(beside, f"the query reads `{name}`, which is not declared", mend=mend)
        for name in sorted(declared - read):
            self.findings.add(place, f"{file} does not read `{name}`", mend=mend)

    def _purposes(self) -> None:
        place = odcs.custom_property(self.root, "purposes")
        for name in self.contract.projects:
            source = self.datasets.get(name)
            for purpose in sorted(set(self.contract.purposes) - set(source.purposes)) if source else ():
                what = f"`{name}` may not be used for `{purpose}`, and so nothing that is projected from it"
                self.findings.add(place, what, mend="remove the purpose, or give it a basis at the source")

    def _column(self, column: LakeColumn) -> None:
        known = {f"{name}.{each.name}" for name in self.contract.projects for each in self._columns(name)}
        for source in column.sources or ("",):
            if source not in known:
                place = odcs.first_saying(self.root, source or column.name)
                what = f"`{column.name}` comes from `{source}`, which is no column of what is projected"
                self.findings.add(
                    place, what, mend="list in transformSourceObjects what it comes from, as dataset.column"
                )
        for dataset, origin in _origins(column, self.datasets):
            for what, mend in self._faults(column, dataset, origin):
                self.findings.add(odcs.first_saying(self.root, column.name), f"`{column.name}` {what}", mend=mend)

    def _faults(
        self, column: LakeColumn, dataset: InboundContract | InternalContract, origin: LakeColumn
    ) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with a column and one of those that it comes from, and how to mend it."""
        shown = f"{dataset.name}.{origin.name}"
        if column.treatment == "keep" and self._rank(column) < self._rank(origin):
            yield (
                f"is {column.classification}, but `{shown}` is {origin.classification}",
                f"write {origin.classification}",
            )
        if (origin.pii == "pseudonym") != (column.treatment == TRANSLATED):
            yield f"and `{shown}` are not both pseudonyms", f"use {TRANSLATED} for pseudonyms, and for nothing else"
        if (column.treatment == CUT) != (column.sql_type == "DATE" and origin.sql_type == "TIMESTAMP"):
            yield f"is not the day of `{shown}`", f"use {CUT} and DATE for the day of an instant, and for nothing else"
        if column.treatment == "keep" and column.sql_type != origin.sql_type:
            what = f"is {column.sql_type} and kept, but `{shown}` is {origin.sql_type}"
            yield what, "keep its type, or use aggregate for what is worked out from several values"
        if origin.pii == "key" and column.pii != "key" and column.treatment != AGGREGATED:
            yield f"is a key no more, but `{shown}` is one", "use event_key, or aggregate for what is counted by it"
        if dataset.domain == self.contract.domain:
            return
        if origin.pii == "key":
            what = f"takes the key `{shown}` into another domain, where it would join the two"
            yield what, "leave it out, or project within the domain first"
        if origin.sql_type.startswith("TIMESTAMP") and (column.treatment, column.sql_type) != (CUT, "DATE"):
            yield f"takes the instant `{shown}` into another domain, where it would join the two", f"use {CUT}"

    def _rank(self, column: LakeColumn) -> int:
        known = column.classification in self.classifications
        return self.classifications.index(column.classification) if known else 0

    def _columns(self, name: str) -> tuple[LakeColumn, ...]:
        return self.datasets[name].table_columns if name in self.datasets else ()


def _origins(
    column: LakeColumn, datasets: Mapping[str, InboundContract | InternalContract]
) -> Iterator[tuple[InboundContract | InternalContract, LakeColumn]]:
    for source in column.sources:
        name, _, own = source.partition(".")
        for each in datasets[name].table_columns if name in datasets else ():
            if each.name == own:
                yield datasets[name], each
