from __future__ import annotations

import pytest

from tests import planting

FAILED = "FAILED tests/test_doors.py::test_the_door_is_shut - AssertionError: assert False\n1 failed in 0.1s\n"
NOT_SET_UP = "ERROR tests/test_doors.py::test_the_door_is_shut - KeyError: 'door'\n1 error in 0.1s\n"


@pytest.mark.parametrize(
    ("code", "said", "outcome", "why"),
    [
        (1, FAILED, "red", "AssertionError: assert False"),
        (0, "1 passed in 0.1s\n", "STAYS GREEN", ""),
        (0, "1 skipped in 0.1s\n", "is skipped", ""),
        (0, "3 passed, 1 skipped in 0.1s\n", "is skipped", ""),
        (0, "===== 1 xfailed in 0.1s =====\n", "is skipped", ""),
        (0, "no tests ran in 0.1s\n", "is skipped", ""),
        (1, NOT_SET_UP, "cannot be run (1)", ""),
        (2, NOT_SET_UP, "cannot be run (2)", ""),
        (4, "ERROR: not found\n", "cannot be run (4)", ""),
        (5, "no tests ran in 0.1s\n", "cannot be run (5)", ""),
    ],
)
def test_only_a_test_that_began_and_failed_is_red(code: int, said: str, outcome: str, why: str) -> None:
    assert planting.judged(code, said) == (outcome, why)
