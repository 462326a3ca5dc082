"""Expected figures are computed by code that cannot share a mistake with the product: `tests/truth` never reaches it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TRUTH = "tests.truth"
FRAMES = {"polars", "duckdb"}
# Ways to run code by the name of a module, or as another process.
LOADERS = {
    "importlib",
    "runpy",
    "pkgutil",
    "imp",
    "zipimport",
    "subprocess",
    "multiprocessing",
    "ctypes",
    "code",
    "site",
}
LOADING_CALLS = {"__import__", "exec", "eval", "compile"}


def faults(root: Path) -> list[str]:
    """Return what is wrong with the imports of `tests/truth` under a checkout, followed through `tests`."""
    waiting, seen, found = sorted(_files(root, TRUTH, whole=True)), set[Path](), list[str]()
    assert waiting, "there is no tests/truth"
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        tree = ast.parse(file.read_text(encoding="utf-8"))
        place = file.relative_to(root).as_posix()
        for name in _imported(tree, package=file.relative_to(root).parent.parts):
            if name.split(".")[0] == "tests":
                waiting += _files(root, name)
            elif not _is_allowed(name):
                found.append(f"{place}: imports {name}")
        found += [f"{place}: {told}" for told in _detours(tree)]
    return sorted(found)


def _imported(tree: ast.AST, *, package: tuple[str, ...]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            origin = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def _is_allowed(name: str) -> bool:
    top = name.split(".")[0]
    return (top in sys.stdlib_module_names and top not in LOADERS) or top in FRAMES


def _detours(tree: ast.AST) -> Iterator[str]:
    """Names of the product's modules in strings, and calls that run what a string says."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value.strip()
            if text == "pipelines" or (text.startswith("pipelines.") and " " not in text):
                yield f"names {text}"
        elif isinstance(node, ast.Name) and node.id in LOADING_CALLS:
            yield f"calls {node.id}"
        elif isinstance(node, ast.Attribute) and node.attr in {"modules", "import_module"}:
            yield f"reaches for {node.attr}"


def _files(root: Path, name: str, *, whole: bool = False) -> list[Path]:
    """Return the files that a dotted name under `tests` loads: its packages' `__init__`, and the module."""
    parts = name.split(".")
    found = [root.joinpath(*parts[:depth], "__init__.py") for depth in range(1, len(parts) + 1)]
    found += [root.joinpath(*parts[:depth]).with_suffix(".py") for depth in range(2, len(parts) + 1)]
    if whole:
        found += root.joinpath(*parts).rglob("*.py")
    return [file for file in found if file.exists()]


def test_the_truth_imports_nothing_of_the_product() -> None:
    assert faults(ROOT) == []


@pytest.mark.parametrize(
    "planted",
    [
        "import pipelines",
        "import pipelines.intake as anything",
        "from pipelines.intake import judging",
        "def later():\n    from pipelines import lake",
        "import importlib\nimportlib.import_module('pipelines.intake')",
        "NAME = 'pipelines.intake.judging'",
        "__import__('pipe' + 'lines')",
        "import sys\nsys.modules['pipelines']",
        "import subprocess",
        "import pandas",
        "from tests.desk import make_desk",
        "from tests import desk",
        "from .. import desk",
    ],
)
def test_a_planted_way_to_the_product_is_found(tmp_path: Path, planted: str) -> None:
    truth = tmp_path / "tests" / "truth"
    (truth / "deeper").mkdir(parents=True)
    (truth / "__init__.py").write_text("")
    (truth / "sound.py").write_text("from tests.truth import reading\nimport polars as pl\nfrom datetime import date\n")
    (tmp_path / "tests" / "desk.py").write_text("from pipelines import intake\n")
    assert faults(tmp_path) == []
    (truth / "figures.py").write_text(planted)
    assert faults(tmp_path) != []
    (truth / "figures.py").unlink()
    (truth / "deeper" / "figures.py").write_text(planted.replace("from ..", "from ..."))
    assert faults(tmp_path) != []
