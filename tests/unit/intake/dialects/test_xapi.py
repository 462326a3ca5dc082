"""How IRIs become verbs, types and ids; what a mapping must say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pytest
from pydantic import ValidationError

from pipelines import settings
from pipelines.contracts import load
from pipelines.contracts.statements import StatementMapping
from pipelines.intake.dialects import Dialect, xapi

VERB = "http://adlnet.gov/expapi/verbs/"
COURSE_TYPE = "http://adlnet.gov/expapi/activities/course"
RULES = [
    {"verbs": ["voided"], "eventType": "voided", "voids": True},
    {
        "verbs": ["completed", "https://x.example/verbs/selesai"],
        "onCourse": "course_completed",
        "inside": "module_completed",
    },
    {"verbs": ["scored"], "eventType": "assessment_submitted"},
]


def dialect(**changes: Any) -> Dialect:
    contract = load(settings.CONTRACTS_DIR).inbound["course_progress_xapi"]
    mapping = StatementMapping.model_validate({"courseTypes": ["course"], "rules": RULES, **changes})
    return xapi.dialect(contract.model_copy(update={"mapping": mapping}))


def told(spoken: Dialect, field: str, **said: str) -> str | None:
    """The text that a dialect makes of a field, where a statement says these texts at these paths (`__` for a dot)."""
    texts = {path.replace("__", "."): text for path, text in said.items()}
    texts = dict.fromkeys(spoken.reads, "") | texts
    columns = ", ".join(f'"{path}" varchar' for path in texts)
    with duckdb.connect() as connection:
        connection.execute(f"create table said ({columns})")
        connection.execute(f"insert into said values ({', '.join('?' for _ in texts)})", list(texts.values()))
        sql = spoken.makes[field](spoken.whole(lambda path: f"nullif(\"{path}\", '')"))
        return connection.execute(f"select {sql} from said").fetchall()[0][0]


@pytest.mark.parametrize(
    ("iri", "expected"),
    [
        (f"{VERB}scored", "assessment_submitted"),
        ("http://other.example/verbs#scored", "assessment_submitted"),
        ("scored", "assessment_submitted"),
        (f"{VERB}Scored", "unknown_verb"),
        (f"{VERB}scored/again", "unknown_verb"),
        ("https://x.example/verbs/selesai", "module_completed"),
        ("https://y.example/verbs/selesai", "unknown_verb"),
        ("", None),
        ("'); drop table x; --", "unknown_verb"),
    ],
)
def test_a_verb_is_its_whole_iri_or_the_last_segment(iri: str, expected: str | None):
    assert told(dialect(), "verb.id", verb__id=iri, object__id="x") == expected


@pytest.mark.parametrize(
    ("prefixes", "iri", "expected"),
    [
        ({}, "https://x.example/kursus/web-1", "web-1"),
        ({}, "https://x.example/kursus/web-1/", "web-1"),
        ({}, "https://x.example/kursus/web-1?versi=2", "web-1"),
        ({}, "https://x.example/kursus#web-1", "web-1"),
        ({}, "web-1", "web-1"),
        ({}, "https://", None),
        ({"course": "https://x.example/kursus/"}, "https://x.example/kursus/web/1", "web/1"),
        ({"course": "https://x.example/kursus/"}, "https://y.example/kursus/web-1", None),
    ],
)
def test_an_id_is_the_last_segment_or_what_follows_the_prefix(prefixes: dict[str, str], iri: str, expected: str | None):
    said = {"verb__id": f"{VERB}scored", "object__id": iri, "object__definition__type": COURSE_TYPE}
    assert told(dialect(prefixes=prefixes), "course_id", **said) == expected


def test_rules_hold_in_the_order_in_which_the_contract_states_them():
    said = {"verb__id": f"{VERB}scored", "object__id": "x", "result__completion": "true"}
    completing = {**RULES[1], "orCompletion": True}
    assert told(dialect(rules=[completing, RULES[2]]), "verb.id", **said) == "module_completed"
    assert told(dialect(rules=[RULES[2], completing]), "verb.id", **said) == "assessment_submitted"


def test_a_voiding_statement_names_no_course_and_no_module():
    said = {"verb__id": f"{VERB}voided", "object__id": "an-id"}
    spoken = dialect()
    assert [told(spoken, field, **said) for field in ("course_id", "module_id", "voids")] == [None, None, "an-id"]


def _without(rule: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in rule.items() if key != name}


@pytest.mark.parametrize(
    "change",
    [
        lambda: {"rules": [_without(RULES[1], "inside")]},
        lambda: {"rules": [_without(RULES[2], "eventType")]},
        lambda: {"rules": [{**RULES[1], "eventType": "started"}]},
        lambda: {"prefixes": {"lesson": "x"}},
        lambda: {"colour": "red"},
    ],
)
def test_a_mapping_that_leaves_something_open_is_refused(change: Callable[[], dict[str, Any]]):
    with pytest.raises(ValidationError):
        dialect(**change())


def test_a_contract_of_statements_without_a_mapping_is_refused():
    contract = load(settings.CONTRACTS_DIR).inbound["course_progress_xapi"].model_copy(update={"mapping": None})
    with pytest.raises(ValueError, match="mapping"):
        xapi.dialect(contract)
