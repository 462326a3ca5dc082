"""The SQL that a table is read by, and the order of tables; no server is asked."""

from __future__ import annotations

import pytest
from psycopg import sql

from pipelines import contracts, settings
from pipelines.extract import tables
from pipelines.extract.runs import Extracted, in_order, told

HOUR = 3_600_000_000


def query(marks: dict[str, str], *, floor: int | None) -> str:
    table = tables.Table(sql.Identifier("shop", "accounts"), ("user_id", 'a"b', *marks), marks, ())
    return " ".join(tables.query(table, floor=floor).as_string(None).split())


def test_only_the_named_columns_are_selected_and_every_name_is_quoted():
    text = query({"updated_at": "timestamptz"}, floor=None)
    assert 'select "user_id", "a""b", "updated_at" from "shop"."accounts" where true' in text
    assert "*)" not in text.replace("* 1000000)", "")


def test_a_read_begins_at_the_mark_and_takes_rows_without_one():
    text = query({"updated_at": "timestamptz"}, floor=HOUR)
    assert '"updated_at" >= \'1970-01-01 01:00:00\'::"pg_catalog"."timestamptz"' in text
    assert "\"updated_at\" is null or \"updated_at\" in ('infinity', '-infinity')" in text
    assert 'order by "r"."updated_at"' in text


def test_of_several_marks_the_latest_counts():
    text = query({"a": "timestamptz", "b": "date"}, floor=0)
    assert '("a" >= ' in text
    assert ' or ("b" >= ' in text
    assert text.count("is null or") == 2
    assert "order by greatest(" in text


def test_a_table_without_marks_is_read_whole():
    text = query({}, floor=None)
    assert "where true" in text
    assert "order by" not in text


@pytest.mark.parametrize("floor", [-(10**18), 10**18])
def test_a_mark_outside_all_calendars_reads_everything(floor: int):
    assert "where true" in query({"updated_at": "timestamptz"}, floor=floor)


def test_what_rows_name_is_read_after_them():
    order = in_order(contracts.load(settings.CONTRACTS_DIR).inbound)
    assert order.index("course_progress") < order.index("courses")
    assert order.index("orders") < order.index("courses")
    assert "payments" not in order


def test_an_extract_is_told_in_counts_and_names_of_columns():
    assert "3 rows read, 2 of them" in told(Extracted("accounts", 3, 2, 1, ("secret",)))
    assert "knows no column secret" in told(Extracted("accounts", 3, 2, 1, ("secret",)))
    assert told(Extracted("accounts", problem="why")) == "extract: accounts was left out: why"
