"""YAML documents that remember the line of every value, and the violations that name it.

What a document means does not belong here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

# Whatever YAML can say; the models say what it must be.
Plain: TypeAlias = Any

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong in a document: where, what, and how to mend it."""

    file: str
    line: int
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}; mend: {self.mend}"


class ContractViolation(Exception):
    """The contracts contradict themselves or say too little; every finding is listed, one a line."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__("\n".join(str(finding) for finding in findings))


@dataclass(frozen=True)
class Node:
    """A YAML value with its file and line; `content` holds nodes where it is a mapping or a sequence."""

    file: str
    line: int
    content: Any

    def plain(self) -> Plain:
        """Return the value without its places."""
        if isinstance(self.content, dict):
            return {name: node.plain() for name, node in self.content.items()}
        if isinstance(self.content, list):
            return [node.plain() for node in self.content]
        return self.content

    def get(self, name: str) -> Node | None:
        """Return the value under `name`, or None where there is none or this is no mapping."""
        found = self.content.get(name) if isinstance(self.content, dict) else None
        return found if isinstance(found, Node) else None

    def items(self) -> Iterator[tuple[str, Node]]:
        """Yield names and values of a mapping; nothing for any other value."""
        if isinstance(self.content, dict):
            yield from self.content.items()

    def members(self) -> tuple[Node, ...]:
        """Return the values of a sequence; none for any other value."""
        return tuple(self.content) if isinstance(self.content, list) else ()

    def nearest(self, location: tuple[int | str, ...]) -> Node:
        """Return the node at `location`, or its nearest ancestor that exists."""
        here = self
        for step in location:
            below = here.get(str(step)) if isinstance(here.content, dict) else None
            if isinstance(here.content, list) and isinstance(step, int) and step < len(here.content):
                below = here.content[step]
            if below is None:
                return here
            here = below
        return here


@dataclass
class Findings:
    """Collects what is wrong, so that all of it is told at once."""

    listed: list[Finding] = field(default_factory=list)

    def add(self, node: Node, what: str, *, mend: str) -> None:
        """Note one finding at the node's place."""
        self.listed.append(Finding(file=node.file, line=node.line, what=what, mend=mend))

    def raise_any(self) -> None:
        """Raise ContractViolation where anything was found."""
        if self.listed:
            raise ContractViolation(tuple(sorted(set(self.listed))))


def read(path: Path, *, shown_as: str, findings: Findings) -> Node:
    """Read a YAML file into nodes; what cannot be read is a finding, and the node then empty."""
    nothing = Node(shown_as, 1, {})
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except FileNotFoundError:
        findings.add(nothing, "the file is not there", mend="create it, or name the right folder")
        return nothing
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = Node(shown_as, mark.line + 1 if mark else 1, {})
        findings.add(place, "this is not YAML", mend=str(getattr(error, "problem", None) or "correct the syntax"))
        return nothing
    if not isinstance(root, yaml.MappingNode):
        findings.add(nothing, "the document is not a mapping", mend="begin it with `name: value`")
        return nothing
    return _node(root, shown_as, findings)


def validate(model: type[_Model], node: Node, findings: Findings) -> _Model | None:
    """Return the node as `model`; each error becomes a finding at its own line."""
    try:
        return model.model_validate(node.plain())
    except ValidationError as error:
        for detail in error.errors():
            what, mend = explained(detail)
            findings.add(node.nearest(detail["loc"]), what, mend=mend)
        return None


def explained(detail: ErrorDetails) -> tuple[str, str]:
    """Return what is wrong and how to mend it, of one validation error."""
    name = ".".join(str(step) for step in detail["loc"])
    if detail["type"] == "missing":
        return f"`{name}` is missing", f"add `{detail['loc'][-1]}`"
    if detail["type"] == "extra_forbidden":
        return f"`{name}` is not known", "remove it, or correct its spelling"
    return f"`{name}`: {detail['msg']}", "correct the value"


def _node(root: yaml.Node, file: str, findings: Findings) -> Node:
    line = root.start_mark.line + 1
    if isinstance(root, yaml.SequenceNode):
        return Node(file, line, [_node(each, file, findings) for each in root.value])
    if isinstance(root, yaml.MappingNode):
        content: dict[str, Node] = {}
        for key, value in root.value:
            place = Node(file, key.start_mark.line + 1, key.value)
            if key.value in content:
                findings.add(place, f"`{key.value}` stands twice", mend="remove one of them")
            below = _node(value, file, findings)
            content[key.value] = Node(file, place.line, below.content)
        return Node(file, line, content)
    return Node(file, line, yaml.constructor.SafeConstructor().construct_object(root))
