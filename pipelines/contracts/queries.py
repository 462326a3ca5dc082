"""What a piece of SQL in a contract reads, by its syntax tree: nothing is run, and nothing is bound.

What a contract may read does not belong here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import duckdb

from pipelines.engine import quoted

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# The same cells have the same figures, whenever they are computed.
_UNSTEADY = {
    "random",
    "uuid",
    "gen_random_uuid",
    "now",
    "today",
    "current_date",
    "current_timestamp",
    "get_current_timestamp",
}


def tables(query: str) -> set[str] | None:
    """Return what a SELECT reads, table functions and files included, its own CTEs not; None where it is no SELECT."""
    tree = _tree(query)
    if tree is None:
        return None
    read, own = set[str](), set[str]()
    for node in _nodes(tree):
        own |= {each["key"] for each in (node.get("cte_map") or {}).get("map", [])}
    for node in _nodes(tree):
        if node.get("type") == "BASE_TABLE":
            places = (node["catalog_name"], node["schema_name"], node["table_name"])
            # A CTE hides nothing but a plain name of its own: neither a table of a schema nor a file.
            if any(places[:2]) or node["table_name"] not in own or not _PLAIN.fullmatch(node["table_name"]):
                read.add(".".join(filter(None, places)))
        elif node.get("type") == "TABLE_FUNCTION":
            read.add(f"{node['function']['function_name']}()")
    return read


def columns(expression: str) -> set[str] | None:
    """Return the columns that an expression over one table reads; None where it is no expression, or reads more."""
    tree = _tree(f"select ({expression}) as value from published")
    if tree is None or tables(f"select ({expression}) as value from published") != {"published"}:
        return None
    found = set[str]()
    for node in _nodes(tree):
        if node.get("class") in ("STAR", "SUBQUERY") or node.get("function_name") in _UNSTEADY:
            return None
        if node.get("class") == "COLUMN_REF":
            found.add(".".join(node["column_names"]))
    return found


@cache
def _tree(query: str) -> dict[str, Any] | None:
    # No bound parameter: for one DuckDB imports pandas, which would be most of a command's start.
    (text,) = _parser().cursor().execute(f"select json_serialize_sql('{quoted(query)}')").fetchone() or ("{}",)
    tree: dict[str, Any] = json.loads(text)
    return None if tree.get("error", True) or len(tree["statements"]) != 1 else tree


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """Return a connection that holds nothing and only parses: opening one for each formula would be most of a load."""
    return duckdb.connect(":memory:", config={"threads": 1})


def _nodes(tree: object) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
    for below in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _nodes(below)
