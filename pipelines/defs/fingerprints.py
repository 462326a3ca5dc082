"""Names for the content of files, so that work is done again only when they differ. Not here: the work."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from pipelines import settings

_READ_BY_DBT = {".sql", ".yml", ".yaml", ".csv", ".md"}
_WRITTEN_BY_DBT = {"target", "logs"}


@cache
def models_fingerprint() -> str:
    """Return a name for the content of the dbt project as it stood when this process first asked."""
    return folder_fingerprint(settings.DBT_PROJECT_DIR)


def folder_fingerprint(project: Path) -> str:
    """Return a name for the content of everything dbt reads in a project."""
    digest = hashlib.sha256()
    for file in sorted(project.rglob("*")):
        inside = file.relative_to(project)
        if file.suffix in _READ_BY_DBT and inside.parts[0] not in _WRITTEN_BY_DBT:
            digest.update(f"{inside.as_posix()}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]
