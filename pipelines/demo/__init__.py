"""A demo's landing files and the truth beside them: believable, wholly invented, with dirt planted and written down.

It writes what arrives, for every source, and imports nothing of how it is read.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.demo.world.span import DemoSummary

__all__ = ["generate"]


def generate(
    landing: Path,
    *,
    learners: int,
    days: int,
    seed: int,
    end: date,
    truth: Path | None = None,
    progress: Callable[[str, int], None] | None = None,
    dirt: float = 1.0,
) -> DemoSummary:
    """Write a demo of the `days` days before `end` under `landing`, its truth under `truth`; return what was written.

    The same arguments write the same bytes. Memory does not grow with learners or days. `progress` is called with a
    source and the rows written since its last call; `dirt` multiplies what is spoilt on purpose (0: nothing). Files of
    other names are left alone.

    Raises ValueError without learners or days.
    """
    from pipelines.demo.generator import write
    from pipelines.demo.world.span import World

    if learners < 1 or days < 1:
        message = "a demo needs at least one learner and one day"
        raise ValueError(message)
    world = World(learners=learners, days=days, seed=seed, end=end)
    return write(landing, world, truth=truth, progress=progress, dirt=dirt)
