"""Backups: one consistent copy of a home in one encrypted file, its key destroyed after the policy's days, and putting it back.

In it: keyring, vault, lake, quarantine, evidence, release. Not in it: landing (days only; land again what came since), warehouse
and facts (built again from the lake), Dagster's own storage. Not here: what has to go of a home (retention), or what was recorded
of it (evidence).
"""

from pipelines.backup.expiring import Due, Expired, due, expire
from pipelines.backup.journal import note_destroyed, note_drops, note_gone
from pipelines.backup.listing import Listed, check, listed
from pipelines.backup.making import Made, make
from pipelines.backup.problems import (
    BackupDamaged,
    BackupEnded,
    BackupProblem,
    BackupUnreadable,
    BackupUnusablePlace,
    HomeNotEmpty,
)
from pipelines.backup.restoring import Restored, restore

__all__ = [
    "BackupDamaged",
    "BackupEnded",
    "BackupProblem",
    "BackupUnreadable",
    "BackupUnusablePlace",
    "Due",
    "Expired",
    "HomeNotEmpty",
    "Listed",
    "Made",
    "Restored",
    "check",
    "due",
    "expire",
    "listed",
    "make",
    "note_destroyed",
    "note_drops",
    "note_gone",
    "restore",
]
