"""What the contracts of the repository protect when their tables are released together."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from pipelines import contracts, release, settings
from pipelines.disclosure import UnassessableFrame

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
TYPES = {
    "VARCHAR": pl.String,
    "TIMESTAMP": pl.Datetime("us"),
    "BOOLEAN": pl.Boolean,
    "BIGINT": pl.Int64,
    "INTEGER": pl.Int32,
    "DOUBLE": pl.Float64,
    "DATE": pl.Date,
}
CLOSED = datetime(2026, 1, 31, 17)  # noqa: DTZ001 - naive UTC, as the lake has it
COHORT = {"course_id": "course-1", "cohort": "2026-01", "window_closes_at": CLOSED, "is_window_closed": True}
RATE = {"enrolled": 100, "completed": 50, "completion_rate": 0.5}
ASSESSMENT = {"module_id": "m1", "assessed": 40, "passed": 30, "repeat_attempts": 20, "mean_attempts": 1.5}
RETURN = {"enrolled_learners": 100, "first_time_learners": 60, "returning_learners": 40, "completed_again": 15}
WEEK = {"enrolment_week": date(2026, 1, 5), "week_number": 1, "is_week_over": True}
REVENUE = {"month": "2026-01", "course_id": "course-1", "is_month_over": True, "buyers": 10, "paid_orders": 11}
NEWS = {"month": "2026-01", "is_month_over": True, "joined": 40, "left_since": 10}


@pytest.fixture(scope="module")
def known() -> contracts.Contracts:
    return contracts.load(settings.CONTRACTS_DIR, policy_file=settings.CONTRACTS_DIR / "policy.yaml")


def released(folder: Path, known: contracts.Contracts, name: str, *rows: dict[str, object]) -> list[dict[str, object]]:
    """Release these rows of one table beside every other, empty, and a rate; return what stands of them."""
    frames = {each: _frame(contract, []) for each, contract in known.outbound.items()}
    frames["agg_completion_rates"] = _frame(known.outbound["agg_completion_rates"], [{**COHORT, **RATE}])
    frames[name] = _frame(known.outbound[name], list(rows))
    home = settings.Home(folder / "home").prepare()
    release.release_tables(home, frames, contracts=known, as_of=AS_OF)
    found = pl.read_parquet(home.release / "parquet" / f"{name}.parquet")
    return found.filter(~pl.col("is_withheld")).to_dicts()


def _frame(contract: contracts.OutboundContract, rows: list[dict[str, object]]) -> pl.DataFrame:
    schema = {column.name: TYPES[column.sql_type] for column in contract.mart_columns}
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema, orient="row")


def test_all_tables_of_the_contracts_can_be_released_together(tmp_path: Path, known: contracts.Contracts) -> None:
    assert len(released(tmp_path, known, "agg_completion_rates", {**COHORT, **RATE})) == 1


def test_two_tables_that_share_a_population_under_other_keys_are_refused(
    tmp_path: Path, known: contracts.Contracts
) -> None:
    retention = known.outbound["agg_retention_weekly"]
    columns = tuple(
        column.model_copy(update={"name": "active_learners"}) if column.name == "retained_learners" else column
        for column in retention.columns
    )
    rule = retention.disclosure.model_copy(update={"parts": ("active_learners",)})
    spoilt = retention.model_copy(update={"columns": columns, "disclosure": rule})
    other = known.model_copy(update={"outbound": {**known.outbound, "agg_retention_weekly": spoilt}})
    with pytest.raises(UnassessableFrame, match="agg_retention_weekly both publish active_learners"):
        released(tmp_path, other, "agg_active_learners")


@pytest.mark.parametrize(
    ("change", "stands"),
    [
        ({}, True),
        ({"repeat_attempts": 10, "mean_attempts": 1.25}, True),
        ({"repeat_attempts": 9, "mean_attempts": 1.225}, False),
        ({"repeat_attempts": 0, "mean_attempts": 1.0}, False),
        ({"passed": 31}, False),
        ({"passed": 9}, False),
        ({"is_window_closed": False}, False),
    ],
)
def test_mean_attempts_never_tell_that_few_learners_repeated(
    tmp_path: Path, known: contracts.Contracts, change: dict[str, object], stands: bool
) -> None:
    found = released(tmp_path, known, "agg_assessments", {**COHORT, **ASSESSMENT, **change})
    assert len(found) == stands
    if not change:
        assert found[0]["pass_rate"] == 0.75


@pytest.mark.parametrize(
    ("change", "stands"),
    [
        ({}, True),
        ({"completed_again": 9}, False),
        ({"completed_again": 31}, False),
        ({"first_time_learners": 9, "returning_learners": 91, "completed_again": 50}, False),
        ({"is_window_closed": False}, False),
    ],
)
def test_neither_those_who_return_nor_those_who_come_for_the_first_time_are_few(
    tmp_path: Path, known: contracts.Contracts, change: dict[str, object], stands: bool
) -> None:
    found = released(tmp_path, known, "agg_re_enrolments", {**COHORT, **RETURN, **change})
    assert len(found) == stands
    if not change:
        assert (found[0]["return_rate"], found[0]["completed_again_rate"]) == (0.4, 0.375)


def test_whoever_is_active_is_counted_when_the_period_is_over(tmp_path: Path, known: contracts.Contracts) -> None:
    day = {"period": "day", "period_starts_on": date(2026, 2, 1), "is_period_over": True, "active_learners": 10}
    few = {**day, "period_starts_on": date(2026, 2, 2), "active_learners": 9}
    open_week = {**day, "period": "week", "is_period_over": False}
    found = released(tmp_path, known, "agg_active_learners", day, few, open_week)
    assert [(row["period"], row["active_learners"]) for row in found] == [("day", 10)]


@pytest.mark.parametrize(
    ("retained", "is_over", "stands"), [(10, True, 1), (9, True, 0), (31, True, 0), (10, False, 0)]
)
def test_those_who_stay_active_and_those_who_do_not_are_many(
    tmp_path: Path, known: contracts.Contracts, retained: int, is_over: bool, stands: int
) -> None:
    counts = {"enrolled_in_week": 40, "retained_learners": retained, "is_week_over": is_over}
    found = released(tmp_path, known, "agg_retention_weekly", {**WEEK, **counts})
    assert [row["retention_rate"] for row in found] == [0.25] * stands


def test_revenue_rests_on_enough_buyers_and_is_net_of_what_was_given_back(
    tmp_path: Path, known: contracts.Contracts
) -> None:
    money = {"gross_idr": 1_000_000, "refunded_idr": 100_000}
    few = {"month": "2026-02", "buyers": 9, "paid_orders": 40}
    found = released(tmp_path, known, "agg_revenue_monthly", {**REVENUE, **money}, {**REVENUE, **money, **few})
    assert [(row["month"], row["net_idr"]) for row in found] == [("2026-01", 900_000)]


@pytest.mark.parametrize(("left", "stands"), [(10, 1), (9, 0), (31, 0), (0, 0)])
def test_those_who_left_the_newsletter_and_those_who_stay_are_many(
    tmp_path: Path, known: contracts.Contracts, left: int, stands: int
) -> None:
    found = released(tmp_path, known, "agg_newsletter_monthly", {**NEWS, "left_since": left})
    assert [row["staying_rate"] for row in found] == [0.75] * stands
