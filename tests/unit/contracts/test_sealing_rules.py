"""A published table says by what its rows are touched when their source falls, in a way that tells its rows apart."""

from __future__ import annotations

import pytest

from tests.unit.contracts.conftest import Copy

TRAFFIC = "outbound/agg_traffic_daily.odcs.yaml"
RULE = "  - {property: sealing, value: {by: period, column: dt, unit: day, neighbourDays: 2}}\n"


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("", "sealing"),
        ("{by: page, column: dt}", "sealing"),
        ("{by: nothing}", "sealing"),
        ("{by: nothing, reason: all time, column: dt}", "sealing"),
        ("{by: period, column: dt, unit: year}", "sealing"),
        ("{by: period, column: dt, unit: day, neighbourDays: -1}", "sealing"),
        ("{by: period, column: dt}", "how long a period is, is said twice or not at all"),
        (
            "{by: period, column: dt, unit: day, unitColumn: page_path}",
            "how long a period is, is said twice or not at all",
        ),
        ("{by: period, column: page_path, unit: day}", "`page_path` is no first day of a period"),
        ("{by: period, column: views, unit: day}", "`views` names no row of the table"),
        ("{by: period, column: dt, unit: day, through: payments}", "`payments` is no dataset of our own making"),
        ("{by: members, model: fct_enrolments, columns: [learners]}", "`learners` names no row of the table"),
        ("{by: members, model: fct_enrolments, columns: []}", "sealing"),
        ("{by: members, model: fct_enrolments, columns: [dt], on: [visitor_pseudonym]}", "sealing"),
        (
            "{by: members, model: fct_enrolments, columns: [dt], made: {dt: (select 1)}}",
            "`dt` is not made of columns of fct_enrolments",
        ),
        (
            "{by: members, model: fct_enrolments, columns: [dt], made: {page_path: cohort}}",
            "`page_path` is made, and is not among the columns",
        ),
    ],
)
def test_a_rule_that_tells_no_rows_apart_is_a_finding(copy: Copy, rule: str, told: str) -> None:
    line = copy.change(TRAFFIC, RULE, f"  - {{property: sealing, value: {rule}}}\n" if rule else "")
    found = [each for each in copy.findings() if told in str(each)]
    assert found
    assert not rule or found[0].line == line
    assert found[0].mend
