"""A release as files: Parquet, CSV, one DuckDB file and release.json, written beside and put in place at once.

    release/editions/<edition>/…       the files
    release/current -> editions/…      the one link whose replacement is the publication
    release/{analytics.duckdb,parquet,csv,release.json} -> current/…

Several files cannot be replaced in one step, one symbolic link can: a reader sees the old edition or the new one, whole.
What is in the tables is decided elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import duckdb
import polars as pl

from pipelines import engine
from pipelines.contracts import OutboundContract
from pipelines.contracts.sealing import ByNothing
from pipelines.disclosure import WITHHELD
from pipelines.release.refusals import without_values

_FACES = ("analytics.duckdb", "parquet", "csv", "release.json")
_WITHHELD_COLUMN = (WITHHELD, "BOOLEAN", "Whether the measures of the row are withheld; every withheld cell is NULL.")


@dataclass(frozen=True)
class Table:
    """The published rows of an assessed table and the contract that describes it; `sealed` of them are served from their seal."""

    contract: OutboundContract
    frame: pl.DataFrame
    sealed: int = 0

    @property
    def columns(self) -> tuple[tuple[str, str, str], ...]:
        """Name, SQL type and description of each published column."""
        declared = ((column.name, column.sql_type, column.description) for column in self.contract.columns)
        return (*declared, _WITHHELD_COLUMN)

    @cached_property
    def csv(self) -> bytes:
        """The table as CSV: instants in UTC, withheld cells empty."""
        text: str = self.frame.write_csv(datetime_format="%Y-%m-%dT%H:%M:%S%.fZ", quote_style="necessary")
        return text.encode()

    def describe(self) -> dict[str, object]:
        """Return what release.json says of the table."""
        omits, rule = self.contract.disclosure.omit_withheld, self.contract.sealing
        return {
            "name": self.contract.name,
            "description": self.contract.description,
            "columns": [
                {"name": name, "type": kind, "description": text, **self._reading(name)}
                for name, kind, text in self.columns
            ],
            "rows": self.frame.height,
            "omits_withheld_rows": omits,
            # How many rows were left out would tell of each that it is no zero.
            "withheld_rows": None if omits else int(self.frame.get_column(WITHHELD).sum()),
            # Published as they were before their source was dropped.
            "sealed_rows": self.sealed,
            **({"over_what_is_held": rule.reason} if isinstance(rule, ByNothing) else {}),
        }

    def _reading(self, name: str) -> dict[str, str]:
        """Return how a figure is to be read: its unit, its formula, and what it is not."""
        for column in self.contract.columns:
            if column.name == name:
                told = {"unit": column.unit, "formula": column.formula, "caveat": column.caveat}
                return {kind: text for kind, text in told.items() if text}
        return {}


@dataclass(frozen=True)
class Edition:
    """Everything that one release says. Its name is a digest of what it says, whenever it is said."""

    tables: tuple[Table, ...]
    policy_version: str
    threshold: int
    as_of: str
    held_back: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def name(self) -> str:
        """The first 16 hex digits of the digest of all that is told, but for the instant at which it is."""
        digests = [[table.describe(), hashlib.sha256(table.csv).hexdigest()] for table in self.tables]
        said = json.dumps([digests, self.policy_version, self.threshold, dict(self.held_back)], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def write(self, folder: Path) -> None:
        """Write the edition's files into an empty folder, synced to disk."""
        for kind in ("parquet", "csv"):
            (folder / kind).mkdir()
        for table in self.tables:
            name = table.contract.name
            (folder / "csv" / f"{name}.csv").write_bytes(table.csv)
            notes = {column: text for column, _, text in table.columns}
            table.frame.write_parquet(
                folder / "parquet" / f"{name}.parquet",
                compression="zstd",
                metadata={"description": table.contract.description, "columns": json.dumps(notes, ensure_ascii=False)},
            )
        with without_values("analytics.duckdb cannot be written"):
            _write_duckdb(folder / "analytics.duckdb", self.tables)
        (folder / "release.json").write_text(json.dumps(self._summary(folder), indent=2, ensure_ascii=False) + "\n")
        for path in sorted(folder.rglob("*")):
            _sync(path)

    def _summary(self, folder: Path) -> dict[str, object]:
        return {
            "edition": self.name,
            "as_of": self.as_of,
            "policy_version": self.policy_version,
            "threshold_distinct_learners": self.threshold,
            # Tables that stand as in the edition before, or are missing, and why: something they are made of failed.
            "held_back": dict(sorted(self.held_back.items())),
            "tables": [
                {**table.describe(), "files": _hashes(folder, name=table.contract.name)} for table in self.tables
            ],
        }


