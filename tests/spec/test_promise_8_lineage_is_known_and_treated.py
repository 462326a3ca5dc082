"""Promise 8: no published column descends from an identifier without a treatment, and what cannot be resolved is refused.

Each leak is planted into the real contracts and models, and must be found with the way that it takes; without one nothing is.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from pipelines import contracts as contracts_room
from pipelines import evidence, lineage, settings, warehouse
from pipelines.contracts import Contracts, InternalContract
from pipelines.contracts.models import LakeColumn
from pipelines.lineage import Column, Leak

Models = Mapping[str, str]
TARGET = "agg_newsletter_monthly"
PUBLISHED = {f"release/{TARGET}.joined", f"release/{TARGET}.staying_rate"}
# The people counted decide which rows are withheld; this table leaves those out, so that any of its columns tells of that.
DECIDED = {f"release/{TARGET}.{name}" for name in ("month", "is_month_over", "left_since", "is_withheld")}
EMAIL, NAME, PHONE = ("accounts", "email"), ("accounts", "name"), ("accounts", "phone")
IP = ("web_events", "context.ip")
BIRTH = ("accounts", "birth_date")

# What is published instead of `joined`: an expression, and the tables beside the mart's own rows.
VALUES = {
    "an_alias": (EMAIL, "a.email", "cross join accounts as a"),
    "three_ctes_and_a_star": (
        EMAIL,
        "c.email",
        "cross join (with x as (select * from accounts), y as (select * from x), z as (select * from y) select * from z) as c",
    ),
    "a_scalar_subquery": (EMAIL, "(select email from accounts limit 1)", ""),
    "a_hash_without_a_key": (EMAIL, "md5(a.email)", "cross join accounts as a"),
    "a_piece_of_it": (EMAIL, "substring(a.email, 1, 3)", "cross join accounts as a"),
    "a_default": (EMAIL, "coalesce(a.email, '-')", "cross join accounts as a"),
    "a_concatenation": (NAME, "a.name || ' of ' || a.country", "cross join accounts as a"),
    "the_least_of_all": (EMAIL, "a.email", "cross join (select min(email) as email from accounts) as a"),
    "a_list_of_all": (NAME, "a.names", "cross join (select string_agg(name, ',') as names from accounts) as a"),
    "an_array_taken_apart": (
        PHONE,
        "a.phones[1]",
        "cross join (select list(phone) as phones from accounts) as a",
    ),
    "a_window": (
        EMAIL,
        "a.email",
        "cross join (select first_value(email) over (order by registered_at) as email from accounts) as a",
    ),
    "a_union_branch": (
        NAME,
        "a.label",
        "cross join (select course_id as label from courses union all select name as label from accounts) as a",
    ),
    "a_row_of_an_order": (
        EMAIL,
        "a.email",
        "cross join (select email from accounts order by registered_at limit 1) as a",
    ),
    "the_one_with_the_most": (
        NAME,
        "a.name",
        "cross join (select max_by(name, registered_at) as name from accounts) as a",
    ),
    "a_case": (EMAIL, "case when a.email like '%.example' then 1 else 0 end", "cross join accounts as a"),
    "a_count_of_it": (EMAIL, "(select count(distinct email) from accounts)", ""),
    "a_structure": (
        EMAIL,
        "a.whole.email",
        "cross join (select struct_pack(email := email) as whole from accounts) as a",
    ),
    "json": (NAME, "to_json(a)", "cross join (select name as a from accounts) as t"),
}

# What decides about the mart's rows.
DECISIONS = {
    "a_filter": (EMAIL, "cross join accounts as a where a.email = 'x'"),
    "a_join_key": (IP, "inner join web_events as w on o.month = w.ip"),
    "an_exists": (NAME, "where exists (select 1 from accounts as a where a.name = o.month)"),
    "a_list_of_a_subquery": (PHONE, "where o.month in (select phone from accounts)"),
    "a_having": (
        EMAIL,
        "inner join (select country from accounts group by country having max(email) > 'x') as a on true",
    ),
    "a_qualify": (
        EMAIL,
        "inner join (select country from accounts qualify row_number() over (order by email) = 1) as a on true",
    ),
    "an_order_with_a_limit": (NAME, "inner join (select country from accounts order by name limit 1) as a on true"),
    "a_distinct": (NAME, "inner join (select distinct name from accounts) as a on true"),
    "a_group": (NAME, "inner join (select count(*) as n from accounts group by name) as a on true"),
    "an_except": (EMAIL, "where o.month in (select country from accounts except select email from accounts)"),
}

# Pseudonyms, keys and facts of single people, which stand in the lake as they should, and are published as they stand.
SINGLE = {
    "a_pseudonym": ("dim_learners.learner_pseudonym", "l.learner_pseudonym", "cross join dim_learners as l"),
    "a_piece_of_a_pseudonym": (
        "dim_learners.learner_pseudonym",
        "left(l.learner_pseudonym, 4)",
        "cross join dim_learners as l",
    ),
    "a_key": ("fct_sessions.session_key", "s.session_key", "cross join fct_sessions as s"),
    "an_instant": (
        "fct_sessions.started_at",
        "s.last",
        "cross join (select max(started_at) as last from fct_sessions) as s",
    ),
    "a_mean_of_each_learner": (
        "int_learning_events_valid.result_percent",
        "a.mean",
        "cross join (select avg(result_percent) as mean from int_learning_events_valid group by learner_pseudonym) as a",
    ),
    "a_mean_over_a_window": (
        "int_learning_events_valid.result_percent",
        "a.mean",
        "cross join (select avg(result_percent) over (partition by learner_pseudonym) as mean"
        " from int_learning_events_valid) as a",
    ),
    "a_result": (
        "int_learning_events_valid.result_percent",
        "a.result_percent",
        "cross join int_learning_events_valid as a",
    ),
}


# Ways round the check that somebody once found: each must be a leak or be refused as unresolved.
WAYS_ROUND = [
    ("to_json(l)", "cross join dim_learners as l"),
    ("a.v", "cross join (select l as v from dim_learners as l) as a"),
    ("hash(l)", "cross join dim_learners as l"),
    ("(l).learner_pseudonym", "cross join dim_learners as l"),
    ("l['learner_pseudonym']", "cross join dim_learners as l"),
    ("a.v", "cross join (select unnest(s) as v from (select list(l) as s from dim_learners as l) as x) as a"),
    ("a.v", "cross join (select dim_learners as v from dim_learners) as a"),
    (
        "a.v",
        "cross join (with accounts as (select 'x' as learner_pseudonym) select max(learner_pseudonym) as v"
        " from lake.accounts) as a",
    ),
    (
        "a.v",
        "cross join (select avg(result_percent) as v, learner_pseudonym as p from int_learning_events_valid group by all) as a",
    ),
    (
        "a.v",
        "cross join (select avg(result_percent) filter (where true) over (partition by learner_pseudonym) as v"
        " from int_learning_events_valid) as a",
    ),
    ("a.v", "cross join (values ((select max(learner_pseudonym) from dim_learners))) as a(v)"),
    ("(select sum(t.x) from (values (s.session_key)) as t(x))", "cross join fct_sessions as s"),
    ("a.v", "cross join (select #1 as v from dim_learners) as a"),
    ("(select * like 'session_key' from fct_sessions limit 1)", ""),
    ("a.v", "cross join (select quantile_disc(learner_pseudonym, 0) as v from dim_learners) as a"),
    (
        "a.v",
        "cross join (select percentile_disc(0.5) within group (order by learner_pseudonym) as v from dim_learners) as a",
    ),
    (
        "a.v",
        "cross join (select percentile_cont(0) within group (order by result_percent) as v from int_learning_events_valid) as a",
    ),
    ("a.v", "cross join (select quantile_disc(result_percent, 1) as v from int_learning_events_valid) as a"),
    ("a.v", "cross join (select median(occurred_at) as v from int_learning_events_valid) as a"),
    (
        "(select avg(e.result_percent) from int_learning_events_valid as e where e.learner_pseudonym = l.learner_pseudonym)",
        "cross join dim_learners as l",
    ),
    ("(select sum(s.session_key))", "cross join fct_sessions as s"),
    (
        "(select count(*) from meta_pixel) + a.n",
        "cross join (select count(learner_pseudonym) as n from dim_learners) as a",
    ),
    ("strftime(s.started_at, '%-H:%-M:%-S')", "cross join fct_sessions as s"),
    ("strftime(s.started_at, '%g')", "cross join fct_sessions as s"),
    ("cast(date '2000-01-01' + cast(epoch(s.started_at) as integer) as date)", "cross join fct_sessions as s"),
    ("a.v", "cross join (select avg(result_percent) as v from int_learning_events_valid group by occurred_at) as a"),
    ("a.v", "cross join (select learner_pseudonym, count(*) as v from int_learning_events_valid group by 1) as a"),
    (
        "a.v",
        "cross join (select sum(result_percent) as v from int_learning_events_valid where learner_pseudonym = 'x') as a",
    ),
    (
        "a.v",
        "cross join (select sum(result_percent) filter (where learner_pseudonym = 'x') as v from int_learning_events_valid) as a",
    ),
    ("s.session_key::varchar like 'a%'", "cross join fct_sessions as s"),
    ("case l.learner_pseudonym when 'x' then 1 end", "cross join dim_learners as l"),
    ("getvariable('x')", ""),
    ("getenv('HOME')", ""),
    ("a.v", "cross join (select min(occurred_at) as v from int_learning_events_valid group by learner_pseudonym) as a"),
    ("l.registered_at", "cross join dim_learners as l"),
]


@pytest.fixture(scope="module")
def contracts() -> Contracts:
    return contracts_room.load(settings.CONTRACTS_DIR)


@pytest.fixture(scope="module")
def models() -> Models:
    return warehouse.compiled_models()


def leaks(contracts: Contracts, models: Models) -> tuple[Leak, ...]:
    return lineage.check(lineage.assemble(contracts, models), contracts).leaks


def storing(contracts: Contracts, dataset: str, path: str) -> Contracts:
    """Return the contracts with a field kept in the lake as it arrives, under the last part of its name."""
    contract = contracts.inbound[dataset]
    field = contract.field(path)
    column = LakeColumn(
        name=path.rpartition(".")[2],
        sql_type="VARCHAR",
        description="Planted.",
        category=field.category,
        classification=field.classification,
        treatment="keep",
        sources=(path,),
    )
    changed = contract.model_copy(update={"lake_columns": (*contract.lake_columns, column)})
    return contracts.model_copy(update={"inbound": {**contracts.inbound, dataset: changed}})


def declaring(projection: InternalContract, name: str, source: str) -> tuple[LakeColumn, ...]:
    """Return the columns of a projection, one of which says that it comes from `source`."""
    return tuple(
        column.model_copy(update={"sources": (source,)}) if column.name == name else column
        for column in projection.lake_columns
    )


def publishing(models: Models, value: str, beside: str) -> Models:
    sql = f"select o.month, o.is_month_over, {value} as joined, o.left_since from ({models[TARGET]}) as o {beside}"
    return {**models, TARGET: sql}


def found(every: tuple[Leak, ...], column: str, *, why: str = "") -> Leak:
    return next(leak for leak in every if str(leak.column) == column and leak.why.startswith(why))


def test_of_the_project_every_column_is_known_and_none_tells_what_it_may_not(
    contracts: Contracts, models: Models
) -> None:
    graph = lineage.assemble(contracts, models)
    assert lineage.check(graph, contracts).leaks == ()
    published = [
        column for name in graph.datasets if name.startswith(lineage.RELEASE) for column in graph.datasets[name].columns
    ]
    # And of each whether its row is withheld, which no contract has to say.
    assert len(published) == sum(len(contract.columns) + 1 for contract in contracts.outbound.values())
    way = graph.path(
        Column("landing/course_progress", "user_id"), Column("release/agg_completion_rates", "completion_rate")
    )
    assert way is not None
    assert {"course_progress", "int_learning_events_valid", "fct_enrolments"} <= {column.dataset for column in way}


def test_the_record_of_processing_is_true_of_the_project(contracts: Contracts, models: Models) -> None:
    assert evidence.drift(contracts, lineage.assemble(contracts, models)) == ()


@pytest.mark.parametrize("name", VALUES)
def test_an_identifier_that_is_passed_on_is_found_with_its_way(contracts: Contracts, models: Models, name: str) -> None:
    (dataset, path), value, beside = VALUES[name]
    every = leaks(storing(contracts, dataset, path), publishing(models, value, beside))
    leak = found(every, f"release/{TARGET}.joined", why="tells what")
    stored = Column(dataset, path.rpartition(".")[2])
    assert leak.path == (
        Column(f"landing/{dataset}", path),
        stored,
        Column(TARGET, "joined"),
        Column(f"release/{TARGET}", "joined"),
    )
    # Where it first stands it is told, too, and in the rate that is worked out from it; no other column of the mart is.
    # The table is of another domain than accounts are, which is told beside it.
    assert {str(leak.column) for leak in every} - {f"{TARGET}.*"} == {
        str(stored),
        f"{TARGET}.joined",
        *PUBLISHED,
        *DECIDED,
    }


@pytest.mark.parametrize("name", DECISIONS)
def test_an_identifier_that_decides_about_rows_is_found_in_every_column(
    contracts: Contracts, models: Models, name: str
) -> None:
    (dataset, path), beside = DECISIONS[name]
    every = leaks(storing(contracts, dataset, path), publishing(models, "o.joined", beside))
    for column in ("month", "joined", "left_since"):
        leak = found(every, f"release/{TARGET}.{column}", why="tells what")
        assert leak.path[:2] == (Column(f"landing/{dataset}", path), Column(dataset, path.rpartition(".")[2]))


@pytest.mark.parametrize("name", SINGLE)
def test_what_is_of_one_person_or_act_is_not_published(contracts: Contracts, models: Models, name: str) -> None:
    source, value, beside = SINGLE[name]
    every = leaks(contracts, publishing(models, value, beside))
    leak = found(every, f"release/{TARGET}.joined")
    assert source in map(str, leak.path)
    # The table is of another domain than learners are, which is told beside it.
    assert {str(leak.column) for leak in every} - {f"{TARGET}.*"} == PUBLISHED


@pytest.mark.parametrize(("value", "beside"), WAYS_ROUND)
def test_no_way_round_stays_open(contracts: Contracts, models: Models, value: str, beside: str) -> None:
    # In a table of the learners' own domain, so that no leak is one of domains alone.
    mart = "agg_completion_rates"
    told = ", ".join(
        f"{value} as enrolled" if column.name == "enrolled" else f"o.{column.name}"
        for column in contracts.outbound[mart].mart_columns
    )
    planted = {**models, mart: f"select {told} from ({models[mart]}) as o {beside}"}
    try:
        every = leaks(contracts, planted)
    except lineage.LineageUnresolved:
        return
    assert any(leak.column.dataset in (f"release/{mart}", mart) for leak in every)


def test_what_is_counted_by_its_rows_alone_is_read_all_the_same(contracts: Contracts, models: Models) -> None:
    courses = contracts.inbound["courses"].model_copy(update={"purposes": ("service",)})
    planted = contracts.model_copy(update={"inbound": {**contracts.inbound, "courses": courses}})
    every = leaks(planted, publishing(models, "(select count(*) from lake.courses)", ""))
    assert found(every, f"release/{TARGET}.*").path[0] == Column("courses", "*")


def test_a_flag_does_not_bring_two_domains_together(contracts: Contracts, models: Models) -> None:
    flags = "select person_pseudonym like 'a%' as flag from lake.meta_pixel"
    counted = "select count(*) as n from int_flags cross join dim_learners where flag"
    every = leaks(contracts, {**models, "int_flags": flags, "fct_counted": counted})
    assert "joins the domains ads and analytics" in found(every, "fct_counted.*", why="joins").why


def test_a_projection_that_keeps_a_key_or_a_pseudonym_is_found(contracts: Contracts, models: Models) -> None:
    projection = contracts.internal["learner_payments"]
    query = projection.query.rstrip().rstrip(";")
    changed = projection.model_copy(
        update={
            "query": f"select p.* replace (o.buyer_pseudonym as course_id) from ({query}) as p"
            " cross join lake.order_payments as o",
            "lake_columns": declaring(projection, "course_id", "order_payments.buyer_pseudonym"),
        }
    )
    planted = contracts.model_copy(update={"internal": {**contracts.internal, "learner_payments": changed}})
    graph = lineage.assemble(planted, models)
    assert "pseudonym:payments" in lineage.check(graph, planted).labels[Column("learner_payments", "course_id")]


@pytest.mark.parametrize(
    "sql",
    [
        "select course_id from lake.courses order by course_id limit 3",
        "select course_id, count(*) as n from lake.course_progress group by course_id order by n desc limit 10",
        "with int_fine as (select course_id from lake.courses) select * from int_fine",
        "select course_id from lake.courses order by 1 limit 3",
    ],
)
def test_what_is_common_is_resolved(contracts: Contracts, models: Models, sql: str) -> None:
    graph = lineage.assemble(contracts, {**models, "int_fine": sql})
    assert {str(each.column) for each in graph.upstream(Column("int_fine", "course_id"))} <= {
        "courses.course_id",
        "course_progress.course_id",
    }


def test_a_model_with_the_name_of_a_dataset_is_refused(contracts: Contracts, models: Models) -> None:
    with pytest.raises(lineage.LineageUnresolved, match="names of datasets"):
        lineage.assemble(contracts, {**models, "accounts": "select course_id from lake.courses"})


def test_an_age_worked_out_from_a_birth_date_is_of_one_person(contracts: Contracts, models: Models) -> None:
    age = "date_diff('year', a.birth_date, date '2026-01-01')"
    every = leaks(storing(contracts, *BIRTH), publishing(models, age, "cross join accounts as a"))
    leak = found(every, f"release/{TARGET}.joined")
    assert "narrows down" in leak.why
    assert leak.path[:2] == (Column("landing/accounts", "birth_date"), Column("accounts", "birth_date"))


def test_a_name_that_is_grouped_by_is_a_dimension_that_names(contracts: Contracts, models: Models) -> None:
    sql = "select name as month, true as is_month_over, count(*) as joined, 0 as left_since from accounts group by name"
    every = leaks(storing(contracts, *NAME), {**models, TARGET: sql})
    assert found(every, f"release/{TARGET}.month", why="tells").path[0] == Column("landing/accounts", "name")
    assert found(every, f"release/{TARGET}.joined", why="tells").path[0] == Column("landing/accounts", "name")


def test_a_filter_on_what_the_law_protects_more_is_found(contracts: Contracts, models: Models) -> None:
    attributes = contracts.inbound["learner_attributes"]
    fields = tuple(
        field.model_copy(update={"identifier": "special"}) if field.path == "region" else field
        for field in attributes.fields
    )
    changed = attributes.model_copy(update={"fields": fields})
    planted = contracts.model_copy(update={"inbound": {**contracts.inbound, "learner_attributes": changed}})
    every = leaks(planted, publishing(models, "o.joined", "cross join learner_attributes as a where a.region = 'Bali'"))
    assert found(every, f"release/{TARGET}.joined").path[0] == Column("landing/learner_attributes", "region")


def test_pseudonyms_of_two_domains_never_meet(contracts: Contracts, models: Models) -> None:
    ads = next(
        (name, column.name)
        for name, contract in contracts.inbound.items()
        if contract.domain == "ads"
        for column in contract.lake_columns
        if column.pii == "pseudonym"
    )
    joined = f"select l.learner_pseudonym, a.{ads[1]} as other from dim_learners as l cross join {ads[0]} as a"
    every = leaks(contracts, {**models, "fct_both": joined})
    assert [(str(leak.column), leak.why) for leak in every] == [("fct_both.*", "joins the domains ads and analytics")]
    counted = publishing(models, f"(select count(distinct {ads[1]}) from {ads[0]})", "")
    assert any("joins the domains" in leak.why and leak.column.dataset == TARGET for leak in leaks(contracts, counted))


def test_a_purpose_that_the_source_does_not_carry_is_found(contracts: Contracts, models: Models) -> None:
    courses = contracts.inbound["courses"]
    narrow = courses.model_copy(update={"purposes": ("service",)})
    planted = contracts.model_copy(update={"inbound": {**contracts.inbound, "courses": narrow}})
    leak = found(leaks(planted, models), "release/agg_completion_rates.*")
    assert leak.why == "is for aggregate_statistics, which courses may not be used for"
    assert [column.dataset for column in leak.path][0::4] == ["courses", "release/agg_completion_rates"]


def test_a_treatment_that_is_not_enough_is_found(contracts: Contracts, models: Models) -> None:
    contract = contracts.inbound["course_progress"]
    columns = tuple(
        column.model_copy(update={"treatment": "event_key"}) if column.name == "learner_pseudonym" else column
        for column in contract.lake_columns
    )
    changed = contract.model_copy(update={"lake_columns": columns})
    planted = contracts.model_copy(update={"inbound": {**contracts.inbound, "course_progress": changed}})
    every = leaks(planted, models)
    assert found(every, "course_progress.learner_pseudonym").path[0] == Column("landing/course_progress", "user_id")
    assert found(every, "release/agg_completion_rates.enrolled").path[-1].name == "enrolled"


@pytest.mark.parametrize(
    ("treatment", "identifier", "column", "source"),
    [
        ("judge", "direct", "accounts.city", "landing/accounts.email"),
        ("settle", "online", "support_tickets.channel", "landing/support_tickets.message_id"),
        ("consent", "direct", "web_events.locale", "landing/web_events.userId"),
        ("read_out", "online", "meta_pixel.value", "landing/meta_pixel.url"),
        ("vault", "direct", "vault.subject", "landing/accounts.email"),
    ],
)
def test_what_a_decision_of_intake_rests_on_is_found_where_its_treatment_is_not_enough(
    contracts: Contracts, models: Models, treatment: str, identifier: str, column: str, source: str
) -> None:
    words = contracts.taxonomy.treatments
    weaker = words[treatment].model_copy(
        update={"sufficient_for": tuple(each for each in words[treatment].sufficient_for if each != identifier)}
    )
    taxonomy = contracts.taxonomy.model_copy(update={"treatments": {**words, treatment: weaker}})
    told = [
        leak
        for leak in leaks(contracts.model_copy(update={"taxonomy": taxonomy}), models)
        if str(leak.column) == column
    ]
    assert any(leak.path[0].dataset == source.partition(".")[0] for leak in told)


def test_a_projection_that_reads_more_than_it_declares_is_found(contracts: Contracts, models: Models) -> None:
    planted = storing(contracts, *EMAIL)
    projection = planted.internal["learner_payments"]
    query = projection.query.rstrip().rstrip(";")
    beside = f"select p.* replace (a.email as course_id) from ({query}) as p cross join lake.accounts as a"
    declared = declaring(projection, "course_id", "accounts.email")
    changed = projection.model_copy(update={"query": beside, "lake_columns": declared})
    planted = planted.model_copy(update={"internal": {**planted.internal, "learner_payments": changed}})
    leak = found(leaks(planted, models), "learner_payments.course_id")
    assert leak.path[0] == Column("landing/accounts", "email")


@pytest.mark.slow
def test_an_identifier_that_a_macro_hides_is_found(
    contracts: Contracts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = shutil.copytree(settings.DBT_PROJECT_DIR, tmp_path / "dbt_project")
    (project / "macros" / "planted.sql").write_text("{% macro more() %}email{% endmacro %}")
    staged = project / "models" / "staging" / "stg_lake__accounts.sql"
    assert "        learner_pseudonym," in staged.read_text()
    staged.write_text(
        staged.read_text().replace("        learner_pseudonym,", "        learner_pseudonym,\n        {{ more() }},", 1)
    )
    monkeypatch.setattr(settings, "DBT_PROJECT_DIR", project)
    every = leaks(storing(contracts, *EMAIL), warehouse.compiled_models())
    assert found(every, "stg_lake__accounts.email").path[0] == Column("landing/accounts", "email")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "planted", "said"),
    [
        ("models/marts/dim_courses.sql", "{{ config(alias='courses') }}", "has another name"),
        ("models/marts/dim_courses.sql", "{{ config(post_hook='select 1') }}", "hooks"),
        ("models/marts/dim_courses.sql", "{% if flags.WHICH != 'compile' %} {% endif %}", "`flags`"),
        ("models/marts/dim_courses.sql", "{% if var('as_of') != 'x' %} {% endif %}", "`var`"),
        ("dbt_project.yml", 'on-run-end: ["select 1"]', "hooks"),
    ],
)
def test_what_would_be_built_otherwise_than_it_is_compiled_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, planted: str, said: str
) -> None:
    project = shutil.copytree(settings.DBT_PROJECT_DIR, tmp_path / "dbt_project")
    place = project / file
    place.write_text(f"{planted}\n{place.read_text()}")
    monkeypatch.setattr(settings, "DBT_PROJECT_DIR", project)
    with pytest.raises(warehouse.ModelFailure, match=said):
        warehouse.compiled_models()


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_parquet('x.parquet')",
        "select * from somewhere",
        "select nothing_of_it from accounts",
        "select 1 as a; select 2 as a",
        "insert into accounts values (1)",
        "select columns('a.*') from accounts",
        "from accounts union by name from courses",
        "pivot accounts on country using count(*)",
        "select a. from accounts",
    ],
)
def test_what_cannot_be_resolved_is_refused(contracts: Contracts, models: Models, sql: str) -> None:
    with pytest.raises(lineage.LineageUnresolved):
        lineage.assemble(contracts, {**models, "int_planted": sql})


def test_a_published_column_that_no_model_makes_is_refused_or_its_table_left_out(
    contracts: Contracts, models: Models
) -> None:
    fewer = {**models, TARGET: f"select o.month, o.is_month_over, o.joined from ({models[TARGET]}) as o"}
    with pytest.raises(lineage.LineageUnresolved, match="left_since"):
        lineage.assemble(contracts, fewer)
    graph = lineage.assemble(contracts, fewer, is_strict=False)
    assert f"release/{TARGET}" not in graph.datasets
    assert "release/agg_completion_rates" in graph.datasets


def test_models_that_are_made_of_each_other_are_refused(contracts: Contracts, models: Models) -> None:
    around = {"int_a": "select b from int_b", "int_b": "select b from int_a"}
    with pytest.raises(lineage.LineageUnresolved, match="made of each other"):
        lineage.assemble(contracts, {**models, **around})
