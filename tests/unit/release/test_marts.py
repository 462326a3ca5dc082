from __future__ import annotations

import traceback
from collections.abc import Iterator

import duckdb
import polars as pl
import pytest

from pipelines import engine, release, warehouse
from pipelines.identity import keys
from pipelines.settings import Home
from tests.unit.release.small_release import AS_OF, frames, new_home, read_contracts

CONTRACTS = read_contracts()


@pytest.fixture
def home(tmp_path) -> Iterator[Home]:
    """A home whose warehouse file holds the marts and nothing else."""
    home = new_home(tmp_path)
    write_marts(home, frames())
    return home


def write_marts(home: Home, tables: dict[str, pl.DataFrame]) -> None:
    ring = keys.init(home)
    connection = engine.connect()
    engine.attach(connection, home.warehouse_file, name="warehouse", key=ring.warehouse_key())
    connection.execute("create schema if not exists warehouse.marts")
    for name, table in tables.items():
        connection.register("rows", table.to_arrow())
        connection.execute(f"create or replace table warehouse.marts.{name} as from rows")
    connection.close()


def change(home: Home, statement: str) -> None:
    connection = engine.connect()
    engine.attach(connection, home.warehouse_file, name="warehouse", key=keys.open_keyring(home).warehouse_key())
    connection.execute(statement)
    connection.close()


def publish(home: Home) -> release.ReleaseReport:
    return release.publish(home, keys.open_keyring(home), CONTRACTS, AS_OF)


def test_the_marts_of_a_warehouse_are_published(home):
    assert publish(home).changed
    assert not publish(home).changed
    released = pl.read_parquet(home.release / "parquet" / "agg_completion_rates.parquet")
    assert released.columns == [c.name for c in CONTRACTS.outbound["agg_completion_rates"].columns] + ["is_withheld"]


def test_the_order_of_columns_in_the_warehouse_does_not_matter(home):
    first = publish(home)
    write_marts(home, {name: table.select(reversed(table.columns)) for name, table in frames().items()})
    assert publish(home).edition == first.edition


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("alter table warehouse.marts.agg_completion_rates add column learner_pseudonym varchar", "learner_pseudonym"),
        ("alter table warehouse.marts.agg_module_funnel drop column completed_module", "completed_module is missing"),
        (
            "alter table warehouse.marts.agg_traffic_daily alter visitors type varchar",
            "visitors is VARCHAR, not BIGINT",
        ),
        ("drop table warehouse.marts.agg_traffic_daily", "dt is missing"),
    ],
)
def test_a_mart_that_differs_from_its_contract_stops_everything(home, statement, named):
    before = publish(home)
    standing = (home.release / "release.json").read_bytes()
    change(home, statement)
    with pytest.raises(release.ReleaseRefused, match=named):
        publish(home)
    assert (home.release / "release.json").read_bytes() == standing
    assert before.changed


def test_a_plain_warehouse_file_is_not_taken_for_the_warehouse(home):
    home.warehouse_file.unlink()
    connection = duckdb.connect(str(home.warehouse_file))
    connection.execute("create schema marts")
    connection.close()
    with pytest.raises(release.ReleaseRefused, match="the warehouse cannot be opened: the database reports") as told:
        publish(home)
    assert str(home.root) not in "".join(traceback.format_exception(told.value))


def test_a_mart_that_cannot_be_read_is_named_and_no_value_of_it(home):
    change(home, "create table warehouse.marts.texts as select 'personal value' as page_views")
    change(home, "create or replace table warehouse.marts.other as from warehouse.marts.agg_traffic_daily")
    change(home, "drop table warehouse.marts.agg_traffic_daily")
    change(
        home,
        "create view warehouse.marts.agg_traffic_daily as select * replace "
        "((select page_views::bigint from warehouse.marts.texts) as page_views) from warehouse.marts.other",
    )
    with pytest.raises(release.ReleaseRefused, match=r"agg_traffic_daily cannot be read.*ConversionException") as told:
        publish(home)
    assert "personal" not in "".join(traceback.format_exception(told.value))


def test_without_a_warehouse_nothing_is_released(tmp_path):
    home = new_home(tmp_path)
    ring = keys.init(home)
    with pytest.raises(warehouse.WarehouseMissing):
        release.publish(home, ring, CONTRACTS, AS_OF)
    assert list(home.release.iterdir()) == []
