"""Where tests write, and one guard: what is grouped for one worker is run by one worker."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

# No test may reach out, or be slowed by what would.
os.environ.update({"DO_NOT_TRACK": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "GX_ANALYTICS_ENABLED": "false"})

_MEMORY, _ROOM = Path("/dev/shm"), 8 << 30


def _has_room() -> bool:
    """Say whether memory has room for all that tests write at once, and for what they compute."""
    told = Path("/proc/meminfo")
    if not told.exists() or not os.access(_MEMORY, os.W_OK):
        return False
    available = next(
        (line.split()[1] for line in told.read_text().splitlines() if line.startswith("MemAvailable")), "0"
    )
    return min(int(available) << 10, shutil.disk_usage(_MEMORY).free) >= _ROOM


# Homes are full of small databases, each of which waits for the disk whenever it is closed: a dozen times as long as without.
if _has_room():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to run where the groups of pytest-xdist are not seen: each worker would build every costly fixture."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    lost = [item.name for item in session.items if item.get_closest_marker("xdist_group") and "@" not in item.nodeid]
    if lost:
        raise pytest.UsageError(f"pytest-xdist does not group {len(lost)} tests that belong together, {lost[0]} first")
