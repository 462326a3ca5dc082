"""The consent ledger as other rooms ask it: what was stated, by whom, on which purpose, and since when.

It lies in the lake as any other event; its holders are keyed hashes that stand in no other dataset, so that a refusal can
be remembered without making whoever refused a subject of the vault. What follows from a statement does not belong here.
"""

from pipelines.consent.ledger import ACCOUNT, has_more_spellings, holder_key, holder_key_of_hash, statements

__all__ = ["ACCOUNT", "has_more_spellings", "holder_key", "holder_key_of_hash", "statements"]
