"""The names of the members of a row's objects: which of them no contract knows, and whether one stands twice."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.intake.leaves import Leaves

# snake_case and camelCase; whatever begins with a capital letter or has a digit may be somebody's.
_FIELD_NAME = re.compile(r"(?=.{1,64}$)[a-z]+([A-Z][a-z]*)*(_[a-z]+([A-Z][a-z]*)*)*")

Shape = Sequence[Sequence[str] | None]


def repeats(shape: Shape) -> bool:
    """Say whether an object has two members of one name."""
    return any(len(keys) != len(set(keys)) for keys in shape if keys)


def unknown_names(shape: Shape, *, leaves: Leaves) -> list[str]:
    """Return the dotted names of members that the contract does not speak of.

    Where it speaks of none of them, these are no names of fields but perhaps a row that stands in a header's place.
    """
    is_strange = not known_paths(shape, leaves=leaves)
    names = []
    for container, keys in zip(leaves.containers, shape, strict=False):
        known = leaves.known_keys(container)
        prefix = container.strip("/").replace("/", ".")
        unknown = [key for key in dict.fromkeys(keys or []) if key not in known]
        names += [printable_name(prefix, "" if is_strange else key) for key in unknown]
    return names


def printable_name(prefix: str, key: str) -> str:
    """Return the dotted name of a member; of one that may be more than a name only that it is there."""
    # A name of a field can itself be a person's: only what is written as names of fields are is repeated.
    return f"{prefix}.{key if _FIELD_NAME.fullmatch(key) else '(unprintable)'}".lstrip(".")


def known_paths(shape: Shape, *, leaves: Leaves) -> frozenset[str]:
    """Return the fields of the contract that the row bears, under whichever of their names."""
    found = set()
    for container, keys in zip(leaves.containers, shape, strict=False):
        prefix = container.strip("/").replace("/", ".")
        found |= {leaves.fields_by_name.get(f"{prefix}.{key}".lstrip("."), "") for key in keys or []}
    return frozenset(found - {""})
