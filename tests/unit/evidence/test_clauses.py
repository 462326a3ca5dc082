"""The clause matrix of a small project: one rule, one module that keeps it, one test, and a fault that was planted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from pipelines import settings
from pipelines.evidence import clauses
from pipelines.evidence.clauses import Obligation
from tests import matrix

TEST = """import pytest


@pytest.mark.parametrize("guest", ["nobody"])
def test_the_door_is_shut(guest: str) -> None:
    assert is_shut(guest)


def test_another() -> None:
    assert True
"""
FAULT = {
    "file": "pipelines/doors.py",
    "old": "return True",
    "new": "return False",
    "test": "tests/test_doors.py::test_the_door_is_shut",
}
SOUND: dict[str, Any] = {
    "clause": "§5",
    "holds": "The door is shut.",
    "rules": ["data_contracts/policy.yaml#windows.door", "data_contracts/policy.yaml"],
    "code": ["pipelines.doors", "pipelines"],
    "evidence": ["batch", "evidence/ledger/head.json"],
    "faults": [FAULT],
}


@dataclass(frozen=True)
class Project:
    root: Path

    def write(self, place: str, text: str) -> None:
        file = self.root / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        _forget()

    def change(self, place: str, old: str, new: str) -> None:
        text = (self.root / place).read_text(encoding="utf-8")
        assert text.count(old) == 1
        self.write(place, text.replace(old, new))

    def say(self, **changes: Any) -> Obligation:
        """Write the one obligation with what is changed of it, and return it."""
        self.write("data_contracts/obligations.yaml", yaml.safe_dump({"obligations": {"O1": {**SOUND, **changes}}}))
        return clauses.obligations()["O1"]

    def note(self) -> None:
        """Note every fault as planted today and seen red."""
        digests = (clauses.digest_of(fault) for each in clauses.obligations().values() for fault in each.faults)
        clauses.note_seen_red({digest: "2026-06-30" for digest in digests if digest})

    def clause(self) -> clauses.Clause:
        (found,) = clauses.matrix()
        return found


def _forget() -> None:
    clauses.obligations.cache_clear()
    clauses._functions.cache_clear()
    clauses._with_conftests.cache_clear()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.setattr(settings, "PROJECT_ROOT", tmp_path)
    monkeypatch.setattr(clauses, "OBLIGATIONS_FILE", tmp_path / "data_contracts" / "obligations.yaml")
    monkeypatch.setattr(clauses, "SEEN_RED_FILE", tmp_path / "data_contracts" / "seen_red.json")
    made = Project(tmp_path)
    made.write("pipelines/__init__.py", "")
    made.write("pipelines/doors.py", "def is_shut(guest: str) -> bool:\n    return True\n")
    made.write("tests/test_doors.py", TEST)
    made.write("data_contracts/policy.yaml", "versions: [{gate: 1}, {windows: {door: P1Y}}]\n")
    made.say()
    made.note()
    yield made
    _forget()


def test_an_obligation_whose_test_was_seen_red_and_of_which_nothing_is_missing_is_covered(project: Project) -> None:
    clause = project.clause()
    assert (clause.status, clause.proven, clause.unproven) == ("covered", (FAULT["test"],), ())


def test_what_is_not_all_built_is_covered_in_part_however_well_the_rest_is_proven(project: Project) -> None:
    project.say(missing="The window is open.")
    clause = project.clause()
    assert (clause.status, clause.proven, clause.unproven) == ("in part", (FAULT["test"],), ())


def test_without_a_note_nothing_is_covered(project: Project) -> None:
    clauses.note_seen_red({})
    assert (project.clause().status, project.clause().unproven) == ("not covered", (FAULT["test"],))
    (project.root / "data_contracts" / "seen_red.json").unlink()
    assert project.clause().status == "not covered"


def test_an_obligation_without_any_fault_is_not_covered(project: Project) -> None:
    project.say(faults=[], missing="")
    assert project.clause().status == "not covered"


def test_a_note_is_old_when_its_test_is_written_otherwise(project: Project) -> None:
    project.change("tests/test_doors.py", "assert is_shut(guest)", "assert is_shut(guest) or True")
    assert project.clause().status == "not covered"


def test_a_note_is_old_when_a_case_of_its_test_is_another(project: Project) -> None:
    project.change("tests/test_doors.py", '["nobody"]', "[]")
    assert project.clause().status == "not covered"


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("tests/test_doors.py", f"{TEST}\npytestmark = pytest.mark.skip\n"),
        ("tests/test_doors.py", TEST.replace("import pytest", "import pytest\n\nGUESTS: list[str] = []")),
        ("tests/conftest.py", "collect_ignore = ['test_doors.py']\n"),
        ("conftest.py", "collect_ignore = ['tests']\n"),
    ],
)
def test_a_note_is_old_when_anything_around_its_test_could_keep_it_from_running(
    project: Project, place: str, text: str
) -> None:
    project.write(place, text)
    assert project.clause().status == "not covered"


def test_a_note_stands_when_another_module_is_written_otherwise(project: Project) -> None:
    project.write("tests/test_windows.py", "def test_a_window() -> None:\n    assert True\n")
    project.write("tests/unit/conftest.py", "collect_ignore = ['x']\n")
    assert project.clause().status == "covered"


def test_a_note_is_old_when_its_test_is_gone(project: Project) -> None:
    project.change("tests/test_doors.py", "def test_the_door_is_shut", "def test_a_door_is_shut")
    assert project.clause().status == "not covered"
    (project.root / "tests" / "test_doors.py").unlink()
    _forget()
    assert project.clause().status == "not covered"


@pytest.mark.parametrize("code", ["    return guest != ''\n", "    return True\n    return True\n", None])
def test_a_note_is_old_when_the_fault_fits_the_code_no_more(project: Project, code: str | None) -> None:
    place = project.root / "pipelines" / "doors.py"
    place.unlink() if code is None else place.write_text(f"def is_shut(guest: str) -> bool:\n{code}")
    assert clauses.digest_of(clauses.obligations()["O1"].faults[0]) is None
    assert project.clause().status == "not covered"


@pytest.mark.parametrize("change", [{"new": "return None"}, {"old": "    return True"}])
def test_a_note_is_old_when_the_fault_is_another(project: Project, change: dict[str, str]) -> None:
    project.say(faults=[{**FAULT, **change}])
    assert project.clause().status == "not covered"


def test_a_test_of_two_faults_is_proven_by_both_alone(project: Project) -> None:
    project.say(faults=[FAULT, {**FAULT, "new": "return guest"}])
    assert (project.clause().status, project.clause().unproven) == ("not covered", (FAULT["test"],))
    project.note()
    assert (project.clause().status, project.clause().proven) == ("covered", (FAULT["test"],))


def test_one_of_two_tests_that_was_not_seen_red_leaves_the_clause_covered_in_part(project: Project) -> None:
    other = "tests/test_doors.py::test_another"
    project.say(faults=[FAULT, {**FAULT, "test": other}])
    clause = project.clause()
    assert (clause.status, clause.proven, clause.unproven) == ("in part", (FAULT["test"],), (other,))


def test_a_word_that_the_matrix_does_not_know_is_refused(project: Project) -> None:
    with pytest.raises(ValidationError, match="proof"):
        project.say(proof="trust us")


CHECKS: dict[str, tuple[Callable[[Obligation], Iterator[str]], dict[str, Any], str]] = {
    "a rule of no file": (matrix.unknown_rules, {"rules": ["data_contracts/doors.yaml"]}, "no such file"),
    "a rule beside the contracts": (matrix.unknown_rules, {"rules": ["pipelines/doors.py"]}, "no such file"),
    "a rule that is not held": (
        matrix.unknown_rules,
        {"rules": ["data_contracts/policy.yaml#windows.gate"]},
        "does not hold",
    ),
    "a rule below a value": (
        matrix.unknown_rules,
        {"rules": ["data_contracts/policy.yaml#windows.door.lock"]},
        "does not hold",
    ),
    "a rule of an older version alone": (
        matrix.unknown_rules,
        {"rules": ["data_contracts/policy.yaml#gate"]},
        "does not hold",
    ),
    "a module that is not there": (matrix.unknown_modules, {"code": ["pipelines.windows"]}, "no such module"),
    "a kind of entry that is none": (matrix.unknown_evidence, {"evidence": ["promise"]}, "neither a kind"),
    "a file outside the home": (matrix.unknown_evidence, {"evidence": ["/etc/hostname.txt"]}, "neither a kind"),
    "a test that is not there": (
        matrix.unfit_faults,
        {"faults": [{**FAULT, "test": "tests/test_doors.py::test_no_door"}]},
        "is gone",
    ),
    "a test of no file": (matrix.unfit_faults, {"faults": [{**FAULT, "test": "tests/test_x.py::test_x"}]}, "is gone"),
    "a fault that does not fit": (matrix.unfit_faults, {"faults": [{**FAULT, "old": "return 1"}]}, "is gone"),
    "a fault that changes nothing": (
        matrix.unfit_faults,
        {"faults": [{**FAULT, "new": FAULT["old"]}]},
        "changes nothing",
    ),
    "a fault that nobody planted": (
        matrix.faults_not_seen_red,
        {"faults": [{**FAULT, "new": "return None"}]},
        "run make plant",
    ),
    "neither proof nor a word of what is missing": (matrix.silences, {"faults": []}, "says neither"),
    "a proof without a rule": (matrix.silences, {"rules": []}, "by which rule"),
    "a proof without evidence": (matrix.silences, {"evidence": []}, "by which rule"),
}


@pytest.mark.parametrize("case", CHECKS)
def test_a_wrong_entry_is_found_and_a_right_one_is_not(project: Project, case: str) -> None:
    check, change, what = CHECKS[case]
    assert list(check(clauses.obligations()["O1"])) == []
    (found,) = check(project.say(**change))
    assert what in found
