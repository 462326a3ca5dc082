"""Takes ODCS documents apart: which of their fields we use, and under which name.

What the values may be does not belong here (see `reading` and `checks`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from pipelines.contracts.documents import Findings, Node, Plain, explained

API_VERSION = "v3.1.0"

_DOCUMENT = {
    *("apiVersion", "kind", "id", "name", "version", "status", "domain", "description", "team", "customProperties"),
    *("slaProperties", "schema", "tags", "authoritativeDefinitions"),
}
_PROPERTY = {
    *("name", "logicalType", "logicalTypeOptions", "physicalType", "required", "primaryKey", "primaryKeyPosition"),
    *("classification", "description", "quality", "relationships", "customProperties", "properties"),
    *("transformSourceObjects", "examples", "tags"),
}
_WRITTEN = {"sql_type": "physicalType", "grain": "dataGranularityDescription", "owner": "team: name", "path": "name"}
_WORDS = {"category", "classification", "treatment", "purposes", "lawful_basis"}
_OPTIONS = {"minimum", "maximum", "maxLength", "pattern", "format", "timezone", "defaultTimezone"}
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True)
class Entry:
    """Named parts of a document, gathered from several places, with the node that owns them."""

    owner: Node
    parts: dict[str, Node]

    def place(self, name: str) -> Node:
        """Return the part's node, else the owner's."""
        return self.parts.get(name, self.owner)

    def value(self, name: str) -> Plain:
        """Return the part's plain value, or None."""
        return self.parts[name].plain() if name in self.parts else None

    def names(self, name: str) -> tuple[str, ...]:
        """Return a part that is one name or a list of names."""
        value = self.value(name)
        return (value,) if isinstance(value, str) else tuple(str(each) for each in value or ())

    def having(self, **values: Plain) -> Entry:
        """Return the entry with further parts, at their own place where they have one."""
        more = {name: Node(self.place(name).file, self.place(name).line, value) for name, value in values.items()}
        return Entry(self.owner, {**self.parts, **more})

    def build(self, model: type[_Model], findings: Findings, **computed: Plain) -> _Model | None:
        """Return the parts as `model`; each error becomes a finding at its part's line.

        Missing words of the taxonomy are told by `checks` alone, which knows the words.
        """
        values = {name: node.plain() for name, node in self.parts.items() if name in model.model_fields}
        try:
            return model.model_validate(values | computed)
        except ValidationError as error:
            for detail in error.errors():
                part = str(detail["loc"][0])
                if detail["type"] == "missing" and part in _WORDS:
                    continue
                what, mend = explained({**detail, "loc": (_written(part), *detail["loc"][1:])})
                findings.add(self.place(part), what, mend=mend)
            return None


def document(root: Node, *, allowed: frozenset[str], findings: Findings) -> Entry:
    """Return a contract's own parts: ODCS fields and custom properties side by side, in our names."""
    _known(root, _DOCUMENT, findings)
    if (version := root.get("apiVersion")) is None or version.content != API_VERSION:
        findings.add(version or root, "the document is not ODCS 3.1", mend=f"write `apiVersion: {API_VERSION}`")
    parts = _custom(root, allowed, findings)
    parts |= {name: node for name in ("name", "domain") if (node := root.get(name))}
    team, table = root.get("team"), schema_object(root)
    if team and (owner := team.get("name")):
        parts["owner"] = owner
    if table and (description := table.get("description")):
        parts["description"] = description
    if table and (grain := table.get("dataGranularityDescription")):
        parts["grain"] = grain
    return Entry(root, parts)


def schema_object(root: Node) -> Node | None:
    """Return the one table a contract describes."""
    schema = root.get("schema")
    return schema.members()[0] if schema and schema.members() else None


def properties(root: Node, *, allowed: frozenset[str], findings: Findings) -> Iterator[Entry]:
    """Yield every leaf property of the contract's table, under its dotted path."""
    table = schema_object(root)
    if table is None or not (listed := table.get("properties")):
        findings.add(root, "the contract describes no table", mend="add `schema:` with one table and its properties")
        return
    for each in listed.members():
        yield from _leaves(each, "", allowed, findings)


def custom_property(root: Node, name: str) -> Node:
    """Return the value of a contract's own custom property, or the contract."""
    for each in (root.get("customProperties") or root).members():
        named, value = each.get("property"), each.get("value")
        if named and value and named.content == name:
            return value
    return root


def service_level(root: Node, named: str) -> Entry | None:
    """Return one of slaProperties by its name, or None."""
    for each in (root.get("slaProperties") or root).members():
        name = each.get("property")
        if name and name.content == named:
            return Entry(each, dict(each.items()))
    return None


def walk(root: Node) -> Iterator[Node]:
    """Yield every node of a document, in its order."""
    yield root
    below = root.content.values() if isinstance(root.content, dict) else root.members()
    for each in below:
        yield from walk(each)


def first_saying(root: Node, text: str) -> Node:
    """Return the first node of a document that says `text`, or the document."""
    return next((node for node in walk(root) if node.content == text), root)


def snake(name: str) -> str:
    """Return a camelCase name of ODCS in our way."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _leaves(each: Node, prefix: str, allowed: frozenset[str], findings: Findings) -> Iterator[Entry]:
    _known(each, _PROPERTY, findings)
    name = each.get("name")
    if name is None:
        findings.add(each, "a property has no name", mend="add `name`")
        return
    path = f"{prefix}{name.content}"
    if below := each.get("properties"):
        for child in below.members():
            yield from _leaves(child, f"{path}.", allowed, findings)
        return
    parts = _custom(each, allowed, findings)
    own = {snake(key): node for key, node in each.items() if key not in ("name", "customProperties")}
    options = {
        snake(key): node for key, node in (own.pop("logical_type_options", None) or each).items() if key in _OPTIONS
    }
    parts |= own | options | {"path": Node(name.file, name.line, path)}
    yield Entry(each, parts | _valid_values(each))


def _valid_values(each: Node) -> dict[str, Node]:
    """ODCS 3.1 states allowed values as a quality rule: no invalid value."""
    for rule in (each.get("quality") or Node("", 0, [])).members():
        arguments, metric = rule.get("arguments"), rule.get("metric")
        if arguments and metric and metric.content == "invalidValues" and (values := arguments.get("validValues")):
            return {"allowed": values}
    return {}


def _custom(owner: Node, allowed: frozenset[str], findings: Findings) -> dict[str, Node]:
    parts: dict[str, Node] = {}
    for each in (owner.get("customProperties") or Node("", 0, [])).members():
        name, value = each.get("property"), each.get("value")
        if name is None or value is None:
            findings.add(each, "a custom property lacks its name or value", mend="write `{property: …, value: …}`")
        elif name.content not in allowed:
            findings.add(each, f"custom property `{name.content}` is not known", mend=f"use one of {_listed(allowed)}")
        elif snake(name.content) in parts:
            findings.add(each, f"custom property `{name.content}` stands twice", mend="remove one of them")
        else:
            parts[snake(name.content)] = value
    return parts


def _known(node: Node, known: set[str], findings: Findings) -> None:
    for name, below in node.items():
        if name not in known:
            findings.add(below, f"`{name}` is not used by these contracts", mend=f"use one of {_listed(known)}")


def _listed(names: set[str] | frozenset[str]) -> str:
    return ", ".join(sorted(names))


def _written(part: str) -> str:
    """Return how a document writes a part of ours."""
    return _WRITTEN.get(part) or re.sub(r"_([a-z])", lambda match: match[1].upper(), part)
