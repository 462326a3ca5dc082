from __future__ import annotations

from dataclasses import dataclass

import polars as pl
import pytest

from pipelines import disclosure


@dataclass(frozen=True)
class Declared:
    population: str
    parts: tuple[str, ...]
    at_least: tuple[str, ...] = ()
    closed_window: str | None = None


RATES = Declared("enrolled", ("completed",))
FUNNEL = Declared("enrolled", ("completed_module",))
SHAPES = {
    "rates": disclosure.Shape(("course_id", "cohort"), "enrolled", ("enrolled", "completed")),
    "funnel": disclosure.Shape(("course_id", "cohort", "module_id"), "enrolled", ("enrolled", "completed_module")),
    "traffic": disclosure.Shape(("dt", "page_path"), "learners", ("learners",)),
}


def rates(*rows: tuple[str | None, int, int]) -> disclosure.Assessment:
    frame = pl.DataFrame(
        [("course-1", *row) for row in rows], schema=["course_id", "cohort", "enrolled", "completed"], orient="row"
    )
    return disclosure.assess(frame, disclosure=RATES, measures=("enrolled", "completed"), threshold=10)


def funnel(*rows: tuple[str | None, str, int, int]) -> disclosure.Assessment:
    columns = ["course_id", "cohort", "module_id", "enrolled", "completed_module"]
    frame = pl.DataFrame([("course-1", *row) for row in rows], schema=columns, orient="row")
    return disclosure.assess(frame, disclosure=FUNNEL, measures=("enrolled", "completed_module"), threshold=10)


def linked(**tables: disclosure.Assessment) -> dict[str, disclosure.Assessment]:
    return disclosure.withhold_linked(tables, disclosure.find_links({name: SHAPES[name] for name in tables}))


def test_the_link_follows_from_the_declared_keys_and_populations():
    assert disclosure.find_links(SHAPES) == (disclosure.Link("rates", "funnel", ("course_id", "cohort")),)


def test_tables_that_share_a_population_but_not_a_key_are_refused():
    other = disclosure.Shape(("course_id", "country"), "enrolled", ("enrolled",))
    with pytest.raises(disclosure.UnassessableFrame, match="do not nest"):
        disclosure.find_links({**SHAPES, "by_country": other})


def test_a_cohort_withheld_in_the_rates_shows_its_enrolled_nowhere_in_the_funnel():
    tables = linked(
        rates=rates(("a", 100, 95), ("b", 100, 50)), funnel=funnel(("a", "m1", 100, 50), ("b", "m1", 100, 50))
    )
    assert tables["funnel"].published.select("cohort", "enrolled", "completed_module").rows() == [
        ("a", None, None),
        ("b", 100, 50),
    ]
    assert tables["funnel"].reasons.get_column("withheld_because").to_list() == ["linked:rates"]


def test_a_module_withheld_in_the_funnel_leaves_its_cohort_in_the_rates():
    tables = linked(rates=rates(("a", 100, 50)), funnel=funnel(("a", "m1", 100, 99), ("a", "m2", 100, 60)))
    assert tables["rates"].published.get_column("is_withheld").to_list() == [False]
    assert tables["funnel"].published.get_column("is_withheld").to_list() == [True, False]


def test_a_finer_row_whose_cohort_was_never_judged_is_withheld():
    tables = linked(rates=rates(("a", 100, 50)), funnel=funnel(("z", "m1", 100, 50)))
    assert tables["funnel"].published.get_column("is_withheld").to_list() == [True]


def test_an_unnamed_cohort_is_matched_with_itself():
    tables = linked(rates=rates((None, 100, 50)), funnel=funnel((None, "m1", 100, 50)))
    assert tables["funnel"].published.get_column("is_withheld").to_list() == [False]


def test_withholding_travels_along_a_chain_whatever_the_order_of_the_links():
    first, second, third = rates(("a", 100, 99)), rates(("a", 100, 50)), rates(("a", 100, 50))
    on = ("course_id", "cohort")
    links = [disclosure.Link("second", "third", on), disclosure.Link("first", "second", on)]
    tables = disclosure.withhold_linked({"first": first, "second": second, "third": third}, links)
    assert all(table.published.get_column("is_withheld").to_list() == [True] for table in tables.values())


def test_a_coarser_table_that_repeats_its_key_is_refused():
    with pytest.raises(disclosure.UnassessableFrame, match="more than one row"):
        linked(rates=rates(("a", 100, 50), ("a", 90, 50)), funnel=funnel(("a", "m1", 100, 50)))
