"""Promise 8: an identifier that a hostile reader of the rules hides from them is a leak, or its model is refused.

Each case stands in the place of a published count of the learners' own domain. What is common and honest passes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from pipelines import contracts as contracts_room
from pipelines import lineage, settings, warehouse
from pipelines.contracts import Contracts
from pipelines.lineage import Leak

Models = Mapping[str, str]
MART = "agg_completion_rates"
EVENTS = "int_learning_events_valid"
LEARNERS, SESSIONS = "cross join dim_learners as l", "cross join fct_sessions as s"

# Columns that get other names by their position, rows that become columns, and columns that nobody names.
RENAMED = {
    "a_table_with_names_for_its_columns": ("s.dt", "cross join fct_sessions as s(dt, session_key)"),
    "a_cte_with_names_for_its_columns": (
        "z.dt",
        "cross join (with k as (select session_key, dt from fct_sessions) select * from k as y(dt, x)) as z",
    ),
    "columns_made_rows": ("a.dt", "cross join (select dt from fct_sessions unpivot (dt for n in (session_key))) as a"),
    "rows_made_columns": (
        "a.c",
        "cross join (select c from dim_learners pivot (max(learner_pseudonym) as c for country in ('ID'))) as a",
    ),
    "a_join_by_place": ("a.p", "positional join (select learner_pseudonym as p from dim_learners) as a"),
}

# What picks out one pseudonym or key: a condition on the learning events, of which rows are counted.
PICKED = {
    "a_number_of_it": "ascii(substring(learner_pseudonym, 1, 1)) = 97",
    "a_place_in_it": "position('a' in learner_pseudonym) = 1",
    "a_key_that_is_a_number": "event_key = 123456",
    "keys_that_are_numbers": "event_key in (123, 456)",
    "a_bit_of_a_key": "event_key & 1 = 1",
    "the_sign_of_a_key": "event_key > 0",
    "two_constants_joined": "learner_pseudonym = 'a' || 'b'",
    "a_cast_constant": "learner_pseudonym = cast('ab' as varchar)",
    "a_lower_constant": "learner_pseudonym = lower('AB')",
    "a_constant_of_a_subquery": "learner_pseudonym = (select 'ab')",
    "a_list_of_a_subquery": "learner_pseudonym in (select 'ab')",
    "the_least_of_all": f"learner_pseudonym = (select min(learner_pseudonym) from {EVENTS})",
    "any_of_a_list": "learner_pseudonym = any(['ab'])",
    "a_list": "learner_pseudonym in ['ab']",
    "a_blob": "learner_pseudonym = '\\x41'::blob",
    "a_row": "(learner_pseudonym, 1) = ('ab', 1)",
    "a_row_with_a_column": "(learner_pseudonym, course_id) = ('ab', course_id)",
    "rows_of_a_subquery": "(learner_pseudonym, course_id) in (select 'ab', course_id from lake.courses)",
    "both_sides_joined": "learner_pseudonym || course_id = 'ab' || course_id",
    "a_range": "learner_pseudonym between lower('A') and lower('B')",
    "not_distinct": "learner_pseudonym is not distinct from lower('AB')",
    "its_beginning": "starts_with(learner_pseudonym, 'ab')",
    "its_beginning_is_true": "starts_with(learner_pseudonym, 'ab') is true",
    "its_beginning_of_a_case": "case when starts_with(learner_pseudonym, 'ab') then true else false end",
    "its_beginning_or_else": "coalesce(starts_with(learner_pseudonym, 'ab'), false)",
    "a_part": "contains(learner_pseudonym, 'ab')",
    "a_pattern": "regexp_matches(learner_pseudonym, '^ab')",
    "a_list_that_has_it": "list_contains(['ab'], learner_pseudonym)",
    "a_hash": "hash(learner_pseudonym) = 123",
    "null_if_it_is": "nullif(learner_pseudonym, 'ab') is null",
    "nothing_left_of_it": "replace(learner_pseudonym, 'ab', '') = ''",
    "a_number_or_none": "try_cast(learner_pseudonym as int) is null",
    "found_in_a_map": "map {'ab': 1}[learner_pseudonym] = 1",
    "a_literal_of_dollars": "learner_pseudonym = $$ab$$",
    "a_literal_with_escapes": "learner_pseudonym = E'ab'",
}

# The same, where it is no condition on rows.
CHOSEN = {
    "a_value_of_a_map": ("sum(map {'ab': 1}[learner_pseudonym])", ""),
    "a_simple_case": ("sum(case learner_pseudonym when lower('AB') then 1 end)", ""),
    "a_count_of_what_it_is_not": ("count(nullif(learner_pseudonym, 'ab'))", ""),
    "a_count_of_what_is_found": ("count(decode(learner_pseudonym, 'ab', 1))", ""),
    "the_greater_one": ("count(distinct greatest(learner_pseudonym, 'm'))", ""),
    "the_last_of_all": ("arg_max(course_id, learner_pseudonym)", ""),
    "one_of_the_last": ("arg_max(1, learner_pseudonym)", ""),
    "a_filter": ("count(*) filter (where starts_with(learner_pseudonym, 'ab'))", ""),
    "a_filter_of_a_window": ("count(*) filter (where event_key = 5) over ()", ""),
    "an_order_of_a_window": ("row_number() over (order by starts_with(learner_pseudonym, 'ab'))", ""),
    "joined_values": ("count(*)", "join (values ('ab')) as v(q) on v.q = e.learner_pseudonym"),
    "joined_constants": ("count(*)", "join (select 'ab' as learner_pseudonym) as k using (learner_pseudonym)"),
    "half_joined_constants": ("count(*)", "semi join (select 'ab' as q) as k on k.q = e.learner_pseudonym"),
    "naturally_joined_constants": ("count(*)", "natural join (select 'ab' as learner_pseudonym) as k"),
}

# What is worked out of each person's rows, and is known of that person.
BY_PERSON = {
    "ones": ("sum(1)", "group by learner_pseudonym"),
    "cases": ("sum(case when result_percent > 50 then 1 else 0 end)", "group by learner_pseudonym"),
    "count_if": ("count_if(result_percent > 50)", "group by learner_pseudonym"),
    "any": ("bool_or(result_percent > 50)", "group by learner_pseudonym"),
    "every": ("bool_and(result_percent > 50)", "group by learner_pseudonym"),
    "the_greatest_case": ("max(case when result_percent > 50 then 1 else 0 end)", "group by learner_pseudonym"),
    "a_length": ("len(list(course_id))", "group by learner_pseudonym"),
    "a_window": ("count(*) over (partition by learner_pseudonym)", ""),
    "a_place": ("row_number() over (partition by learner_pseudonym order by course_id)", ""),
    "a_rank": ("rank() over (partition by course_id order by learner_pseudonym)", ""),
    "a_named_window": ("count(*) over w", "window w as (partition by learner_pseudonym)"),
    "more_of_a_named_window": ("sum(1) over (w order by course_id)", "window w as (partition by learner_pseudonym)"),
    "a_frame": ("count(*) over (order by course_id rows between event_key preceding and current row)", ""),
    "an_average_of_people": ("avg(result_percent)", "group by learner_pseudonym"),
}
BY_EACH = {
    "a_count": "(select count(*) from int_learning_events_valid as e where e.learner_pseudonym = l.learner_pseudonym)",
    "ones": "(select sum(1) from int_learning_events_valid as e where e.learner_pseudonym = l.learner_pseudonym)",
    "any": "(select bool_or(true) from int_learning_events_valid as e where e.learner_pseudonym = l.learner_pseudonym)",
}

# Aggregates of one row, or of what has none.
FEW = {
    "the_last_act": "avg(result_percent) as v from int_learning_events_valid"
    " where occurred_at = (select max(occurred_at) from int_learning_events_valid)",
    "the_last_act_by_a_join": "avg(e.result_percent) as v from int_learning_events_valid as e"
    " join (select max(occurred_at) as m from int_learning_events_valid) as k on e.occurred_at = k.m",
    "the_last_act_within": "avg(case when e.occurred_at = k.m then e.result_percent end) as v"
    " from int_learning_events_valid as e cross join (select max(occurred_at) as m from int_learning_events_valid) as k",
    "a_sum_of_keys": "sum(event_key) as v from int_learning_events_valid",
    "a_variance_of_keys": "var_pop(event_key) as v from int_learning_events_valid",
    "an_average_of_instants": "avg(occurred_at) as v from int_learning_events_valid",
    "the_first": "avg(result_percent) as v from (select result_percent from int_learning_events_valid limit 1)",
    "the_first_of_a_cte": "avg(r) as v from (with k as (select result_percent as r from int_learning_events_valid limit 1)"
    " select r from k)",
    "a_sample": "avg(result_percent) as v from (select * from int_learning_events_valid using sample 1 rows)",
    "one_by_place": "avg(r) as v from (select result_percent as r from int_learning_events_valid"
    " qualify row_number() over (order by occurred_at) = 1)",
    "one_of_each": "avg(r) as v from (select distinct on (course_id) result_percent as r from int_learning_events_valid)",
    "a_filter_by_place": "avg(r) filter (where n = 1) as v from (select result_percent as r,"
    " row_number() over () as n from int_learning_events_valid)",
    "a_case_by_place": "avg(case when n = 1 then r end) as v from (select result_percent as r,"
    " row_number() over () as n from int_learning_events_valid)",
    "a_condition_by_place": "avg(r) as v from (select result_percent as r,"
    " row_number() over () as n from int_learning_events_valid) where n = 1",
    "the_rows_of_the_first": "avg(result_percent) as v from int_learning_events_valid where event_key in"
    " (select event_key from int_learning_events_valid limit 1)",
    "an_instant_of_the_first": "sum(epoch(o)) as v from (select occurred_at as o from int_learning_events_valid limit 1)",
    "an_average_by_rank": "avg(r) as v from (select result_percent as r, dense_rank() over (order by learner_pseudonym)"
    " as g from int_learning_events_valid) group by g",
    "an_average_by_tile": "avg(r) as v from (select result_percent as r, ntile(100000) over (order by occurred_at)"
    " as g from int_learning_events_valid) group by g",
    "an_average_by_running_number": "avg(r) as v from (select result_percent as r, sum(1) over (order by learner_pseudonym)"
    " as g from int_learning_events_valid) group by g",
    "a_case_of_the_first": "count(case when city = 'x' then 1 end) as v from (select * from dim_learners limit 1)",
    "a_filter_of_the_first": "count(*) filter (where city = 'x') as v from (select * from dim_learners limit 1)",
    "a_condition_on_the_first": "count(*) as v from (select * from dim_learners limit 1) where city = 'x'",
    "a_result_of_the_first": "count(*) as v from (select * from int_learning_events_valid limit 1) where result_percent > 50",
    "nearly_the_least": "percentile_cont(0.000001) within group (order by result_percent) as v from int_learning_events_valid",
    "nearly_the_most": "quantile_cont(result_percent, 0.99) as v from int_learning_events_valid",
}

# One of many values, of which an average then is that value.
CHOSEN_FIRST = {
    "the_last": "avg(d) as v from (select arg_max(result_percent, occurred_at) as d from int_learning_events_valid)",
    "the_last_of_each_course": "avg(d) as v from (select course_id, arg_max(result_percent, occurred_at) as d"
    " from int_learning_events_valid group by 1) group by course_id",
    "the_last_of_each_set": "avg(d) as v from (select arg_max(result_percent, occurred_at) as d"
    " from int_learning_events_valid group by grouping sets ((learner_pseudonym), ()))",
    "the_last_of_one_rollup": "avg(d) as v from (select arg_max(result_percent, occurred_at) as d"
    " from int_learning_events_valid group by rollup (learner_pseudonym))",
    "the_last_of_what_is_one": "avg(d) as v from (select arg_max(result_percent, occurred_at) as d"
    " from int_learning_events_valid group by nullif(learner_pseudonym, learner_pseudonym))",
    "the_last_of_those_with_an_id": "avg(d) as v from (select arg_max(result_percent, occurred_at) as d"
    " from int_learning_events_valid group by learner_pseudonym is null)",
    "the_middle_of_the_most": "median(d) as v from (select max(result_percent) as d from int_learning_events_valid)",
    "the_sum_of_the_least": "sum(d) as v from (select min(result_percent) as d from int_learning_events_valid"
    " group by course_id, cohort)",
    "a_first": "avg(d) as v from (select first(result_percent) as d from int_learning_events_valid)",
    "any": "avg(d) as v from (select any_value(result_percent) as d from int_learning_events_valid)",
    "an_arbitrary_one": "avg(d) as v from (select arbitrary(result_percent) as d from int_learning_events_valid)",
    "one_of_a_list": "avg(d) as v from (select list(result_percent)[1] as d from int_learning_events_valid)",
    "one_of_a_list_in_order": "avg(d) as v from (select array_agg(result_percent order by occurred_at)[1] as d"
    " from int_learning_events_valid)",
    "a_quantile": "avg(d) as v from (select quantile_disc(result_percent, 0.99) as d from int_learning_events_valid)",
    "a_share_within": "avg(d) as v from (select percentile_disc(0.99) within group (order by result_percent) as d"
    " from int_learning_events_valid)",
    "the_third": "avg(d) as v from (select nth_value(result_percent, 3) over (order by occurred_at) as d"
    " from int_learning_events_valid)",
    "the_first_of_a_window": "avg(d) as v from (select first_value(result_percent ignore nulls)"
    " over (partition by course_id order by occurred_at) as d from int_learning_events_valid)",
    "an_instant": "median(epoch(d)) as v from (select max(occurred_at) as d from int_learning_events_valid)",
    "the_most_of_a_subquery": "avg((select max(result_percent) from int_learning_events_valid)) as v from dim_learners",
    "the_most_counts": "avg(n) as v from (select max(n) as n from (select learner_pseudonym, count(*) as n"
    " from int_learning_events_valid group by 1))",
    "the_city_of_the_last": "count(nullif(d, 'Jakarta')) as v from (select max(city) as d from dim_learners)",
    "those_with_the_city_of_the_last": "count(*) as v from (select max(city) as d from dim_learners) where d = 'Jakarta'",
    "as_many_numbers_as_the_most": "count(*) as v from (select unnest(range(100)) as n) as n"
    " join (select max(result_percent) as m from int_learning_events_valid) as m on n.n < m.m",
    "the_results_of_the_last": "avg(e.result_percent) as v from int_learning_events_valid as e"
    " join (select max(event_key) as k from int_learning_events_valid) as k on k.k = e.event_key",
}

# The same through a model of its own.
ACROSS = {
    "the_last": (
        f"select arg_max(result_percent, occurred_at) as d from {EVENTS}",
        "avg(d) as v from int_planted",
    ),
    "the_first": (f"select result_percent as r from {EVENTS} limit 1", "avg(r) as v from int_planted"),
    "a_constant": (
        "select 'ab' as q",
        f"count(*) as v from {EVENTS} as e join int_planted as k on e.learner_pseudonym = k.q",
    ),
    "a_flag": (
        f"select starts_with(learner_pseudonym, 'ab') as f from {EVENTS}",
        "count(*) as v from int_planted where f",
    ),
    "half_a_shift": (
        "select started_at + interval '7' hour as t from fct_sessions",
        "cast(t + interval '7' hour as date) as v from int_planted",
    ),
}

SHIFTED = [
    "cast(s.started_at + interval '8' hour as date)",
    "cast(s.started_at - interval '7' hour as date)",
    "cast(s.started_at + interval '7' minute as date)",
    "cast(s.started_at + interval '7' hour + interval '7' hour as date)",
    "date_trunc('day', s.started_at + interval '1' hour)",
    "strftime(s.started_at + interval '1' hour, '%Y-%m-%d')",
    "cast(s.started_at at time zone 'Asia/Jakarta' as date)",
]

HONEST = {
    "each_learners_first_act_by_a_join": "avg(e.result_percent) as v from int_learning_events_valid as e join (select"
    " learner_pseudonym, min(occurred_at) as m from int_learning_events_valid group by learner_pseudonym) as k"
    " on e.learner_pseudonym = k.learner_pseudonym and e.occurred_at = k.m",
    "days_of_two_acts": "course_id, median(date_diff('day', a, b)) as v from (select course_id, learner_pseudonym,"
    " min(occurred_at) as a, max(occurred_at) as b from int_learning_events_valid group by 1, 2) group by 1",
    "an_average_of_counts": "course_id, avg(n) as v from (select course_id, learner_pseudonym, count(*) as n"
    " from int_learning_events_valid group by 1, 2) group by 1",
    "a_sum_of_flags": "course_id, sum(f) as v from (select course_id, learner_pseudonym,"
    " max(case when result_percent > 50 then 1 else 0 end) as f from int_learning_events_valid group by 1, 2) group by 1",
    "somebody": "count(*) as v from int_learning_events_valid where learner_pseudonym is not null",
    "nobody": "count(*) as v from dim_learners as l left join int_learning_events_valid as e using (learner_pseudonym)"
    " where e.learner_pseudonym is null",
    "not_empty": "count(*) as v from int_learning_events_valid where learner_pseudonym <> ''",
    "two_columns": "count(*) as v from int_learning_events_valid as e join dim_learners as l"
    " on e.learner_pseudonym = l.learner_pseudonym and e.occurred_at > l.registered_at",
    "two_acts": "count(distinct e.learner_pseudonym) as v from int_learning_events_valid as e"
    " join int_learning_events_valid as f on e.learner_pseudonym = f.learner_pseudonym and e.event_key <> f.event_key",
    "among_others": "count(*) as v from dim_learners where learner_pseudonym in"
    " (select learner_pseudonym from int_learning_events_valid)",
    "without_others": "count(*) as v from dim_learners as l where not exists"
    " (select 1 from int_learning_events_valid as e where e.learner_pseudonym = l.learner_pseudonym)",
    "enough_people": "count(*) as v from (select course_id from int_learning_events_valid group by course_id"
    " having count(distinct learner_pseudonym) >= 20)",
    "the_first_channel_of_each": "count(*) as v from (select learner_pseudonym, min_by(channel, session_key) as c"
    " from fct_sessions group by learner_pseudonym) group by c",
    "a_share_of_all": "course_id, count(*) / sum(count(*)) over () as v from int_learning_events_valid group by course_id",
    "a_rank_of_courses": "rank() over (order by count(distinct learner_pseudonym) desc) as v"
    " from int_learning_events_valid group by course_id",
    "a_named_window": "row_number() over w as v from lake.courses window w as (order by course_id)",
    "the_day_in_jakarta": "cast(occurred_at + interval '7' hour as date) as d, count(*) as v"
    " from int_learning_events_valid group by 1",
    "sets_of_groups": "course_id, count(*) as v from int_learning_events_valid group by grouping sets ((course_id), ())",
    "a_literal_with_escapes": "count(distinct regexp_replace(course_id, E'\\n', '')) as v from lake.courses",
    "an_average_of_the_last_of_each": "avg(r) as v from (select learner_pseudonym, arg_max(result_percent, occurred_at)"
    " as r from int_learning_events_valid group by 1)",
    "an_average_of_the_first_of_each": "avg(r) as v from (select first_value(result_percent)"
    " over (partition by learner_pseudonym order by occurred_at) as r from int_learning_events_valid)",
    "a_row_for_each_day": "count(*) as v from"
    " (select unnest(generate_series(date '2026-01-01', date '2026-06-30', interval 1 day)) as d)",
    "a_row_for_each_number": "count(*) as v from (with recursive k as (select 1 as n union all select n + 1 as n from k"
    " where n < 9) select n from k)",
    "by_month": "date_trunc('month', occurred_at + interval '7' hour) as m, count(*) as v"
    " from int_learning_events_valid group by 1",
    "a_month_of_a_day": "extract(month from cast(occurred_at as date)) as m, count(*) as v"
    " from int_learning_events_valid group by 1",
    "by_the_first_channel_of_a_window": "count(distinct learner_pseudonym) as v from (select learner_pseudonym,"
    " first_value(channel) over (partition by learner_pseudonym order by started_at) as c from fct_sessions) group by c",
    "a_quartile": "percentile_cont(0.25) within group (order by result_percent) as v from int_learning_events_valid",
}

_FIRST_LEARNER = "(select learner_pseudonym as p from dim_learners limit 1)"
_UNIT, _ROWS = "a unit that can be a column: quote it", "makes as many rows as a value says"
REFUSED = {
    "select count(*) as n from (select unnest(range(session_key)) as u from fct_sessions limit 1)": _ROWS,
    f"select count(*) as n from (select unnest(range(ascii(p))) as u from {_FIRST_LEARNER})": _ROWS,
    "select count(*) as n from (select unnest(generate_series(1, epoch(started_at)::bigint)) as u from fct_sessions)": _ROWS,
    "select count(*) as n from (select unnest(l) as u from (select range(ascii(city)) as l from dim_learners))": _ROWS,
    "select count(*) as n from (select generate_subscripts(string_split(city, ''), 1) as u from dim_learners)": _ROWS,
    "with recursive k as (select 1 as n union all select n + 1 as n from k where n < (select max(result_percent)"
    " from int_learning_events_valid)) select count(*) as n from k": "WITH RECURSIVE",
    "select course_id from lake.courses limit (select ascii(max(city)) from dim_learners)": "LIMIT and OFFSET as numbers",
    "select course_id from lake.courses offset (select ascii(max(city)) from dim_learners)": "LIMIT and OFFSET as numbers",
    "select date_trunc(day, s.started_at) as d from fct_sessions as s cross join (select 'hour' as day) as k": _UNIT,
    "select datetrunc(day, s.started_at) as d from fct_sessions as s cross join (select 'hour' as day) as k": _UNIT,
    "select \"date_trunc\" ( /* - */ day, started_at) as d from fct_sessions cross join (select 'hour' as day)": _UNIT,
    "select date_part(day, s.started_at) as d from fct_sessions as s cross join (select 'epoch' as day) as k": _UNIT,
    "select date_diff(day, s.started_at, s.ended_at) as d from fct_sessions as s": _UNIT,
    "select * from lake.course_progress unpivot (v for n in (course_id, cohort))": "UNPIVOT, which is not followed: write",
    "select * from (select course_id from lake.courses) pivot (count(*) for course_id in ('a'))": "PIVOT, which is not",
    "select c.x from lake.courses as c(x)": "renames the columns of courses by position: name them in a subselect",
    "select a.course_id, b.course_id from lake.courses as a cross join lake.cohorts as b": "names of their own: course_id;",
    "select count(*) over w as n from lake.courses": "a window w that is not defined",
    "select a.course_id from lake.courses as a natural join lake.cohorts as b": "write ON or USING",
}


@pytest.fixture(scope="module")
def contracts() -> Contracts:
    return contracts_room.load(settings.CONTRACTS_DIR)


@pytest.fixture(scope="module")
def models() -> Models:
    return warehouse.compiled_models()


def leaks(contracts: Contracts, models: Models, value: str, beside: str) -> tuple[Leak, ...]:
    """Return the leaks of the mart once `value` is told for the learners enrolled. Raises LineageUnresolved."""
    told = ", ".join(
        f"{value} as enrolled" if column.name == "enrolled" else f"o.{column.name}"
        for column in contracts.outbound[MART].mart_columns
    )
    planted = {**models, MART: f"select {told} from ({models[MART]}) as o {beside}"}
    return lineage.check(lineage.assemble(contracts, planted), contracts).leaks


def is_found(contracts: Contracts, models: Models, value: str, beside: str) -> bool:
    try:
        every = leaks(contracts, models, value, beside)
    except lineage.LineageUnresolved:
        return True
    return any(leak.column.dataset in (f"release/{MART}", MART) for leak in every)


def beside(query: str) -> str:
    return f"cross join (select {query}) as a"


@pytest.mark.parametrize("name", RENAMED)
def test_columns_that_are_renamed_by_place_are_refused(contracts: Contracts, models: Models, name: str) -> None:
    assert is_found(contracts, models, *RENAMED[name])


@pytest.mark.parametrize("name", PICKED)
def test_a_condition_that_picks_one_out_is_found(contracts: Contracts, models: Models, name: str) -> None:
    assert is_found(contracts, models, "a.v", beside(f"count(*) as v from {EVENTS} where {PICKED[name]}"))


@pytest.mark.parametrize("name", CHOSEN)
def test_a_value_that_picks_one_out_is_found(contracts: Contracts, models: Models, name: str) -> None:
    value, joined = CHOSEN[name]
    assert is_found(contracts, models, "a.v", beside(f"{value} as v from {EVENTS} as e {joined}"))


@pytest.mark.parametrize("sides", ["intersect select 'ab'", "except select 'ab'", "union select 'ab'"])
def test_a_set_with_a_constant_is_found(contracts: Contracts, models: Models, sides: str) -> None:
    rows = f"select learner_pseudonym from {EVENTS} {sides}"
    assert is_found(contracts, models, "a.v", beside(f"count(*) as v from ({rows})"))


@pytest.mark.parametrize("name", BY_PERSON)
def test_what_is_worked_out_by_person_is_known_of_that_person(contracts: Contracts, models: Models, name: str) -> None:
    value, grouped = BY_PERSON[name]
    assert is_found(contracts, models, "a.v", beside(f"{value} as v from {EVENTS} {grouped}"))


@pytest.mark.parametrize("name", BY_EACH)
def test_what_is_worked_out_for_each_person_is_known_of_that_person(
    contracts: Contracts, models: Models, name: str
) -> None:
    assert is_found(contracts, models, BY_EACH[name], LEARNERS)


@pytest.mark.parametrize("name", FEW)
def test_an_aggregate_of_one_row_ends_nothing(contracts: Contracts, models: Models, name: str) -> None:
    assert is_found(contracts, models, "a.v", beside(FEW[name]))


@pytest.mark.parametrize("name", CHOSEN_FIRST)
def test_an_aggregate_of_one_that_was_chosen_ends_nothing(contracts: Contracts, models: Models, name: str) -> None:
    assert is_found(contracts, models, "a.v", beside(CHOSEN_FIRST[name]))


@pytest.mark.parametrize("name", ACROSS)
def test_what_one_model_hides_from_the_next_is_found(contracts: Contracts, models: Models, name: str) -> None:
    first, then = ACROSS[name]
    assert is_found(contracts, {**models, "int_planted": first}, "a.v", beside(then))


@pytest.mark.parametrize("value", SHIFTED)
def test_of_an_instant_no_day_is_told_but_that_of_jakarta(contracts: Contracts, models: Models, value: str) -> None:
    assert is_found(contracts, models, value, SESSIONS)


@pytest.mark.parametrize("name", HONEST)
def test_what_is_honest_and_common_passes(contracts: Contracts, models: Models, name: str) -> None:
    assert leaks(contracts, models, "a.v", beside(HONEST[name])) == ()


@pytest.mark.parametrize("sql", REFUSED)
def test_what_is_refused_says_what_to_do(contracts: Contracts, models: Models, sql: str) -> None:
    with pytest.raises(lineage.LineageUnresolved, match=re.escape(REFUSED[sql])):
        lineage.assemble(contracts, {**models, "int_planted": sql})


def test_a_leak_says_what_to_do(contracts: Contracts, models: Models) -> None:
    by_hour = f"extract(hour from occurred_at) as h, count(*) as v from {EVENTS} group by 1"
    counted = leaks(contracts, models, "a.v", beside(by_hour))
    assert any(f"counted by {EVENTS}.occurred_at: cut it to the day" in leak.why for leak in counted)
    defaulted = f"count(*) as v from {EVENTS} where coalesce(learner_pseudonym, '-') <> '-'"
    compared = leaks(contracts, models, "a.v", beside(defaulted))
    assert any("ask whether it is null" in leak.why for leak in compared)
