"""The models as they would run, as SQL: macros, references and variables in their places. No connection, no home, no row.

What the SQL means does not belong here (lineage).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pipelines import settings
from pipelines.contracts import queries
from pipelines.settings import Home
from pipelines.warehouse import parsing
from pipelines.warehouse.failures import ModelFailure
from pipelines.warehouse.handover import Handover, handed_over
from pipelines.warehouse.ran import AS_OF, digest_of

QUIET = ("--quiet", "--no-print", "--log-level", "none", "--log-level-file", "none", "--no-use-colors")


class Nothing:
    """Takes the place of what a build hands over: to compile or document models, dbt opens no connection."""


@dataclass(frozen=True)
class Compiled:
    """The SQL of each model by its name, and the digest of that of each model and test by dbt's id."""

    models: Mapping[str, str]
    digests: Mapping[str, str]


def compiled_models(home: Home | None = None) -> Mapping[str, str]:
    """Return model → its compiled SQL; of a home the project is parsed no more often than it changes. Raises ModelFailure."""
    return compiled(home).models


def compiled(home: Home | None = None, *, own_sites: Iterable[str] = ("site.example",)) -> Compiled:
    """Return what would be built and tested, as a build compiles it that has these sites. Raises ModelFailure."""
    settings.silence()
    with tempfile.TemporaryDirectory() as folder, handed_over(cast("Handover", Nothing())):
        results = _compile(home.dagster / "dbt" if home else Path(folder), {"as_of": AS_OF, "own_sites": [*own_sites]})
    nodes = [result.node for result in results]
    for node in nodes:
        # The tables that it reads do not matter, that it is one SELECT does: what follows it would run as well.
        if str(node.resource_type) == "test" and queries.tables(node.compiled_code) is None:
            raise ModelFailure(f"{node.name} is no single SELECT")
    models = {node.name: node.compiled_code for node in nodes if str(node.resource_type) == "model"}
    return Compiled(models, {node.unique_id: digest_of(node.compiled_code) for node in nodes})


def _compile(folder: Path, variables: Mapping[str, object]) -> Iterable[Any]:
    from dbt.cli.main import dbtRunner

    project = str(settings.DBT_PROJECT_DIR)
    places = ["--project-dir", project, "--profiles-dir", project, "--target-path", str(folder / "target")]
    quiet = [*QUIET, "--no-write-json", "--log-path", str(folder / "logs")]
    # Without variables, as before a build: given while parsing, they would make dbt parse everything again.
    manifest = parsing.parsed([*quiet, "parse", *places], target=folder / "target")
    offline = ["--no-introspect", "--no-populate-cache", "--vars", json.dumps(variables)]
    outcome = dbtRunner(manifest=manifest).invoke([*quiet, "compile", *offline, *places])
    results: Iterable[Any] | None = getattr(outcome.result, "results", None)
    if not outcome.success or results is None:
        message = f"the models cannot be compiled: {type(outcome.exception).__name__}"
        raise ModelFailure(message)
    return results
