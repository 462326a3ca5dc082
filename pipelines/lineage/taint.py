"""What a column still tells of a person, and whether it may: labels flow along the graph and treatments take them away.

A label is a word of `LABELS`, some with what it is of (`pseudonym:ads`). A value passes on all of its labels; what decides
about rows or between values passes on those of identifiers alone, as a filter on a name tells the name. What a treatment
removes stands in the taxonomy. Not here: the graph (assembling), who is told (cli).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pipelines.contracts import Contracts, LakeColumn
from pipelines.lineage import crossing
from pipelines.lineage.graph import AS_WRITTEN, LANDING, RELEASE, Dataset, Graph
from pipelines.lineage.operations import AGGREGATE, COMPUTE, CUT, MIDDLE, NAMED
from pipelines.lineage.statements import Column, Dependency, Operation

DIRECT, ONLINE, SPECIAL, QUASI, PSEUDONYM, KEY, INSTANT, MEASURED, SINGLE = (
    "direct",
    "online",
    "special",
    "quasi",
    "pseudonym",
    "key",
    "instant",
    "measured",
    "single",
)
LABELS: Mapping[str, str] = {
    DIRECT: "names a person or an account by itself",
    ONLINE: "the id of a browser, a connection or an act, as it arrived",
    SPECIAL: "of a kind that the law protects more",
    QUASI: "narrows down who it is",
    PSEUDONYM: "stands for a person in one domain",
    KEY: "stands for one act",
    INSTANT: "the instant of an act",
    MEASURED: "worked out of instants",
    SINGLE: "what is known of one person or act",
}
# Nothing but a treatment at intake takes these away, and every part that a column takes passes them on.
_RAW = frozenset({DIRECT, ONLINE, SPECIAL})
_NAMED = 3
_TELLING = ("confidential", "restricted")
_SINGLE = frozenset({QUASI, PSEUDONYM, KEY, INSTANT, MEASURED, SINGLE})
# By any of these one person or act is found again.
_IDENTIFYING = frozenset({PSEUDONYM, KEY, INSTANT})
# These words are of treatments and of SQL alike, and mean the same.
_OPERATIONS = frozenset({AGGREGATE, CUT})

_Labels: TypeAlias = dict[str, Dependency | None]


class LineageLeak(RuntimeError):
    """A column tells more of a person than it may; nothing is built."""


@dataclass(frozen=True, order=True)
class Leak:
    """A column that tells what it may not: why, and the way from where it was told first, both ends included."""

    column: Column
    why: str
    path: tuple[Column, ...]

    def __str__(self) -> str:
        """Say it with the path."""
        return f"{self.column} {self.why}: {' > '.join(map(str, self.path))}"


@dataclass(frozen=True)
class Tainted:
    """The labels of every column, and what is wrong with any."""

    labels: Mapping[Column, frozenset[str]]
    leaks: tuple[Leak, ...]


def check(graph: Graph, contracts: Contracts) -> Tainted:
    """Let labels flow along the graph; return those of every column, and every leak with its path."""
    flow = _Flow(graph, contracts)
    flow.run()
    leaks = sorted({*flow.raw(), *flow.published(), *flow.named(), *flow.domains(), *flow.purposes(), *flow.crossing()})
    return Tainted({column: frozenset(found) for column, found in flow.labels.items()}, tuple(leaks))


def refuse_leaks(graph: Graph, contracts: Contracts) -> Tainted:
    """Return the labels of every column where none tells what it may not. Raises LineageLeak, naming columns and paths."""
    found = check(graph, contracts)
    if found.leaks:
        listed = "; ".join(str(leak) for leak in found.leaks[:_NAMED])
        more = f"; and {len(found.leaks) - _NAMED} more" if len(found.leaks) > _NAMED else ""
        raise LineageLeak(
            f"{len(found.leaks)} columns tell what they may not: {listed}{more}. See `crosslife lineage check`"
        )
    return found


class _Flow:
    def __init__(self, graph: Graph, contracts: Contracts) -> None:
        self._graph, self._contracts = graph, contracts
        self._removes = {name: frozenset(each.sufficient_for) for name, each in contracts.taxonomy.treatments.items()}
        self.labels: dict[Column, _Labels] = {}
        self._rows: dict[str, _Labels] = {}

    def run(self) -> None:
        """Give every column its labels, in the order in which datasets are made."""
        for dataset in self._graph.datasets.values():
            self._rows[dataset.name] = self._of(dataset.rows)
            for name in dataset.in_order():
                found = {**self._of(dataset.columns[name]), **self._first(dataset, name)}
                self.labels[Column(dataset.name, name)] = {**self._rows[dataset.name], **found}

    def _of(self, dependencies: Iterable[Dependency]) -> _Labels:
        found: _Labels = {}
        for each in sorted(dependencies):
            for label in self.labels[each.column]:
                if self._passes(label, each):
                    found.setdefault(self._becomes(label, each), each)
            if each.part == "counted" and not any(map(self._is_of_many, each.through)):
                found.setdefault(SINGLE, each)
        return found

    def _passes(self, label: str, by: Dependency) -> bool:
        kind, names = label.partition(":")[0], [each.name for each in by.through]
        if kind in _RAW:
            return not any(kind in self._removes.get(name, ()) for name in names if name not in _OPERATIONS)
        if by.part != "value" or self._ends(kind, by.through):
            return False
        # What stands in the lake says itself what it still is (`leaves` of its treatment).
        treatments = self._removes.keys() & set(names) - _OPERATIONS
        return not treatments or "keep" in treatments

    def _becomes(self, label: str, by: Dependency) -> str:
        names = [each.name for each in by.through]
        return MEASURED if label == INSTANT and by.part == "value" and COMPUTE in names else label

    def _ends(self, kind: str, through: tuple[Operation, ...]) -> bool:
        """Say whether operations take a label of a single person or act away: by working out something of many, or a day."""
        names = [each.name for each in through]
        if kind == INSTANT and CUT in names:
            return COMPUTE not in names[: names.index(CUT)]
        # A pseudonym, a key or an instant has no middle: it would be one of them.
        ending = {AGGREGATE} if kind in _IDENTIFYING else {AGGREGATE, MIDDLE}
        return any(each.name in ending and self._is_of_many(each) for each in through)

    def _is_of_many(self, operation: Operation) -> bool:
        """Say whether an operation works out something of several people: no person, act or instant is grouped by."""
        if operation.name not in (AGGREGATE, MIDDLE):
            return False
        told = {
            label.partition(":")[0]
            for by in operation.by
            for label in self.labels[by.column]
            if self._passes(label, by)
        }
        return not told & (_RAW | _IDENTIFYING | {MEASURED})

    def _first(self, dataset: Dataset, name: str) -> _Labels:
        """Return what a column tells of its own accord: a field as it lands, and a treated value."""
        if dataset.layer == "landing":
            field = self._contracts.inbound[dataset.name.removeprefix(LANDING)].field(name.removesuffix(AS_WRITTEN))
            return {} if field.identifier == "none" else {field.identifier: None}
        column = self._stored(dataset.name).get(name) if dataset.layer == "lake" else None
        if column is None:
            return {}
        label = {"pseudonym": f"{PSEUDONYM}:{dataset.domain}", "key": KEY, "quasi": QUASI}.get(column.pii)
        found: _Labels = {label: None} if label else {}
        if column.sql_type.startswith("TIMESTAMP") and any(
            each.pii in ("pseudonym", "key") for each in self._stored(dataset.name).values()
        ):
            found[INSTANT] = None
        elif column.classification in _TELLING and column.treatment == "keep" and not label:
            found[SINGLE] = None
        return found

    def _stored(self, name: str) -> Mapping[str, LakeColumn]:
        contract = self._contracts.inbound.get(name) or self._contracts.internal[name]
        return {column.name: column for column in contract.table_columns}

    def raw(self) -> Iterator[Leak]:
        """Yield columns past the landing that hold, or are decided by, an identifier as it arrived."""
        for dataset in self._past_landing():
            for name in dataset.columns:
                column = Column(dataset.name, name)
                for label in sorted(_RAW & self.labels[column].keys()):
                    yield self._leak(column, label, f"tells what {LABELS[label]}")

    def published(self) -> Iterator[Leak]:
        """Yield published columns that hold what single people or acts are told by; a dimension may narrow down, assessed."""
        for contract in self._contracts.outbound.values():
            for each in contract.columns if RELEASE + contract.name in self._graph.datasets else ():
                column = Column(RELEASE + contract.name, each.name)
                allowed = {QUASI} if each.role == "dimension" else set[str]()
                for label in sorted(self.labels[column]):
                    kind = label.partition(":")[0]
                    if kind in _SINGLE - allowed:
                        yield self._leak(column, label, f"is published and {LABELS[kind]}, without being aggregated")

    def named(self) -> Iterator[Leak]:
        """Yield models and projections that compare a pseudonym or a key with a constant, which picks one person out."""
        for dataset in self._graph.datasets.values():
            for each in sorted(dataset.made_of()) if dataset.layer in ("lake", "model") else ():
                names = [operation.name for operation in each.through]
                before = each.through[: names.index(NAMED)] if NAMED in names else ()
                for label in sorted(self.labels[each.column]) if NAMED in names and each.part != "window" else ():
                    kind = label.partition(":")[0]
                    if kind in (PSEUDONYM, KEY) and not self._ends(kind, before):
                        path = (*self._way(each.column, label), Column(dataset.name, "*"))
                        yield Leak(Column(dataset.name, "*"), f"compares what {LABELS[kind]} with a constant", path)

    def domains(self) -> Iterator[Leak]:
        """Yield models that are made, on whatever way, of pseudonyms of two domains, or of another than the table is of."""
        met: dict[str, dict[str, tuple[str, ...]]] = {}
        for dataset in self._graph.datasets.values():
            if dataset.layer in ("landing", "lake"):
                told = {label for name in dataset.columns for label in self.labels[Column(dataset.name, name)]}
                own = {label.partition(":")[2] for label in told if label.startswith(f"{PSEUDONYM}:")}
                met[dataset.name] = dict.fromkeys(sorted(own), (dataset.name,))
                continue
            found: dict[str, tuple[str, ...]] = {}
            for parent in sorted(dataset.parents()):
                for domain, way in met[parent].items():
                    found.setdefault(domain, (*way, dataset.name))
            met[dataset.name] = found
            allowed = {dataset.domain} if dataset.domain else set(list(found)[:1])
            for domain in sorted(found.keys() - allowed) if dataset.layer == "model" else ():
                why = f"joins the domains {' and '.join(sorted({*found, *filter(None, allowed)}))}"
                yield Leak(Column(dataset.name, "*"), why, tuple(Column(name, "*") for name in found[domain]))

    def crossing(self) -> Iterator[Leak]:
        """Yield columns of the lake into which something of another domain goes that may not, or which are not as promised."""
        labels = {column: found.keys() for column, found in self.labels.items()}
        for column, label, why, bears in crossing.found(self._graph, self._contracts, labels, self._passes):
            path = dict.fromkeys((*self._way(bears, label), column))
            yield Leak(column, why.format(LABELS[label.partition(":")[0]]), tuple(path))

    def purposes(self) -> Iterator[Leak]:
        """Yield published tables with a purpose that something on their way may not be used for."""
        carried: dict[str, dict[str, tuple[str, ...]]] = {}
        for dataset in self._graph.datasets.values():
            refused: dict[str, tuple[str, ...]] = {}
            # What decides whether a row may be kept (a statement of consent, a known course) is no use of it for the row's own.
            for parent in sorted(dataset.uses() if dataset.layer in ("lake", "release") else dataset.parents()):
                for purpose, way in carried.get(parent, {}).items():
                    refused.setdefault(purpose, (*way, dataset.name))
            if dataset.layer == "lake" and dataset.purposes is not None:
                known = self._contracts.taxonomy.purposes.keys()
                refused = {**refused, **dict.fromkeys(known - dataset.purposes, (dataset.name,))}
            carried[dataset.name] = refused
            for purpose in (
                sorted(refused.keys() & (dataset.purposes or frozenset())) if dataset.layer == "release" else ()
            ):
                path = tuple(Column(each, "*") for each in refused[purpose])
                yield Leak(
                    Column(dataset.name, "*"), f"is for {purpose}, which {path[0].dataset} may not be used for", path
                )

    def _past_landing(self) -> Iterator[Dataset]:
        return (dataset for dataset in self._graph.datasets.values() if dataset.layer != "landing")

    def _leak(self, column: Column, label: str, why: str) -> Leak:
        return Leak(column, why, self._way(column, label))

    def _way(self, column: Column, label: str) -> tuple[Column, ...]:
        """Return the way on which a label came to a column, from where it was told first."""
        way = [column]
        # What is measured was an instant before; what is known of a single person can begin where it is counted by person.
        while (
            by := self.labels[way[-1]].get(label, self.labels[way[-1]].get(INSTANT) if label == MEASURED else None)
        ) is not None:
            way.append(by.column)
        return tuple(reversed(way))
