"""What a withdrawal of consent does to rows that are stored: their keys come off, and who is left with nothing is forgotten.

Whether a row that arrives is consented to is for intake to ask; what was stated, for `consent` to say. Erasure on request
does not belong here.
"""

from pipelines.withdrawal.stripping import Stripped, strip, waits

__all__ = ["Stripped", "strip", "waits"]
