"""The models as they would run, as SQL: macros, references and variables in their places. No connection, no home, no row.

What the SQL means does not belong here (lineage).
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from pipelines import settings
from pipelines.settings import Home
from pipelines.warehouse.handover import Handover, handed_over
from pipelines.warehouse.running import ModelFailure

QUIET = ("--quiet", "--no-print", "--log-level", "none", "--log-level-file", "none", "--no-use-colors")
_ELSEWHERE = re.compile(
    r"\b(flags|target|env_var|var|run_query|execute|invocation_id|run_started_at|graph|builtins|context|statement)\b\s*[.(]"
)
_VARIABLES = {"as_of": "2000-01-01 00:00:00", "own_sites": ["site.example"]}


class Nothing:
    """Takes the place of what a build hands over: to compile or document models, dbt opens no connection."""


def compiled_models(home: Home | None = None) -> Mapping[str, str]:
    """Return model → its compiled SQL; of a home the project is parsed no more often than it changes. Raises ModelFailure."""
    settings.silence()
    with tempfile.TemporaryDirectory() as folder, handed_over(cast("Handover", Nothing())):
        results = _compile(home.dagster / "dbt" if home else Path(folder))
    nodes = [result.node for result in results]
    for node in nodes:
        _refuse_what_is_built_otherwise(node)
    return {node.name: node.compiled_code for node in nodes if str(node.resource_type) == "model"}


def _refuse_what_is_built_otherwise(node: Any) -> None:  # noqa: ANN401, dbt's own kinds of nodes
    """Refuse a model that need not be what its compiled SQL says. Raises ModelFailure."""
    hooks = (getattr(node.config, when, None) for when in ("pre_hook", "post_hook"))
    if str(node.resource_type) == "operation" or any(hooks):
        raise ModelFailure(f"{node.name} has hooks, and what they do is in no model")
    if str(node.resource_type) != "model":
        return
    if node.alias != node.name:
        raise ModelFailure(f"{node.name} has another name in the warehouse, {node.alias}")
    if found := _ELSEWHERE.search(node.raw_code):
        raise ModelFailure(
            f"{node.name} rests on `{found[1]}`, which can differ from build to build; put it into a macro"
        )


def _compile(folder: Path) -> Iterable[Any]:
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest

    project = str(settings.DBT_PROJECT_DIR)
    places = ["--project-dir", project, "--profiles-dir", project, "--target-path", str(folder / "target")]
    quiet = [*QUIET, "--no-write-json", "--log-path", str(folder / "logs")]
    # Without variables, as before a build: given while parsing, they would make dbt parse everything again.
    parsed = dbtRunner().invoke([*quiet, "parse", *places])
    if not isinstance(parsed.result, Manifest):
        message = f"the dbt project cannot be read: {parsed.exception}"
        raise ModelFailure(message)
    offline = ["--no-introspect", "--no-populate-cache", "--vars", json.dumps(_VARIABLES)]
    outcome = dbtRunner(manifest=parsed.result).invoke([*quiet, "compile", *offline, *places])
    results: Iterable[Any] | None = getattr(outcome.result, "results", None)
    if not outcome.success or results is None:
        message = f"the models cannot be compiled: {type(outcome.exception).__name__}"
        raise ModelFailure(message)
    return results
