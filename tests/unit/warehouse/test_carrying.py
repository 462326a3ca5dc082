"""Which models wait for what failed, and what the new warehouse file has of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from pipelines import engine
from pipelines.warehouse.carrying import carry_over, held_back, leave_out, note, noted
from pipelines.warehouse.facts import FACTS_KEY, PART_NAME

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
    with engine.connect(parquet_keys={FACTS_KEY: bytes(range(32))}) as opened:
        for name in ("before", "warehouse"):
            opened.execute(f"attach '{tmp_path / name}.duckdb' as {name}")
            opened.execute(f"create schema {name}.marts")
        opened.execute("create table before.marts.agg_a as select 1 as n")
        opened.execute("use before")
        opened.execute("create view marts.fct_a as select 2 as n, date '2024-03-01' as dt")
        opened.execute("use warehouse")
        yield opened


def carry(connection: duckdb.DuckDBPyConnection, names: list[str], root: Path, **published: object) -> None:
    leave_out(connection, names)
    carry_over(connection, names, facts_root=root, published=published)


def tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    query = "select table_name from duckdb_tables() where database_name = 'warehouse' and schema_name = 'marts'"
    return [name for (name,) in connection.execute(f"{query} order by 1").fetchall()]


def test_what_is_held_back_stands_as_in_the_old_file(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    connection.execute("create table warehouse.marts.agg_a as select 7 as n, 8 as more")
    connection.execute("create table warehouse.marts.agg_b as select 9 as n")
    carry(connection, ["agg_a", "agg_new"], tmp_path)
    connection.execute("detach before")
    assert connection.execute("select n from marts.agg_a").fetchall() == [(1,)]
    assert connection.execute("select n from marts.agg_b").fetchall() == [(9,)]


def test_what_failed_is_in_the_new_file_even_where_there_is_no_old_one_never(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute("create table warehouse.marts.agg_a as select 7 as n")
    connection.execute("create view warehouse.marts.fct_a as select 7 as n")
    leave_out(connection, ["agg_a", "fct_a", "agg_new"])
    assert tables(connection) == []


def test_a_view_is_one_over_the_partitions_of_this_home(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    carry(connection, ["fct_a"], tmp_path)
    assert connection.execute("select * from marts.fct_a").fetchall() == []
    types = connection.execute("select column_name, column_type from (describe marts.fct_a)").fetchall()
    assert types == [("n", "INTEGER"), ("dt", "DATE")]

    day = tmp_path / "fct_a" / "dt=2024-03-02"
    day.mkdir(parents=True)
    connection.execute(
        f"copy (select 5 as n) to '{day / PART_NAME}' (format parquet, encryption_config {{footer_key: '{FACTS_KEY}'}})"
    )
    carry(connection, ["fct_a"], tmp_path)
    assert connection.execute("select n, dt::varchar from marts.fct_a").fetchall() == [(5, "2024-03-02")]


def test_a_published_table_with_other_columns_than_its_contract_is_not_kept(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    columns = [SimpleNamespace(name="n", sql_type="integer"), SimpleNamespace(name="more", sql_type="integer")]
    carry(connection, ["agg_a"], tmp_path, agg_a=SimpleNamespace(mart_columns=columns))
    assert tables(connection) == []
    carry(connection, ["agg_a"], tmp_path, agg_a=SimpleNamespace(mart_columns=columns[:1]))
    assert connection.execute("select n from marts.agg_a").fetchall() == [(1,)]


def test_a_file_says_which_build_made_it_and_what_was_held_back(connection: duckdb.DuckDBPyConnection) -> None:
    assert noted(connection) == ("", {})
    note(connection, {"agg_a": "it failed"}, token="t1")
    assert noted(connection) == ("t1", {"agg_a": "it failed"})
