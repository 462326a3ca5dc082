from __future__ import annotations

import json

import polars as pl
import pytest

from pipelines import release
from pipelines.release.derived import with_derived
from pipelines.release.refusals import ReleaseRefused
from tests.unit.release.small_release import AS_OF, cohort, frame, module, new_home, page, read_contracts

CONTRACTS = read_contracts()
FUNNEL = CONTRACTS.outbound["agg_module_funnel"]


def steps(*completed: int | None) -> pl.DataFrame:
    """Published steps of one cohort of 100, in order of their position; None: withheld."""
    rows = [
        {**module("web", "A", f"m{place}", 100, completers or 0), "position": place}
        for place, completers in enumerate(completed, start=1)
    ]
    published = frame("agg_module_funnel", rows).with_columns(
        is_withheld=pl.Series([each is None for each in completed])
    )
    cells = [pl.when(~pl.col("is_withheld")).then(pl.col(name)).alias(name) for name in FUNNEL.named("measure")]
    return published.with_columns(cells)


def dropped(*completed: int | None) -> list[tuple[object, ...]]:
    found = with_derived(steps(*completed), contract=FUNNEL)
    return found.select("drop_off", "drop_off_rate", "is_worst_step").rows()


def test_a_step_drops_whom_the_one_before_still_had():
    assert dropped(80, 60, 60) == [(20, 0.2, True), (20, 0.25, True), (0, 0.0, False)]


def test_learners_who_skip_ahead_are_a_negative_drop():
    assert dropped(50, 60) == [(50, 0.5, True), (-10, -0.2, False)]


def test_neither_a_withheld_step_nor_the_one_after_it_tells_a_drop():
    assert dropped(80, None, 40) == [(20, 0.2, True), (None, None, None), (None, None, None)]


def test_the_order_of_rows_does_not_matter_and_stays():
    rows = steps(80, 60, 30)
    mixed = rows.sample(fraction=1.0, shuffle=True, seed=3)
    found = with_derived(mixed, contract=FUNNEL)
    assert found["module_id"].to_list() == mixed["module_id"].to_list()
    assert found.sort("position").equals(with_derived(rows, contract=FUNNEL))


def test_the_columns_are_those_of_the_contract_and_the_mark():
    found = with_derived(steps(80), contract=FUNNEL)
    assert found.columns == [*(column.name for column in FUNNEL.columns), "is_withheld"]


def test_a_formula_that_cannot_be_computed_refuses_the_release_without_a_value():
    columns = [
        column.model_copy(update={"formula": "cast('rahasia ' || completed_module as integer)"})
        if column.name == "drop_off"
        else column
        for column in FUNNEL.columns
    ]
    with pytest.raises(ReleaseRefused, match=r"agg_module_funnel: the formula of drop_off .* ConversionException$"):
        with_derived(steps(80), contract=FUNNEL.model_copy(update={"columns": tuple(columns)}))


def test_what_is_published_says_how_each_figure_is_to_be_read(tmp_path):
    home = new_home(tmp_path)
    tables = {
        "agg_completion_rates": frame("agg_completion_rates", [cohort("web", "A", 100, 50)]),
        "agg_module_funnel": frame("agg_module_funnel", [module("web", "A", "m1", 100, 60)]),
        "agg_traffic_daily": frame("agg_traffic_daily", [page(1, "/", 40)]),
    }
    release.release_tables(home, tables, contracts=CONTRACTS, as_of=AS_OF)
    (row,) = pl.read_parquet(home.release / "parquet" / "agg_module_funnel.parquet").to_dicts()
    assert (row["drop_off"], row["drop_off_rate"], row["is_worst_step"]) == (40, 0.4, True)
    said = json.loads((home.release / "release.json").read_text())
    told = {column["name"]: column for table in said["tables"] for column in table["columns"]}
    assert told["drop_off"]["unit"] == "learners"
    assert "lag(completed_module" in told["drop_off"]["formula"]
    assert "withheld" in told["drop_off"]["caveat"]
