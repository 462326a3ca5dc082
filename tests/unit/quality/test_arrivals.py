from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipelines import engine, lake, settings
from pipelines.contracts import Contracts, load
from pipelines.identity import keys
from pipelines.quality import QualityError, check_arrivals
from pipelines.quality.expectations import expected_of

DAY = date(2026, 3, 1)
AS_OF = datetime(2026, 3, 2, tzinfo=UTC)
LEARNER = "0123456789abcdef" * 2
GOOD = f"1::bigint as event_key, '{LEARNER}' as learner_pseudonym, timestamp '2026-03-01 05:00:00' as occurred_at"


@pytest.fixture(scope="module")
def contracts() -> Contracts:
    return load(settings.CONTRACTS_DIR)


class Lake:
    """A lake of one learning-event partition, written row by row as SQL."""

    def __init__(self, root: Path, contracts: Contracts) -> None:
        self.home = settings.home(root / "home").prepare()
        self.ring = keys.init(self.home)
        self.contracts = contracts
        self.columns = contracts.inbound["course_progress"].lake_columns

    def write(self, *rows: str, day: date = DAY) -> None:
        with engine.connect(parquet_keys=self.ring.parquet_keys()) as connection:
            query = " union all ".join(f"({self._filled(row)})" for row in rows)
            lake.write_parquet(connection, query, file=lake.partition_file(self.home, "course_progress", day))

    def _filled(self, row: str) -> str:
        given = {part.rpartition(" as ")[2].strip() for part in row.split(",")}
        defaults = {"course_id": "'C1'", "event_type": "'started'", "policy_version": "'1'"}
        rest = [
            f"{defaults.get(c.name, 'null')}::{c.sql_type} as {c.name}" for c in self.columns if c.name not in given
        ]
        return f"select {', '.join(f'x.{c.name}' for c in self.columns)} from (select {', '.join([row, *rest])}) x"

    def check(self, *days: date):
        return check_arrivals(
            self.home, self.ring, self.contracts, dataset="course_progress", days=days or (DAY,), as_of=AS_OF
        )


@pytest.fixture
def arrivals(tmp_path: Path, contracts: Contracts) -> Lake:
    return Lake(tmp_path, contracts)


def test_a_partition_that_meets_its_contract_passes(arrivals: Lake) -> None:
    arrivals.write(GOOD, GOOD.replace("1::bigint", "2::bigint"))
    result = arrivals.check()
    assert result.success
    assert (result.rows, result.partitions) == (2, 1)
    assert result.expectations > 5


@pytest.mark.parametrize(
    ("bad_row", "failed"),
    [
        (GOOD + ", 'sighed' as event_type", "event_type: be in set"),
        (GOOD.replace("5:00:00", "23:00:00"), "is_on_its_day: be in set"),
        (GOOD.replace(LEARNER, "learner-12@example.com"), "learner_pseudonym: match regex"),
        (GOOD.replace(f"'{LEARNER}'", "null::varchar"), "learner_pseudonym: not be null"),
        (GOOD + ", 101.0::double as progress_percent", "progress_percent: be between"),
    ],
)
def test_a_row_against_the_contract_is_named_by_its_expectation_only(arrivals: Lake, bad_row: str, failed: str) -> None:
    arrivals.write(GOOD.replace("1::bigint", "7::bigint"), bad_row)
    assert arrivals.check().failed == (f"{failed} (1 of 1 partitions)",)


def test_an_event_key_twice_in_a_day_fails(arrivals: Lake) -> None:
    arrivals.write(GOOD, GOOD)
    assert arrivals.check().failed == ("event_key: be unique (1 of 1 partitions)",)


def test_a_failure_says_in_how_many_partitions_it_was_found(arrivals: Lake) -> None:
    bad = GOOD + ", 'sighed' as event_type"
    arrivals.write(GOOD)
    for day in (date(2026, 3, 2), date(2026, 3, 3)):
        arrivals.write(bad.replace("2026-03-01", str(day)), day=day)
    assert arrivals.check(DAY, date(2026, 3, 2), date(2026, 3, 3)).failed == (
        "event_type: be in set (2 of 3 partitions)",
    )


def test_an_event_key_on_two_days_fails(arrivals: Lake) -> None:
    arrivals.write(GOOD)
    arrivals.write(GOOD.replace("2026-03-01", "2026-03-02"), day=date(2026, 3, 2))
    assert arrivals.check(DAY, date(2026, 3, 2)).failed == ("event_key: be unique (1 of 2 partitions)",)


def test_days_without_a_file_are_no_failure(arrivals: Lake) -> None:
    result = arrivals.check(date(2026, 4, 1))
    assert result.success
    assert result.partitions == 0


def test_an_expectation_that_cannot_be_evaluated_is_an_error_and_no_failure(arrivals: Lake) -> None:
    rows = "select 1::bigint as event_key, {'a': 1} as learner_pseudonym, 3 as course_id, 4 as cohort, 5 as module_id"
    rest = [c.name for c in arrivals.columns if c.name not in rows]
    rows += ", " + ", ".join(f"timestamp '2026-03-01 05:00:00' as {name}" for name in rest)
    with engine.connect(parquet_keys=arrivals.ring.parquet_keys()) as connection:
        lake.write_parquet(connection, rows, file=lake.partition_file(arrivals.home, "course_progress", DAY))
    with pytest.raises(QualityError, match="could not evaluate"):
        arrivals.check()


def test_every_contract_yields_expectations(contracts: Contracts) -> None:
    assert all(expected_of(contract) for contract in contracts.inbound.values())
