"""Before anything is built: that no column tells more than it may. Done again when models or contracts are others than last time.

What was found then is kept, so that Dagster shows of each model's column what it is made of. Not here: what may come of what
(lineage).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

import dagster as dg

from pipelines import contracts, lineage, settings, warehouse
from pipelines.defs.fingerprints import folder_fingerprint, models_fingerprint
from pipelines.defs.site import Site

Edges: TypeAlias = Mapping[str, Mapping[str, list[tuple[str, str]]]]
"""Model → its column → the (dataset, column) pairs that it is made of."""


def trace(site: Site) -> Edges:
    """Refuse to go on where a column leaks or cannot be resolved; return what the models' columns are made of.

    Raises LineageLeak, LineageUnresolved, ModelFailure.
    """
    note = site.home.dagster / "lineage.json"
    of_today = _fingerprint(site)
    kept = _kept(note)
    if kept.get("of") == of_today:
        edges: Edges = kept["edges"]
        return edges
    # A model against its contract is dbt's to refuse: it holds back what is made of it, and nothing else.
    graph = lineage.assemble(site.contracts, warehouse.compiled_models(site.home), is_strict=False)
    tainted = lineage.refuse_leaks(graph, site.contracts)
    lineage.write_page(site.home.evidence / "lineage.html", graph, tainted, site.contracts)
    columns = sum(len(dataset.columns) for dataset in graph.datasets.values())
    site.say(f"lineage: {columns:,} columns, none tells more than it may")
    edges = _edges(graph)
    beside = note.with_name(f".{note.name}")
    beside.write_text(json.dumps({"of": of_today, "edges": edges}), encoding="utf-8")
    beside.replace(note)
    return edges


def shown(edges: Edges, model: str, asset_of: Callable[[str], dg.AssetKey]) -> dict[str, dg.TableColumnLineage]:
    """Return the metadata by which Dagster shows what a model's columns are made of."""
    columns = {
        column: [dg.TableColumnDep(asset_of(dataset), own) for dataset, own in made_of]
        for column, made_of in edges.get(model, {}).items()
    }
    return {"dagster/column_lineage": dg.TableColumnLineage(columns)} if columns else {}


def _edges(graph: lineage.Graph) -> Edges:
    return {
        name: {
            column: sorted({(each.column.dataset, each.column.name) for each in made_of})
            for column, made_of in dataset.columns.items()
        }
        for name, dataset in graph.datasets.items()
        if dataset.layer == "model"
    }


def _fingerprint(site: Site) -> str:
    rooms = (Path(str(room.__file__)).parent for room in (lineage, contracts, warehouse))
    parts = [
        models_fingerprint(),
        folder_fingerprint(settings.CONTRACTS_DIR),
        *map(folder_fingerprint, rooms),
        *map(version, ("sqlglot", "dbt-core", "dbt-duckdb", "duckdb")),
    ]
    return hashlib.sha256(" ".join(parts).encode() + site.policy.read_bytes()).hexdigest()


def _kept(note: Path) -> Mapping[str, Any]:
    """Return what was found last time; nothing where it cannot be read, so that all is looked at again."""
    try:
        found: Mapping[str, Any] = json.loads(note.read_bytes())
    except (OSError, ValueError):
        return {}
    return found
