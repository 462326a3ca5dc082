"""Templates: `[one|another|]` is a choice, `{slot}` is filled in, `~` is a new line.

A mark before a template binds it to others: `(+late)` brings a matter up, `(late)` speaks of one that was brought up.

What stands in a slot is said by whoever expands a template.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import NamedTuple

from pipelines.demo.sources.tickets.pieces import Piece, Text

_TOKENS = re.compile(r"[\[\]|]|\{\w+\}|[^\[\]|{}]+")


class Slot(NamedTuple):
    """A place to be filled in."""

    name: str


class Choice(NamedTuple):
    """Alternatives, one of which is taken."""

    options: tuple[Sequence, ...]


Node = str | Slot | Choice
Sequence = tuple[Node, ...]
Fill = Callable[[str], Iterable[Piece]]


@cache
def parsed(template: str) -> Sequence:
    """Return a template's nodes. Raises ValueError where brackets do not match."""
    tokens = _TOKENS.findall(template)
    if "".join(tokens) != template:
        message = f"a brace does not match in: {template}"
        raise ValueError(message)
    remaining = iter(tokens)
    (nodes,) = _options(remaining, template, depth=0)
    return nodes


def expanded(template: str, *, rng: random.Random, fill: Fill) -> Text:
    """Return the text of a template with its choices drawn and its slots filled."""
    text: Text = []
    _expand(parsed(template), text, rng=rng, fill=fill)
    return text


@cache
def slots(template: str) -> frozenset[str]:
    """Return the names of all slots in a template, whichever choices are drawn."""
    return frozenset(re.findall(r"\{(\w+)\}", template))


@cache
def marked(template: str) -> tuple[str, str]:
    """Return a template's mark, empty where it has none, and the template without it."""
    found = re.match(r"\((\+?\w+)\) ", template)
    return (found[1], template[found.end() :]) if found else ("", template)


def _expand(nodes: Sequence, text: Text, *, rng: random.Random, fill: Fill) -> None:
    for node in nodes:
        if isinstance(node, str):
            text.append(Piece(node))
        elif isinstance(node, Slot):
            text.extend(fill(node.name))
        else:
            _expand(node.options[int(rng.random() * len(node.options))], text, rng=rng, fill=fill)


def _options(tokens: Iterator[str], template: str, *, depth: int) -> tuple[Sequence, ...]:
    options: list[Sequence] = []
    nodes: list[Node] = []
    for mark in tokens:
        if mark == "[":
            nodes.append(Choice(_options(tokens, template, depth=depth + 1)))
        elif mark == "|" and depth:
            options.append(tuple(nodes))
            nodes = []
        elif mark == "]" and depth:
            return (*options, tuple(nodes))
        elif mark == "]":
            break
        elif mark.startswith("{"):
            nodes.append(Slot(mark[1:-1]))
        else:
            nodes.append(mark.replace("~", "\n"))
    else:
        if not depth:
            return (tuple(nodes),)
    message = f"a bracket does not match in: {template}"
    raise ValueError(message)
