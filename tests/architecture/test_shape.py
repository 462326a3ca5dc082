from __future__ import annotations

import ast
import configparser
import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "pipelines"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST = 300


def _imports(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def _importlinter() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter")
    return parser


def test_the_layers_of_the_rooms_are_exhaustive() -> None:
    layers = _importlinter()["importlinter:contract:layers"]
    assert layers["exhaustive"].lower() == "true"
    assert layers["containers"].split() == ["pipelines"]


def test_every_room_stands_in_the_layers_and_no_other_name() -> None:
    listed = set(re.findall(r"\w+", _importlinter()["importlinter:contract:layers"]["layers"]))
    rooms = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert listed == rooms - {"__init__"}


def test_dagster_finds_the_definitions_by_the_workspace_file_alone() -> None:
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert not {"dg", "dagster"} & tables.keys()
    assert not (ROOT / "dg.toml").exists()


def test_the_workspace_names_the_definitions_module() -> None:
    entries = yaml.safe_load((ROOT / "workspace.yaml").read_text(encoding="utf-8"))["load_from"]
    assert [entry["python_module"]["module_name"] for entry in entries] == ["pipelines.definitions"]


def test_unit_tests_never_import_the_dagster_definitions() -> None:
    guilty = [
        file.name for file in (ROOT / "tests" / "unit").rglob("*.py") if "pipelines.definitions" in _imports(file)
    ]
    assert guilty == []


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_says_what_lives_there_and_stays_short(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) < LONGEST


def test_only_settings_reads_the_environment() -> None:
    readers = [
        module.relative_to(PACKAGE).as_posix()
        for module in MODULES
        if re.search(r"os\.(environ|getenv)", module.read_text(encoding="utf-8"))
    ]
    assert readers == ["settings.py"]
