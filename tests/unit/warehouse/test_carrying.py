"""Which models wait for what failed, and what the new warehouse file has of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from pipelines.warehouse.carrying import carry_over, held_back

PARENTS = {
    "stg_a": frozenset({"a"}),
    "stg_b": frozenset({"b"}),
    "dim_a": frozenset({"stg_a"}),
    "agg_a": frozenset({"dim_a"}),
    "agg_ab": frozenset({"dim_a", "stg_b"}),
    "agg_b": frozenset({"stg_b"}),
}


def test_a_bad_dataset_holds_back_all_that_is_made_of_it_and_nothing_else() -> None:
    assert held_back(PARENTS, {"a": "nulls"}) == dict.fromkeys(["agg_a", "agg_ab", "dim_a", "stg_a"], "nulls")


def test_a_model_that_failed_holds_back_itself_and_what_is_made_of_it() -> None:
    assert held_back(PARENTS, {"dim_a": "failed", "agg_b": "not unique"}) == {
        "agg_a": "failed",
        "agg_ab": "failed",
        "agg_b": "not unique",
        "dim_a": "failed",
    }
    assert held_back(PARENTS, {}) == {}


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        for name in ("before", "warehouse"):
            opened.execute(f"attach '{tmp_path / name}.duckdb' as {name}")
            opened.execute(f"create schema {name}.marts")
        opened.execute("create table before.marts.agg_a as select 1 as n")
        opened.execute("use before")
        opened.execute("create view marts.fct_a as select 2 as n")
        opened.execute("use warehouse")
        yield opened


def test_what_is_held_back_stands_as_in_the_old_file(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create table warehouse.marts.agg_a as select 7 as n, 8 as more")
    connection.execute("create table warehouse.marts.agg_b as select 9 as n")
    carry_over(connection, ["agg_a", "fct_a", "agg_new"], published={})
    connection.execute("detach before")
    assert connection.execute("select n from marts.agg_a").fetchall() == [(1,)]
    assert connection.execute("select n from marts.fct_a").fetchall() == [(2,)]
    assert connection.execute("select n from marts.agg_b").fetchall() == [(9,)]


def test_a_published_table_with_other_columns_than_its_contract_is_not_kept(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    columns = [SimpleNamespace(name="n", sql_type="integer"), SimpleNamespace(name="more", sql_type="integer")]
    carry_over(connection, ["agg_a"], published={"agg_a": SimpleNamespace(mart_columns=columns)})
    found = connection.execute("select table_name from duckdb_tables() where database_name = 'warehouse'").fetchall()
    assert found == []
    carry_over(connection, ["agg_a"], published={"agg_a": SimpleNamespace(mart_columns=columns[:1])})
    assert connection.execute("select n from marts.agg_a").fetchall() == [(1,)]
