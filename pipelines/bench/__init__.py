"""Benchmarks: ratios of this product to the plainest script that does the same work, measured in one run.

`run(name)` returns one JSON-ready object with `figures`, `baseline`, `machine` and `commit`. Both sides of a ratio run in
processes of their own, one after the other, on the same input, and their outputs are compared before any ratio is given.
Not here: tests; a speed is never asserted.
"""

from __future__ import annotations

from pipelines.bench.measuring import BenchmarkMismatch, Result, describe
from pipelines.bench.registry import NAMES, run
from pipelines.bench.sources_bench import ALL
from pipelines.bench.sources_bench import names as source_names

__all__ = ["ALL", "NAMES", "BenchmarkMismatch", "Result", "describe", "run", "source_names"]
