"""Names for the content of files, so that work is done again only when they differ. Not here: the work."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from pipelines import settings

_READ = {".sql", ".yml", ".yaml", ".csv", ".md", ".py"}
_WRITTEN_BY_DBT = {"target", "logs"}


@cache
def models_fingerprint() -> str:
    """Return a name for the dbt project and the register of traffic as they stood when this process first asked.

    The channels of past days rest on the register's own sites.
    """
    register = (settings.CONTRACTS_DIR / "traffic.yaml").read_bytes()
    return hashlib.sha256(folder_fingerprint(settings.DBT_PROJECT_DIR).encode() + register).hexdigest()[:16]


def folder_fingerprint(project: Path) -> str:
    """Return a name for the content of everything in a folder that is read or run; what dbt writes is not."""
    digest = hashlib.sha256()
    for file in sorted(project.rglob("*")):
        inside = file.relative_to(project)
        if file.suffix.lower() in _READ and inside.parts[0] not in _WRITTEN_BY_DBT:
            digest.update(f"{inside.as_posix()}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]
