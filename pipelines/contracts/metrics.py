"""What must hold of the figures of a published dataset: each has a unit, and a formula reads what is published with it.

Computing a formula does not belong here (see `release`).
"""

from __future__ import annotations

from pipelines.contracts import odcs, queries
from pipelines.contracts.documents import Findings, Node
from pipelines.contracts.outbound import OutboundColumn, OutboundContract


def check(contract: OutboundContract, root: Node, findings: Findings) -> None:
    """Check the derived columns of a published dataset."""
    known = {column.name for column in contract.mart_columns}
    for column in contract.columns:
        if column.role == "derived":
            _formula(column, known, odcs.first_saying(root, column.name), findings)
            known.add(column.name)


def _formula(column: OutboundColumn, known: set[str], place: Node, findings: Findings) -> None:
    read = queries.columns(column.formula) if column.formula else None
    if read is None:
        what = f"`{column.name}` is derived, and its formula is no expression over the table's own columns"
        findings.add(place, what, mend="write SQL over the columns before it, such as `completed / enrolled`")
        return
    for name in sorted(read - known):
        what = f"the formula of `{column.name}` reads `{name}`, which is no column before it"
        findings.add(place, what, mend=f"use some of {', '.join(sorted(known))}")
