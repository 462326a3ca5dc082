"""Before anything is projected or built: that no column tells more than it may, and that the record of processing is true.

Done again when models or contracts are others than last time. The graph that was found then is kept, so that Dagster shows of
each model's column what it is made of, and events tell it. Not here: what may come of what (lineage).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TypeAlias

import dagster as dg
from pydantic import TypeAdapter

from pipelines import contracts, evidence, lineage, settings, warehouse
from pipelines.defs.fingerprints import folder_fingerprint, models_fingerprint
from pipelines.defs.site import Site

Edges: TypeAlias = Mapping[str, Mapping[str, list[tuple[str, str]]]]
"""Model → its column → the (dataset, column) pairs that it is made of."""
_Note: TypeAlias = tuple[str, tuple[lineage.Dataset, ...], Mapping[str, str]]
_NOTE = "lineage.json"


@dataclass(frozen=True)
class Checked:
    """What was found to be sound: what models' columns are made of, and digests of the SQL of models and tests, by dbt's id."""

    edges: Edges
    digests: Mapping[str, str]

    def refuse_other(self, ran: warehouse.Ran) -> None:
        """Refuse a build that ran other SQL, or made other tables or columns, than were checked. Raises ModelFailure."""
        for name, digest in ran.digests.items():
            if digest != self.digests.get(name):
                raise warehouse.ModelFailure(
                    f"{name} ran as other SQL than was checked, so nothing is swapped in: let it be the same in every build"
                )
        for table, columns in ran.columns.items():
            if strange := sorted(columns - self.edges.get(table, {}).keys()):
                raise warehouse.ModelFailure(
                    f"the build made {', '.join(f'{table}.{name}' for name in strange)}, which no checked model has: nothing is"
                    " swapped in"
                )


def trace(site: Site) -> Checked:
    """Refuse to go on where a column leaks or cannot be resolved; return what was checked, for the build to keep to.

    Raises LineageLeak, LineageUnresolved, ProcessingDrift, ModelFailure.
    """
    of_today, kept = _fingerprint(site), _kept(site.home)
    if kept and kept[0] == of_today:
        return Checked(_edges(kept[1]), kept[2])
    # A model against its contract is dbt's to refuse: it holds back what is made of it, and nothing else.
    compiled = warehouse.compiled(site.home, own_sites=site.contracts.traffic.own_sites)
    graph = lineage.assemble(site.contracts, compiled.models, is_strict=False)
    tainted = lineage.refuse_leaks(graph, site.contracts)
    evidence.refuse_drift(site.contracts, graph)
    lineage.write_page(site.home.evidence / "lineage.html", graph, tainted, site.contracts)
    columns = sum(len(dataset.columns) for dataset in graph.datasets.values())
    site.say(f"lineage: {columns:,} columns, none tells more than it may")
    _keep(site.home, (of_today, tuple(graph.datasets.values()), compiled.digests))
    return Checked(_edges(graph), compiled.digests)


def refuse_a_leaking_lake(site: Site) -> None:
    """Refuse to project where a column of the lake tells what it may not: what leaks is not even stored.

    Raises LineageLeak, LineageUnresolved.
    """
    lineage.refuse_leaks(lineage.assemble_lake(site.contracts), site.contracts)


def kept_graph(home: settings.Home) -> lineage.Graph | None:
    """Return the graph of the last build that was let begin; None where there was none or it cannot be read."""
    kept = _kept(home)
    return kept[1] if kept else None


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
    rooms = (Path(str(room.__file__)).parent for room in (lineage, evidence, contracts, warehouse))
    parts = [
        models_fingerprint(),
        folder_fingerprint(settings.CONTRACTS_DIR),
        *map(folder_fingerprint, rooms),
        *map(version, ("sqlglot", "dbt-core", "dbt-duckdb", "duckdb")),
    ]
    return hashlib.sha256(" ".join(parts).encode() + site.policy.read_bytes()).hexdigest()


def _keep(home: settings.Home, note: _Note) -> None:
    beside = home.dagster / f".{_NOTE}"
    beside.write_bytes(_kept_as().dump_json(note))
    beside.replace(home.dagster / _NOTE)


def _kept(home: settings.Home) -> tuple[str, lineage.Graph, Mapping[str, str]] | None:
    """Return what was found last time, of what, and of which SQL; None where it cannot be read: all is looked at again."""
    try:
        of, datasets, digests = _kept_as().validate_json((home.dagster / _NOTE).read_bytes())
        return of, lineage.Graph(datasets), digests
    except (OSError, ValueError, lineage.LineageUnresolved):
        return None


@cache
def _kept_as() -> TypeAdapter[_Note]:
    return TypeAdapter(_Note)
