"""Rows taken out of stored files: those go and nobody else's, and what stays keeps its order."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipelines import contracts, engine, lake, settings
from pipelines.identity import keys
from pipelines.lake import Manifest, open_manifest
from pipelines.lake.rewriting import Rewriting, find

DAYS = (date(2026, 5, 4),)
ROWS = 300_000
CONTRACT = contracts.load(settings.CONTRACTS_DIR, policy_file=settings.policy_file()).inbound["course_progress"]


@pytest.fixture
def home(tmp_path: Path) -> settings.Home:
    home = settings.Home(tmp_path / "home").prepare()
    keys.init(home)
    return home


def store(manifest: Manifest, connection, home: settings.Home) -> None:
    """Write a day of 300,000 rows of 1,000 learners, two row groups and a half, in the order of the contract."""
    rewriting = Rewriting(home, connection, work_id="made", today=DAYS[0])
    made = {
        "event_key": "(hash(i) >> 1)::bigint",
        "learner_pseudonym": "'p-' || i % 1000",
        "occurred_at": "timestamp '2026-05-04'",
    }
    listed = ", ".join(
        f"({made.get(column.name, 'null')})::{column.sql_type} as {column.name}" for column in CONTRACT.lake_columns
    )
    for day in DAYS:
        query = f"select {listed} from range({ROWS}) as t(i) order by {CONTRACT.order}"
        place = lake.partition_file(home, CONTRACT.name, day)
        rewriting.set_aside(query, place, columns=lake.columns_digest(CONTRACT.lake_columns))
    work = lake.Intervention("made", "retention", "2026-06-30T00:00:00+00:00", {})
    manifest.prepare_intervention(work, moves=rewriting.moves, stale={})
    manifest.finish("made")


@pytest.mark.parametrize(
    "test",
    [
        "stored.learner_pseudonym in (select pseudonym from leaving)",
        "(stored.learner_pseudonym in (select pseudonym from leaving) or stored.learner_pseudonym is null)",
        "not coalesce(stored.learner_pseudonym not in (select pseudonym from leaving), true)",
    ],
)
@pytest.mark.parametrize("others", [0, 300_000], ids=["few leave", "a list longer than the file"])
def test_what_stays_keeps_its_order(home: settings.Home, test: str, others: int):
    with (
        engine.connect(parquet_keys=keys.open_keyring(home).parquet_keys()) as connection,
        open_manifest(home) as manifest,
    ):
        store(manifest, connection, home)
        connection.execute(f"""
            create table leaving as
            select 'p-' || i * 7 as pseudonym from range(100) as t(i) union all select 'q-' || i from range({others}) as t(i)""")
        rewriting = Rewriting(home, connection, work_id="leave", today=DAYS[0])
        rewriting.take_out(CONTRACT, test, found=find(connection, manifest, CONTRACT, test))
        assert rewriting.rows == {CONTRACT.name: len(DAYS) * ROWS // 10}
        for move in rewriting.moves:
            assert move.staged
            rows = lake.read_expression(move.staged)
            left = connection.execute(f"select learner_pseudonym, event_key from {rows}").fetchall()
            assert len(left) == ROWS * 9 // 10
            assert not {f"p-{7 * number}" for number in range(100)} & {pseudonym for pseudonym, _ in left}
            assert (
                left == connection.execute(f"select learner_pseudonym, event_key from {rows} order by all").fetchall()
            )
