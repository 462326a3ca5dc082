"""Treatments that map each distinct value once, in Python: one operator a file.

An operator takes the distinct texts of a chunk and returns a frame of `value` and its stored columns; a text that it cannot
make safe becomes NULL, and the caller counts it. Every operator is a closed door: it lets through what it knows, never what
merely does not look wrong. Not here: treatments that are SQL (`treatments`), which field gets which (the contracts).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial

import polars as pl

from pipelines import consent
from pipelines.contracts.models import Field
from pipelines.intake.operators import browsers, holders, hosts, labels, networks, paths

Operator = Callable[[Collection[str]], pl.DataFrame]

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "user_agent_families": browsers.COLUMNS,
    "truncate_ip": networks.COLUMNS,
    "url_path": paths.COLUMNS,
    "url_host": hosts.COLUMNS,
    "label": labels.COLUMNS,
    "holder_key": holders.COLUMNS,
}
"""The stored columns of each mapping treatment, in the order of a field's `stored_as`."""

SQL_FIRST = ("truncate_ip", "holder_key")
"""Treatments of which SQL knows the plain values by itself; the others go through the map."""


def is_mapped(field: Field) -> bool:
    """Say whether a field's values are mapped by an operator; a label with a list of its own, and an opaque id, in SQL."""
    if field.treatment == "label":
        return not field.allowed_values
    if field.treatment == "holder_key":
        return consent.has_more_spellings(field.identifier_kind or "")
    return field.treatment in COLUMNS


def operator_of(field: Field, *, known: Mapping[str, Collection[str]]) -> Operator:
    """Return the operator of a mapped field; `known` holds the ids that a path may show, by `source.field`."""
    if field.treatment == "url_path":
        return partial(paths.map_values, templates=field.path_templates, known=known)
    if field.treatment == "holder_key":
        return partial(holders.map_values, kind=field.identifier_kind or "")
    return {
        "user_agent_families": browsers.map_values,
        "truncate_ip": networks.map_values,
        "url_host": hosts.map_values,
        "label": labels.map_values,
    }[field.treatment]


def stored_values(field: Field, map_: str, *, key: str) -> dict[str, str]:
    """Return the SQL of each stored column of a mapped field, over `chunk` and the map that its rows are joined to."""
    mapped = [f"{map_}.{name}" for name in COLUMNS[field.treatment]]
    if field.treatment == "holder_key":
        mapped = [consent.holder_key_of_hash(mapped[0], kind=f"'{field.identifier_kind}'", key=key)]
    if field.treatment in SQL_FIRST:
        mapped = [f"coalesce(chunk.{field.stored_as[0]}, {mapped[0]})"]
    return dict(zip(field.stored_as, mapped, strict=True))
