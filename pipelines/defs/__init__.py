"""The assets of Dagster: one module a room, each a few lines over one function of that room.

What an asset computes does not belong here; Dagster is imported nowhere else but in `pipelines.definitions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import dagster as dg


def load() -> dg.Definitions:
    """Return everything of this code location; needs contracts and models, but no home and no key."""
    import dagster as dg

    from pipelines.defs import (
        audiences,
        automation,
        evidence,
        extract,
        intake,
        landing,
        lineage_events,
        notifying,
        pruning,
        quality,
        release,
        retention,
        site,
        warehouse,
    )

    return dg.Definitions(
        assets=[
            extract.extracted,
            *landing.specs(),
            intake.lake_assets,
            warehouse.models(),
            release.released,
            retention.dropped,
            audiences.withdrawn,
            audiences.sent,
            pruning.pruned,
            evidence.data_docs(),
            evidence.ledger(),
            evidence.pages(),
        ],
        asset_checks=[*quality.checks(), audiences.in_time],
        jobs=[automation.JOB, extract.JOB, retention.JOB, audiences.JOB, audiences.WITHDRAWALS],
        schedules=[
            automation.nightly,
            extract.hourly,
            retention.nightly_drops,
            audiences.nightly_audiences,
            audiences.deadlines,
        ],
        sensors=[
            landing.arrivals,
            retention.models_follow,
            audiences.withdrawal_arrivals,
            lineage_events.of_successes,
            lineage_events.of_failures,
            notifying.failures,
            notifying.held_back,
            notifying.silence,
        ],
        resources={"site": site.SiteResource()},
        executor=dg.in_process_executor,
    )
