"""The names of the members of a row's objects: which of them no contract knows, and whether one stands twice."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.intake.leaves import Leaves

Shape = Sequence[Sequence[str] | None]


def repeats(shape: Shape) -> bool:
    """Say whether an object has two members of one name."""
    return any(len(keys) != len(set(keys)) for keys in shape if keys)


def unknown_names(shape: Shape, *, leaves: Leaves) -> list[str]:
    """Return the dotted names of members that the contract does not speak of."""
    names = []
    for container, keys in zip(leaves.containers, shape, strict=False):
        known = leaves.known_keys(container)
        prefix = container.strip("/").replace("/", ".")
        names += [printable_name(prefix, key) for key in dict.fromkeys(keys or []) if key not in known]
    return names


def printable_name(prefix: str, key: str) -> str:
    """Return the dotted name of a member; of one that may be more than a name only that it is there."""
    # A name of a field can itself be a person's: only what reads like a name of a field is repeated.
    plain = len(key) <= 64 and key.replace("_", "").replace("-", "").isalpha() and key.isascii()
    return f"{prefix}.{key if plain else '(unprintable)'}".lstrip(".")


def known_paths(shape: Shape, *, leaves: Leaves) -> frozenset[str]:
    """Return the fields of the contract that the row bears, under whichever of their names."""
    found = set()
    for container, keys in zip(leaves.containers, shape, strict=False):
        prefix = container.strip("/").replace("/", ".")
        found |= {leaves.fields_by_name.get(f"{prefix}.{key}".lstrip("."), "") for key in keys or []}
    return frozenset(found - {""})
