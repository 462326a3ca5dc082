"""The derived Parquet partitions of event-level facts: `facts/<model>/dt=YYYY-MM-DD/part.parquet`, or `…/month=YYYY-MM/…`.

A partition is written under another name and put in place whole; what it replaces is set aside until its build has ended
well. Which rows it has is the model's affair.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb

from pipelines import lake
from pipelines.engine import quoted
from pipelines.settings import Home

FACTS_KEY = "warehouse_v1"
PART_NAME = "part.parquet"
_ASIDE, _GONE, _TOKEN = ".before", ".gone-", "token"


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


def view_query(folder: Path, columns: Mapping[str, str]) -> str:
    """Return the SELECT over a model's partitions: no rows of these types where it has none."""
    found = next(folder.glob(f"*=*/{PART_NAME}"), None)
    if found is None:
        typed = ", ".join(f'cast(null as {kind}) as "{name}"' for name, kind in columns.items())
        return f"select {typed} where false"
    unit = found.parent.name.partition("=")[0]
    names = ", ".join(f'"{name}"' for name in columns)
    return (
        f"select {names} from read_parquet('{quoted(folder / f'{unit}=*' / PART_NAME)}', "
        f"encryption_config = {{footer_key: '{FACTS_KEY}'}}, hive_partitioning = true, "
        f"hive_types = {{'{unit}': {'date' if unit == 'dt' else 'varchar'}}})"
    )


def begin(home: Home, *, token: str) -> None:
    """Note which build sets aside what it replaces, so that after a crash it can be told whether it ended well."""
    aside = home.facts / _ASIDE
    aside.mkdir(parents=True)
    (aside / _TOKEN).write_text(token, encoding="utf-8")


def unfinished(home: Home) -> str | None:
    """Return the token of a build that neither kept nor took back what it replaced; None where there is none."""
    # What was let go, and not yet removed when a process was killed.
    for gone in home.facts.glob(f"{_GONE}*"):
        shutil.rmtree(gone)
    aside = home.facts / _ASIDE
    if not aside.exists():
        return None
    file = aside / _TOKEN
    return file.read_text(encoding="utf-8") if file.exists() else ""


def take_back(home: Home, models: Collection[str] | None = None) -> None:
    """Put back what a build has replaced, of these models or of all: it failed, or its process was killed.

    Killed itself, it does the same again: a copy stands aside until all is back.
    """
    for aside in (home.facts / _ASIDE).glob("*/*=*"):
        model = aside.parent.name
        if models is not None and model not in models:
            continue
        file = home.facts / model / aside.name / PART_NAME
        if (aside / PART_NAME).exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            beside = file.with_name(f".{PART_NAME}")
            beside.unlink(missing_ok=True)
            _copy(aside / PART_NAME, beside)
            os.replace(beside, file)  # noqa: PTH105 - the name of the promise
        else:
            _drop(file)
    if models is None:
        keep(home)


def keep(home: Home) -> None:
    """Let go of what a build has replaced: it ended well, or all of it was put back."""
    aside = home.facts / _ASIDE
    if aside.exists():
        # In one step: half of it would tell of partitions that there were none.
        gone = home.facts / f"{_GONE}{os.urandom(8).hex()}"
        aside.rename(gone)
        shutil.rmtree(gone)


def _set_aside(file: Path) -> None:
    """Keep the partition that is to be replaced, or an empty folder where there was none; the first of a build counts."""
    aside = file.parents[2] / _ASIDE / file.parents[1].name / file.parent.name
    if aside.exists():
        return
    beside = aside.with_name(f".{aside.name.replace('=', '-')}")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    if file.exists():
        _copy(file, beside / PART_NAME)
    beside.rename(aside)


def _copy(file: Path, to: Path) -> None:
    try:
        os.link(file, to)
    except OSError:  # a file system without links
        shutil.copyfile(file, to)


def _drop(file: Path) -> None:
    file.unlink(missing_ok=True)
    file.with_name(f".{PART_NAME}").unlink(missing_ok=True)
    if file.parent.is_dir():
        file.parent.rmdir()
