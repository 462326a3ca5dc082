"""Sound rows of a source, numbered, and what may be changed in one; of most sources made from the contract alone.

Rows of tools with a shape of their own are in `tools`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pipelines.contracts import Contracts, InboundContract
from pipelines.intake.dialects import dialect_of
from tests.interference import people, tools
from tests.interference.sample import SPARE, Row, Sample
from tests.interference.values import BROKEN, MISSING, put, values

_COUNTED = {"web_access_log": "bytes"}


def sample_of(contract: InboundContract, contracts: Contracts) -> Sample:
    """Return the rows of a source."""
    if contract.dialect:
        return tools.SAMPLES[contract.dialect](contract, contracts)
    instants = [contract.event_time] if contract.event_time else [each.path for each in contract.instants]
    marker = contract.field(next(iter(instants), None) or "impressions").stored_as[0] if _is_timed(contract) else ""
    unique = _unique(contract)
    return Sample(
        tuple(_bases(contract, contracts)),
        lambda path, number: _others(contract, contracts, path, number),
        marker or contract.field(_first_number(contract)).stored_as[0],
        contract.field(unique).stored_as[0],
    )


def read_paths(contract: InboundContract) -> tuple[str, ...]:
    """Return every dotted path that is read out of a row: those of fields, their other names, and what a dialect looks at."""
    dialect = dialect_of(contract)
    stated = [field.path for field in contract.fields if field.path not in dialect.makes]
    aliases = [alias for field in contract.fields for alias in field.aliases]
    return tuple(dict.fromkeys((*stated, *aliases, *dialect.reads)))


def field_at(contract: InboundContract, path: str) -> str:
    """Return the field that a path is read for: its own, or the one that it is another name of."""
    return next((each.path for each in contract.fields if path in each.aliases), path)


def changes(sample: Sample, path: str, number: int) -> Iterator[Any]:
    """Yield what a path is changed to: other sound values, nothing, and a text that is no value of any type."""
    yield from sample.others(path, number)
    yield from (MISSING, BROKEN)


def _bases(contract: InboundContract, contracts: Contracts) -> Iterator[Callable[[int], Row]]:
    stand_ins = {each.path: each.instead_of for each in contract.fields if each.instead_of}
    yield lambda number: _row(contract, contracts, number, without={*stand_ins})
    if stand_ins:
        yield lambda number: _row(contract, contracts, number, without={*stand_ins.values()})
    if contract.consent and contract.consent.category_fields:
        own = {*contract.consent.category_fields, *stand_ins}
        yield lambda number: _row(contract, contracts, number, without=own)


def _row(contract: InboundContract, contracts: Contracts, number: int, *, without: set[str | None]) -> Row:
    row: Row = {}
    rule = contract.consent
    denying = {rule.gpc, *rule.refusals} if rule else set[str | None]()
    for field in contract.fields:
        if field.path not in without | denying:
            row = put(row, field.path, values(field, contract, contracts, number)[0])
    number_at = _number_at(contract)
    if number_at:
        row = put(row, number_at, number)
    return put(row, _unique(contract), _id(contract, number))


def _others(contract: InboundContract, contracts: Contracts, path: str, number: int) -> tuple[Any, ...]:
    field = contract.field(field_at(contract, path))
    if field.path == _unique(contract):
        refusing = (people.REFUSING,) if contract.consent and field.identifier_kind == "user_id" else ()
        return (_id(contract, number + SPARE), *refusing)
    if field.path == _number_at(contract):
        return (number + SPARE,)
    unknown = ("tidak-ada",) if any(each.field == field.path for each in contract.references) else ()
    return (*values(field, contract, contracts, number), *unknown)


def _unique(contract: InboundContract) -> str:
    return _COUNTED.get(contract.name) or contract.key[-1]


def _id(contract: InboundContract, number: int) -> Any:
    field = contract.field(_unique(contract))
    if field.sql_type == "BIGINT":
        return number
    return {"user_id": f"u-{number}", "email": f"surat.{number}@kotak.example"}.get(
        field.identifier_kind or "", f"id-{number}"
    )


def _is_timed(contract: InboundContract) -> bool:
    return bool(contract.event_time or contract.instants)


def _first_number(contract: InboundContract) -> str:
    return next(each.path for each in contract.fields if each.logical_type == "integer")


def _number_at(contract: InboundContract) -> str | None:
    """Return the field by whose number rows without any instant are told apart."""
    return None if _is_timed(contract) else _first_number(contract)
