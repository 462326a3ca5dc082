"""Reads an `agg_` table exactly as its outbound contract describes it, or not at all."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import polars as pl

from pipelines import warehouse
from pipelines.contracts import OutboundContract
from pipelines.release.refusals import ReleaseRefused, without_values


def marts_of(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Return the names of the tables and views that the warehouse has for us."""
    with without_values("the warehouse cannot be read"):
        found = connection.execute(
            "select distinct table_name from duckdb_columns() where database_name = 'warehouse' and schema_name = 'marts'"
        ).fetchall()
    return frozenset(row[0] for row in found)


def held_back_of(connection: duckdb.DuckDBPyConnection) -> Mapping[str, str]:
    """Return what the build of the warehouse held back, with the reason."""
    with without_values("the warehouse cannot be read"):
        return warehouse.noted(connection)[1]


def read_mart(connection: duckdb.DuckDBPyConnection, *, contract: OutboundContract) -> pl.DataFrame:
    """Return the mart of a contract, its columns in the contract's order.

    Raises ReleaseRefused where the table is missing, cannot be read, or its columns or types are not those of the
    contract.
    """
    columns = ", ".join(f'"{column.name}"' for column in contract.mart_columns)
    with without_values(f"marts.{contract.name} cannot be read"):
        found = connection.execute(
            "select column_name, data_type from duckdb_columns()"
            " where database_name = 'warehouse' and schema_name = 'marts' and table_name = ? order by column_index",
            [contract.name],
        ).fetchall()
        _refuse_other_columns(dict(found), contract=contract)
        return connection.execute(f'select {columns} from warehouse.marts."{contract.name}"').pl()


def _refuse_other_columns(found: dict[str, str], *, contract: OutboundContract) -> None:
    declared = {column.name: column.sql_type.upper() for column in contract.mart_columns}
    wrong = [f"{name} is missing" for name in declared if name not in found]
    wrong += [f"{name} is not in the contract" for name in found if name not in declared]
    wrong += [
        f"{name} is {found[name]}, not {kind}"
        for name, kind in declared.items()
        if name in found and found[name].upper() != kind
    ]
    if wrong:
        raise ReleaseRefused(f"marts.{contract.name} differs from {contract.file.name}: {'; '.join(wrong)}")
