"""Reasons in words, for whoever has to decide what becomes of the rows. Not here: when a row gets a reason (`reasons`)."""

from __future__ import annotations

from pipelines.contracts.models import Field, InboundContract
from pipelines.intake.reasons import unknown_reason

_READING = {
    "malformed": "the line is no JSON object, or broke off; the file has to be sent again",
    "repeated_field": "a field stands twice in the row, and which of the two holds cannot be known",
    "line_too_long": "the line is longer than 1 MiB; only its beginning was kept",
    "wrong_encoding": "the line is not UTF-8; the file has to be sent again",
    "broken_quotes": "a quote in the line is not closed; the file has to be sent again",
    "wrong_cell_count": "the line has more or fewer cells than the header; the file has to be sent again",
    "broken_gzip": "the compressed file broke off here; it has to be sent again",
    "broken_parquet": "the Parquet file is broken; it has to be sent again",
    "broken_header": "the header names a column twice, or one inside another; the file has to be sent again",
    "no_header": "the file has no usable header; it has to be sent again",
    "unknown_format": "the file has a format that is not read here",
    "forged_signature": "the signature is not that of the shop's key: forged, altered on the way, or signed with another key",
}
_TYPES = {
    "timestamp": "an instant in ISO 8601",
    "unix_seconds": "an instant in Unix seconds",
    "date": "a calendar date (2026-06-30)",
    "partial_date": "a date, a month or a year",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "string": "a text",
}
_MOST_LISTED = 6


def in_words(reason: str, contract: InboundContract | None) -> str:
    """Return the rule that a reason stands for: which check of which field, in the words of the contract of today."""
    code, _, path = reason.partition(":")
    if not path:
        return _whole_row(code, contract)
    field = _field(path, contract)
    named = f"`{path}`"
    if code == "missing_required":
        among = path.split("|")
        if len(among) > 1:
            return f"at least one of {', '.join(f'`{each}`' for each in among)} must be there"
        return f"{named} must be there, and was missing or empty"
    if code == "in_the_future":
        return f"{named} lies further in the future than clocks differ"
    if field is None:
        return f"{named} failed the check {code} of an earlier contract"
    return f"{named} must be {_rule(code, field)}"


def _rule(code: str, field: Field) -> str:
    if code == "wrong_type":
        return _TYPES.get(field.logical_type, field.logical_type)
    if code == "not_allowed":
        listed = ", ".join(field.allowed[:_MOST_LISTED])
        return f"one of {listed}{', …' if len(field.allowed) > _MOST_LISTED else ''}"
    if code == "wrong_format":
        return f"written as the contract's pattern says: {field.pattern}"
    if code == "too_long":
        return f"no longer than {field.max_length:,} characters"
    if code == "out_of_range":
        ends = ("at least", field.minimum), ("at most", field.maximum)
        return " and ".join(f"{word} {end:g}" for word, end in ends if end is not None) or "within its range"
    return f"sound by the check {code}"


def _whole_row(code: str, contract: InboundContract | None) -> str:
    if code in _READING:
        return _READING[code]
    for reference in contract.references if contract else ():
        if code == unknown_reason(reference.source):
            named = f"`{reference.field}` names no known row of {reference.source}; once that arrives"
            return f"{named}, the row is taken in by itself"
    return code.replace("_", " ")


def _field(path: str, contract: InboundContract | None) -> Field | None:
    return next((field for field in contract.fields if field.path == path), None) if contract else None
