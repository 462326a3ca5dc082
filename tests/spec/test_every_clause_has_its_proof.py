"""Promise: each obligation of the policy says what keeps it and what is missing, and none is called covered unproven.

A proof is a test that was seen to fail once the promise was broken; the notes of that are checked here, and written by
`make plant`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from pipelines import settings
from pipelines.evidence import clauses
from pipelines.evidence.clauses import Obligation
from tests import matrix

OBLIGATIONS = clauses.obligations()
SHARED = settings.PROJECT_ROOT.parent / "shared" / "OBLIGATIONS.md"
Check = Callable[[Obligation], Iterator[str]]


def complaints(check: Check) -> list[str]:
    return [f"{name}: {what}" for name, each in OBLIGATIONS.items() for what in check(each)]


def test_every_obligation_is_there_in_order() -> None:
    assert list(OBLIGATIONS) == [f"O{number}" for number in range(1, 38)]


def test_obligations_and_their_clauses_are_those_of_the_page_they_come_from() -> None:
    if not SHARED.exists():
        pytest.skip("../shared/OBLIGATIONS.md, from which the obligations come, is not here")
    rows = re.findall(r"^\| (O\d+) \| ([^|]+) \|", SHARED.read_text(encoding="utf-8"), re.MULTILINE)
    assert {name: re.findall(r"\w+", each.clause) for name, each in OBLIGATIONS.items()} == {
        name: re.findall(r"\w+", clause) for name, clause in rows
    }


@pytest.mark.parametrize(
    "check",
    [
        matrix.unknown_rules,
        matrix.unknown_modules,
        matrix.unknown_evidence,
        matrix.unfit_faults,
        matrix.faults_not_seen_red,
        matrix.silences,
    ],
)
def test_what_an_obligation_names_is_there_and_its_faults_were_seen_red(check: Check) -> None:
    assert complaints(check) == []


def test_nothing_is_called_covered_that_is_not_proven_or_not_all_there() -> None:
    for clause in clauses.matrix():
        if clause.status != "not covered":
            assert clause.proven, clause.id
        if clause.status == "covered":
            assert not clause.unproven, clause.id
            assert not clause.obligation.missing, clause.id
