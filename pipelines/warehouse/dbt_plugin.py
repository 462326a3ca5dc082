"""The dbt-duckdb plugin: attaches the encrypted file and the lake to dbt's connection, and writes partitions.

Imported by dbt only (profiles.yml names it). Keys reach it through `handover`, never through its configuration.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.adapters.duckdb.utils import TargetConfig

from pipelines.warehouse import facts, handover, lake_views
from pipelines.warehouse.days import UNITS, Chunk


class Plugin(BasePlugin):
    """What dbt cannot do by itself: open our files, and put a partition in place whole."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Take the build that is under way in this process."""
        self.build = handover.current()

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Attach the file that is being built as `warehouse`, and the lake as schema `lake`."""
        self.build.prepare(conn)
        lake_views.create(conn, home=self.build.home, contracts=self.build.contracts)

    def configure_cursor(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Keep every cursor in UTC: settings of a session do not pass from a connection to its cursors."""
        cursor.execute("set TimeZone = 'UTC'")

    def store(self, target_config: TargetConfig) -> None:
        """Replace a chunk's partitions by the rows of the chunk's table (materialization `partitioned`)."""
        if self.build.connection is None or target_config.location is None:
            raise handover.NothingHandedOver(str(target_config.relation))
        chunk = target_config.config
        last_day = date.fromisoformat(chunk["last_day"]) + timedelta(days=chunk["days_after"])
        days = Chunk(date.fromisoformat(chunk["first_day"]), last_day).days()
        with self.build.connection.cursor() as cursor:
            facts.replace_partitions(
                cursor,
                str(target_config.relation),
                folder=Path(target_config.location.path),
                unit=chunk["unit"],
                values=dict.fromkeys(UNITS[chunk["unit"]](day) for day in days),
                sort_by=chunk["sort_by"],
            )
