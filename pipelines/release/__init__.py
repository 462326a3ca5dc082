"""Assesses the `agg_` tables, has them judged, then publishes them: the only way from the warehouse to the analysts.

What may be published is decided in `disclosure`; dashboards and audiences do not belong here.
"""

from pipelines.release.publishing import ReleaseReport, TableReport, publish, release_tables
from pipelines.release.refusals import MissesItsContract, ReleaseRefused
from pipelines.release.table import completion_table

__all__ = [
    "MissesItsContract",
    "ReleaseRefused",
    "ReleaseReport",
    "TableReport",
    "completion_table",
    "publish",
    "release_tables",
]
