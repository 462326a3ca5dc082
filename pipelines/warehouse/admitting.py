"""What a dbt project may consist of, so that nothing is built but the models whose SQL is checked. Refused before anything runs.

Not here: which names Jinja may use (jinja), what the SQL of a model means (lineage), what the build really did (ran).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import yaml

from pipelines import settings
from pipelines.warehouse import jinja
from pipelines.warehouse.failures import ModelFailure

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

IN_MEMORY = ("stg_", "int_")
"""Models by these names live in the memory of the build; all others are tables and views of the warehouse file."""
STORED_IN = ("warehouse", "marts")
_MATERIALIZED = {"view", "table", "partitioned"}
_SETTINGS = {
    "name",
    "version",
    "profile",
    "config-version",
    "model-paths",
    "macro-paths",
    "test-paths",
    "vars",
    "models",
    "flags",
}
# What is attached, loaded or written beside the models is said here, and by nobody else.
_PROFILES = {
    "crosslife": {
        "target": "local",
        "outputs": {
            "local": {
                "type": "duckdb",
                "path": ":memory:",
                "schema": "main",
                "threads": 1,
                "config_options": {
                    "autoinstall_known_extensions": "false",
                    "autoload_known_extensions": "false",
                    "temp_file_encryption": "true",
                },
                "plugins": [{"module": "pipelines.warehouse.dbt_plugin", "alias": "facts"}],
            }
        },
    }
}
_FLAGS = {"send_anonymous_usage_stats", "use_colors"}
_OF_MODELS = {"materialized", "schema", "database", "contract", "docs", "tags", "meta", "group", "access"}
_OF_PARTITIONS = {"sort_by", "partition_by", "made_of", "days_after"}
_OF_TESTS = {"alias", "severity", "where", "tags", "meta", "limit"}
_VARIABLES = {"as_of", "own_sites", "channel_sites"}
# How models are written; these ask for targets and run queries, and no model or test may call them.
_MACHINERY = {
    "materialization_partitioned_duckdb",
    "chunks_of",
    "partitions_query",
    "built_partitions_of",
    "files_within",
    "generate_schema_name",
    "get_where_subquery",
}
# Ours by intent, though dbt has macros of these names; none of its own ways to build calls them.
_OUR_OWN = {"last_day"}
_FUNCTION_LIKE = re.compile(r"^\s*(env_var|ref|var|source|doc)\s*\(.+\)\s*$", re.DOTALL)
_ELSEWHERE = "which can be otherwise in each build: use ref, source, config and the project's macros, with plain values"


def refuse_what_is_not_checked(manifest: Manifest) -> None:
    """Refuse a project in which something is built, or could be built, that is no model as it is checked. Raises ModelFailure."""
    for what in complaints(manifest):
        raise ModelFailure(what)


def complaints(manifest: Manifest) -> Iterator[str]:
    """Yield everything of a project that could be built otherwise than it is checked, and what to do about it."""
    own = str(manifest.metadata.project_name)
    yield from _project()
    yield from _profiles()
    yield from _kinds(manifest)
    yield from _macros(manifest, own)
    yield from _nodes(manifest, own)


def _project() -> Iterator[str]:
    file = settings.DBT_PROJECT_DIR / "dbt_project.yml"
    found = yaml.safe_load(file.read_text(encoding="utf-8"))
    strange = {*(found.keys() - _SETTINGS), *((found.get("flags") or {}).keys() - _FLAGS)}
    if hooks := sorted(name for name in strange if name.startswith("on-run")):
        yield f"{file.name} has hooks ({', '.join(hooks)}), and what they do is in no model: remove them"
    if strange:
        yield f"{file.name} sets {', '.join(sorted(strange))}, of which the check of lineage knows nothing: remove it"


def _profiles() -> Iterator[str]:
    file = settings.DBT_PROJECT_DIR / "profiles.yml"
    # As text: 1 and true are equal, and not the same.
    if repr(yaml.safe_load(file.read_text(encoding="utf-8"))) != repr(_PROFILES):
        yield f"{file.name} is not as the check of lineage knows it (settings, attached files, plugins): put it back as it was"


def _kinds(manifest: Manifest) -> Iterator[str]:
    kinds = ("functions", "metrics", "semantic_models", "saved_queries")
    others = [each for kind in kinds for each in getattr(manifest, kind, {}).values()]
    others += [each for each in manifest.nodes.values() if str(each.resource_type) not in ("model", "test")]
    for each in others:
        kind = str(each.resource_type)
        if kind == "operation":
            yield f"{each.name} has hooks, and what they do is in no model: remove them"
        yield f"{each.name} is a {kind}, and only models and tests are checked: remove it, or write it as a model"


def _macros(manifest: Manifest, own: str) -> Iterator[str]:
    """Yield macros of others, and those of the project that take the place of dbt's own or do what no model may."""
    theirs = {_base(each.name) for each in manifest.macros.values() if each.package_name != own}
    found = {each.name: each.macro_sql for each in manifest.macros.values() if each.package_name == own}
    for each in manifest.macros.values():
        if each.package_name not in (own, "dbt", "dbt_duckdb"):
            yield f"{each.name} is a macro of the package {each.package_name}: only the project's own are checked"
    for name in sorted(found.keys() - _MACHINERY):
        if name.startswith("materialization_") or _base(name) in theirs - _OUR_OWN:
            yield f"the macro {name} takes the place of dbt's own way to build: give it another name, or remove it"
    for name, what in jinja.strange_macros(_without_machinery(found), variables=_VARIABLES).items():
        yield f"the macro {name} uses `{what}`, {_ELSEWHERE}"


