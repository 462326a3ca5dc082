"""Judges what has arrived in the lake, and what is to be released, against the contracts, with Great Expectations; and whether
sources keep their rhythm.

Routing of single rows does not belong here: that happens while they are read (intake). Uniqueness and references over
whole tables are dbt's.
"""

from pipelines.quality.arrivals import check_arrivals
from pipelines.quality.judging import QualityError
from pipelines.quality.pages import Verdict, list_verdicts, verdicts
from pipelines.quality.releases import check_release
from pipelines.quality.results import QualityResult
from pipelines.quality.rhythm import Rhythm, rhythms

__all__ = [
    "QualityError",
    "QualityResult",
    "Rhythm",
    "Verdict",
    "check_arrivals",
    "check_release",
    "list_verdicts",
    "rhythms",
    "verdicts",
]
