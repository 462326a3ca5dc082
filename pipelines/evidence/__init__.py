"""Evidence: what happened, recorded so that nobody can change it unseen; what is processed and why; which clause is kept by what.

Not here: what happens itself, or who may look.
"""

from pipelines.evidence.anchors import AnchorUnusable, refuse_unusable
from pipelines.evidence.clauses import Clause, matrix
from pipelines.evidence.entries import KINDS, Entry
from pipelines.evidence.latest import latest
from pipelines.evidence.ledger import public_key_text, read, signing_key
from pipelines.evidence.looking import anchor, faults_of_links, look, look_with_keys
from pipelines.evidence.pages import write_matrix, write_record
from pipelines.evidence.problems import AnchorDenies, LedgerBroken, LedgerProblem, LedgerUnwritable
from pipelines.evidence.processing import ProcessingDrift, Record, drift, record_of, refuse_drift
from pipelines.evidence.recording import note_refusal, record, record_denial
from pipelines.evidence.verifying import Finding, Verdict, verify

__all__ = [
    "KINDS",
    "AnchorDenies",
    "AnchorUnusable",
    "Clause",
    "Entry",
    "Finding",
    "LedgerBroken",
    "LedgerProblem",
    "LedgerUnwritable",
    "ProcessingDrift",
    "Record",
    "Verdict",
    "anchor",
    "drift",
    "faults_of_links",
    "latest",
    "look",
    "look_with_keys",
    "matrix",
    "note_refusal",
    "public_key_text",
    "read",
    "record",
    "record_denial",
    "record_of",
    "refuse_drift",
    "refuse_unusable",
    "signing_key",
    "verify",
    "write_matrix",
    "write_record",
]
