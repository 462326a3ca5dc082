"""The documentation of the models: whole, in words of its own or of what a column comes from, and without a request."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines import settings, warehouse
from pipelines.warehouse.documenting import with_inherited_words


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    page = tmp_path_factory.mktemp("docs") / "models.html"
    return dict(warehouse.write_docs(page)), page.read_text(encoding="utf-8")


@pytest.mark.slow
def test_every_model_says_what_a_row_of_it_is_and_every_column_what_it_means(site: tuple[dict[str, Any], str]) -> None:
    models = [node for node in site[0]["nodes"].values() if node["resource_type"] == "model"]
    assert len(models) > 40
    assert [node["name"] for node in models if not node["description"].startswith("One row per ")] == []
    columns = {f"{node['name']}.{column['name']}": column for node in models for column in node["columns"].values()}
    assert [name for name, column in columns.items() if not column["description"].strip()] == []
    assert [node["name"] for node in models if not node["columns"]] == []


@pytest.mark.slow
def test_the_page_holds_them_all_and_nothing_of_this_machine(site: tuple[dict[str, Any], str]) -> None:
    manifest, page = site
    assert "agg_module_funnel" in page
    assert manifest["sources"]
    assert str(settings.DBT_PROJECT_DIR.parent) not in page
    for tag in ("<script src=", "<link href=http", 'src="http', "analytics.js"):
        assert tag not in page


def test_a_column_keeps_the_words_of_what_it_comes_from_and_a_new_one_has_none() -> None:
    def node(parents: list[str], **columns: str) -> dict[str, Any]:
        described = {name: {"name": name, "description": text} for name, text in columns.items()}
        return {"columns": described, "depends_on": {"nodes": parents}}

    manifest = {
        "sources": {"s": node([], a="told", b="told too")},
        "nodes": {"m2": node(["m1"], a="", b="", c=""), "m1": node(["s"], a="", b="its own", c="")},
    }
    found = with_inherited_words(manifest)["nodes"]["m2"]["columns"]
    assert {name: column["description"] for name, column in found.items()} == {"a": "told", "b": "its own", "c": ""}
