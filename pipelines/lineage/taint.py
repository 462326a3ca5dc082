"""What a column still tells of a person, and whether it may: labels flow along the graph and treatments take them away.

A label is a word of `LABELS`, some with what it is of (`pseudonym:ads`). A value passes on all of its labels; what decides
about rows or between values passes on those of identifiers alone, as a filter on a name tells the name. What a treatment
removes stands in the taxonomy. Not here: the graph (assembling), who is told (cli).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

from pipelines.contracts import Contracts, LakeColumn
from pipelines.lineage import crossing
from pipelines.lineage.dependencies import Column, Dependency, Operation
from pipelines.lineage.graph import AS_WRITTEN, LANDING, RELEASE, Dataset, Graph
from pipelines.lineage.labels import (
    DIRECT,
    INSTANT,
    KEY,
    LABELS,
    MEASURED,
    ONLINE,
    PICKED,
    PSEUDONYM,
    QUASI,
    SINGLE,
    SPECIAL,
    Leak,
    LineageLeak,
    Tainted,
)
from pipelines.lineage.operations import AGGREGATE, COMPUTE, COUNT, CUT, FIRST, MIDDLE, NAMED, PICK, PLACE, SHIFT, TEST

# Nothing but a treatment at intake takes these away, and every part that a column takes passes them on.
_RAW = frozenset({DIRECT, ONLINE, SPECIAL})
_NAMED = 3
_TELLING = ("confidential", "restricted")
_SINGLE = frozenset({QUASI, PSEUDONYM, KEY, INSTANT, MEASURED, SINGLE})
# By any of these one person or act is found again.
_IDENTIFYING = frozenset({PSEUDONYM, KEY, INSTANT})
_PICKED = (f"{SINGLE}:{PICKED}", f"{QUASI}:{PICKED}")
# These words are of treatments and of SQL alike, and mean the same.
_OPERATIONS = frozenset({AGGREGATE, CUT})

_ASK = "ask whether it is null, or compare it as it is with a column"

_AS_IT_IS = "without being aggregated"
_HOW = {
    PICKED: "picked from all rows before it is aggregated: group by the person where it is picked (arg_max, min, first)"
}

_Labels: TypeAlias = dict[str, Dependency | None]


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
        every = sorted(dependencies)
        for each in every:
            for label in self.labels[each.column]:
                if (left := self._left(label, each)) is not None:
                    found.setdefault(left, each)
        # Where the values themselves are known of one person, that is what is told.
        for each in every:
            if each.part == "counted" and (known := self._after(SINGLE, each.through)):
                found.setdefault(known, each)
        return found

    def _left(self, label: str, by: Dependency) -> str | None:
        """Return what a dependency leaves of a label; None where it takes it away."""
        kind, names = label.partition(":")[0], [each.name for each in by.through]
        if kind in _RAW:
            removed = any(kind in self._removes.get(name, ()) for name in names if name not in _OPERATIONS)
            return None if removed else label
        # What stands in the lake says itself what it still is (`leaves` of its treatment).
        treatments = self._removes.keys() & set(names) - _OPERATIONS
        if treatments and "keep" not in treatments:
            return None
        left = self._after(label, by.through)
        # What is asked of a single value is told by how many rows are left.
        return left if by.part == "value" or (by.part in ("condition", "filter", "join") and left in _PICKED) else None

    def _passes(self, label: str, by: Dependency) -> bool:
        return self._left(label, by) is not None

    def _after(self, label: str, through: Iterable[Operation]) -> str | None:
        """Return what operations leave of a label: how many there are, something of many people, or a day ends it."""
        kind, _, more = label.partition(":")
        done = list[str]()
        for each in through:
            is_as_it_was = COMPUTE not in done
            if kind in (PSEUDONYM, KEY) and each.name == COUNT and is_as_it_was:
                return None
            # An instant has no sum and no middle: what has is worked out of it. The days of two shifts tell the hour.
            if kind == INSTANT and (
                each.name == COUNT or (each.name == CUT and is_as_it_was and done.count(SHIFT) <= 1)
            ):
                return None
            if kind not in _IDENTIFYING and more != PICKED and self._is_of_many(each):
                return None
            done.append(each.name)
            if kind == INSTANT and each.name == COMPUTE:
                kind = MEASURED
            if each.name == PICK and kind not in (PSEUDONYM, KEY) and not self._grouped_by(each) & {PSEUDONYM, KEY}:
                more = PICKED
        kind = MEASURED if kind == INSTANT and SHIFT in done else kind
        return f"{kind}:{more}" if more else kind

    def _is_of_many(self, operation: Operation) -> bool:
        """Say whether an operation works out something of several people: no person, act or instant is grouped by."""
        if operation.name not in (AGGREGATE, COUNT, MIDDLE) or operation.of_few:
            return False
        return not self._grouped_by(operation) & (_RAW | _IDENTIFYING | {MEASURED})

    def _grouped_by(self, operation: Operation) -> set[str]:
        # Rows that have a number by their order are grouped by what they are ordered by.
        every = [replace(each, part="value") if _is_placed(each) else each for each in operation.by]
        left = (self._left(label, by) for by in every for label in self.labels[by.column])
        return {label.partition(":")[0] for label in left if label}

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
                        how = self._counted_by(column, label) or _HOW.get(label.partition(":")[2], _AS_IT_IS)
                        yield self._leak(column, label, f"is published and {LABELS[kind]}, {how}")

    def _counted_by(self, column: Column, label: str) -> str | None:
        """Return by what a value is counted so that it is known of one person or act, where that is why."""
        by = self._came_by(column, label)
        while by is not None and by.part != "counted":
            by = self._came_by(by.column, label)
        if by is None:
            return None
        is_instant = {INSTANT, MEASURED} & {each.partition(":")[0] for each in self.labels[by.column]}
        return f"counted by {by.column}" + (": cut it to the day" if is_instant else "")

    def named(self) -> Iterator[Leak]:
        """Yield models and projections that compare a pseudonym or a key with a constant, which picks one person out."""
        for dataset in self._graph.datasets.values():
            for each in sorted(dataset.made_of()) if dataset.layer in ("lake", "model") else ():
                for label in sorted(self.labels[each.column]):
                    kind = label.partition(":")[0]
                    if kind in (PSEUDONYM, KEY) and self._picks_out(label, each.through):
                        path = (*self._way(each.column, label), Column(dataset.name, "*"))
                        why = f"compares what {LABELS[kind]} with a constant, or part of it with anything: {_ASK}"
                        yield Leak(Column(dataset.name, "*"), why, path)

    def _picks_out(self, label: str, through: tuple[Operation, ...]) -> bool:
        """Say whether a label is compared with what is known, or was worked on before: of one sign of it a test may be."""
        at = next((at for at, each in enumerate(through) if each.name in (TEST, NAMED, FIRST)), None)
        if at is None or self._after(label, through[:at]) is None:
            return False
        if through[at].name == FIRST:
            # Among one person's rows nobody is picked out.
            return not self._grouped_by(through[at]) & {PSEUDONYM, KEY}
        return through[at].name == NAMED or any(each.name == COMPUTE for each in through[:at])

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
        while (by := self._came_by(way[-1], label)) is not None:
            way.append(by.column)
        return tuple(reversed(way))

    def _came_by(self, column: Column, label: str) -> Dependency | None:
        """Return by what a column has a label, or what that label was before; None where it was told first."""
        kind, own = label.partition(":")[0], self.labels[column]
        # What is picked was none such before, and what is measured an instant; what is counted by person begins there.
        before = [label, kind, *([f"{INSTANT}:{PICKED}", INSTANT] if kind == MEASURED else [])]
        return next((own[each] for each in before if each in own), None)


def _is_placed(by: Dependency) -> bool:
    return by.part == "window" and any(each.name == PLACE for each in by.through)
