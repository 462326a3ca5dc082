"""dbt's parse of its project: it takes seconds, so it is kept, in a home between runs and in this process for the next home.

What is kept is dbt's own file, which dbt holds against the project's files whenever it reads it. Not here: what a project may
consist of (admitting), compiling and building.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines import settings
from pipelines.warehouse import admitting
from pipelines.warehouse.failures import ModelFailure

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

NAME = "partial_parse.msgpack"
_kept: dict[Path, bytes] = {}


def parsed(arguments: Sequence[str], *, target: Path) -> Manifest:
    """Return the project as dbt's `parse` reads it with these arguments, which write to `target`, once it may be built.

    Raises ModelFailure.
    """
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest

    begin_with_what_is_kept(target)
    found = dbtRunner().invoke([*arguments])
    if not isinstance(found.result, Manifest):
        message = f"the dbt project cannot be read: {found.exception}"
        raise ModelFailure(message)
    keep(target / NAME)
    admitting.refuse_what_is_not_checked(found.result)
    return found.result


def keep(file: Path) -> None:
    """Keep a parse of the project for whatever this process parses it for next."""
    if file.exists():
        _kept[settings.DBT_PROJECT_DIR] = file.read_bytes()


def begin_with_what_is_kept(target: Path) -> None:
    """Let a parse that will write to `target`, and finds none there, begin with the last one of this process."""
    file, last = target / NAME, _kept.get(settings.DBT_PROJECT_DIR)
    if last is not None and not file.exists():
        target.mkdir(parents=True, exist_ok=True)
        file.write_bytes(last)
