"""The lake columns that a field leads to through its treatment, and what may stand in them.

Whether the treatment is the right one does not belong here (see `checks`).
"""

from __future__ import annotations

from pipelines.contracts import odcs
from pipelines.contracts.models import ConsentRule, Field, LakeColumn
from pipelines.contracts.odcs import Entry
from pipelines.contracts.registers import Treatment
from pipelines.contracts.traffic import COLUMN, REASONS, TrafficRule


def stored(row: Entry) -> tuple[tuple[str, str], ...]:
    """Return names and descriptions of the columns a field is stored as; the field's own where none is given."""
    value = row.value("stored_as")
    listed = [value] if isinstance(value, str | dict) else value or []
    own = str(row.value("description"))
    return tuple(
        (str(each.get("column")), str(each.get("description", own))) if isinstance(each, dict) else (str(each), own)
        for each in listed
    )


def column(name: str, description: str, field: Field, treatment: Treatment, consent: ConsentRule | None) -> LakeColumn:
    """Return one column of a treated field, with the treatment's limits where that makes the value."""
    as_typed = treatment.sql_type is None
    denied = consent is not None and consent.withholds(name)
    return LakeColumn(
        name=name,
        sql_type=treatment.sql_type or field.sql_type,
        description=description,
        nullable=not field.required or treatment.may_drop or denied,
        category=field.category,
        classification=_after(field, treatment),
        pii=treatment.leaves if field.identifier != "none" or treatment.leaves != "quasi" else "none",
        treatment=field.treatment,
        sources=(field.path,),
        allowed=field.allowed if as_typed else (),
        pattern=treatment.pattern or (field.pattern if as_typed else None),
        minimum=field.minimum if as_typed else None,
        maximum=field.maximum if as_typed else None,
        max_length=_length(field, treatment),
    )


def consent_column(consent: ConsentRule, contract: Entry) -> LakeColumn:
    """Return the column that says whether a row was consented to."""
    node = contract.parts["consent"]
    described = Entry(node, {odcs.snake(name): below for name, below in node.items()})
    return LakeColumn(
        name=consent.stored_as,
        sql_type="BOOLEAN",
        description=stored(described)[0][1],
        nullable=False,
        category=str(contract.value("category")),
        classification="internal",
        treatment="consent",
        sources=(*consent.category_fields, *((consent.gpc,) if consent.gpc else ()), *consent.refusals),
    )


def traffic_column(rule: TrafficRule, contract: Entry) -> LakeColumn:
    """Return the column that says why a row is not a visitor's."""
    return LakeColumn(
        name=COLUMN,
        sql_type="VARCHAR",
        description="Why the row is not a visitor's: a crawler, a program, our own staff or a declared test; else empty.",
        category=str(contract.value("category")),
        classification="internal",
        treatment="traffic_reason",
        sources=rule.fields,
        allowed=REASONS,
        max_length=max(map(len, REASONS)),
    )


def _length(field: Field, treatment: Treatment) -> int | None:
    if (treatment.sql_type or field.sql_type) != "VARCHAR" or treatment.pattern:
        return None
    return min(field.max_length, treatment.maximum_length or field.max_length)


def _after(field: Field, treatment: Treatment) -> str:
    """A treated value is no longer restricted; what it still is, `leaves` says."""
    return field.classification if treatment.sql_type is None else "confidential"
