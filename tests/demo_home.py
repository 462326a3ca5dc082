"""A home in which a whole demo has run: made once for all who ask. It takes most of a minute: they are of one group."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

DEMO = ("--learners", "120", "--days", "30", "--seed", "11")


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which `crosslife demo` has run with DEMO, and what it printed, as `output.txt`; who changes it takes a copy."""
    # Each module that imports a fixture has it anew; this one is costly.
    return _made(tmp_path_factory.getbasetemp())


@cache
def _made(base: Path) -> Path:
    root = base / "whole_demo" / "home"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CROSSLIFE_", "DAGSTER_"))}
    command = [sys.executable, "-m", "pipelines.cli", "demo", *DEMO, "--home", str(root)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    (root / "output.txt").write_text(done.stdout + done.stderr)
    return root
