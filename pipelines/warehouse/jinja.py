"""Which names the Jinja of a dbt project may use, so that what it says is the same in the check and in the build.

A template may call what is listed and pass it values; it reads neither flags nor the clock, and runs no query. Not here: which
nodes a project may have (admitting).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import nodes
from jinja2.meta import find_undeclared_variables

if TYPE_CHECKING:
    from jinja2 import Environment

IN_MODELS = frozenset({"ref", "source", "config"})
_DISPATCHED = ("default__", "duckdb__")
# Of values and literals; what a macro may do besides is to choose, to repeat, and to collect.
_PLAIN = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Call,
    nodes.Name,
    nodes.Const,
    nodes.Keyword,
    nodes.List,
)
_PLAIN_TOO = (nodes.Tuple, nodes.Dict, nodes.Pair, nodes.Concat, nodes.Add, nodes.Sub, nodes.Mul)
_CHOOSING = (nodes.Macro, nodes.Assign, nodes.For, nodes.If, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.Not)
_CHOOSING_TOO = (nodes.And, nodes.Or, nodes.ExprStmt, nodes.Getitem, nodes.Getattr, nodes.Filter)
_FILTERS, _METHODS = {"join", "trim", "lower", "upper", "length", "list", "unique"}, {"append", "dispatch"}
_OF_THE_TEMPLATE = {"self", "super", "caller", "varargs", "kwargs", "context"}


def strange_in_template(text: str, *, callable_too: Collection[str]) -> Iterator[str]:
    """Yield what the text of a model or test does but to call what is listed with plain values."""
    tree = _environment().parse(text)
    yield from _strange(tree, (*_PLAIN, *_PLAIN_TOO), {*IN_MODELS, *callable_too})


def strange_in_macro(text: str, *, macros: Collection[str], variables: Collection[str]) -> Iterator[str]:
    """Yield what a macro does but to choose and join texts, to call `macros`, and to read the `variables` of a project."""
    tree = _environment().parse(text)
    yield from _strange(tree, (*_PLAIN, *_PLAIN_TOO, *_CHOOSING, *_CHOOSING_TOO), {"var", "return", "adapter", *macros})
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "var" and _constant(call) not in variables:
            yield f"var({_constant(call) or '…'})"
        if isinstance(call.node, nodes.Getattr) and call.node.attr == "dispatch" and not _is_dispatched(call, macros):
            yield f"adapter.dispatch({_constant(call) or '…'})"


def strange_macros(macros: Mapping[str, str], *, variables: Collection[str]) -> dict[str, str]:
    """Return the macros that do something strange, or call one that does, with what it is; the text of each is given."""
    found: dict[str, str] = {}
    while True:
        sound = macros.keys() - found.keys()
        told = {
            name: next(strange_in_macro(macros[name], macros=sound, variables=variables), "") for name in sorted(sound)
        }
        more = {name: what for name, what in told.items() if what}
        if not more:
            return found
        found |= more


def _strange(tree: nodes.Template, known: tuple[type[nodes.Node], ...], names: Collection[str]) -> Iterator[str]:
    undeclared = {_own_name(name) for name in find_undeclared_variables(tree)}
    used = {_own_name(node.name) for node in tree.find_all(nodes.Name)}
    yield from sorted((undeclared - set(names)) | (used & _OF_THE_TEMPLATE))
    called = [id(node.node) for node in tree.find_all(nodes.Call)]
    dispatching = [id(node.node) for node in tree.find_all(nodes.Getattr) if node.attr == "dispatch"]
    for named in tree.find_all(nodes.Name):
        # What is called under its own name cannot be handed on under another.
        allowed = dispatching if named.name == "adapter" else called
        if named.name in undeclared & set(names) and id(named) not in allowed:
            yield named.name
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, known):
            yield type(node).__name__.lower()
        if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
            yield f"| {node.name}"
        if isinstance(node, nodes.Getattr) and node.attr not in _METHODS:
            yield f".{node.attr}"


def _own_name(name: str) -> str:
    return name.removeprefix("dbt_macro__")


def _constant(call: nodes.Call) -> str:
    first = call.args[0] if len(call.args) == 1 and not call.kwargs else None
    return str(first.value) if isinstance(first, nodes.Const) else ""


def _is_dispatched(call: nodes.Call, macros: Collection[str]) -> bool:
    """Say whether the macros to which a call is handed on are all our own; at least one for any engine is."""
    base = _constant(call)
    return bool(base) and f"{_DISPATCHED[0]}{base}" in macros


@cache
def _environment() -> Environment:
    from dbt_common.clients.jinja import get_environment

    environment: Environment = get_environment(None)
    return environment
