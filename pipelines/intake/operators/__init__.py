"""Treatments that map each distinct value once, in Python: one operator a file.

An operator takes the distinct texts of a chunk and returns a frame of `value` and its stored columns; a text that it cannot
make safe becomes NULL, and the caller counts it. Every operator is a closed door: it lets through what it knows, never what
merely does not look wrong. Not here: treatments that are SQL (`treatments`), which field gets which (the contracts).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial

import polars as pl

from pipelines.contracts.models import Field
from pipelines.intake.operators import browsers, hosts, labels, networks, paths

Operator = Callable[[Collection[str]], pl.DataFrame]

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "user_agent_families": browsers.COLUMNS,
    "truncate_ip": networks.COLUMNS,
    "url_path": paths.COLUMNS,
    "url_host": hosts.COLUMNS,
    "label": labels.COLUMNS,
}
"""The stored columns of each mapping treatment, in the order of a field's `stored_as`."""


def is_mapped(field: Field) -> bool:
    """Say whether a field's values are mapped by an operator; a label with a list of its own is judged in SQL."""
    return field.treatment in COLUMNS and not (field.treatment == "label" and field.allowed_values)


def operator_of(field: Field, *, known: Mapping[str, Collection[str]]) -> Operator:
    """Return the operator of a mapped field; `known` holds the ids that a path may show, by `source.field`."""
    if field.treatment == "url_path":
        return partial(paths.map_values, templates=field.path_templates, known=known)
    return {
        "user_agent_families": browsers.map_values,
        "truncate_ip": networks.map_values,
        "url_host": hosts.map_values,
        "label": labels.map_values,
    }[field.treatment]
