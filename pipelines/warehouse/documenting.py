"""dbt's documentation site as one page: every model, column, test and what each is made of. It bears no row and needs no home.

A column that a model passes on keeps the words of the one that it comes from, so that they stand in one place: the contracts,
for all that arrives. What the models say of themselves stands beside them (dbt_project).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from pipelines import settings
from pipelines.warehouse.compiling import QUIET, Nothing
from pipelines.warehouse.failures import ModelFailure
from pipelines.warehouse.handover import Handover, handed_over


def write_docs(target: Path) -> Mapping[str, Any]:
    """Write the site to the file `target`; return the manifest that it shows. Raises ModelFailure."""
    settings.silence()
    from dbt.cli.main import dbtRunner

    project = str(settings.DBT_PROJECT_DIR)
    with tempfile.TemporaryDirectory() as folder, handed_over(cast("Handover", Nothing())):
        places = ["--project-dir", project, "--profiles-dir", project, "--target-path", folder]
        for command in (["parse"], ["docs", "generate", "--static", "--empty-catalog", "--no-compile"]):
            outcome = dbtRunner().invoke([*QUIET, "--log-path", folder, *command, *places])
            if not outcome.success:
                message = f"the documentation cannot be written: {type(outcome.exception).__name__} at dbt {command[0]}"
                raise ModelFailure(message)
            file = Path(folder) / "manifest.json"
            manifest: dict[str, Any] = with_inherited_words(json.loads(file.read_text(encoding="utf-8")))
            file.write_text(json.dumps(manifest), encoding="utf-8")
        page = (Path(folder) / "static_index.html").read_bytes()
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.part")
    beside.write_bytes(page)
    beside.replace(target)
    return manifest


def with_inherited_words(manifest: dict[str, Any]) -> dict[str, Any]:
    """Give every model's column without a description that of the column of its name in what the model is made of."""
    nodes: dict[str, Any] = {**manifest["sources"], **manifest["nodes"]}
    for name in _from_the_sources_on(nodes):
        columns = [nodes[parent]["columns"] for parent in _parents(nodes, name)]
        for column in nodes[name]["columns"].values():
            if not column["description"]:
                told = (each[column["name"]]["description"] for each in columns if column["name"] in each)
                column["description"] = next(filter(None, told), "")
    return manifest


def _from_the_sources_on(nodes: Mapping[str, Any]) -> Iterator[str]:
    seen: set[str] = set()

    def visit(name: str) -> Iterator[str]:
        if name not in seen:
            seen.add(name)
            for parent in _parents(nodes, name):
                yield from visit(parent)
            yield name

    for name in nodes:
        yield from visit(name)


def _parents(nodes: Mapping[str, Any], name: str) -> list[str]:
    return [parent for parent in nodes[name].get("depends_on", {}).get("nodes", []) if parent in nodes]
