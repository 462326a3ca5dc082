"""Fixtures of every kind of test."""

from __future__ import annotations

import os

# No test may reach out, or be slowed by what would.
os.environ.update({"DO_NOT_TRACK": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "GX_ANALYTICS_ENABLED": "false"})
