"""The derived Parquet partitions of event-level facts: `facts/<model>/dt=YYYY-MM-DD/part.parquet`, or `…/month=YYYY-MM/…`.

A partition is written under another name and put in place whole; what it replaces is set aside until its build has ended
well. Which rows it has is the model's affair.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from pathlib import Path

import duckdb

from pipelines import lake
from pipelines.settings import Home

FACTS_KEY = "warehouse_v1"
PART_NAME = "part.parquet"
_ASIDE = ".before"


def replace_partitions(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    *,
    folder: Path,
    unit: str,
    values: Iterable[str],
    sort_by: Sequence[str],
) -> None:
    """Replace the partitions `<unit>=<value>` below `folder` by the table's rows; one without rows is removed."""
    filled = {str(row[0]) for row in connection.execute(f"select distinct {unit} from {table}").fetchall()}
    for value in values:
        file = folder / f"{unit}={value}" / PART_NAME
        if value in filled:
            query = f"select * exclude ({unit}) from {table} where {unit} = '{value}' order by {', '.join(sort_by)}"
            lake.write_parquet(connection, query, file=file.with_name(f".{PART_NAME}"), key=FACTS_KEY)
            _set_aside(file)
            os.replace(file.with_name(f".{PART_NAME}"), file)  # noqa: PTH105 - the name of the promise
        elif file.exists():
            _set_aside(file)
            _drop(file)


def days_of(home: Home) -> set[date]:
    """Return every day of which some fact has a partition."""
    return {date.fromisoformat(path.name.removeprefix("dt=")) for path in home.facts.glob("*/dt=*")}


def months_of(home: Home) -> set[date]:
    """Return the first of every month of which some fact has a partition."""
    return {date.fromisoformat(f"{path.name.removeprefix('month=')}-01") for path in home.facts.glob("*/month=*")}


def take_back(home: Home, models: Collection[str] | None = None) -> None:
    """Put back what a build has replaced, of these models or of all: it failed, or its process was killed."""
    for model in (home.facts / _ASIDE).glob("*"):
        if models is not None and model.name not in models:
            continue
        for aside in model.glob("*=*"):
            file = home.facts / model.name / aside.name / PART_NAME
            if (aside / PART_NAME).exists():
                file.parent.mkdir(parents=True, exist_ok=True)
                os.replace(aside / PART_NAME, file)  # noqa: PTH105 - the name of the promise
            else:
                _drop(file)
        shutil.rmtree(model)


def keep(home: Home) -> None:
    """Let go of what a build has replaced: it ended well."""
    shutil.rmtree(home.facts / _ASIDE, ignore_errors=True)


def _set_aside(file: Path) -> None:
    """Keep the partition that is to be replaced, or a folder that says there was none; the first of a build counts."""
    aside = file.parents[2] / _ASIDE / file.parents[1].name / file.parent.name
    if aside.exists():
        return
    aside.mkdir(parents=True)
    if file.exists():
        try:
            os.link(file, aside / PART_NAME)
        except OSError:  # a file system without links
            shutil.copyfile(file, aside / PART_NAME)


def _drop(file: Path) -> None:
    file.unlink(missing_ok=True)
    file.with_name(f".{PART_NAME}").unlink(missing_ok=True)
    if file.parent.is_dir():
        file.parent.rmdir()
