"""The models as they would run, as SQL: macros, references and variables in their places. No connection, no home, no row.

What the SQL means does not belong here (lineage).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from typing import cast

from pipelines import settings
from pipelines.warehouse.handover import Handover, handed_over
from pipelines.warehouse.running import ModelFailure

QUIET = ("--quiet", "--no-print", "--log-level", "none", "--log-level-file", "none", "--no-use-colors")
_VARIABLES = {"as_of": "2000-01-01 00:00:00", "own_sites": ["site.example"]}


class Nothing:
    """Takes the place of what a build hands over: to compile or document models, dbt opens no connection."""


def compiled_models() -> Mapping[str, str]:
    """Return model → its compiled SQL. Raises ModelFailure."""
    settings.silence()
    from dbt.cli.main import dbtRunner

    project = str(settings.DBT_PROJECT_DIR)
    with tempfile.TemporaryDirectory() as folder, handed_over(cast("Handover", Nothing())):
        places = ["--project-dir", project, "--profiles-dir", project, "--target-path", folder]
        offline = ["--no-introspect", "--no-populate-cache", "--vars", json.dumps(_VARIABLES)]
        outcome = dbtRunner().invoke([*QUIET, "--log-path", folder, "compile", *offline, *places])
    results = getattr(outcome.result, "results", None)
    if not outcome.success or results is None:
        message = f"the models cannot be compiled: {type(outcome.exception).__name__}"
        raise ModelFailure(message)
    nodes = (result.node for result in results)
    return {node.name: node.compiled_code for node in nodes if str(node.resource_type) == "model"}
