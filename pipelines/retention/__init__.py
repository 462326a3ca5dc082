"""Retention: what has to go today, by which clause, and that it went.

So far the zones that hold raw data: landed files whose batch is committed, and quarantined rows. Not here: how long anything
may be kept (contracts and policy), or when this is done (a schedule, a command).
"""

from pipelines.retention.applying import Applied, NotRemoved, StalePlan, apply
from pipelines.retention.falling import Falling
from pipelines.retention.plans import BrakeHeld, Drop, Plan, plan

__all__ = ["Applied", "BrakeHeld", "Drop", "Falling", "NotRemoved", "Plan", "StalePlan", "apply", "plan"]
