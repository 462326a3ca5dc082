"""Fixtures of every kind of test, and one guard: what is grouped for one worker is run by one worker."""

from __future__ import annotations

import os

import pytest

# No test may reach out, or be slowed by what would.
os.environ.update({"DO_NOT_TRACK": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "GX_ANALYTICS_ENABLED": "false"})


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to run where the groups of pytest-xdist are not seen: each worker would build every costly fixture."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    lost = [item.name for item in session.items if item.get_closest_marker("xdist_group") and "@" not in item.nodeid]
    if lost:
        raise pytest.UsageError(f"pytest-xdist does not group {len(lost)} tests that belong together, {lost[0]} first")
