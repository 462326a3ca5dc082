"""The store of seals: what was published of rows whose source has fallen, and which rows may never be computed again.

    evidence/seals/index.json                  which file is whose, and its digest
    evidence/seals/<table>.<digest>.parquet    one for each table, named by its content

The index is replaced at once; a file that it does not name is waste. It lies in the restricted zone: that a row was touched
can tell more than what was published of it. Which rows are touched, and how they are served, does not belong here.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.lake.placing import sync_folder
from pipelines.release.labels import plain
from pipelines.release.refusals import SealDamaged
from pipelines.settings import Home

_IS_SCOPE, _IS_TOUCHED = "__is_scope", "__is_touched"
_INDEX = "index.json"
_DIGITS = 16
_NAME = re.compile(r"[a-z0-9_]+\.[0-9a-f]{16}\.parquet")


@dataclass(frozen=True)
class Seal:
    """What is kept of a table: `rows` as they were published, and `scopes`, which rows are touched.

    A scope is a row of values, as a release shows them, of some of the table's columns; NULL is any value. A row in a scope is
    served from `rows` or not at all.
    """

    scopes: pl.DataFrame
    rows: pl.DataFrame

    def adding(self, scopes: pl.DataFrame, published: pl.DataFrame) -> Seal:
        """Return the seal with further scopes and the published rows that they touch; what was touched before stays as it is."""
        shown = plain(scopes)
        new = published.filter(is_touched(published, shown) & ~is_touched(published, self.scopes))
        every = pl.concat([self.scopes, shown], how="diagonal_relaxed").unique()
        return Seal(every.sort(every.columns), pl.concat([self.rows, new], how="diagonal_relaxed"))


NOTHING = Seal(pl.DataFrame(), pl.DataFrame())


def is_touched(frame: pl.DataFrame, scopes: pl.DataFrame) -> pl.Series:
    """Return for each row of a table, as read or as published, whether one of the scopes touches it.

    A column of a scope that the table does not have any more tells nothing apart. Raises SealDamaged where a column has
    become one of another type.
    """
    found = pl.repeat(value=False, n=frame.height, eager=True)
    if scopes.is_empty():
        return found
    known = plain(frame.select(name for name in scopes.columns if name in frame.columns))
    for named, part in scopes.group_by(pl.col(name).is_not_null() for name in scopes.columns):
        own = [name for name, is_told in zip(scopes.columns, named, strict=True) if is_told and name in known.columns]
        if not own:
            return pl.repeat(value=True, n=frame.height, eager=True)
        values = as_typed(part.select(own), known.schema).unique().with_columns(pl.lit(value=True).alias(_IS_TOUCHED))
        joined = known.select(own).join(values, on=own, how="left", maintain_order="left")
        found |= joined.get_column(_IS_TOUCHED).fill_null(value=False)
    return found


def as_typed(rows: pl.DataFrame, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Return sealed rows with the types of today; raises SealDamaged where a value has none."""
    try:
        return rows.cast({name: schema[name] for name in rows.columns})
    except pl.exceptions.PolarsError:
        wrong = [name for name in rows.columns if rows.schema[name] != schema[name]]
    raise SealDamaged(
        f"sealed values of {', '.join(wrong)} cannot be read as the contract has its type now: publish the new kind of value "
        "under a name of its own"
    )


def read_seals(home: Home) -> dict[str, Seal]:
    """Return every table's seal. Raises SealDamaged where what the index names is not as it was written, or the index is lost."""
    seals = {}
    for name, entry in _index(home).items():
        try:
            content = (home.seals / entry["file"]).read_bytes()
        except OSError:
            raise _damaged(name) from None
        if hashlib.sha256(content).hexdigest() != entry["sha256"]:
            raise _damaged(name)
        kept = pl.read_parquet(io.BytesIO(content))
        scopes, rows = kept.filter(_IS_SCOPE), kept.filter(~pl.col(_IS_SCOPE))
        seals[name] = Seal(scopes.select(entry["scope_columns"]), rows.select(entry["row_columns"]))
    return seals


def keep_seals(home: Home, changed: Mapping[str, Seal]) -> dict[str, str]:
    """Put these tables' seals in the place of those before, all at once; return the digests (SHA-256) of their files."""
    entries = _index(home)
    home.seals.mkdir(mode=0o700, parents=True, exist_ok=True)
    # First of all an index, so that files without one are always a loss.
    _write(home.seals / _INDEX, _told(entries))
    for name, seal in sorted(changed.items()):
        marked = [seal.scopes.with_columns(pl.lit(value=True).alias(_IS_SCOPE))]
        marked += [seal.rows.with_columns(pl.lit(value=False).alias(_IS_SCOPE))] if seal.rows.columns else []
        buffer = io.BytesIO()
        pl.concat(marked, how="diagonal_relaxed").write_parquet(buffer, compression="zstd")
        content = buffer.getvalue()
        digest = hashlib.sha256(content).hexdigest()
        file = f"{name}.{digest[:_DIGITS]}.parquet"
        _write(home.seals / file, content)
        columns = {"scope_columns": seal.scopes.columns, "row_columns": seal.rows.columns}
        entries[name] = {"file": file, "sha256": digest, **columns}
    _write(home.seals / _INDEX, _told(entries))
    _sweep(home.seals, {entry["file"] for entry in entries.values()})
    return {name: str(entries[name]["sha256"]) for name in sorted(changed)}


def _index(home: Home) -> dict[str, dict[str, Any]]:
    file = home.seals / _INDEX
    if not file.exists() and not any(home.seals.glob("*.parquet")):
        return {}
    try:
        tables: dict[str, dict[str, Any]] = json.loads(file.read_bytes())["tables"]
        if all(_NAME.fullmatch(entry["file"]) for entry in tables.values()):
            return tables
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    raise _damaged(_INDEX)


def _told(entries: Mapping[str, Mapping[str, Any]]) -> bytes:
    return json.dumps({"tables": entries}, indent=1, sort_keys=True).encode()


def _damaged(name: str) -> SealDamaged:
    return SealDamaged(
        f"the seal of {name} is missing or damaged: put evidence/seals back from a backup. What was published of rows whose "
        "source has fallen stands nowhere else but in the release of today"
    )


def _write(file: Path, content: bytes) -> None:
    if file.exists() and file.read_bytes() == content:
        return
    beside = file.with_name(f".{file.name}.part")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(file)
    sync_folder(file.parent)


def _sweep(folder: Path, named: set[str]) -> None:
    for path in [*folder.glob("*.parquet"), *folder.glob(".*.part")]:
        if path.name not in named:
            path.unlink()
