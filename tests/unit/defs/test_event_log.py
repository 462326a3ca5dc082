from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from pipelines import settings
from pipelines.defs import event_log
from pipelines.defs.instance import write_instance_file

KEYS = [dg.AssetKey(["made", str(number)]) for number in range(5)]


@dg.multi_asset(specs=[dg.AssetSpec(key) for key in KEYS])
def made() -> Iterator[dg.MaterializeResult[Any]]:
    for number, key in enumerate(KEYS):
        yield dg.MaterializeResult(key, metadata={"rows": number})


@pytest.fixture
def home(tmp_path: Path) -> settings.Home:
    found = settings.home(tmp_path / "home").prepare()
    write_instance_file(found)
    return found


@pytest.fixture
def opened_files() -> Iterator[Counter[str]]:
    """Every database file that SQLAlchemy opens, and how often."""
    counted: Counter[str] = Counter()

    def count(connection: Any, _: object) -> None:
        counted[Path(connection.execute("pragma database_list").fetchone()[2]).name] += 1

    event.listen(Pool, "connect", count)
    yield counted
    event.remove(Pool, "connect", count)


def test_what_is_written_through_held_connections_is_what_dagster_reads(
    home: settings.Home, opened_files: Counter[str]
) -> None:
    with event_log.opened(home) as instance:
        run_id = dg.materialize([made], instance=instance).run_id
        told = [each.dagster_event_type for each in instance.all_logs(run_id)]
        connections = opened_files[f"{run_id}.db"]
    # Dagster asks a new file for its tables through a second one.
    assert connections <= 2
    assert len(told) > 10 * connections
    with dg.DagsterInstance.from_config(str(home.dagster)) as instance:
        assert [each.dagster_event_type for each in instance.all_logs(run_id)] == told
        events = [instance.get_latest_materialization_event(key) for key in KEYS]
        rows = [each.asset_materialization.metadata["rows"].value for each in events if each]
    assert rows == [*range(len(KEYS))]
    assert not [*(home.dagster / "history" / "runs").glob("*-wal")]
