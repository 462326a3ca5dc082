"""Enters every upload that has ended in the manifest, from which the evidence ledger takes it: counts, terms, no person.

Called after each sending and taking back; what a kill left out is entered by the next call. Not here: the ledger itself.
"""

from __future__ import annotations

import hashlib

from pipelines.audiences.books import Books
from pipelines.lake import Intervention, open_manifest
from pipelines.settings import Home

KIND = "audience"


def tell(home: Home, books: Books) -> int:
    """Enter what is not entered yet; return how many uploads that were."""
    ended = books.rows("select * from uploads where ended_at is not null order by upload")
    with open_manifest(home) as manifest:
        known = {each.intervention_id for each in manifest.interventions()}
        told = 0
        for row in ended.iter_rows(named=True):
            work_id = hashlib.sha256(f"{KIND} {row['upload']}".encode()).hexdigest()[:16]
            if work_id in known:
                continue
            counts = {
                "segment": row["segment"] or "",
                "recipient": row["recipient"],
                "mode": row["mode"],
                "rung": row["rung"],
                "agreement": hashlib.sha256(row["agreement"].encode()).hexdigest()[:16],
                "fields": row["fields"].replace(", ", "+"),
                "policy_version": row["policy_version"],
                "people": row["sent"],
                "contacts_out": row["ended"],
                "invalid": row["invalid"],
            }
            as_of = f"{row['started_at'].isoformat()}+00:00"
            manifest.prepare_intervention(Intervention(work_id, KIND, as_of, counts), moves=[], stale={})
            manifest.finish(work_id)
            told += 1
    return told
