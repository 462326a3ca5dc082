"""Before anything is built: that no column tells more than it may. Done again when models or contracts are others than last time.

Not here: what may come of what (lineage).
"""

from __future__ import annotations

import hashlib

from pipelines import lineage, settings, warehouse
from pipelines.defs.fingerprints import folder_fingerprint, models_fingerprint
from pipelines.defs.site import Site


def trace(site: Site) -> None:
    """Refuse to go on where a column leaks or cannot be resolved. Raises LineageLeak, LineageUnresolved, ModelFailure."""
    policy = site.policy.read_bytes()
    of_today = (
        f"{models_fingerprint()} {folder_fingerprint(settings.CONTRACTS_DIR)} {hashlib.sha256(policy).hexdigest()}"
    )
    note = site.home.dagster / "lineage-checked"
    if note.exists() and note.read_text(encoding="utf-8") == of_today:
        return
    # A model against its contract is dbt's to refuse: it holds back what is made of it, and nothing else.
    graph = lineage.assemble(site.contracts, warehouse.compiled_models(), is_strict=False)
    lineage.refuse_leaks(graph, site.contracts)
    columns = sum(len(dataset.columns) for dataset in graph.datasets.values())
    site.say(f"lineage: {columns:,} columns, none tells more than it may")
    beside = note.with_name(f".{note.name}")
    beside.write_text(of_today, encoding="utf-8")
    beside.replace(note)
