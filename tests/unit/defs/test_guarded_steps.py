from __future__ import annotations

import ast
from pathlib import Path

from pipelines import defs

_STEPS = {
    "asset",
    "multi_asset",
    "asset_check",
    "multi_asset_check",
    "op",
    "sensor",
    "schedule",
    "run_failure_sensor",
    "run_status_sensor",
}
_GUARDS = {"by_kind", "each_by_kind"}


def _names(function: ast.FunctionDef) -> list[str]:
    called = [each.func if isinstance(each, ast.Call) else each for each in function.decorator_list]
    return [each.attr if isinstance(each, ast.Attribute) else ast.unparse(each) for each in called]


def _steps() -> dict[str, list[str]]:
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in Path(defs.__file__).parent.glob("*.py")]
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return {each.name: _names(each) for each in functions if _STEPS & set(_names(each))}


def test_every_step_that_dagster_runs_is_guarded_against_errors_that_quote_rows() -> None:
    assert {
        "lake_assets",
        "models",
        "released",
        "arrives_in_its_rhythm",
        "held_back",
        "arrivals",
        "nightly",
        "silence",
    } <= _steps().keys()
    assert [name for name, decorators in _steps().items() if decorators[-1] not in _GUARDS] == []
