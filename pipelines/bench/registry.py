"""The benchmarks by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pipelines.bench import history_bench, intake_bench, models_bench, retention_bench, sources_bench
from pipelines.bench.measuring import Result

_BENCHMARKS: dict[str, Callable[..., Result]] = {
    "intake": intake_bench.compare,
    "models": models_bench.compare,
    "history": history_bench.compare,
    "retention": retention_bench.compare,
}
NAMES = tuple(_BENCHMARKS)


def run(
    name: str,
    *,
    quick: bool = False,
    sources: Sequence[str] = (),
    rows: int | None = None,
    progress: Callable[[str], None] = lambda _text: None,
) -> dict[str, Any]:
    """Run a benchmark (`quick`: smaller input, some of them within 45 seconds) and return its result as JSON-ready data.

    `sources` (of `intake` alone) are measured one by one on `rows` rows each, made of the demo's own; `models` on `rows`
    events. Raises KeyError for a name that is not there, BenchmarkMismatch where the two sides disagree, or a source is none.
    """
    if sources and name == "intake":
        return sources_bench.compare(sources, rows=rows, quick=quick, progress=progress).as_json()
    size = {"rows": rows} if rows else {}
    return _BENCHMARKS[name](quick=quick, progress=progress, **size).as_json()
