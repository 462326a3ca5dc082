"""Dotted column names as a tree of nested fields, for formats whose rows are flat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

Tree: TypeAlias = "dict[str, Tree | str]"


def nested_names(names: Sequence[str]) -> Tree | None:
    """Return name parts as a tree whose leaves are the column names; None where one name is a part of another.

    Both `context` and `context.gpc` cannot stand beside each other: whichever were taken, the other would be lost.
    """
    tree: Tree = {}
    for name in names:
        *parents, leaf = name.split(".")
        place = tree
        for parent in parents:
            below = place.setdefault(parent, {})
            if isinstance(below, str):
                return None
            place = below
        if leaf in place:
            return None
        place[leaf] = name
    return tree
