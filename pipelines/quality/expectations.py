"""Derives what is expected of a dataset's partition, or of a released table, from its contract. Not here: running it.

An expectation is named by column and type, so that a failure can be reported without any value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pipelines.contracts import InboundContract, LakeColumn, OutboundContract

ON_ITS_DAY = "is_on_its_day"
"""A derived column: the row's own instant falls, in Jakarta, on the day under which it is stored."""

ROW_KEY = "row_key"
"""A derived column: what names a row of a released table, as one text."""

_RANGES = {"share": (0, 1), "percent": (0, 100)}
_UNBOUNDED = "idr"  # what was given back can exceed what was taken


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


def expected_of_release(contract: OutboundContract, *, threshold: int, withheld: str) -> tuple[Expected, ...]:
    """Return what is expected of the rows of a table as they are published; `withheld` is the flag of their measures."""
    hidden = {"row_condition": f"{withheld}==True", "condition_parser": "pandas"}
    shown = {"row_condition": f"{withheld}==False", "condition_parser": "pandas"}
    rule = contract.disclosure
    behind = (rule.population, *rule.parts, *map(complement, rule.parts), *rule.at_least)
    figures = [column for column in contract.columns if column.role in ("measure", "derived")]
    found = [
        Expected("expect_column_values_to_be_unique", ROW_KEY),
        # Of a row that is neither shown nor withheld nothing else would be judged.
        Expected("expect_column_values_to_not_be_null", withheld),
    ]
    found += [
        Expected("expect_column_values_to_not_be_null", column.name)
        for column in contract.columns
        if column.required and column.role in ("dimension", "flag")
    ]
    found += [Expected("expect_column_values_to_be_null", column.name, dict(hidden)) for column in figures]
    found += [
        Expected("expect_column_values_to_not_be_null", column.name, dict(shown))
        for column in figures
        if column.required or column.name in behind
    ]
    people = [
        Expected("expect_column_values_to_be_between", name, {"min_value": threshold, **shown})
        for name in dict.fromkeys(behind)
    ]
    if rule.closed_window:
        found.append(Expected("expect_column_values_to_be_in_set", rule.closed_window, {"value_set": [True], **shown}))
    ranges = [
        Expected("expect_column_values_to_be_between", column.name, _range_of(column.unit) | shown)
        for column in contract.columns
        # What is derived follows from published cells, and a difference may well be below zero.
        if column.role == "measure" and column.name not in behind and column.unit not in (None, _UNBOUNDED, "flag")
    ]
    return (*found, *people, *ranges)


def complement(part: str) -> str:
    """Return the name of the derived column that counts the population without a part of it."""
    return f"all_but_{part}"


def _range_of(unit: str | None) -> dict[str, Any]:
    low, high = _RANGES.get(unit or "", (0, None))
    return {"min_value": low, **({} if high is None else {"max_value": high})}
