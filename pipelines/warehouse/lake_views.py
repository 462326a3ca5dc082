"""The lake as dbt's source: one view a dataset in schema `lake`, with the contract's columns and types.

Views live in the memory of a build and are never stored. What a dataset holds is declared in the contracts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from pipelines import lake
from pipelines.contracts import Contracts, InboundContract, InternalContract, LakeColumn
from pipelines.engine import quoted
from pipelines.settings import Home

SCHEMA = "lake"


def create(connection: duckdb.DuckDBPyConnection, *, home: Home, contracts: Contracts) -> None:
    """Create a view for every dataset that a contract declares; one without a file yet is empty and typed."""
    connection.execute(f"create schema if not exists {SCHEMA}")
    declared: list[InboundContract | InternalContract] = [*contracts.inbound.values(), *contracts.internal.values()]
    for contract in declared:
        connection.execute(f"create or replace view {SCHEMA}.{contract.name} as {view_query(home, contract)}")


def view_query(home: Home, contract: InboundContract | InternalContract) -> str:
    """Return the SELECT over a dataset's files."""
    is_by_day = isinstance(contract, InboundContract) and contract.kind == "event"
    pattern = f"dt=*/{contract.name}.parquet" if is_by_day else "current.parquet"
    folder = home.lake / contract.name
    if next(folder.glob(pattern), None) is None:
        return f"select {_columns(contract.table_columns, value='null')} where false"
    by_day = ", hive_partitioning = true, hive_types = {'dt': date}" if is_by_day else ", hive_partitioning = false"
    chosen = _columns(contract.table_columns)
    if not _has_other_columns(home, contract):
        return f"select {chosen} from {_read(folder / pattern, by_day)}"
    # Only while some files were written under an earlier contract: one by one, what they lack is NULL.
    parts = [f"select * from {_read(file, by_day)}" for file in sorted(folder.glob(pattern))]
    none = f"select {_columns(contract.table_columns, value='null')} where false"
    return f"select {chosen} from ({' union all by name '.join([*parts, none])})"


def _read(files: Path, by_day: str) -> str:
    return f"read_parquet('{quoted(files)}', encryption_config = {{footer_key: '{lake.LAKE_KEY}'}}{by_day})"


def _has_other_columns(home: Home, contract: InboundContract | InternalContract) -> bool:
    if not home.manifest_file.exists():
        return False
    with lake.open_manifest(home) as manifest:
        return not manifest.stored().columns_of(contract.name) <= {lake.columns_digest(contract.lake_columns)}


def _columns(columns: Sequence[LakeColumn], *, value: str | None = None) -> str:
    return ", ".join(
        f"cast({value or quoted_name(column.name)} as {column.sql_type}) as {quoted_name(column.name)}"
        for column in columns
    )


def quoted_name(name: str) -> str:
    """Return the name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
