"""What may not cross in the lake: whatever one person or act of another domain is found by, as a value or by what it decides.

Translating a pseudonym and cutting an instant to its day are the ways across; a promise of the contract is none. Not here:
models (taint), what a projection does to its columns (projected).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from typing import TypeAlias

from pipelines.contracts import Contracts
from pipelines.contracts.projections import AGGREGATED
from pipelines.lineage.dependencies import Column, Dependency
from pipelines.lineage.graph import Dataset, Graph
from pipelines.lineage.operations import COMPUTE

Found: TypeAlias = tuple[Column, str, str, Column]
"""A column, a label, what is wrong with that (`{}` stands for what the label tells), and the column that bears the label."""
_PSEUDONYM, _KEY, _FINDING = "pseudonym", "key", frozenset({"pseudonym", "key", "instant", "measured"})


def found(
    graph: Graph,
    contracts: Contracts,
    labels: Mapping[Column, Set[str]],
    passes: Callable[[str, Dependency], bool],
) -> Iterator[Found]:
    """Yield the columns of the lake that hold, or are decided by, what finds somebody of another domain."""
    for dataset in graph.datasets.values():
        for column in dataset.all_columns() if dataset.layer == "lake" else ():
            for label in sorted(labels[column]):
                kind, _, domain = label.partition(":")
                if kind == _PSEUDONYM and domain != dataset.domain:
                    yield (
                        column,
                        label,
                        f"stands for a person in the domain {domain}, and is of {dataset.domain}",
                        column,
                    )
        if contract := contracts.internal.get(dataset.name):
            promised = [each.name for each in contract.lake_columns if each.treatment == AGGREGATED]
            yield from _promised(dataset, promised, labels)
            yield from _taken(dataset, graph, labels, passes)


def _promised(dataset: Dataset, names: list[str], labels: Mapping[Column, Set[str]]) -> Iterator[Found]:
    for name in names:
        column = Column(dataset.name, name)
        for label in sorted(labels[column]):
            if label.partition(":")[0] in _FINDING:
                yield column, label, "is declared to be worked out from several values, but {}", column


def _taken(
    dataset: Dataset, graph: Graph, labels: Mapping[Column, Set[str]], passes: Callable[[str, Dependency], bool]
) -> Iterator[Found]:
    """Yield columns of a projection into which something of another domain goes by which one person or act is found."""
    made_of = [(Column(dataset.name, name), own) for name, own in dataset.columns.items()]
    for column, own in (*made_of, (Column(dataset.name, "*"), dataset.rows)):
        for each in sorted(own):
            source = graph.datasets[each.column.dataset]
            if source.layer != "lake" or source.domain == dataset.domain:
                continue
            mend = f"of the domain {source.domain}: leave it out, or project within that domain first"
            for label in sorted(labels[each.column]):
                kind = label.partition(":")[0]
                if each.part == "value" and kind in _FINDING - {_PSEUDONYM} and passes(label, each):
                    yield column, label, f"{{}}, {mend}", each.column
                elif _decides(each, kind):
                    yield column, label, f"is decided by {each.column}, which {{}}, {mend}", each.column


def _decides(by: Dependency, kind: str) -> bool:
    """Say whether a pseudonym or key decides, on its way across, about more than whether there is one."""
    if by.part in ("condition", "window"):
        return kind in (_PSEUDONYM, _KEY)
    # Orders are joined, grouped and ordered by their keys; of rows, a filter picks some out.
    return by.part == "filter" and (
        kind == _KEY or (kind == _PSEUDONYM and COMPUTE in {done.name for done in by.through})
    )
