"""The warehouse: dbt's models built beside the old file and swapped in, event-level facts as Parquet partitions.

What a model says lives in `dbt_project/`; what is published, in the release.
"""

from pipelines.warehouse.building import BY_DAY, BuildResult, build, held_back, open_read_only
from pipelines.warehouse.carrying import noted
from pipelines.warehouse.compiling import Compiled, compiled, compiled_models
from pipelines.warehouse.documenting import write_docs
from pipelines.warehouse.failures import ModelFailure
from pipelines.warehouse.files import WarehouseMissing
from pipelines.warehouse.notes import read_note, write_note
from pipelines.warehouse.ran import Ran

__all__ = [
    "BY_DAY",
    "BuildResult",
    "Compiled",
    "ModelFailure",
    "Ran",
    "WarehouseMissing",
    "build",
    "compiled",
    "compiled_models",
    "held_back",
    "noted",
    "open_read_only",
    "read_note",
    "write_docs",
    "write_note",
]
