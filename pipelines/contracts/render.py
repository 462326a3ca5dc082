"""Renders the contracts as dbt sources and exposures: the same text for the same contracts, always.

Models and their own YAML are written by hand and do not belong here.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import yaml

from pipelines.contracts.loading import Contracts
from pipelines.contracts.models import InboundContract, InternalContract, LakeColumn
from pipelines.contracts.outbound import OutboundColumn, OutboundContract

SOURCES_FILE = "models/_sources.yml"
EXPOSURES_FILE = "models/_exposures.yml"
SCHEMA = "lake"

_HEADER = "# Rendered from data_contracts/ by `crosslife contracts render`. Change the contracts, not this file.\n"


class _Indented(yaml.SafeDumper):
    """Dumps sequences indented below their name, and never with anchors."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002
        """Indent every sequence."""
        super().increase_indent(flow=flow, indentless=False)

    def ignore_aliases(self, data: object) -> bool:
        """Write every value out."""
        return True


def rendered(contracts: Contracts) -> dict[str, str]:
    """Return the text of each rendered file, by its path below the dbt project."""
    return {SOURCES_FILE: sources(contracts), EXPOSURES_FILE: exposures(contracts)}


def write(contracts: Contracts, dbt_dir: Path) -> tuple[Path, ...]:
    """Write the rendered files that differ, and return their paths."""
    written = []
    for name, text in rendered(contracts).items():
        file = dbt_dir / name
        if _text(file) != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            written.append(file)
    return tuple(written)


def differences(contracts: Contracts, dbt_dir: Path) -> list[str]:
    """Return a unified diff from what stands in the dbt project to what the contracts say; empty when equal."""
    lines: list[str] = []
    for name, text in rendered(contracts).items():
        stands = _text(dbt_dir / name).splitlines()
        lines += difflib.unified_diff(
            stands, text.splitlines(), f"{name} (as it stands)", f"{name} (contracts)", lineterm=""
        )
    return lines


def sources(contracts: Contracts) -> str:
    """Return `_sources.yml`: one table per dataset of the lake."""
    datasets: list[InboundContract | InternalContract] = [*contracts.inbound.values(), *contracts.internal.values()]
    source = {
        "name": SCHEMA,
        "schema": SCHEMA,
        "description": "Pseudonymous Parquet written by intake, one table per dataset.",
        "tables": [_table(dataset) for dataset in sorted(datasets, key=lambda each: each.name)],
    }
    return _dump({"version": 2, "sources": [source]})


def exposures(contracts: Contracts) -> str:
    """Return `_exposures.yml`: who looks at each published dataset."""
    listed = [_exposure(contract) for _, contract in sorted(contracts.outbound.items())]
    return _dump({"version": 2, "exposures": listed})


def _table(dataset: InboundContract | InternalContract) -> dict[str, Any]:
    retention = dataset.retention
    meta = {
        "owner": dataset.owner,
        "contract": f"{dataset.file.parent.name}/{dataset.file.name}",
        "category": dataset.category,
        "purposes": list(dataset.purposes),
        "lawful_basis": dict(dataset.lawful_basis),
        "retention": {"category": retention.category, "anchor": retention.anchor, "period": retention.period},
    }
    return {
        "name": dataset.name,
        "description": f"{dataset.grain} {dataset.description}",
        "config": {"tags": [f"category:{dataset.category}"], "meta": meta},
        "columns": [_column(column) for column in dataset.table_columns],
    }


def _column(column: LakeColumn) -> dict[str, Any]:
    tags = [f"classification:{column.classification}"] + ([f"pii:{column.pii}"] if column.pii != "none" else [])
    meta = {"category": column.category, "treatment": column.treatment, "sources": list(column.sources)}
    return {
        "name": column.name,
        "data_type": column.sql_type,
        "description": column.description,
        "config": {"tags": tags, "meta": meta},
    }


def _exposure(contract: OutboundContract) -> dict[str, Any]:
    rule = contract.disclosure
    protection = {
        "population": rule.population,
        "parts": list(rule.parts),
        "at_least": list(rule.at_least),
        "closed_window": rule.closed_window,
        "omit_withheld": rule.omit_withheld,
    }
    return {
        "name": contract.name.removeprefix("agg_"),
        "label": contract.exposure.label,
        "type": contract.exposure.type,
        "maturity": contract.exposure.maturity,
        "description": f"{contract.grain} {contract.exposure.description}",
        "owner": {"name": contract.owner},
        "depends_on": [f"ref('{contract.name}')"],
        "config": {
            "meta": {
                "purposes": list(contract.purposes),
                "disclosure": protection,
                "metrics": [_metric(column) for column in contract.columns if column.unit],
            }
        },
    }


def _metric(column: OutboundColumn) -> dict[str, str]:
    told = {"name": column.name, "description": column.description, "unit": column.unit}
    told |= {"formula": column.formula, "caveat": column.caveat}
    return {name: text for name, text in told.items() if text}


def _dump(content: dict[str, Any]) -> str:
    body = yaml.dump(content, Dumper=_Indented, sort_keys=False, allow_unicode=True, width=110)
    return _HEADER + body


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else ""
