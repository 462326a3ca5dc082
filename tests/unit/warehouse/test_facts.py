from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines import engine, settings
from pipelines.warehouse import facts

MONDAY, TUESDAY = date(2024, 3, 4), date(2024, 3, 5)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with engine.connect(parquet_keys={"warehouse_v1": bytes(range(32))}) as opened:
        rows = "(values (date '2024-03-04', 'b'), (date '2024-03-04', 'a'))"
        opened.execute(f"create table chunk as select * from {rows} t(dt, name)")
        yield opened


def replace(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    facts.replace_partitions(
        connection, "chunk", folder=folder, unit="dt", values=["2024-03-04", "2024-03-05"], sort_by=["name"]
    )


def test_a_partition_is_sorted_and_has_no_day_column(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    replace(connection, tmp_path)
    file = tmp_path / "dt=2024-03-04" / "part.parquet"
    query = f"select * from read_parquet('{file}', encryption_config = {{footer_key: 'warehouse_v1'}}, hive_partitioning = false)"
    assert connection.execute(query).fetchall() == [("a",), ("b",)]


def test_a_day_without_rows_loses_its_partition(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    old = tmp_path / "dt=2024-03-05" / "part.parquet"
    old.parent.mkdir()
    old.write_bytes(b"old")
    replace(connection, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["dt=2024-03-04"]


def test_no_unfinished_file_stays_beside_a_partition(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    replace(connection, tmp_path)
    assert [path.name for path in (tmp_path / "dt=2024-03-04").iterdir()] == ["part.parquet"]


def test_days_of_facts_are_read_from_their_folders(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    home = settings.home(tmp_path)
    replace(connection, home.facts / "fct_page_views")
    assert facts.days_of(home) == {MONDAY}


@pytest.fixture
def home(tmp_path: Path) -> settings.Home:
    found = settings.home(tmp_path)
    old = found.facts / "fct_page_views" / "dt=2024-03-05" / "part.parquet"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"old")
    facts.begin(found, token="t1")
    return found


def content(home: settings.Home) -> dict[str, bytes]:
    return {f"{file.parent.parent.name}/{file.parent.name}": file.read_bytes() for file in home.facts.glob("*/*=*/*")}


def test_a_build_that_failed_is_taken_back_partition_by_partition(
    connection: duckdb.DuckDBPyConnection, home: settings.Home
) -> None:
    before = content(home)
    for _ in range(2):  # the second chunk of a build may replace what the first one wrote
        replace(connection, home.facts / "fct_page_views")
    replace(connection, home.facts / "fct_sessions")
    assert content(home).keys() == {"fct_page_views/dt=2024-03-04", "fct_sessions/dt=2024-03-04"}

    facts.take_back(home, {"fct_page_views"})
    assert content(home).keys() == {"fct_page_views/dt=2024-03-05", "fct_sessions/dt=2024-03-04"}
    assert facts.unfinished(home) == "t1"
    facts.take_back(home)
    assert content(home) == before
    assert facts.unfinished(home) is None


def test_taking_back_can_itself_be_killed_anywhere(
    connection: duckdb.DuckDBPyConnection, home: settings.Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(home)
    replace(connection, home.facts / "fct_page_views")
    steps = ["link", "replace", "rename"]
    for step in steps:
        for name in steps:
            original = getattr(facts.os, name)
            monkeypatch.setattr(facts.os, name, _killed if name == step else original)
        monkeypatch.setattr(facts.shutil, "rmtree", _killed)
        monkeypatch.setattr(facts.shutil, "copyfile", _killed)
        with pytest.raises(Killed):
            facts.take_back(home)
        monkeypatch.undo()
    assert facts.unfinished(home) in ("t1", None)
    facts.take_back(home)
    assert content(home) == before
    assert facts.unfinished(home) is None
    assert [path.name for path in home.facts.iterdir()] == ["fct_page_views"]


class Killed(BaseException):
    """Stands for the end of the process."""


def _killed(*_: object, **__: object) -> None:
    raise Killed


def test_what_a_build_that_ended_well_replaced_is_let_go(
    connection: duckdb.DuckDBPyConnection, home: settings.Home
) -> None:
    replace(connection, home.facts / "fct_page_views")
    facts.keep(home)
    facts.take_back(home)
    assert [path.name for path in home.facts.iterdir()] == ["fct_page_views"]
    assert facts.days_of(home) == {MONDAY}


def test_partitions_by_month_have_a_folder_for_each(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    home = settings.home(tmp_path)
    connection.execute("create table by_month as select 'a' as name, '2024-03' as month")
    facts.replace_partitions(
        connection,
        "by_month",
        folder=home.facts / "int_x",
        unit="month",
        values=["2024-02", "2024-03"],
        sort_by=["name"],
    )
    assert facts.months_of(home) == {date(2024, 3, 1)}
    assert facts.days_of(home) == set()
