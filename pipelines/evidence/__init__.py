"""Evidence: what happened, recorded so that nobody can change it unseen; what is processed and why; which clause is kept by what.

Not here: what happens itself, or who may look.
"""

from pipelines.evidence.anchors import AnchorUnusable
from pipelines.evidence.clauses import Clause, matrix
from pipelines.evidence.entries import KINDS, Entry
from pipelines.evidence.latest import latest
from pipelines.evidence.ledger import LedgerBroken, public_key_text, read, signing_key
from pipelines.evidence.looking import anchor, look, look_with_keys
from pipelines.evidence.pages import write_matrix, write_record
from pipelines.evidence.processing import ProcessingDrift, Record, drift, record_of, refuse_drift
from pipelines.evidence.recording import record, record_denial
from pipelines.evidence.verifying import Finding, Verdict, verify

__all__ = [
    "KINDS",
    "AnchorUnusable",
    "Clause",
    "Entry",
    "Finding",
    "LedgerBroken",
    "ProcessingDrift",
    "Record",
    "Verdict",
    "anchor",
    "drift",
    "latest",
    "look",
    "look_with_keys",
    "matrix",
    "public_key_text",
    "read",
    "record",
    "record_denial",
    "record_of",
    "refuse_drift",
    "signing_key",
    "verify",
    "write_matrix",
    "write_record",
]
