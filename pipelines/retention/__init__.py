"""Retention: what has to go today, by which clause, and that it went.

Landed files and quarantined rows by their days; events by whole days; course data by enrolment; and whoever has done nothing for
the whole of their period, with everything that leads to them. Not here: how long anything may be kept (contracts and policy),
or when this is done (a schedule, a command).
"""

from pipelines.retention.applying import Applied, NotRemoved, StalePlan, apply, plan
from pipelines.retention.falling import Falling
from pipelines.retention.holding import listed as held
from pipelines.retention.holding import rows_of as rows_held
from pipelines.retention.plans import BrakeHeld, Drop, Plan
from pipelines.retention.records import RECORDS, Record, kept_since, old_records, remove_records
from pipelines.retention.standing import Standing, standing

__all__ = [
    "RECORDS",
    "Applied",
    "BrakeHeld",
    "Drop",
    "Falling",
    "NotRemoved",
    "Plan",
    "Record",
    "StalePlan",
    "Standing",
    "apply",
    "held",
    "kept_since",
    "old_records",
    "plan",
    "remove_records",
    "rows_held",
    "standing",
]
