"""Promise: nothing is built, tested or stored but what the check of lineage has seen; whatever else a project says is refused.

Each way round that somebody found is planted into a copy of the project.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pipelines import settings, warehouse
from pipelines.defs import fingerprints, tracing
from pipelines.defs.site import Site
from pipelines.warehouse import admitting
from pipelines.warehouse.compiling import QUIET, Nothing
from pipelines.warehouse.handover import Handover, handed_over
from tests.desk import AS_OF, COURSES, make_desk

STORING = "create or replace table warehouse.marts.planted as select * from lake.orders"
MART = "{{ ref('dim_courses') }}"
SELECT = f"select course_id from {MART}"

# Files that are planted, all into one project, and what is said of each.
PLANTED = {
    "snapshots/a_snapshot.sql": (
        "{% snapshot a_snapshot %}{{ config(target_schema='marts', target_database='warehouse', unique_key='order_key',"
        " strategy='check', check_cols='all') }} select * from {{ source('lake', 'orders') }}{% endsnapshot %}",
        "a_snapshot is a snapshot",
    ),
    "seeds/a_seed.csv": ("who\nsomebody\n", "a_seed is a seed"),
    "analyses/an_analysis.sql": ("select 1 as a", "an_analysis is a analysis"),
    "tests/a_flag.sql": (
        f"{{% if flags.WHICH == 'build' %}}{{% do run_query('{STORING}') %}}{{% endif %}} select 1 where false",
        "a_flag uses `",
    ),
    "tests/a_store.sql": (
        "{{ config(store_failures=true) }} select * from lake.orders",
        "a_store would store the rows",
    ),
    "tests/a_store_as.sql": ("{{ config(store_failures_as='table') }} select 1", "a_store_as would store the rows"),
    "tests/an_error_if.sql": ("{{ config(error_if='> 0; drop table x') }} select 1", "an_error_if sets error_if"),
    "tests/a_place.sql": ("{{ config(database='warehouse') }} select 1", "a_place sets database"),
    "models/marts/an_item.sql": ("{{ 'x' if flags['WHICH'] == 'build' }} select 1 as a", "an_item uses `"),
    "models/marts/a_set.sql": ("{% set f = flags %}{{ f.WHICH }} select 1 as a", "a_set uses `"),
    "models/marts/a_set_var.sql": ("{% set v = var %}select {{ v('as_of') }} as a", "a_set_var uses `"),
    "models/marts/an_alias_of_ref.sql": ("select {{ ref }} as a", "an_alias_of_ref uses `ref`"),
    "models/marts/arguments.sql": ("select '{{ invocation_args_dict.which }}' as a", "arguments uses `"),
    "models/marts/a_clock.sql": ("select '{{ modules.datetime.datetime.now() }}' as a", "a_clock uses `"),
    "models/marts/a_start.sql": ("select '{{ run_started_at }}' as a", "a_start uses `run_started_at`"),
    "models/marts/a_target.sql": ("select '{{ target }}' as a", "a_target uses `target`"),
    "models/marts/itself.sql": ("select '{{ self }}' as a", "itself uses `self`"),
    "models/marts/a_branch.sql": (
        "{% if false %}{% set flags = 1 %}{% endif %}select '{{ flags }}' as a",
        "a_branch uses `",
    ),
    "models/marts/a_query.sql": (f"{{% do run_query('{STORING}') %}}select 1 as a", "a_query uses `"),
    "models/marts/a_machine.sql": ("select '{{ chunks_of('dt', []) }}' as a", "a_machine uses `chunks_of`"),
    "models/marts/a_header.sql": (
        f"{{{{ config(sql_header='{STORING};') }}}} select 1 as a",
        "a_header sets sql_header",
    ),
    "models/marts/a_grant.sql": ("{{ config(grants={'select': ['x']}) }} select 1 as a", "a_grant sets grants"),
    "models/staging/stg_incremental.sql": (
        "{{ config(materialized='incremental') }} select 1 as a",
        "stg_incremental is materialized as",
    ),
    "models/staging/stg_ephemeral.sql": (
        "{{ config(materialized='ephemeral') }} select 1 as a",
        "stg_ephemeral is materialized as",
    ),
    "models/marts/a_file.sql": ("{{ config(location='/tmp/x.parquet') }} select 1 as a", "a_file sets location"),
    "models/marts/another_schema.sql": ("{{ config(schema='other') }} select 1 as a", "is built in warehouse.other"),
    "models/staging/stg_python.py": (
        "def model(dbt, session):\n    dbt.config(materialized='table')\n    return dbt.ref('dim_courses')\n",
        "stg_python is written in python",
    ),
    "models/staging/stg_stored.sql": ("{{ config(database='warehouse') }} select 1 as a", "stg_stored is built in"),
    "models/marts/planted.yml": (
        """
