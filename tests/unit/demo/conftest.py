from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from pipelines import demo
from pipelines.demo.world.span import DemoSummary

END = date(2026, 11, 22)


@dataclass(frozen=True)
class Landed:
    """A small demo, spoilt far more than usual so that every kind of dirt occurs."""

    landing: Path
    truth: Path
    summary: DemoSummary
    learners: int = 220
    days: int = 110
    seed: int = 3


@pytest.fixture(scope="session")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Landed:
    folder = tmp_path_factory.mktemp("demo")
    summary = demo.generate(
        folder / "landing",
        truth=folder / "truth",
        learners=Landed.learners,
        days=Landed.days,
        seed=Landed.seed,
        end=END,
        dirt=5.0,
    )
    return Landed(folder / "landing", folder / "truth", summary)
