from __future__ import annotations

from typing import Any

from tests.truth import assessments
from tests.unit.truth.telling import COHORTS, COURSES, Row, event, quarantined

MODULES = [{"course_id": "web", "module_id": f"m{n}", "position": n, "is_required": True} for n in (1, 2)]


def handed_in(name: str, user: str, score: float | None, at: str = "02-01T00:00:00", **more: Any) -> Row:
    return event(
        name, user, "assessment_submitted", at, **{"module_id": "m1", "score": score, "max_score": 100.0, **more}
    )


def enrolled(*users: str) -> list[Row]:
    return [event(f"in-{user}", user, "enrolled", "01-10T00:00:00") for user in users]


def table(tell: Any, *events: Row, **more: Any) -> list[dict[str, Any]]:
    world = tell(courses=COURSES, cohorts=COHORTS, course_modules=MODULES, learning_events=events, **more)
    rows: list[dict[str, Any]] = assessments.modules(world).to_dicts()
    return rows


def test_each_learner_counts_with_their_best_result_and_every_attempt(tell):
    (row,) = table(
        tell,
        *enrolled("ann", "ben", "cyn"),
        handed_in("1", "ann", 40.0),
        handed_in("2", "ann", 60.0),
        handed_in("3", "ann", 50.0),
        handed_in("4", "ben", 11.99, max_score=20.0),  # 59.95 of a hundred
        handed_in("5", "cyn", 100.0),
    )
    assert (row["cohort"], row["module_id"], row["position"], row["is_window_closed"]) == ("c1", "m1", 1, True)
    assert (row["assessed"], row["passed"], row["repeat_attempts"]) == (3, 2, 2)
    assert row["mean_attempts"] == 5 / 3
    # Best are 59.95, 60 and 100: halfway between neighbours at the quartiles.
    assert row["lower_quartile_best_result"] == (59.95 + 60) / 2
    assert (row["median_best_result"], row["upper_quartile_best_result"]) == (60, 80)


def test_only_listed_modules_and_results_that_mean_something_count(tell):
    found = table(
        tell,
        *enrolled("ann"),
        handed_in("1", "ann", None),
        handed_in("2", "ann", 9.0, max_score=None),
        handed_in("3", "ann", 0.0, max_score=0.0),
        handed_in("4", "ann", 9.0, module_id="unheard-of"),
        handed_in("5", "ann", 9.0, module_id=None),
        handed_in("6", "ann", 0.0, module_id="m2"),
    )
    assert [(row["module_id"], row["assessed"], row["passed"]) for row in found] == [("m2", 1, 0)]


def test_what_is_handed_in_after_the_window_or_without_enrolment_counts_nowhere(tell):
    found = table(
        tell,
        *enrolled("ann", "ben"),
        handed_in("1", "ann", 70.0, at="03-11T00:00:00"),  # the last instant
        handed_in("2", "ann", 90.0, at="03-11T00:00:01"),
        handed_in("3", "ben", 90.0, at="03-11T00:00:01"),
        handed_in("4", "cyn", 90.0),  # never enrolled
    )
    assert [(row["assessed"], row["median_best_result"], row["mean_attempts"]) for row in found] == [(1, 70, 1)]


def test_an_attempt_that_was_lost_or_taken_back_counts_nowhere(tell):
    voids = {"source": "course_progress_xapi", "kind": "voids", "fate": "accepted", "key": "2"}
    events = [*enrolled("ann"), *(handed_in(str(n), "ann", 10.0 * n, told_by="both") for n in (1, 2, 3))]
    lost = [quarantined("course_progress", "3"), quarantined("course_progress_xapi", "3")]
    assert [row["median_best_result"] for row in table(tell, *events)] == [30]
    assert [row["median_best_result"] for row in table(tell, *events, planted=[voids, *lost])] == [10]
    # Of a telling that is left the attempt stays, but statements name no cohort: the enrolment does.
    assert [row["median_best_result"] for row in table(tell, *events, planted=lost[:1])] == [30]
