"""The warehouse: dbt's models built beside the old file and swapped in, event-level facts as Parquet partitions.

What a model says lives in `dbt_project/`; what is published, in the release.
"""

from pipelines.warehouse.building import BY_DAY, BuildResult, build, held_back, open_read_only
from pipelines.warehouse.carrying import noted
from pipelines.warehouse.compiling import compiled_models
from pipelines.warehouse.documenting import write_docs
from pipelines.warehouse.files import WarehouseMissing
from pipelines.warehouse.running import ModelFailure

__all__ = [
    "BY_DAY",
    "BuildResult",
    "ModelFailure",
    "WarehouseMissing",
    "build",
    "compiled_models",
    "held_back",
    "noted",
    "open_read_only",
    "write_docs",
]
