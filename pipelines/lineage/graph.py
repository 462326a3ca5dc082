"""Columns and what each is made of, across landing, lake, models and release. Plain data: no SQL, no rule of what may be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Literal, TypeAlias

from pipelines.lineage.dependencies import Column, Dependency
from pipelines.lineage.parsing import LineageUnresolved

Layer: TypeAlias = Literal["landing", "vault", "lake", "model", "release"]

LANDING, RELEASE = "landing/", "release/"
VAULT = "vault"
"""The dataset of who is whom: which subject an identifier leads to, and which browser is linked to which learner."""
AS_WRITTEN = " (as written)"
"""Ends the name of a text of which a field of the same name is only a part, or one of several that it is read out of."""


@dataclass(frozen=True)
class Dataset:
    """A dataset with what each of its columns is made of, what decides about its rows, and what it reads, be it to count rows.

    `domain` and `purposes` are those it is declared for; None where nothing is declared and it takes them from what it reads.
    """

    name: str
    layer: Layer
    columns: Mapping[str, frozenset[Dependency]]
    rows: frozenset[Dependency] = frozenset()
    domain: str | None = None
    purposes: frozenset[str] | None = None
    reads: frozenset[str] = frozenset()

    def made_of(self) -> frozenset[Dependency]:
        """Return everything that it reads."""
        return frozenset().union(self.rows, *self.columns.values())

    def parents(self) -> set[str]:
        """Return the datasets that it reads."""
        return {*self.reads, *(each.column.dataset for each in self.made_of())} - {self.name}

    def uses(self) -> set[str]:
        """Return the datasets of which a value or a query makes use; not those that only decide whether rows are kept."""
        return {*self.reads, *(each.column.dataset for each in self.made_of() if each.part == "value")} - {self.name}

    def in_order(self) -> Iterator[str]:
        """Yield the names of its columns, each after those of its own that it is made of. Raises LineageUnresolved."""
        own = {name: self._own(found) for name, found in self.columns.items()}
        try:
            yield from TopologicalSorter(own).static_order()
        except CycleError as error:
            raise LineageUnresolved(f"columns of {self.name} are made of each other: {error.args[1]}") from None

    def _own(self, made_of: Iterable[Dependency]) -> list[str]:
        return sorted({each.column.name for each in made_of if each.column.dataset == self.name})

    def all_columns(self) -> Iterator[Column]:
        """Yield its columns."""
        return (Column(self.name, name) for name in self.columns)


class Graph:
    """Datasets in the order in which they are made. Raises LineageUnresolved where one reads what nobody makes."""

    def __init__(self, datasets: Iterable[Dataset]) -> None:
        listed = list(datasets)
        found = {dataset.name: dataset for dataset in listed}
        if len(found) < len(listed):
            names = [dataset.name for dataset in listed]
            raise LineageUnresolved(
                f"two datasets have one name: {', '.join(sorted({n for n in names if names.count(n) > 1}))}"
            )
        parents = {name: sorted(dataset.parents()) for name, dataset in found.items()}
        try:
            order = tuple(TopologicalSorter(parents).static_order())
        except CycleError as error:
            raise LineageUnresolved(f"datasets are made of each other: {', '.join(error.args[1])}") from None
        if lost := sorted(set(order) - found.keys()):
            raise LineageUnresolved(f"nobody makes {', '.join(lost)}")
        self.datasets: Mapping[str, Dataset] = {name: found[name] for name in order}
        for dataset in found.values():
            for each in sorted(dataset.made_of()):
                if each.column.name not in found[each.column.dataset].columns:
                    raise LineageUnresolved(f"{dataset.name} reads {each.column}, which is no column")

    def upstream(self, column: Column) -> tuple[Dependency, ...]:
        """Return what a column is made of at once, its own parts before what decides about its rows. Raises KeyError."""
        dataset = self.datasets[column.dataset]
        return (*sorted(dataset.columns[column.name]), *sorted(dataset.rows))

    def ancestors(self, column: Column, *, but_through: str | None = None) -> tuple[Column, ...]:
        """Return everything that a column is made of, whatever lies between, the nearest first; itself is not among them.

        What is reached by columns of the layer `but_through` alone is left out.
        """
        seen: dict[Column, None] = {column: None}
        waiting = [column]
        for at in waiting:
            if self.datasets[at.dataset].layer == but_through:
                continue
            for each in self.upstream(at):
                if each.column not in seen:
                    seen[each.column] = None
                    waiting.append(each.column)
        return tuple(waiting[1:])

    def downstream(self, column: Column) -> tuple[tuple[Column, Dependency], ...]:
        """Return the columns that are made of a column at once, and how; rows stand for every column of their dataset."""
        found = []
        for dataset in self.datasets.values():
            for name, own in dataset.columns.items():
                found += [(Column(dataset.name, name), each) for each in sorted(own) if each.column == column]
            found += [(Column(dataset.name, "*"), each) for each in sorted(dataset.rows) if each.column == column]
        return tuple(found)

    def path(self, source: Column, target: Column) -> tuple[Column, ...] | None:
        """Return the shortest way on which `target` is made of `source`, ends included; None where it is not.

        By values alone where there is such a way, else by what decides between values too, and about rows at last.
        """
        ways = (self._values, lambda column: self.datasets[column.dataset].columns[column.name], self.upstream)
        return next((way for above in ways if (way := _way(source, target, above))), None)

    def _values(self, column: Column) -> Iterator[Dependency]:
        return (each for each in self.datasets[column.dataset].columns[column.name] if each.part == "value")


def _way(source: Column, target: Column, above: Callable[[Column], Iterable[Dependency]]) -> tuple[Column, ...] | None:
    came: dict[Column, Column | None] = {target: None}
    waiting = [target]
    for column in waiting:
        if column == source:
            way = [column]
            while (after := came[way[-1]]) is not None:
                way.append(after)
            return tuple(way)
        for each in sorted(above(column)):
            if each.column not in came:
                came[each.column] = column
                waiting.append(each.column)
    return None
