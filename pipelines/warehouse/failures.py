"""How building can fail. Imports nothing, so that every part of the room can say it."""

from __future__ import annotations


class ModelFailure(RuntimeError):
    """Nothing could be built: dbt could not start, a project may not be built, or every model failed; all stays as it was."""
