"""Who opened the vault, when and why: one JSON line an opening, and nothing about any person."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from pipelines import settings
from pipelines.identity.files import PRIVATE


def record(home: settings.Home, *, purpose: str) -> None:
    """Append one line, durably, before the vault is opened."""
    line = {"opened_at": datetime.now(UTC).isoformat(timespec="milliseconds"), "pid": os.getpid(), "purpose": purpose}
    descriptor = os.open(path(home), os.O_WRONLY | os.O_APPEND | os.O_CREAT, PRIVATE)
    with os.fdopen(descriptor, "ab") as file:
        file.write(json.dumps(line).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def path(home: settings.Home) -> Path:
    """Return where the log lies."""
    return home.vault / "access.jsonl"
