"""Extract: what is new in the platform's database becomes landed files, where the normal intake takes them.

Here: which columns of which tables are read, from where on, and how files are put into landing. Not here: judging a row
(intake); raw rows lie in landing and nowhere else.
"""

from pipelines.extract.runs import DatabaseUnreachable, Extracted, extract

__all__ = ["DatabaseUnreachable", "Extracted", "extract"]
