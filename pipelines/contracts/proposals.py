"""Changes of a contract's text, proposed to whoever owns it: an alias, a field that is dropped until somebody decides, a type.

The text is changed where it has to be and nowhere else, so that the change can be read as a diff. Nothing is written here,
and nothing decides that a change is needed.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

import yaml

_LOGICAL = {
    "label": ("string", "{pattern: '^[A-Za-z0-9._:-]{1,100}$'}"),
    "string": ("string", "{maxLength: 2000}"),
    "integer": ("integer", "{format: i64}"),
    "number": ("number", "{format: f64}"),
    "boolean": ("boolean", ""),
    "date": ("date", ""),
    "timestamp": ("timestamp", "{timezone: true, defaultTimezone: Asia/Jakarta}"),
    "unix_seconds": ("timestamp", "{format: unix_seconds}"),
    "object": ("string", "{maxLength: 2000}"),
}


class NoProposal(ValueError):
    """No change of the contract's text would do; the message says why."""


def with_alias(text: str, *, path: str, alias: str) -> str:
    """Return the contract with another path at which a field may stand. Raises NoProposal."""
    found = _named(_property(text, path), "customProperties")
    for each in found.value:
        if _scalar(each, "property") == "aliases":
            known = [one.value for one in _named(each, "value").value]
            line = f"- {{property: aliases, value: [{', '.join([*known, alias])}]}}"
            return _replaced(text, each.start_mark.line, _last_line(each), [" " * (found.start_mark.column) + line])
    line = " " * found.start_mark.column + f"- {{property: aliases, value: [{alias}]}}"
    return _inserted(text, _last_line(found), [line])


def with_field(text: str, *, path: str, kind: str, category: str) -> str:
    """Return the contract with a field that it did not know, treated as the worst it could be: restricted, direct, dropped.

    Raises NoProposal where a part of its path is a field of its own.
    """
    *parents, name = path.split(".")
    place, missing = _parent(text, parents)
    indent = " " * place.start_mark.column
    lines = _new_field(name, kind=kind, category=category)
    for parent in reversed(missing):
        lines = [f"- name: {parent}", "  logicalType: object", "  properties:", *(f"    {line}" for line in lines)]
    return _inserted(text, _last_line(place), [f"{indent}{line}" for line in lines])


def with_type(text: str, *, path: str, kind: str) -> str:
    """Return the contract with another type of a field; the limits of the old one go. Raises NoProposal."""
    if kind == "object":
        message = f"`{path}` now has members; a contract declares each of them, which needs a decision"
        raise NoProposal(message)
    logical, options = _LOGICAL[kind]
    field = _property(text, path)
    at = _named(field, "logicalType")
    old = _optional(field, "logicalTypeOptions")
    indent = " " * field.start_mark.column
    if at.value == logical and kind not in ("label", "string", "unix_seconds", "timestamp"):
        message = (
            f"`{path}` is a {logical} in the contract already, and what comes is written otherwise: ask the sender"
        )
        raise NoProposal(message)
    lines = [f"{indent}logicalType: {logical}"] + ([f"{indent}logicalTypeOptions: {options}"] if options else [])
    if old is not None:
        text = _replaced(text, old.start_mark.line if _is_inline(old) else old.start_mark.line - 1, _last_line(old), [])
    return _replaced(text, at.start_mark.line, at.start_mark.line, lines)


def diff(before: str, after: str, *, file: Path) -> str:
    """Return a unified diff of one file, its path relative to the project, as `git apply` and `patch -p1` take it."""
    name = file.as_posix()
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{name}", f"b/{name}"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _new_field(name: str, *, kind: str, category: str) -> list[str]:
    logical, options = _LOGICAL[kind]
    return [
        "# Proposed: decide what it is (identifier, classification) and whether it is needed (treatment, purposes).",
        f"- name: {name}",
        f"  logicalType: {logical}",
        *([f"  logicalTypeOptions: {options}"] if options else []),
        "  classification: restricted",
        "  description: Not decided yet; dropped on arrival.",
        "  customProperties:",
        f"    - {{property: category, value: {category}}}",
        "    - {property: identifier, value: direct}",
        "    - {property: treatment, value: drop}",
    ]


def _table(text: str) -> yaml.Node:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    return _named(_named(root, "schema").value[0], "properties")


def _property(text: str, path: str) -> yaml.Node:
    """Return the node of a field. Raises NoProposal."""
    place, missing = _parent(text, path.split("."))
    if missing or place is None or _optional(place, "name") is None:
        message = f"`{path}` stands in no place of the contract"
        raise NoProposal(message)
    return place


def _parent(text: str, parts: list[str]) -> tuple[yaml.Node, list[str]]:
    """Return the deepest node along a path (a list of properties, or the field itself), and the parts it lacks."""
    here = _table(text)
    for depth, part in enumerate(parts):
        below = next((each for each in here.value if _scalar(each, "name") == part), None)
        if below is None:
            return here, parts[depth:]
        inner = _optional(below, "properties")
        if inner is None:
            if depth + 1 < len(parts):
                message = f"`{'.'.join(parts[: depth + 1])}` is a field of its own, and cannot have members beside"
                raise NoProposal(message)
            return below, []
        here = inner
    return here, []


def _optional(node: yaml.Node | None, name: str) -> yaml.Node | None:
    pairs: Iterator[tuple[yaml.Node, yaml.Node]] = iter(node.value if isinstance(node, yaml.MappingNode) else ())
    return next((value for key, value in pairs if key.value == name), None)


def _named(node: yaml.Node | None, name: str) -> yaml.Node:
    found = _optional(node, name)
    if found is None:
        message = f"the contract has no `{name}` where one is needed"
        raise NoProposal(message)
    return found


def _scalar(node: yaml.Node, name: str) -> str | None:
    found = _optional(node, name)
    return str(found.value) if isinstance(found, yaml.ScalarNode) else None


def _is_inline(node: yaml.Node) -> bool:
    return bool(getattr(node, "flow_style", False))


def _last_line(node: yaml.Node) -> int:
    """Return the last line of a node: a block's end mark stands at the beginning of what follows it."""
    last = node
    while isinstance(last, yaml.CollectionNode) and not _is_inline(last) and last.value:
        tail = last.value[-1]
        last = tail[1] if isinstance(tail, tuple) else tail
    mark = last.end_mark
    return int(mark.line - 1 if mark.column == 0 and mark.line > last.start_mark.line else mark.line)


def _inserted(text: str, after: int, lines: list[str]) -> str:
    held = text.splitlines()
    return "\n".join([*held[: after + 1], *lines, *held[after + 1 :]]) + "\n"


def _replaced(text: str, first: int, last: int, lines: list[str]) -> str:
    held = text.splitlines()
    return "\n".join([*held[:first], *lines, *held[last + 1 :]]) + "\n"