def put_in_place(release: Path, edition: Edition) -> bool:
    """Make the edition what `release` shows, and return True; return False where it already is, untouched.

    Interrupted anywhere, the earlier edition still stands; what was begun is removed by the next call.
    """
    _sweep(release)
    if stands(release, edition=edition.name):
        return False
    building = release / ".building"
    building.mkdir(mode=0o700, parents=True)
    edition.write(building)
    (release / "editions").mkdir(exist_ok=True)
    _share(release, building)
    placed = _free(release / "editions", edition.name)
    building.rename(placed)
    _sync(placed.parent)
    for face in _FACES:
        _link(release / face, Path("current") / face)
    _link(release / "current", Path("editions") / placed.name)
    _sync(release)
    _sweep(release)
    return True


def stands(release: Path, *, edition: str) -> bool:
    """Tell whether `release` shows this edition with every file as it was written."""
    try:
        said = json.loads((release / "release.json").read_bytes())
        files = [file for table in said["tables"] for file in table["files"]]
        is_whole = all(_sha256(release / file["path"]) == file["sha256"] for file in files)
        return said["edition"] == edition and is_whole and (release / "analytics.duckdb").is_file()
    except (OSError, ValueError, KeyError, TypeError):
        return False


def sealed_rows(release: Path) -> Mapping[str, int]:
    """Return how many sealed rows each table of what `release` shows has; nothing where that cannot be read."""
    try:
        tables = json.loads((release / "release.json").read_bytes())["tables"]
        return {str(table["name"]): int(table["sealed_rows"]) for table in tables}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _write_duckdb(file: Path, tables: tuple[Table, ...]) -> None:
    """Write a fresh file: nothing was ever deleted in it, so no free block holds anything."""
    connection = engine.connect()
    try:
        engine.attach(connection, file, name="release", key=None)
        for table in tables:
            with without_values(f"{table.contract.name} cannot be written"):
                _write_table(connection, table)
        connection.execute("detach release")
    finally:
        connection.close()


def _write_table(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    name = f'release."{table.contract.name}"'
    columns = ", ".join(f'"{column}" {kind}' for column, kind, _ in table.columns)
    connection.execute(f"create table {name} ({columns})")
    connection.register("assessed", table.frame.to_arrow())
    connection.execute(f"insert into {name} by name select * from assessed")
    connection.unregister("assessed")
    connection.execute(f"comment on table {name} is '{engine.quoted(table.contract.description)}'")
    for column, _, text in table.columns:
        connection.execute(f"comment on column {name}.\"{column}\" is '{engine.quoted(text)}'")


def _hashes(folder: Path, *, name: str) -> list[dict[str, str]]:
    paths = (Path("parquet") / f"{name}.parquet", Path("csv") / f"{name}.csv")
    return [{"path": path.as_posix(), "sha256": _sha256(folder / path)} for path in paths]


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _free(folder: Path, name: str) -> Path:
    """Return a path for the edition that no damaged or unfinished namesake occupies."""
    number, path = 1, folder / name
    while path.exists():
        number += 1
        path = folder / f"{name}-{number}"
    return path


def _link(path: Path, target: Path) -> None:
    if path.is_symlink() and path.readlink() == target:
        return
    beside = path.with_name(f".{path.name}.link")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    beside.replace(path)


def _sweep(release: Path) -> None:
    """Remove every edition but the one shown, and what an interrupted release left behind."""
    shown = (release / "current").resolve()
    for path in [release / ".building", *release.glob("editions/*")]:
        if path.is_dir() and path.resolve() != shown:
            shutil.rmtree(path)


def _share(release: Path, building: Path) -> None:
    """Give an edition the rights of the release zone: whom the operator lets into it can read what is in it."""
    facts = release.stat()
    mode = stat.S_IMODE(facts.st_mode)
    for path in [release / "editions", building, *building.rglob("*")]:
        if path.stat().st_gid != facts.st_gid:
            os.chown(path, -1, facts.st_gid)
        path.chmod(mode if path.is_dir() else mode & 0o666)


def is_whole(release: Path) -> bool:
    """Tell whether every file of what `release` shows is as it was written."""
    try:
        edition = str(json.loads((release / "release.json").read_bytes())["edition"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return stands(release, edition=edition)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
