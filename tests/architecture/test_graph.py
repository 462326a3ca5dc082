from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import settings

_ROOM_OF = """
import json
from pipelines.definitions import definitions
graph = definitions.resolve_asset_graph()
nodes = [graph.get(key) for key in graph.toposorted_asset_keys]
print(json.dumps([
    {
        "key": node.key.to_user_string(), "group": node.group_name, "owners": sorted(node.owners),
        "description": node.description, "parents": [key.to_user_string() for key in node.parent_keys],
        "by_day": node.partitions_def is not None, "kinds": sorted(node.kinds),
    }
    for node in nodes
]))
"""


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    folder = tmp_path_factory.mktemp("nowhere")
    environment = {**os.environ, settings.HOME_VARIABLE: str(folder / "home"), settings.AS_OF_VARIABLE: ""}
    command = [sys.executable, "-W", "error:::dagster", "-c", _ROOM_OF]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    assert not (folder / "home").exists()
    return json.loads(done.stdout)


@pytest.mark.slow
def test_the_graph_is_drawn_without_home_keys_or_warnings_and_follows_a_row(nodes: list[dict]) -> None:
    order = [
        "landing",
        "intake",
        "identity",
        "lake",
        "warehouse",
        "disclosure",
        "release",
        "evidence",
        "retention",
        "audiences",
    ]
    place = {node["key"]: order.index(node["group"]) for node in nodes}
    assert set(order) == {node["group"] for node in nodes}
    assert all(place[parent] <= place[node["key"]] for node in nodes for parent in node["parents"])


@pytest.mark.slow
def test_every_asset_but_the_landed_files_has_a_parent(nodes: list[dict]) -> None:
    assert [node["key"] for node in nodes if not node["parents"] and node["group"] != "landing"] == []


@pytest.mark.slow
def test_every_asset_has_an_owner_a_description_and_a_kind(nodes: list[dict]) -> None:
    assert [node["key"] for node in nodes if not (node["owners"] and node["description"] and node["kinds"])] == []


@pytest.mark.slow
def test_events_and_their_facts_are_kept_by_day(nodes: list[dict]) -> None:
    by_day = {node["key"] for node in nodes if node["by_day"]}
    events = {"lake/web_events", "lake/course_progress"}
    assert events | {"marts/fct_page_views", "marts/fct_sessions", "marts/agg_traffic_daily"} <= by_day


@pytest.mark.slow
def test_dagster_itself_finds_the_workspace_valid(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dagster", "definitions", "validate", "-w", str(settings.WORKSPACE_FILE)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
