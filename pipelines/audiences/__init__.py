"""Retargeting audiences: whom a segment means, who of them may be sent, sending, and taking back.

Nobody is sent without consent in force at the instant of sending, to nobody who is not registered, and with nothing that is not
declared. Statistics, and what the ads themselves did, do not belong here.
"""

from pipelines.audiences.building import build
from pipelines.audiences.history import of_person, present, uploads, withdrawals
from pipelines.audiences.judging import Audience, Funnel
from pipelines.audiences.problems import (
    AudienceProblem,
    BooksDamaged,
    PurposeNotDeclared,
    TransferRefused,
    UnknownSegment,
)
from pipelines.audiences.syncing import Synced, sync
from pipelines.audiences.withdrawing import Withdrawn, confirm, waits, withdraw

__all__ = [
    "Audience",
    "AudienceProblem",
    "BooksDamaged",
    "Funnel",
    "PurposeNotDeclared",
    "Synced",
    "TransferRefused",
    "UnknownSegment",
    "Withdrawn",
    "build",
    "confirm",
    "of_person",
    "present",
    "sync",
    "uploads",
    "waits",
    "withdraw",
    "withdrawals",
]