models:
  - name: a_query
    columns:
      - name: a
        tests:
          - accepted_values: {values: ["{{ run_query('select 1') }}"]}
          - relationships: {to: "ref('dim_courses') or run_query('select 1')", field: course_id}
  - name: a_clock
    config: {contract: {enforced: true}}
    columns:
      - {name: a, data_type: varchar, constraints: [{type: check, expression: "a > 'x'"}]}
""",
        "a_clock has a constraint",
    ),
    "macros/a_way_to_build.sql": (
        "{% materialization table, adapter='duckdb' %}{{ return({'relations': []}) }}{% endmaterialization %}",
        "materialization_table_duckdb takes the place",
    ),
    "macros/a_way_to_create.sql": (
        "{% macro duckdb__create_table_as(temporary, relation, compiled_code, language='sql') %}{% endmacro %}",
        "duckdb__create_table_as takes the place",
    ),
    "macros/a_ref.sql": ("{% macro ref(name) %}{{ return(builtins.ref(name)) }}{% endmacro %}", "macro ref uses `"),
    "macros/a_hidden_flag.sql": ("{% macro hidden() %}{{ flags['WHICH'] }}{% endmacro %}", "macro hidden uses `"),
    "macros/an_attribute.sql": ("{% macro attribute(x) %}{{ x | attr('y') }}{% endmacro %}", "macro attribute uses `"),
    "macros/a_chunk.sql": (
        "{% macro chunk() %}{{ var('facts_root') }}{% endmacro %}",
        "macro chunk uses `var(facts_root)`",
    ),
    "macros/a_handing_on.sql": (
        "{% macro handing_on() %}{{ adapter.dispatch('truncate_relation')(none) }}{% endmacro %}",
        "macro handing_on uses `adapter.dispatch(truncate_relation)`",
    ),
    "macros/a_call_of_it.sql": (
        "{% macro call_of_it() %}{{ hidden() }}{% endmacro %}",
        "macro call_of_it uses `hidden`",
    ),
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = shutil.copytree(settings.DBT_PROJECT_DIR, tmp_path / "dbt_project")
    monkeypatch.setattr(settings, "DBT_PROJECT_DIR", copy)
    return copy


def parsed(project: Path, folder: Path) -> Any:
    settings.silence()
    from dbt.cli.main import dbtRunner

    places = ["--project-dir", str(project), "--profiles-dir", str(project), "--target-path", str(folder / "target")]
    with handed_over(cast("Handover", Nothing())):
        outcome = dbtRunner().invoke([*QUIET, "--no-write-json", "--log-path", str(folder / "logs"), "parse", *places])
    assert outcome.success, outcome.exception
    return outcome.result


@pytest.mark.slow
def test_whatever_is_no_model_or_is_not_the_same_in_every_build_is_refused(project: Path, tmp_path: Path) -> None:
    assert list(admitting.complaints(parsed(project, tmp_path / "before"))) == []
    for name, (text, _) in PLANTED.items():
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(text)
    (project / "dbt_project.yml").open("a").write(
        '\nquery-comment: "x"\non-run-end: ["select 1"]\nseed-paths: [seeds]\n'
    )
    said = list(admitting.complaints(parsed(project, tmp_path / "after")))
    missing = [what for _, what in PLANTED.values() if not any(what in each for each in said)]
    assert missing == []
    assert any("dbt_project.yml has hooks" in each for each in said)
    assert any("dbt_project.yml sets" in each and "query-comment" in each for each in said)
    for given in ("accepted_values_a_query", "relationships_a_query"):
        assert any(each.startswith(given) and "uses `run_query`" in each for each in said)


@pytest.mark.slow
def test_a_test_that_says_more_than_one_thing_is_refused(project: Path) -> None:
    (project / "tests" / "two.sql").write_text(f"{SELECT}) as x; {STORING}; select * from ({SELECT}")
    with pytest.raises(warehouse.ModelFailure, match="two is no single SELECT"):
        warehouse.compiled_models()


@pytest.mark.slow
def test_a_project_that_may_not_be_built_is_refused_by_the_check_and_by_the_build(
    project: Path, tmp_path: Path
) -> None:
    (project / "tests" / "a_flag.sql").write_text(PLANTED["tests/a_flag.sql"][0])
    with pytest.raises(warehouse.ModelFailure, match="a_flag uses"):
        warehouse.compiled_models()
    desk = make_desk(tmp_path / "home")
    with pytest.raises(warehouse.ModelFailure, match="a_flag uses"):
        warehouse.build(desk.home, desk.ring, desk.terms, days=None, as_of=AS_OF)
    assert not desk.home.warehouse_file.exists()


OTHER_PROFILES = {
    "a_log_of_queries": ("threads: 1", "threads: 1\n      settings: {log_query_path: /tmp/queries.sql}"),
    "another_file": ("threads: 1", "threads: 1\n      attach: [{path: /tmp/other.duckdb}]"),
    "a_secret": ("threads: 1", "threads: 1\n      secrets: [{type: s3, name: x}]"),
    "an_extension": ("threads: 1", "threads: 1\n      extensions: [httpfs]"),
    "another_plugin": ("alias: facts", "alias: facts\n        - module: excel"),
    "a_file_for_the_memory": ('":memory:"', "/tmp/plain.duckdb"),
    "a_plain_spill": ('temp_file_encryption: "true"', 'temp_file_encryption: "false"'),
    "another_output": ("  outputs:", "  outputs:\n    other: {type: duckdb, path: /tmp/plain.duckdb}"),
    "another_profile": ("crosslife:", "other: {}\ncrosslife:"),
    "true_for_one": ("threads: 1", "threads: true"),
}


@pytest.mark.parametrize("name", OTHER_PROFILES)
def test_other_profiles_are_refused(project: Path, name: str) -> None:
    file, nothing = (
        project / "profiles.yml",
        SimpleNamespace(metadata=SimpleNamespace(project_name="crosslife"), nodes={}, macros={}),
    )
    assert list(admitting.complaints(cast("Any", nothing))) == []
    old, new = OTHER_PROFILES[name]
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    with pytest.raises(warehouse.ModelFailure, match=r"profiles\.yml is not as the check of lineage knows it"):
        admitting.refuse_what_is_not_checked(cast("Any", nothing))


@pytest.mark.slow
def test_other_profiles_are_refused_by_the_check_and_by_the_build(project: Path, tmp_path: Path) -> None:
    old, new = OTHER_PROFILES["a_log_of_queries"]
    file = project / "profiles.yml"
    file.write_text(file.read_text().replace(old, new.replace("/tmp", str(tmp_path))))
    with pytest.raises(warehouse.ModelFailure, match=r"profiles\.yml"):
        warehouse.compiled_models()
    desk = make_desk(tmp_path / "home")
    with pytest.raises(warehouse.ModelFailure, match=r"profiles\.yml"):
        warehouse.build(desk.home, desk.ring, desk.terms, days=None, as_of=AS_OF)
    assert not (tmp_path / "queries.sql").exists()


@pytest.mark.slow
def test_a_build_that_does_otherwise_than_was_checked_is_not_swapped_in(project: Path, tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "home")
    desk.land("courses", "c.jsonl", COURSES)
    desk.run()
    fingerprints.models_fingerprint.cache_clear()
    checked = tracing.trace(Site(home=desk.home, policy=settings.policy_file(), as_of=AS_OF))

    def build() -> None:
        warehouse.build(desk.home, desk.ring, desk.terms, days=None, as_of=AS_OF, judge=checked.refuse_other)

    build()
    before = desk.home.warehouse_file.read_bytes()
    planted = {
        "models/marts/dim_courses.sql": ("select * from", "select distinct * from", "dim_courses ran as other SQL"),
        "macros/partitioned.sql": (
            "{%- do run_query('drop table",
            "{%- do run_query('create or replace table warehouse.marts.planted as select 1 as who') -%}"
            "{%- do run_query('drop table",
            r"planted\.who, which no checked model has",
        ),
    }
    for name, (old, new, said) in planted.items():
        text = (project / name).read_text()
        assert old in text
        (project / name).write_text(text.replace(old, new))
        with pytest.raises(warehouse.ModelFailure, match=said):
            build()
        (project / name).write_text(text)
        assert desk.home.warehouse_file.read_bytes() == before
    build()
