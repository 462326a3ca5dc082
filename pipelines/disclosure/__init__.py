"""Decides which cells may be published: thresholds within a table, and withholding across linked tables.

Pure functions on frames. Reading marts and writing a release do not belong here; complementary suppression, the
interval audit, differencing between releases and noise are not here yet (`docs/decisions/004-thresholds.md`).
"""

from pipelines.disclosure.links import Link, Shape, find_links, withhold_linked
from pipelines.disclosure.thresholds import WITHHELD, Assessment, Rule, UnassessableFrame, assess

__all__ = [
    "WITHHELD",
    "Assessment",
    "Link",
    "Rule",
    "Shape",
    "UnassessableFrame",
    "assess",
    "find_links",
    "withhold_linked",
]
