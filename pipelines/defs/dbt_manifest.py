"""dbt's manifest for drawing the graph: parsed when the project changes, otherwise read from the home.

Not here: building models (warehouse).
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pipelines import settings
from pipelines.defs.fingerprints import models_fingerprint
from pipelines.warehouse import parsing

_GRAPH = "graph"


class DbtProjectUnreadable(RuntimeError):
    """dbt could not parse its project."""


@cache
def prepared_manifest() -> Mapping[str, Any]:
    """Return the manifest of the dbt project. Raises DbtProjectUnreadable."""
    name = f"manifest-{models_fingerprint()}.json"
    with _folder() as folder:
        file = folder / name
        if not file.exists():
            _parse(folder, file=file)
        found: Mapping[str, Any] = json.loads(file.read_bytes())
        return found


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    # Without a home nothing is kept: looking at the graph makes no folders.
    home = settings.home()
    if home.dagster.is_dir():
        folder = home.dagster / "dbt" / _GRAPH
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
    else:
        with tempfile.TemporaryDirectory(prefix="crosslife-") as temporary:
            yield Path(temporary)


def _parse(folder: Path, *, file: Path) -> None:
    settings.silence()
    from dbt.cli.main import dbtRunner

    with tempfile.TemporaryDirectory(dir=folder) as target:
        arguments = ["--quiet", "--no-use-colors", "--log-path", target, "parse"]
        project = str(settings.DBT_PROJECT_DIR)
        places = ["--project-dir", project, "--profiles-dir", project, "--target-path", target]
        parsing.begin_with_what_is_kept(Path(target))
        result = dbtRunner().invoke([*arguments, *places])
        if not result.success:
            message = f"dbt cannot parse {project}: {result.exception or 'see `dbt parse`'}"
            raise DbtProjectUnreadable(message)
        manifest = json.loads((Path(target) / "manifest.json").read_bytes())
        parsing.keep(Path(target) / parsing.NAME)
        _leave_to_builds(folder, parsed=Path(target) / parsing.NAME)
    # Macros are most of its bytes and none of the graph.
    manifest["macros"] = {}
    _replace(file, text=json.dumps(manifest))
    for old in folder.glob("manifest-*.json"):
        if old != file:
            old.unlink(missing_ok=True)


def _leave_to_builds(folder: Path, *, parsed: Path) -> None:
    """Let the first build of a home begin with this parse: to do it again takes seconds."""
    target = folder.parent / "target"
    if parsed.exists() and folder.name == _GRAPH and not (target / parsed.name).exists():
        target.mkdir(exist_ok=True)
        parsed.replace(target / parsed.name)


def _replace(file: Path, *, text: str) -> None:
    beside = file.with_suffix(f".{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    beside.replace(file)
