"""The frozen models of what is published: columns, what protects them, who looks at them.

Assessing and publishing do not belong here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Setting

from pipelines.contracts.models import Dataset
from pipelines.contracts.sealing import Sealing
from pipelines.contracts.strict import Strict


class OutboundColumn(Strict):
    """One column of a published dataset, and how it is to be read.

    `unit` is that of a figure. A derived column is no column of the mart: it is computed from the published cells by
    `formula`, SQL over the table's other columns, so that it tells nothing that they do not. Of a measure `formula` says
    in words how the model makes it. `caveat` is what a reader could take it for, and is not.
    """

    name: str
    sql_type: str
    description: str
    role: Literal["dimension", "measure", "flag", "derived"]
    required: bool = False
    unit: str | None = None
    formula: str | None = None
    caveat: str | None = None


class Disclosure(Strict):
    """What protects a published dataset: the distinct people counted, parts of them, the flag of a closed window.

    `at_least` are counts that must reach the threshold themselves, whatever their complement. With `omit_withheld` the
    rows that are withheld are left out altogether: a missing row is then zero or withheld.
    """

    population: str
    parts: tuple[str, ...] = ()
    at_least: tuple[str, ...] = ()
    closed_window: str | None = None
    omit_withheld: bool = False


class Exposure(Strict):
    """Who looks at a published dataset, and where."""

    label: str
    type: Literal["dashboard", "notebook", "analysis", "ml", "application"] = "dashboard"
    maturity: Literal["high", "medium", "low"] = "high"
    description: str


class OutboundContract(Dataset):
    """A published dataset: aggregates that were assessed and name nobody; `made_of` are the sources that it processes.

    `sealing` says which of its rows are served as they were published once rows of those sources are dropped.
    """

    made_of: tuple[str, ...]
    columns: tuple[OutboundColumn, ...]
    disclosure: Disclosure
    sealing: Annotated[Sealing, Setting(discriminator="by")]
    exposure: Exposure

    @property
    def mart_columns(self) -> tuple[OutboundColumn, ...]:
        """Return the columns that the mart has: all but those derived from what is published."""
        return tuple(column for column in self.columns if column.role != "derived")

    @property
    def key(self) -> tuple[str, ...]:
        """Return the required dimensions but instants: titles, and when a window closes, describe a row."""
        dimensions = (column for column in self.columns if column.role == "dimension" and column.required)
        return tuple(column.name for column in dimensions if column.sql_type.upper() != "TIMESTAMP")

    def named(self, role: str) -> tuple[str, ...]:
        """Return the names of the columns of a role."""
        return tuple(column.name for column in self.columns if column.role == role)
