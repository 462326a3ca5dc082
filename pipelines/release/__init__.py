"""Assesses the `agg_` tables, has them judged, then publishes them: the only way from the warehouse to the analysts.
Seals what was published before its source falls.

What may be published is decided in `disclosure`; dashboards and audiences do not belong here.
"""

from pipelines.release.publishing import ReleaseReport, TableReport, publish, release_tables
from pipelines.release.refusals import MissesItsContract, NotSealable, ReleaseRefused, SealDamaged
from pipelines.release.sealing import Sealed, seal
from pipelines.release.table import completion_table

__all__ = [
    "MissesItsContract",
    "NotSealable",
    "ReleaseRefused",
    "ReleaseReport",
    "SealDamaged",
    "Sealed",
    "TableReport",
    "completion_table",
    "publish",
    "release_tables",
    "seal",
]
