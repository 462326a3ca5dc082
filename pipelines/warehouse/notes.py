"""The note beside the warehouse: by what it was built, and whether it was released. Not here: what counts as new."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipelines.settings import Home


def read_note(home: Home) -> Mapping[str, Any]:
    """Return the note; nothing where there is none or it cannot be read, so that everything is built again."""
    try:
        found: Mapping[str, Any] = json.loads((home.warehouse / "built.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return found


def write_note(home: Home, note: Mapping[str, Any]) -> None:
    """Put a note in the place of the one before."""
    beside = home.warehouse / ".built.json.part"
    beside.write_text(json.dumps(note, indent=1, sort_keys=True), encoding="utf-8")
    beside.replace(home.warehouse / "built.json")
