"""What may not cross in the lake: whatever one person or act of another domain is found by, as a value or by what it decides.

Translating a pseudonym and cutting an instant to its day are the ways across; a promise of the contract is none. Not here:
models (taint), what a projection does to its columns (projected).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from typing import TypeAlias

from pipelines.contracts import Contracts
from pipelines.contracts.projections import AGGREGATED
from pipelines.lineage.graph import Dataset, Graph
from pipelines.lineage.statements import Column, Dependency

Found: TypeAlias = tuple[Column, str, str]
"""A column, the label that it bears, and what is wrong with that; `{}` stands for what the label tells."""
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
                    yield column, label, f"stands for a person in the domain {domain}, and is of {dataset.domain}"
        if contract := contracts.internal.get(dataset.name):
            promised = [each.name for each in contract.lake_columns if each.treatment == AGGREGATED]
            yield from _promised(dataset, promised, labels)
            yield from _taken(dataset, graph, labels, passes)


def _promised(dataset: Dataset, names: list[str], labels: Mapping[Column, Set[str]]) -> Iterator[Found]:
    for name in names:
        column = Column(dataset.name, name)
        for label in sorted(labels[column]):
            if label.partition(":")[0] in _FINDING:
                yield column, label, "is declared to be worked out from several values, but {}"


def _taken(
    dataset: Dataset, graph: Graph, labels: Mapping[Column, Set[str]], passes: Callable[[str, Dependency], bool]
) -> Iterator[Found]:
    """Yield columns of a projection into which something of another domain goes by which one person or act is found."""
    for column in dataset.all_columns():
        for each in sorted(dataset.columns[column.name]):
            source = graph.datasets[each.column.dataset]
            if source.layer != "lake" or source.domain == dataset.domain:
                continue
            for label in sorted(labels[each.column]):
                kind, beside = (
                    label.partition(":")[0],
                    f"of the domain {source.domain}: leave it out, or project within",
                )
                if each.part == "value" and kind in _FINDING - {_PSEUDONYM} and passes(label, each):
                    yield column, label, f"{{}}, {beside} that domain first"
                elif each.part not in ("value", "counted") and kind in (_PSEUDONYM, _KEY):
                    yield column, label, f"is decided by {each.column}, which {{}}, {beside} that domain first"
