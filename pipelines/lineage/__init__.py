"""Lineage: what every published column is made of, and that none of it tells of a person. Checked before anything runs.

Not here: who is told of a leak (cli, defs), how a treatment works (intake, identity, disclosure).
"""

from pipelines.lineage.assembling import assemble, assemble_lake
from pipelines.lineage.dependencies import Column, Dependency, Operation
from pipelines.lineage.graph import LANDING, RELEASE, VAULT, Dataset, Graph
from pipelines.lineage.labels import LABELS, Leak, LineageLeak, Tainted
from pipelines.lineage.pages import write as write_page
from pipelines.lineage.parsing import LineageUnresolved
from pipelines.lineage.taint import check, refuse_leaks

__all__ = [
    "LABELS",
    "LANDING",
    "RELEASE",
    "VAULT",
    "Column",
    "Dataset",
    "Dependency",
    "Graph",
    "Leak",
    "LineageLeak",
    "LineageUnresolved",
    "Operation",
    "Tainted",
    "assemble",
    "assemble_lake",
    "check",
    "refuse_leaks",
    "write_page",
]
