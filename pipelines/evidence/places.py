"""Where the evidence ledger of a home lies. What stands there does not belong here."""

from __future__ import annotations

from pathlib import Path

from pipelines.settings import Home


def folder_of(home: Home) -> Path:
    """Return the folder of the ledger."""
    return home.evidence / "ledger"


def entries_file(home: Home) -> Path:
    """Return the file of the chain."""
    return folder_of(home) / "entries.jsonl"


def head_file(home: Home) -> Path:
    """Return the file of the head."""
    return folder_of(home) / "head.json"
