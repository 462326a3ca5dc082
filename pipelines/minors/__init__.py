"""Children leave at once: who is one, what of everything stored is theirs, and that nothing of it comes back.

Here: the look over vault and lake after each intake, the erasure and its receipt. Not here: rows that are refused on arrival
(intake), from which age on nobody is a child (contracts), what a hold keeps (retention, on which this room builds: hence its
layer above it).
"""

from pipelines.minors.erasing import KIND, Erased, erase, waits
from pipelines.minors.finding import note_minor

__all__ = ["KIND", "Erased", "erase", "note_minor", "waits"]
