"""What of a source its people did of their own accord: the only thing that moves the clock of their last interaction.

What a job, an agent, a crawler or the platform did is none. Declared in each contract over the columns that the lake keeps,
and turned into SQL here. Whose interaction it was, and what follows from it, does not belong here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field as Setting

from pipelines.contracts import odcs
from pipelines.contracts.documents import Findings, Node
from pipelines.contracts.strict import Frozen, Strict
from pipelines.engine import quoted

if TYPE_CHECKING:
    from pipelines.contracts.models import InboundContract

Values = tuple[str, ...] | Literal["any"]


class Interaction(Strict):
    """An instant at which somebody did something: a column of the lake, and by which values of others it is theirs.

    `where` and `unless` give columns with the values for which the row counts or does not; `any` is every value.
    """

    at: str
    where: Annotated[Mapping[str, Values], Frozen] = Setting(default_factory=dict)
    unless: Annotated[Mapping[str, Values], Frozen] = Setting(default_factory=dict)

    @property
    def sql(self) -> str:
        """SQL over a stored row: the instant, NULL where the row is nobody's doing."""
        tests = [_is_one(column, values) for column, values in self.where.items()]
        tests += [f"not coalesce({_is_one(column, values)}, false)" for column, values in self.unless.items()]
        return f"case when {' and '.join(tests)} then {self.at} end" if tests else self.at

    @property
    def columns(self) -> tuple[str, ...]:
        """Return every column that is read."""
        return (self.at, *self.where, *self.unless)


class OwnedThrough(Strict):
    """Whose the rows of a source are that names nobody: those of the row of another source with the same `column`."""

    dataset: str
    column: str


PERSONAL = "identity"
"""The category whose window is that of the vault: what names a person outlasts nothing else of them."""


def period_by_person(contract: InboundContract, *, personal: str) -> str:
    """Return how long after its person's last interaction a row is kept.

    Rows with a clock of their own never outlast their person either: `personal`, the window of what the vault keeps.
    """
    retention = contract.retention
    by_person = retention.period if retention.anchor == "last_interaction" else retention.otherwise_period
    return by_person or personal


def last_interaction(contract: InboundContract) -> str | None:
    """SQL over a stored row: the last instant at which its people did something; None where the source never tells."""
    instants = [each.sql for each in contract.interactions]
    return f"greatest({', '.join(instants)})" if instants else None


def first_interaction(contract: InboundContract) -> str | None:
    """SQL over a stored row: the first instant at which its people did something; None where the source never tells."""
    instants = [each.sql for each in contract.interactions]
    return f"least({', '.join(instants)})" if instants else None


def check_interactions(contract: InboundContract, root: Node, findings: Findings) -> None:
    """Check that every source that is about somebody says what of it they did, over columns that are stored."""
    place = odcs.custom_property(root, "interactions")
    known = {column.name: column.sql_type for column in contract.lake_columns}
    for each in contract.interactions:
        for column in each.columns:
            if column not in known:
                findings.add(place, f"interactions names `{column}`, which no row stores", mend="name a lake column")
        if known.get(each.at, "TIMESTAMP") != "TIMESTAMP":
            findings.add(place, f"`{each.at}` is no instant", mend="name a column with instants")
    if contract.owner_columns and not contract.interactions:
        what = "the source is about people, and does not say what of it they did themselves"
        findings.add(place, what, mend="add interactions: [{at: a column with instants}]")


def check_owner(
    contract: InboundContract, others: Mapping[str, InboundContract], root: Node, findings: Findings
) -> None:
    """Check that what is owned through another source shares that column with it, and that somebody owns it there."""
    through = contract.owned_through
    if through is None:
        return
    other = others.get(through.dataset)
    shared = [through.column in {c.name for c in each.lake_columns} for each in (contract, other) if each]
    if other is None or not other.owner_columns or not all(shared):
        what = f"the rows are owned through `{through.dataset}.{through.column}`, which leads to nobody"
        place = odcs.custom_property(root, "ownedThrough")
        findings.add(place, what, mend="name a source about people, and a column that both store")


def _is_one(column: str, values: Values) -> str:
    if values == "any":
        return f"{column} is not null"
    listed = ", ".join(f"'{quoted(value)}'" for value in values)
    return f"{column}::varchar in ({listed})"
