"""Derives what is expected of a dataset's partition from its contract. Not here: running it.

An expectation is named by column and type, so that a failure can be reported without any value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pipelines.contracts import InboundContract, LakeColumn

ON_ITS_DAY = "is_on_its_day"
"""A derived column: the row's own instant falls, in Jakarta, on the day under which it is stored."""


@dataclass(frozen=True)
class Expected:
    """One expectation of Great Expectations: its type in snake case, the column, further arguments."""

    kind: str
    column: str
    arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name under which a failure is reported."""
        return f"{self.column}: {self.kind.removeprefix('expect_column_').removeprefix('values_to_').replace('_', ' ')}"


def expected_of(contract: InboundContract) -> tuple[Expected, ...]:
    """Return what is expected of every partition of the contract's dataset."""
    found = [expected for column in contract.lake_columns for expected in _of_column(column)]
    return (*found, *_of_event(contract)) if contract.kind == "event" else tuple(found)


def _of_column(column: LakeColumn) -> Iterator[Expected]:
    if not column.nullable:
        yield Expected("expect_column_values_to_not_be_null", column.name)
    if column.allowed:
        yield Expected("expect_column_values_to_be_in_set", column.name, {"value_set": list(column.allowed)})
    if column.pattern:
        yield Expected("expect_column_values_to_match_regex", column.name, {"regex": column.pattern})
    if column.max_length is not None and column.sql_type == "VARCHAR":
        yield Expected(
            "expect_column_value_lengths_to_be_between", column.name, {"min_value": 0, "max_value": column.max_length}
        )
    if column.minimum is not None or column.maximum is not None:
        yield Expected(
            "expect_column_values_to_be_between",
            column.name,
            {"min_value": column.minimum, "max_value": column.maximum},
        )


def _of_event(contract: InboundContract) -> Iterator[Expected]:
    if any(column.name == "event_key" for column in contract.lake_columns):
        yield Expected("expect_column_values_to_be_unique", "event_key")
    yield Expected("expect_column_values_to_be_in_set", ON_ITS_DAY, {"value_set": [True]})
