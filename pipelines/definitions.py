"""The Dagster code location: loads `pipelines.defs`, nothing else."""

from __future__ import annotations

from pipelines import settings

# Before Dagster is imported, so that nothing calls home.
settings.silence()

from pipelines import defs  # noqa: E402

definitions = defs.load()
