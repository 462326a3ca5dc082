"""Rendering writes what differs, tells it, and always says the same."""

from __future__ import annotations

from pathlib import Path

import yaml

from pipelines import settings
from pipelines.contracts import load, render


def test_writing_leaves_no_difference_and_writes_once(tmp_path: Path):
    contracts = load(settings.CONTRACTS_DIR)

    assert len(render.write(contracts, tmp_path)) == 2
    assert render.differences(contracts, tmp_path) == []
    assert render.write(contracts, tmp_path) == ()


def test_an_edit_by_hand_is_told(tmp_path: Path):
    contracts = load(settings.CONTRACTS_DIR)
    render.write(contracts, tmp_path)
    file = tmp_path / render.SOURCES_FILE
    file.write_text(file.read_text().replace("name: city", "name: town", 1))

    told = render.differences(contracts, tmp_path)

    assert any(line.startswith("-") and "town" in line for line in told)
    assert any(line.startswith("+") and "city" in line for line in told)


def test_missing_files_are_a_difference(tmp_path: Path):
    assert render.differences(load(settings.CONTRACTS_DIR), tmp_path)


def test_sources_hold_every_lake_dataset_with_its_tags():
    contracts = load(settings.CONTRACTS_DIR)
    source = yaml.safe_load(render.sources(contracts))["sources"][0]
    tables = {table["name"]: {each["name"]: each for each in table["columns"]} for table in source["tables"]}

    assert source["schema"] == "lake"
    assert set(tables) == {*contracts.inbound, *contracts.internal}
    assert "pii:pseudonym" in tables["accounts"]["learner_pseudonym"]["config"]["tags"]
    assert "pii:quasi" in tables["web_events"]["ip_network"]["config"]["tags"]
    assert "dt" in tables["web_events"]
    assert "dt" not in tables["accounts"]


def test_each_published_dataset_has_an_exposure():
    contracts = load(settings.CONTRACTS_DIR)
    listed = yaml.safe_load(render.exposures(contracts))["exposures"]

    assert [each["depends_on"] for each in listed] == [[f"ref('{name}')"] for name in sorted(contracts.outbound)]
