"""Reads an event back through the classes of the OpenLineage client, strictly: what they do not know, or want, is an error."""

from __future__ import annotations

import inspect
import types
import typing
from enum import Enum
from typing import Any

import attr
from openlineage.client import event_v2, facet_v2
from openlineage.client.serde import Serde

_EVENTS = {each._get_schema(): each for each in (event_v2.RunEvent, event_v2.JobEvent)}
_FACETS = {
    each._get_schema(): each
    for module in vars(facet_v2).values()
    if inspect.ismodule(module)
    for each in vars(module).values()
    if inspect.isclass(each) and issubclass(each, facet_v2.BaseFacet)
}
_SUBTYPES = {
    "DIRECT": {"IDENTITY", "TRANSFORMATION", "AGGREGATION"},
    "INDIRECT": {"JOIN", "GROUP_BY", "FILTER", "SORT", "WINDOW", "CONDITIONAL"},
}
"""What OpenLineage's page on column lineage lists; its schema takes any text."""


class NotOfTheClass(ValueError):
    """A document is not what the client's class says."""


def event(document: dict[str, Any]) -> event_v2.RunEvent | event_v2.JobEvent:
    """Return the typed event of a document. Raises NotOfTheClass."""
    try:
        found = _read(_EVENTS[document["schemaURL"]], document)
    except (KeyError, TypeError, ValueError) as error:
        raise NotOfTheClass(repr(error)) from None
    if Serde.to_dict(found) != document:
        raise NotOfTheClass("written again it is another")
    return found


def _read(kind: type, document: Any) -> Any:
    if not isinstance(document, dict):
        raise NotOfTheClass(f"{kind.__name__} is no object")
    if "_schemaURL" in document and issubclass(kind, facet_v2.BaseFacet):
        found = _FACETS[document["_schemaURL"]]
        if not issubclass(found, kind):
            raise NotOfTheClass(f"{found.__name__} is no {kind.__name__}")
        kind = found
    hints = typing.get_type_hints(kind)
    fields = {each.name: each for each in attr.fields(kind)}
    if unknown := document.keys() - fields.keys():
        raise NotOfTheClass(f"{kind.__name__} has no {sorted(unknown)}")
    given = {fields[name].alias: _value(hints[name], value) for name, value in document.items() if fields[name].init}
    made = kind(**given)
    if kind.__name__ == "Transformation" and made.subtype not in _SUBTYPES[made.type]:
        raise NotOfTheClass(f"{made.type} is never {made.subtype}")
    return made


def _value(hint: Any, value: Any) -> Any:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        (hint,) = (each for each in typing.get_args(hint) if each is not type(None))
    if typing.get_origin(hint) is list and isinstance(value, list):
        return [_value(typing.get_args(hint)[0], each) for each in value]
    if typing.get_origin(hint) is dict and isinstance(value, dict):
        return {name: _value(typing.get_args(hint)[1], each) for name, each in value.items()}
    if hint is Any:
        return value
    if inspect.isclass(hint) and issubclass(hint, Enum):
        return hint(value)
    if inspect.isclass(hint) and attr.has(hint):
        return _read(hint, value)
    if type(value) is not hint:
        raise NotOfTheClass(f"{type(value).__name__} is no {hint}")
    return value
