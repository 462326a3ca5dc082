"""What a column is made of, as plain data: columns, the parts that they take, and what is done to them on the way. No SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipelines.lineage.operations import PICK, Part


@dataclass(frozen=True, order=True)
class Column:
    """A column of a dataset, a model or a published table."""

    dataset: str
    name: str

    def __str__(self) -> str:
        """Return `dataset.column`."""
        return f"{self.dataset}.{self.name}"


@dataclass(frozen=True, order=True)
class Operation:
    """What is done to a value: a treatment of the taxonomy, or one of SQL.

    An aggregate says `by` what it is grouped, and whether it is `of_few` rows that were picked before.
    """

    name: str
    by: tuple[Dependency, ...] = ()
    of_few: bool = False


@dataclass(frozen=True, order=True)
class Dependency:
    """A column that another one is made of; `through` are the operations on the way, the innermost first."""

    column: Column
    part: Part
    through: tuple[Operation, ...] = ()


@dataclass(frozen=True)
class Statement:
    """What each column of a SELECT is made of, what decides about its rows, and which tables it reads, be it to count."""

    columns: Mapping[str, frozenset[Dependency]]
    rows: frozenset[Dependency]
    tables: frozenset[str] = frozenset()
    is_cut_short: bool = False

    def is_fixed(self, column: str) -> bool:
        """Say whether a column may be a constant, as no value of a table stands in it as it is."""
        return not is_real(self.columns[column])


def is_real(found: Iterable[Dependency]) -> bool:
    """Say whether something is a value of a table, as it stands there: not worked out, as what is can be any constant.

    Of each group one is a value as well; of all rows together it is but a single one.
    """
    return any(each.part == "value" and all(done.name == PICK and done.by for done in each.through) for each in found)
