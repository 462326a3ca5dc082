"""The innermost SQL of a source: the text of every field out of a row's JSON, and each text as its type.

How a tool writes is in `dialects`, what a type takes for sound in `treatments`. What is held against a row does not belong
here (see `reasons`).
"""

from __future__ import annotations

from collections.abc import Mapping
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

    def sql(self, lines: str) -> str:
        """SQL: file_no, place, raw, fault, `shape` (the keys of every container), and the text of every field."""
        places = {path: f"v[{number}]" for number, path in enumerate(self._read_paths, start=1)}
        pointers = ", ".join(f"'/{quoted(path.replace('.', '/'))}'" for path in places)
        for f in self.contract.fields:
            if f.aliases and f.path in places:
                names = ", ".join(f"nullif({places[name]}, '')" for name in (f.path, *f.aliases))
                places[f.path] = f"coalesce({names})"
        inside = self.dialect.inside
        containers = ", ".join(f"'{quoted(name) or '$'}'" for name in self.containers[: -1 if inside else None])
        names = f" || [{inside.names(places.__getitem__)}]" if inside else ""
        rows = f"""(
                select *, case when is_object then json_extract_string(raw, [{pointers}]) end as v,
                    case when is_object then json_keys(raw, [{containers}]) end as shape
                from (select *, fault is null and starts_with(ltrim(raw), '{{') and json_valid(raw) as is_object
                      from {lines}))"""
        for name, step in self.dialect.steps.items():
            rows = f"(select *, {step(places.__getitem__)} as step_{name} from {rows})"
            places[name] = f"step_{name}"
        texts = ", ".join(
            f"nullif({self.dialect.text(f.path, at=places.__getitem__)}, '') as {self.text_of(f.path)}"
            for f in self.contract.fields
        )
        return f"select file_no, place, raw, fault, shape{names} as shape, {texts} from {rows}"

    def typed(self) -> str:
        """SQL: the value of every field, NULL where its text is none of its type."""
        return ", ".join(f"{self._typed_value(f)} as {self.typed_of(f.path)}" for f in self.contract.fields)

    def _typed_value(self, f: Field) -> str:
        text = self.text_of(f.path)
        if f.logical_type == "integer":
            return treatments.integer(text, sql_type=f.sql_type)
        return _TYPES[f.logical_type](text) if f.logical_type in _TYPES else text
