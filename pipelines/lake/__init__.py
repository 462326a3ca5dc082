"""The lake: pseudonymous Parquet by day, and the manifest that says what stands in it.

Here: where partitions lie, how they are written and put in place, which batch brought what, who may write. Not here: what
a row means (intake), who a pseudonym is (identity), what is derived from it (warehouse).
"""

from pipelines.lake.drifts import Drift
from pipelines.lake.horizons import BelowHorizon, Horizons
from pipelines.lake.lock import AnotherWriter, writer_lock
from pipelines.lake.manifest import Manifest, open_manifest
from pipelines.lake.partitions import (
    LAKE_KEY,
    columns_digest,
    current_file,
    days_of,
    partition_file,
    read_columns,
    read_expression,
    write_parquet,
)
from pipelines.lake.records import BatchRow, Intervention, LandedFile, Move
from pipelines.lake.stale import clear_stale, note_judged, stale_days, unmet
from pipelines.lake.stored import LakeDamaged

__all__ = [
    "LAKE_KEY",
    "AnotherWriter",
    "BatchRow",
    "BelowHorizon",
    "Drift",
    "Horizons",
    "Intervention",
    "LakeDamaged",
    "LandedFile",
    "Manifest",
    "Move",
    "clear_stale",
    "columns_digest",
    "current_file",
    "days_of",
    "note_judged",
    "open_manifest",
    "partition_file",
    "read_columns",
    "read_expression",
    "stale_days",
    "unmet",
    "write_parquet",
    "writer_lock",
]
