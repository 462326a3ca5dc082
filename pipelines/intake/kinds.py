"""What kind of values a field holds, told from some of them: the type a contract would give it. No value leaves here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from pipelines.contracts.models import Field
from pipelines.intake.formats import READERS, UnreadableFile, suffix_of

_MOST_EXAMPLES = 200
_MOST_BATCHES = 400
_UNIX_SECONDS = (10**9, 4 * 10**9)
_INTEGER = re.compile(r"-?\d{1,18}")
_NUMBER = re.compile(r"-?\d{1,18}([.]\d+)?([eE][+-]?\d+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d([.,]\d+)?)?\s?(Z|z|[+-]\d\d(:?\d\d)?)?")
_LABEL = re.compile(r"[A-Za-z0-9._:-]{1,100}")
_FITTING: Mapping[str, frozenset[str]] = {
    "integer": frozenset({"integer"}),
    "number": frozenset({"integer", "number"}),
    "boolean": frozenset({"boolean"}),
    "date": frozenset({"date"}),
    "partial_date": frozenset({"date"}),
    "timestamp": frozenset({"timestamp", "date"}),
    "unix_seconds": frozenset({"unix_seconds"}),
    "string": frozenset({"label", "string", "integer", "number", "date", "timestamp"}),
}


def examples(path: Path, name: str) -> list[Any]:
    """Return some values that a landed file holds at a dotted path, as JSON has them; fewer where it breaks off."""
    suffix = suffix_of(path.name)
    found: list[Any] = []
    try:
        for batch in islice(READERS[suffix](path) if suffix else (), _MOST_BATCHES):
            wanted = name.rsplit(".", 1)[-1]
            for raw in batch.column("raw").to_pylist():
                if wanted in raw:
                    found += _at(raw, name)
                if len(found) >= _MOST_EXAMPLES:
                    return found
    except UnreadableFile:
        pass
    return found


def kind_of(values: Sequence[Any]) -> str:
    """Return the narrowest kind that all values are of: boolean, integer, unix_seconds, number, date, timestamp, label, string.

    `object` where one of them has members, `string` where there is none.
    """
    if not values or any(isinstance(value, dict | list) for value in values):
        return "object" if values else "string"
    if all(isinstance(value, bool) or value in ("true", "false") for value in values):
        return "boolean"
    texts = [_text(value) for value in values]
    if all(_INTEGER.fullmatch(text) for text in texts):
        is_instant = all(_UNIX_SECONDS[0] <= int(text) <= _UNIX_SECONDS[1] for text in texts)
        return "unix_seconds" if is_instant else "integer"
    for kind, pattern in (("number", _NUMBER), ("date", _DATE), ("timestamp", _INSTANT), ("label", _LABEL)):
        if all(pattern.fullmatch(text) for text in texts):
            return kind
    return "string"


def fits(field: Field, values: Sequence[Any]) -> bool:
    """Say whether these could be values of a field: of its type, its listed values, its pattern."""
    if not values or kind_of(values) not in _FITTING[field.logical_type]:
        return False
    texts = [_text(value) for value in values]
    if field.allowed:
        return all(text in field.allowed for text in texts)
    return not field.pattern or all(re.search(field.pattern, text) for text in texts)


def _at(raw: str, name: str) -> Iterator[Any]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if value is not None and value != "":
        yield value


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
