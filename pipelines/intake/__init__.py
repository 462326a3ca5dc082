"""Intake: landed files become rows of the lake, of quarantine, or of a count; nothing is lost without a word.

Here: reading formats, judging rows against their contract, treating values before anything is stored, duplicates, replays,
the balance of every batch. Not here: who a pseudonym is (identity), how files are put in place (lake), models (warehouse).
"""

from pipelines.intake.files import settled_files, unknown_sources, unreachable_files
from pipelines.intake.quarantine import Selection
from pipelines.intake.quarantine import counts as quarantine_counts
from pipelines.intake.reports import BalanceError, BatchReport
from pipelines.intake.runs import IntakeFailure, SourcesWait, pending, replay, run

__all__ = [
    "BalanceError",
    "BatchReport",
    "IntakeFailure",
    "Selection",
    "SourcesWait",
    "pending",
    "quarantine_counts",
    "replay",
    "run",
    "settled_files",
    "unknown_sources",
    "unreachable_files",
]
