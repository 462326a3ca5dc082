"""What of a published table stays when its source falls: which rows a drop of rows touches, as its contract declares.

The rows that are touched are sealed: served from then on as they were published, and never computed again. Finding them
in a warehouse, and keeping them, do not belong here (see `release`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import ConfigDict
from pydantic import Field as Setting
from pydantic.alias_generators import to_camel

from pipelines.contracts import odcs, queries
from pipelines.contracts.strict import Frozen, Strict

if TYPE_CHECKING:
    from pipelines.contracts.documents import Findings, Node
    from pipelines.contracts.outbound import OutboundContract

Unit: TypeAlias = Literal["day", "week", "month"]


class _Rule(Strict):
    """A rule as contracts write it: its parts in the way of ODCS."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)


class ByPeriod(_Rule):
    """A row is touched if its period meets a day on which rows of what the table is made of fall.

    `column` holds a period's first day (or, of a month, YYYY-MM); how long it is say `unit` or, row by row, the column
    `unit_column`. The `neighbour_days` before and after a day count with it, where a model looks beyond its day. Where
    days reach the table `through` a state dataset of our own making, all instants of a row there that has one of them
    count.
    """

    by: Literal["period"]
    column: str
    unit: Unit | None = None
    unit_column: str | None = None
    neighbour_days: int = Setting(default=0, ge=0)
    through: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of the table by which a row is touched or not."""
        return (self.unit_column, self.column) if self.unit_column else (self.column,)


class ByMembers(_Rule):
    """A row is touched if whose rows fall stands behind it in `model`, a table of the warehouse's marts with `enrolled_at`.

    An enrolment that falls touches the rows in which it was counted; those in which its learner was counted otherwise are
    touched as far as they were published already.
    `columns` are those of the table; each has its name in the model, too, or is `made` of the model's columns by an
    SQL expression. `on` are the columns by which members are known: a learner in one course, or a learner in all.
    """

    by: Literal["members"]
    model: str
    columns: tuple[str, ...] = Setting(min_length=1)
    made: Annotated[Mapping[str, str], Frozen] = Setting(default_factory=lambda: MappingProxyType({}))
    on: tuple[Literal["learner_pseudonym", "course_id"], ...] = ("learner_pseudonym", "course_id")


class ByNothing(_Rule):
    """Figures over all time that follow their source: they are of what is held, and for this reason."""

    by: Literal["nothing"]
    reason: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Return no column: no row of the table is touched."""
        return ()


Sealing: TypeAlias = ByPeriod | ByMembers | ByNothing


def check(contract: OutboundContract, root: Node, findings: Findings, *, internal: Mapping[str, object]) -> None:
    """Check that the table's rows can be told apart by what its sealing names."""
    place = odcs.custom_property(root, "sealing")
    for what, mend in (*_columns(contract), *_rule(contract, internal)):
        findings.add(place, f"the sealing of {contract.name}: {what}", mend=mend)


def _columns(contract: OutboundContract) -> Iterator[tuple[str, str]]:
    for column in contract.sealing.columns:
        if column not in contract.key:
            yield f"`{column}` names no row of the table", f"use some of {', '.join(contract.key)}"


def _rule(contract: OutboundContract, internal: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    rule = contract.sealing
    if isinstance(rule, ByPeriod):
        kinds = {column.name: column.sql_type.upper() for column in contract.columns}
        if (rule.unit is None) == (rule.unit_column is None):
            yield "how long a period is, is said twice or not at all", "write either unit or unitColumn"
        if kinds.get(rule.column) != "DATE" and not (rule.unit == "month" and kinds.get(rule.column) == "VARCHAR"):
            yield f"`{rule.column}` is no first day of a period", "use a DATE, or YYYY-MM with unit: month"
        if rule.through is not None and rule.through not in internal:
            yield f"`{rule.through}` is no dataset of our own making", f"use one of {', '.join(internal)}"
    elif isinstance(rule, ByMembers):
        for column, expression in rule.made.items():
            if column not in rule.columns:
                yield f"`{column}` is made, and is not among the columns", "add it to columns, or take it out of made"
            if not queries.columns(expression):
                yield f"`{column}` is not made of columns of {rule.model}", "write an SQL expression over them"
