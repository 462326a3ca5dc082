"""Running one side of a benchmark in a process of its own. Here: time, memory, machine. Not here: what is measured."""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipelines import settings
from pipelines.warehouse import BuildResult


class BenchmarkMismatch(RuntimeError):
    """The two sides of a benchmark did not produce the same; a ratio of them would mean nothing."""


@dataclass(frozen=True)
class Result:
    """What a benchmark prints: `figures` by name (ratios, seconds, bytes), and what they were measured against."""

    name: str
    figures: Mapping[str, float]
    baseline: str
    machine: Mapping[str, Any] = field(default_factory=dict)
    commit: str = "unknown"

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON-ready data."""
        return asdict(self)


def describe() -> tuple[dict[str, Any], str]:
    """Return the machine (cores, memory, processor, Python) and the commit the figures belong to."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    machine = {
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30, 1),
        "processor": platform.machine(),
        "python": platform.python_version(),
    }
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=settings.PROJECT_ROOT, capture_output=True, text=True, check=False
    )
    return machine, found.stdout.strip() or "unknown"


def side(module: str, function: str, **arguments: str | int) -> dict[str, float]:
    """Run `module.function(**arguments)` in a new process; return its figures with `seconds` and `peak_bytes`."""
    call = json.dumps({"module": module, "function": function, "arguments": arguments})
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.bench.measuring", call], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{module}.{function} failed:\n{done.stderr[-2000:]}")
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def clocked(work: Callable[[], Mapping[str, float] | None]) -> dict[str, float]:
    """Run `work`; return what it returned with its `seconds` and the process's `peak_bytes`."""
    start = time.perf_counter()
    found = work() or {}
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {**found, "seconds": seconds, "peak_bytes": float(peak)}


def whole(built: BuildResult) -> BuildResult:
    """Return a build of all models. Raises BenchmarkMismatch where any was held back: it would be timed for nothing."""
    if built.held_back:
        raise BenchmarkMismatch(f"models were held back: {', '.join(built.held_back)}")
    return built


def scratch(name: str) -> Path:
    """Return the folder in which benchmarks keep their input and output (`CROSSLIFE_HOME`'s neighbour, disposable)."""
    folder = settings.home().root / "bench" / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _main() -> None:
    import importlib

    call = json.loads(sys.argv[1])
    work = getattr(importlib.import_module(call["module"]), call["function"])
    sys.stdout.write(json.dumps(work(**call["arguments"])) + "\n")


if __name__ == "__main__":
    _main()