def _nodes(manifest: Manifest, own: str) -> Iterator[str]:
    callable_too = _without_machinery(
        {each.name: each.macro_sql for each in manifest.macros.values() if each.package_name == own}
    )
    for node in (each for each in manifest.nodes.values() if str(each.resource_type) in ("model", "test")):
        if node.package_name != own:
            yield f"{node.name} is of the package {node.package_name}: only the project's own is checked"
        yield from _model(node) if str(node.resource_type) == "model" else _test(node)
        # Of a test that is declared beside a model, dbt writes the text itself; what it is given is rendered.
        declared = getattr(node, "test_metadata", None)
        for text in _arguments(declared.kwargs) if declared else [node.raw_code]:
            for what in jinja.strange_in_template(text, callable_too=callable_too):
                yield f"{node.name} uses `{what}`, {_ELSEWHERE}"


def _model(node: Any) -> Iterator[str]:  # noqa: ANN401, dbt's own kinds of nodes
    from dbt.artifacts.resources.v1.model import ModelConfig

    if node.language != "sql":
        yield f"{node.name} is written in {node.language}, and only SQL is checked"
    if node.config.pre_hook or node.config.post_hook:
        yield f"{node.name} has hooks, and what they do is in no model: remove them"
    if node.alias != node.name:
        yield f"{node.name} has another name in the warehouse, {node.alias}: remove the alias"
    if node.config.materialized not in _MATERIALIZED:
        yield f"{node.name} is materialized as {node.config.materialized}: use {', '.join(sorted(_MATERIALIZED))}"
    if strange := _strange_settings(node, ModelConfig(), _OF_MODELS | _OF_PARTITIONS):
        yield f"{node.name} sets {strange}, of which the check of lineage knows nothing: remove it"
    if any(str(each.type.value) != "not_null" for each in _constraints(node)):
        yield f"{node.name} has a constraint that is not not_null: write a test"
    is_stored = (node.database, node.schema) == STORED_IN
    if is_stored is node.name.startswith(IN_MEMORY) or (node.database == STORED_IN[0]) is not is_stored:
        yield f"{node.name} is built in {node.database}.{node.schema}: only marts are stored, in {'.'.join(STORED_IN)}"


def _test(node: Any) -> Iterator[str]:  # noqa: ANN401, as above
    from dbt.artifacts.resources.v1.config import TestConfig

    if node.config.store_failures or node.config.store_failures_as:
        yield f"{node.name} would store the rows for which it fails (store_failures): remove that"
    if strange := _strange_settings(node, TestConfig(), _OF_TESTS):
        yield f"{node.name} sets {strange}, of which the check of lineage knows nothing: remove it"


def _strange_settings(node: Any, default: Any, known: set[str]) -> str:  # noqa: ANN401, as above
    found, usual = node.config.to_dict(), default.to_dict()
    return ", ".join(sorted(key for key in found if key not in known and found[key] != usual.get(key)))


def _constraints(node: Any) -> Iterator[Any]:  # noqa: ANN401, as above
    yield from node.constraints
    for column in node.columns.values():
        yield from column.constraints


def _arguments(value: object) -> Iterator[str]:
    """Yield the texts that dbt renders of what a test is given; its own way to name the tested model is left out."""
    if isinstance(value, str):
        inner = re.fullmatch(r"\{\{ get_where_subquery\((ref|source)\(([\w', ]+)\)\) \}\}", value)
        yield f"{{{{ {value} }}}}" if _FUNCTION_LIKE.match(value) else "" if inner else value
    elif isinstance(value, Mapping | list):
        below: Iterable[object] = value.values() if isinstance(value, Mapping) else value
        for each in below:
            yield from _arguments(each)


def _without_machinery(macros: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in macros.items() if name not in _MACHINERY}


def _base(name: str) -> str:
    """Return the name under which a macro is looked for, whatever engine it is for."""
    return re.sub(r"^(default|duckdb)__", "", name)
