"""Tiny real homes for the tests of the release: the outbound contracts of the repository and small frames for them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import polars as pl

from pipelines import contracts, settings

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)


TABLES = ("agg_completion_rates", "agg_module_funnel", "agg_traffic_daily")


@cache
def read_contracts() -> contracts.Contracts:
    """The contracts of the repository, of which three tables are published."""
    found = contracts.load(settings.CONTRACTS_DIR, policy_file=settings.CONTRACTS_DIR / "policy.yaml")
    return found.model_copy(update={"outbound": {name: found.outbound[name] for name in TABLES}})


def new_home(folder: Path) -> settings.Home:
    return settings.Home(folder / "home").prepare()


def frame(name: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    """Return rows as the contract types them; columns left out are NULL."""
    polars_types = {
        "VARCHAR": pl.String,
        "TIMESTAMP": pl.Datetime("us"),
        "BOOLEAN": pl.Boolean,
        "BIGINT": pl.Int64,
        "INTEGER": pl.Int32,
        "DOUBLE": pl.Float64,
        "DATE": pl.Date,
    }
    columns = read_contracts().outbound[name].mart_columns
    schema = {column.name: polars_types[column.sql_type] for column in columns}
    return pl.DataFrame([{key: row.get(key) for key in schema} for row in rows], schema=schema, orient="row")


def cohort(course: str, name: str, enrolled: int, completed: int, *, closed: bool = True) -> dict[str, object]:
    return {
        "course_id": course,
        "course_title": f"Course, “{course}”",
        "cohort": name,
        "window_closes_at": datetime(2026, 1, 31, 17, tzinfo=UTC).replace(tzinfo=None),
        "is_window_closed": closed,
        "enrolled": enrolled,
        "completed": completed,
        "completion_rate": completed / enrolled,
        "median_days_to_complete": 30.5,
    }


def module(course: str, name: str, module_id: str, enrolled: int, completed: int) -> dict[str, object]:
    return {
        "course_id": course,
        "course_title": f"Course, “{course}”",
        "cohort": name,
        "module_id": module_id,
        "module_title": f"Module {module_id}",
        "position": 1,
        "is_required": True,
        "is_window_closed": True,
        "enrolled": enrolled,
        "completed_module": completed,
        "module_completion_rate": completed / enrolled,
    }


def page(day: int, path: str, learners: int, *, engaged: int | None = None) -> dict[str, object]:
    return {
        "dt": date(2026, 2, day),
        "page_path": path,
        "page_views": learners * 2,
        "visitors": learners + 1,
        "learners": learners,
        "sessions": learners,
        "engaged_learners": learners if engaged is None else engaged,
        "median_engaged_seconds": 15.0,
    }


def frames() -> dict[str, pl.DataFrame]:
    return {
        "agg_completion_rates": frame(
            "agg_completion_rates",
            [
                cohort("course-1", "2026-01", 100, 50),
                cohort("course-1", "2026-02", 777, 5),
                cohort("course-2", "2026-01", 100, 50, closed=False),
            ],
        ),
        "agg_module_funnel": frame(
            "agg_module_funnel",
            [
                module("course-1", "2026-01", "m1", 100, 60),
                module("course-1", "2026-02", "m1", 777, 60),
                module("course-2", "2026-01", "m1", 100, 60),
            ],
        ),
        "agg_traffic_daily": frame("agg_traffic_daily", [page(1, "/", 40), page(2, "/", 4)]),
    }
