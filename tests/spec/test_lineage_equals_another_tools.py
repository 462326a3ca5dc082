"""The columns that each model's columns are made of, against Dagster's own column lineage of dbt models, edge by edge."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipelines import contracts as contracts_room
from pipelines import lineage, settings, warehouse

pytestmark = pytest.mark.slow
# What stands in an expression; what decides about rows alone, the other tool does not tell.
IN_THE_EXPRESSION = ("value", "condition", "window")


def theirs(name: str, manifest: Mapping[str, Any], graph: lineage.Graph, target: Path) -> dict[str, set[str]]:
    """Return column → the columns that it is made of, as dagster-dbt tells."""
    from dagster_dbt import DagsterDbtTranslator
    from dagster_dbt.core.dbt_cli_event import EventHistoryMetadata, _build_column_lineage_metadata

    node = manifest["nodes"][f"model.crosslife.{name}"]
    parents = [{**manifest["nodes"], **manifest["sources"]}[each] for each in node["depends_on"]["nodes"]]
    typed = {each["relation_name"]: _typed(graph, each["name"]) for each in parents}
    told = _build_column_lineage_metadata(
        EventHistoryMetadata(columns=_typed(graph, name), parents=typed),
        node,
        manifest,
        DagsterDbtTranslator(),
        target,
        None,
    )
    found = told["dagster/column_lineage"].deps_by_column
    return {column: {f"{dep.asset_key.path[-1]}.{dep.column_name}" for dep in deps} for column, deps in found.items()}


def ours(name: str, graph: lineage.Graph) -> dict[str, set[str]]:
    columns = graph.datasets[name].columns
    return {
        column: {str(each.column) for each in made_of if each.part in IN_THE_EXPRESSION}
        for column, made_of in columns.items()
    }


def _typed(graph: lineage.Graph, name: str) -> dict[str, dict[str, str]]:
    return {column: {"data_type": "varchar"} for column in graph.datasets[name].columns}


def test_every_model_has_the_edges_that_the_other_tool_finds(tmp_path: Path) -> None:
    from pipelines.defs.dbt_manifest import prepared_manifest

    contracts = contracts_room.load(settings.CONTRACTS_DIR)
    models = warehouse.compiled_models()
    graph = lineage.assemble(contracts, models)
    manifest = prepared_manifest()
    for name, sql in models.items():
        file = tmp_path / "compiled" / "crosslife" / manifest["nodes"][f"model.crosslife.{name}"]["original_file_path"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(sql)
    differing, edges = {}, 0
    for name in models:
        own, other = ours(name, graph), theirs(name, manifest, graph, tmp_path)
        differing |= {
            f"{name}.{column}": (
                sorted(own[column] - other.get(column, set())),
                sorted(other.get(column, set()) - own[column]),
            )
            for column in own
            if own[column] != other.get(column, set())
        }
        edges += sum(map(len, own.values()))
    assert differing == {}
    assert edges > len(models) * 5
