"""What the manifest is told: moves of files, landed files, batches, and interventions that are no batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WITHOUT_ROWS = ("quarantine_drop", "retention_raw", "trim", "backup", "restore", "audience")
"""Kinds of interventions that change no row of the lake."""


@dataclass(frozen=True)
class Move:
    """Put `staged` in the place of `target`; without `staged`, remove `target`.

    `columns` says which columns the file has (`columns_digest`).
    """

    staged: Path | None
    target: Path
    columns: str = ""


@dataclass(frozen=True)
class LandedFile:
    """A file that a batch read: salted hashes of its name and of its content (`Manifest.digest`), size, time."""

    source: str
    name: str
    content_hash: str
    size_bytes: int
    modified_ns: int


@dataclass(frozen=True)
class BatchRow:
    """One committed batch as the manifest holds it."""

    batch_id: str
    source: str
    as_of: str
    balance: Mapping[str, Any]


@dataclass(frozen=True)
class Intervention:
    """What was done to stored rows without anything having landed: its kind, when, and how many rows it concerned.

    `counts` bears names of datasets and reasons and numbers; never a value of a row.
    """

    intervention_id: str
    kind: str
    as_of: str
    counts: Mapping[str, Any]
