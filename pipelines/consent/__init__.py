"""The consent ledger as other rooms ask it: what was stated, by whom, on which purpose, and since when it holds.

It lies in the lake as any other event; its holders are keyed hashes that stand in no other dataset, so that a refusal can
be remembered without making whoever refused a subject of the vault. What follows from a consent does not belong here.
"""

from pipelines.consent.asking import NEVER_ASKED, of_person
from pipelines.consent.hearing import hear, weigh_refusals
from pipelines.consent.ledger import (
    ACCOUNT,
    deciding_columns,
    has_more_spellings,
    holder_key,
    holder_key_of_hash,
    statements,
)
from pipelines.consent.periods import periods, standing

__all__ = [
    "ACCOUNT",
    "NEVER_ASKED",
    "deciding_columns",
    "has_more_spellings",
    "hear",
    "holder_key",
    "holder_key_of_hash",
    "of_person",
    "periods",
    "standing",
    "statements",
    "weigh_refusals",
]
