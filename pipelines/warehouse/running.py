"""Runs dbt in this process, silently, with everything it writes under the home's `dagster/dbt`.

Messages of the database may quote rows, so none is logged or raised: names and kinds only. Not here: what is built, or
where to (building).
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pipelines import settings
from pipelines.settings import Home
from pipelines.warehouse import parsing
from pipelines.warehouse.failures import ModelFailure

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_KIND = re.compile(r"\b([A-Z][a-z]+ Error)\b:?")
_FAILED = {"error", "fail", "runtime error"}


@dataclass(frozen=True)
class Counts:
    """How many models were built and tests passed; the seconds before the first node, and those within tests."""

    models: int
    tests: int
    start_seconds: float
    test_seconds: float


@dataclass(frozen=True)
class Built:
    """What dbt did: `failed` tells of each model that could not be built or whose tests failed what it was.

    `parents` are the models and datasets that each model of the project is made of; `compiled` is the SQL of each model and
    test that ran, by dbt's id.
    """

    counts: Counts
    failed: Mapping[str, str]
    parents: Mapping[str, frozenset[str]]
    compiled: Mapping[str, str]


class _DependsOn(Protocol):
    nodes: Sequence[str]


class _Node(Protocol):
    name: str
    unique_id: str
    resource_type: str
    compiled_code: str | None
    depends_on: _DependsOn


class _Result(Protocol):
    # The part of dbt's result of one node that we read.
    status: str
    message: str | None
    execution_time: float
    node: _Node


def run(home: Home, *, command: str, variables: Mapping[str, Any], options: Sequence[str] = ()) -> Built:
    """Parse the project (kept between runs) and run one dbt command on it. Raises ModelFailure where dbt cannot start."""
    started = time.monotonic()
    settings.silence()
    # dbt takes more than a second to import: only who builds pays for it.
    from dbt.cli.main import dbtRunner

    # The values of variables change with every run; given while parsing, they would make dbt parse everything again.
    manifest = parsing.parsed(_arguments(home, "parse"), target=home.dagster / "dbt" / "target")
    start_seconds = time.monotonic() - started
    arguments = [*_arguments(home, command), "--vars", json.dumps(variables), *options]
    try:
        outcome = dbtRunner(manifest=manifest).invoke(arguments)
    finally:
        _close_connections()
        # It would keep messages of the database.
        (home.dagster / "dbt" / "target" / "run_results.json").unlink(missing_ok=True)
    results = getattr(outcome.result, "results", None)
    if results is None:
        message = f"dbt could not start: {type(outcome.exception).__name__}"
        raise ModelFailure(message) from None
    ran = [each.node for each in results if each.node.resource_type in ("model", "test")]
    compiled = {node.unique_id: node.compiled_code for node in ran if node.compiled_code}
    return Built(_counted(results, start_seconds=start_seconds), _failures(results), _parents(manifest), compiled)


def _arguments(home: Home, command: str) -> list[str]:
    project, folder = str(settings.DBT_PROJECT_DIR), home.dagster / "dbt"
    quiet = [
        "--quiet",
        "--no-print",
        "--no-write-json",
        "--log-level",
        "none",
        "--log-level-file",
        "none",
        "--no-use-colors",
    ]
    places = ["--project-dir", project, "--profiles-dir", project]
    return [*quiet, "--log-path", str(folder / "logs"), command, *places, "--target-path", str(folder / "target")]


def _close_connections() -> None:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    # Otherwise the next build in this process would be given this one's connection.
    if DuckDBConnectionManager._ENV is not None:
        DuckDBConnectionManager._ENV.close()
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


def _failures(results: Iterable[_Result]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for result in results:
        if result.status in _FAILED:
            found.setdefault(_model_of(result.node), []).append(_described(result))
    return {model: ", ".join(said) for model, said in found.items()}


def _model_of(node: _Node) -> str:
    """Return the model that a node is, or the one that it tests."""
    if node.resource_type == "model":
        return node.name
    tested = getattr(node, "attached_node", None) or node.depends_on.nodes[0]
    return str(tested).rpartition(".")[2]


def _parents(manifest: Manifest) -> dict[str, frozenset[str]]:
    names = {key: key.rpartition(".")[2] for key in (*manifest.nodes, *manifest.sources)}
    models = (node for node in manifest.nodes.values() if str(node.resource_type) == "model")
    return {node.name: frozenset(names[each] for each in node.depends_on_nodes if each in names) for node in models}


def _described(result: _Result) -> str:
    kinds = [kind for kind in _KIND.findall(result.message or "") if kind not in {"Runtime Error", "Database Error"}]
    return f"{result.node.resource_type} {result.node.name} failed" + (f" ({kinds[0]})" if kinds else "")


def _counted(results: Iterable[_Result], *, start_seconds: float) -> Counts:
    done = [result for result in results if result.status in {"success", "pass"}]
    models = sum(result.node.resource_type == "model" for result in done)
    test_seconds = sum(result.execution_time for result in done if result.node.resource_type == "test")
    return Counts(models, len(done) - models, start_seconds, test_seconds)
