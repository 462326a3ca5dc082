"""The innermost SQL of a source: the text of every field out of a row's JSON, and each text as its type.

How a tool writes is in `dialects`, what a type takes for sound in `treatments`. What is held against a row does not belong
here (see `reasons`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipelines.contracts.models import Field, InboundContract
from pipelines.engine import quoted
from pipelines.intake import treatments
from pipelines.intake.dialects import Dialect, dialect_of

_TYPES = {
    "timestamp": treatments.timestamp,
    "unix_seconds": treatments.unix_seconds,
    "number": treatments.number,
    "boolean": treatments.boolean,
    "date": treatments.calendar_date,
    "partial_date": treatments.partial_date,
}


# The names that `text_of` and `typed_of` give; one that stands in a literal asks for a field too many, never too few.
_NAMES = re.compile(r"\b[st](\d+)\b")


@dataclass(frozen=True)
class Leaves:
    """Where the fields of one source stand in a row, and under which names SQL knows their texts and values."""

    contract: InboundContract

    @cached_property
    def dialect(self) -> Dialect:
        """How the source's tool writes a row."""
        return dialect_of(self.contract)

    @cached_property
    def _index(self) -> Mapping[str, int]:
        return {f.path: i for i, f in enumerate(self.contract.fields)}

    @cached_property
    def fields_by_name(self) -> Mapping[str, str]:
        """The fields that stand in the row itself, by each name that they go by."""
        return {name: f.path for f in self.contract.fields for name in (f.path, *f.aliases)}

    @cached_property
    def _read_paths(self) -> tuple[str, ...]:
        """Every dotted path that is read: the contract's fields, and what the dialect makes fields of."""
        stated = [f.path for f in self.contract.fields if f.path not in self.dialect.makes]
        aliases = [alias for f in self.contract.fields for alias in f.aliases]
        return tuple(dict.fromkeys((*stated, *aliases, *self.dialect.reads)))

    @property
    def containers(self) -> tuple[str, ...]:
        """JSON pointers of every object whose keys the contract knows, the row itself first."""
        found = {""}
        for path in self._read_paths:
            parts = path.split(".")
            found |= {"/" + "/".join(parts[:depth]) for depth in range(1, len(parts))}
        return (*sorted(found), *((f"/{self.dialect.inside.path}",) if self.dialect.inside else ()))

    def known_keys(self, container: str) -> frozenset[str]:
        """Return the keys that the contract knows inside a container."""
        if self.dialect.inside and container == f"/{self.dialect.inside.path}":
            return self.dialect.inside.known
        prefix = container.strip("/").replace("/", ".")
        prefix = f"{prefix}." if prefix else ""
        inside = (path.removeprefix(prefix) for path in self._read_paths if path.startswith(prefix))
        return frozenset(path.split(".")[0] for path in inside)

    def number_of(self, path: str) -> int:
        """Return a field's place in the contract."""
        return self._index[path]

    def text_of(self, path: str) -> str:
        """Return the SQL name of a field's text."""
        return f"s{self._index[path]}"

    def typed_of(self, path: str) -> str:
        """Return the SQL name of a field's typed value."""
        return f"t{self._index[path]}"

    def sql(self, lines: str, *, read: Collection[str]) -> str:
        """SQL: file_no, place, raw, fault, `shape` (the keys of every container), and the texts of the fields to `read`."""
        places = _Places(self)
        texts = {f.path: self.dialect.text(f.path, at=places.at) for f in self.contract.fields if f.path in read}
        inside = self.dialect.inside
        names = f" || [{inside.names(places.at)}]" if inside else ""
        steps = places.steps()
        containers = ", ".join(f"'{quoted(name) or '$'}'" for name in self.containers[: -1 if inside else None])
        values = (
            f"case when is_object then json_extract_string(raw, [{places.pointers}]) end" if places.pointers else "null"
        )
        rows = f"""(
                select *, {values} as v, case when is_object then json_keys(raw, [{containers}]) end as shape
                from (select *, fault is null and starts_with(ltrim(raw), '{{') and json_valid(raw) as is_object
                      from {lines}))"""
        for name, sql in steps:
            rows = f"(select *, {sql} as step_{name} from {rows})"
        listed = "".join(f", nullif({sql}, '') as {self.text_of(path)}" for path, sql in texts.items())
        return f"select file_no, place, raw, fault, shape{names} as shape{listed} from {rows}"

    def typed(self, *, read: Collection[str]) -> str:
        """SQL: the values of the fields to `read`, NULL where its text is none of its type."""
        fields = [f for f in self.contract.fields if f.path in read]
        return "".join(f", {self.typed_sql(f)} as {self.typed_of(f.path)}" for f in fields)

    def named_in(self, sql: str) -> frozenset[str]:
        """Return the fields whose text or value SQL speaks of; of what nobody asks for, nothing is taken out of a row."""
        named = set(_NAMES.findall(sql))
        return frozenset(f.path for f in self.contract.fields if str(self.number_of(f.path)) in named)

    def typed_sql(self, f: Field) -> str:
        """SQL: the value of a field, NULL where its text is none of its type."""
        text = self.text_of(f.path)
        if f.logical_type == "integer":
            return treatments.integer(text, sql_type=f.sql_type)
        return _TYPES[f.logical_type](text) if f.logical_type in _TYPES else text


class _Places:
    """Where the texts of one query stand; only what is asked for is taken out of a row, and worked out."""

    def __init__(self, leaves: Leaves) -> None:
        dialect = leaves.dialect
        self._steps = dialect.steps
        stated = [f for f in leaves.contract.fields if f.path not in dialect.makes or f.path in dialect.reads]
        self._aliases = {f.path: f.aliases for f in stated}
        self._numbers: dict[str, int] = {}
        self._asked: set[str] = set()

    def at(self, name: str) -> str:
        """SQL: the text at a dotted path under whichever of its names, or a step of the dialect."""
        if name in self._steps:
            self._asked.add(name)
            return f"step_{name}"
        if aliases := self._aliases.get(name):
            texts = [f"nullif({self._value(each)}, '')" for each in (name, *aliases)]
            return f"coalesce({', '.join(texts)})"
        return self._value(name)

    def steps(self) -> Sequence[tuple[str, str]]:
        """Return the steps that were asked for, those that another needs before it."""
        found = [(name, step(self.at)) for name, step in reversed([*self._steps.items()]) if name in self._asked]
        return found[::-1]

    @property
    def pointers(self) -> str:
        """SQL: the JSON pointers of what was asked for, in the order of their numbers."""
        return ", ".join(f"'/{quoted(path.replace('.', '/'))}'" for path in self._numbers)

    def _value(self, path: str) -> str:
        return f"v[{self._numbers.setdefault(path, len(self._numbers) + 1)}]"
