"""Intake: landed files become rows of the lake, of quarantine, or of a count; nothing is lost without a word.

Here: reading formats, judging rows against their contract, treating values before anything is stored, duplicates, replays,
the balance of every batch. Not here: who a pseudonym is (identity), how files are put in place (lake), models (warehouse).
"""

from pipelines.intake.brakes import ExpiryInDoubt
from pipelines.intake.files import landed_files, settled_files, unknown_sources, unreachable_files
from pipelines.intake.quarantine import Selection
from pipelines.intake.quarantine import counts as quarantine_counts
from pipelines.intake.quarantine import files_of as quarantine_files
from pipelines.intake.quarantine import rows_by_reason as quarantined_rows
from pipelines.intake.reports import BalanceError, BatchReport
from pipelines.intake.runs import IntakeFailure, SourcesWait, pending, replay, run

__all__ = [
    "BalanceError",
    "BatchReport",
    "ExpiryInDoubt",
    "IntakeFailure",
    "Selection",
    "SourcesWait",
    "landed_files",
    "pending",
    "quarantine_counts",
    "quarantine_files",
    "quarantined_rows",
    "replay",
    "run",
    "settled_files",
    "unknown_sources",
    "unreachable_files",
]
