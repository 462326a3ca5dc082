"""The models call no function of one engine alone: what differs between engines stands in macros that dispatch.

Their grammar is held against a second engine's by `make lint`; here are the names of functions, which no grammar knows.
"""

from __future__ import annotations

import re

import pytest

from pipelines import settings

# Of one name and meaning in DuckDB and in Spark (its SQL reference: built-in functions).
PORTABLE = {
    "avg", "cast", "coalesce", "count", "date_trunc", "floor", "greatest", "lag", "lead", "least", "lower", "max", "median",
    "min", "min_by", "nullif", "round", "row_number", "substring", "sum", "trim", "upper",
}  # fmt: skip
_TYPES = {"decimal", "varchar"}
_WORDS = {
    "all", "and", "as", "by", "distinct", "else", "exists", "filter", "from", "in", "join", "not", "on", "or", "over", "select",
    "then", "union", "values", "when", "where",
}  # fmt: skip
_MACRO = re.compile(r"macro (\w+)\(.*?\) -?%\}(.*?)\{%-? endmacro", re.DOTALL)


def _functions(sql: str) -> set[str]:
    bare = re.sub(
        r"--[^\n]*|\{#.*?#\}|'[^']*'", "", re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", sql, flags=re.DOTALL), flags=re.DOTALL
    )
    return {name for name in re.findall(r"(?<!as )\b([a-z_]\w*)\s*\(", bare) if name not in _WORDS | _TYPES}


def _texts() -> dict[str, str]:
    """Return the SQL of models and tests, and of macros but for those of one engine and of its materialization."""
    project = settings.DBT_PROJECT_DIR
    files = [*(project / "models").rglob("*.sql"), *(project / "tests").rglob("*.sql")]
    found = {file.stem: file.read_text(encoding="utf-8") for file in files}
    for file in (project / "macros").glob("*.sql"):
        if file.stem != "partitioned":
            found |= dict(_MACRO.findall(file.read_text(encoding="utf-8")))
    return {name: text for name, text in found.items() if not name.startswith(("duckdb__", "default__"))}


def test_models_and_macros_call_functions_of_both_engines_alone() -> None:
    assert {"fct_sessions", "unique_together", "first_of_week", "quantile"} <= _texts().keys()
    foreign = {name: _functions(text) - PORTABLE for name, text in _texts().items()}
    assert {name: calls for name, calls in foreign.items() if calls} == {}


def test_every_macro_of_one_engine_has_what_others_use() -> None:
    macros = "".join(file.read_text(encoding="utf-8") for file in (settings.DBT_PROJECT_DIR / "macros").glob("*.sql"))
    of_duckdb = set(re.findall(r"macro duckdb__(\w+)", macros))
    assert of_duckdb
    assert of_duckdb == set(re.findall(r"macro default__(\w+)", macros))
    assert of_duckdb == set(re.findall(r"adapter\.dispatch\('(\w+)'\)", macros))


@pytest.mark.parametrize(
    "sql", ["select list_has_any(a, b)", "select strftime (a, '%Y')", "where regexp_full_match(a, 'x')"]
)
def test_a_function_of_one_engine_is_seen(sql: str) -> None:
    assert _functions(sql) - PORTABLE
