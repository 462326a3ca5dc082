"""Judges what has arrived in the lake against its contract, partition by partition, with Great Expectations; and its rhythm.

Routing of single rows does not belong here: that happens while they are read (intake). Uniqueness and references over
whole tables are dbt's.
"""

from pipelines.quality.arrivals import QualityError, QualityResult, check_arrivals
from pipelines.quality.rhythm import Rhythm, rhythms

__all__ = ["QualityError", "QualityResult", "Rhythm", "check_arrivals", "rhythms"]
