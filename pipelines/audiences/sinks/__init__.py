"""Who is sent an audience, behind one protocol: find or make it, replace its members, add, remove, remove everywhere.

A sink sends hashes and nothing else, to one recipient of `data_contracts/recipients.yaml`. Whether somebody may be sent at
all (consent, transfer rung, fewest people) and what is kept of it are for whoever calls it.
"""

from pipelines.audiences.sinks.members import Batch, batches, checked
from pipelines.audiences.sinks.problems import (
    AmbiguousAudience,
    AudienceBusy,
    AudienceRefused,
    MissingAccount,
    MissingClient,
    NobodyLeft,
    PermissionRefused,
    RequestRefused,
    SessionExpired,
    SinkProblem,
    Throttled,
    TokenRefused,
    UnfitMembers,
    Unreachable,
)
from pipelines.audiences.sinks.protocol import Progress, Receipt, Session, Sink

__all__ = [
    "AmbiguousAudience",
    "AudienceBusy",
    "AudienceRefused",
    "Batch",
    "MissingAccount",
    "MissingClient",
    "NobodyLeft",
    "PermissionRefused",
    "Progress",
    "Receipt",
    "RequestRefused",
    "Session",
    "SessionExpired",
    "Sink",
    "SinkProblem",
    "Throttled",
    "TokenRefused",
    "UnfitMembers",
    "Unreachable",
    "batches",
    "checked",
]
