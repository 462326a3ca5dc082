"""The Open University Learning Analytics Dataset as landed files, and its completion rates counted by hand.

Imports nothing from `pipelines`: what the product must find is computed here from the same CSV files. Run as a script it
prints the rates. Source: Kuzilek, Hlosta, Zdrahal, "Open University Learning Analytics dataset", Scientific Data 4 (2017),
CC BY 4.0. Presentations coded B start in February, J in October.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "oulad"
OBSERVATION_DAYS = 30
_START_MONTH = {"B": 2, "J": 10}
_COMPLETED = {"Pass", "Distinction"}


@dataclass(frozen=True)
class Rate:
    """One presentation: learners enrolled, completed, and the median of days from enrolment to its end."""

    enrolled: int
    completed: int
    median_days: float

    @property
    def rate(self) -> float:
        return self.completed / self.enrolled


def rates(folder: Path = FOLDER) -> dict[tuple[str, str], Rate]:
    """Return (module, presentation) → rate, counted from the registrations and final results alone."""
    lengths = {
        (row["code_module"], row["code_presentation"]): int(row["module_presentation_length"])
        for row in _rows(folder, "courses")
    }
    enrolled: dict[tuple[str, str], set[str]] = {}
    days: dict[tuple[str, str], list[int]] = {}
    registered = {_key(row): row["date_registration"] for row in _rows(folder, "studentRegistration")}
    for row in _rows(folder, "studentInfo"):
        presentation = (row["code_module"], row["code_presentation"])
        enrolled.setdefault(presentation, set()).add(row["id_student"])
        if row["final_result"] in _COMPLETED:
            days.setdefault(presentation, []).append(lengths[presentation] - int(registered[_key(row)] or 0))
    return {
        presentation: Rate(len(students), len(days[presentation]), float(median(days[presentation])))
        for presentation, students in sorted(enrolled.items())
    }


def land(landing: Path, folder: Path = FOLDER) -> dict[str, int]:
    """Write the dataset as `courses`, `cohorts`, `course_modules` and `course_progress` files; return rows by source."""
    written = {"courses": _land_courses(landing, folder), "cohorts": _land_cohorts(landing, folder)}
    written["course_modules"] = _land_modules(landing, folder)
    lines = [*_registrations(folder), *_results(folder), *_assessments(folder)]
    place = landing / "course_progress" / "oulad.jsonl"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return {**written, "course_progress": len(lines)}


def _land_courses(landing: Path, folder: Path) -> int:
    names = sorted({row["code_module"] for row in _rows(folder, "courses")})
    return _csv(landing / "courses" / "oulad.csv", ["course_id", "title"], [[name, f"Module {name}"] for name in names])


def _land_cohorts(landing: Path, folder: Path) -> int:
    rows = []
    for row in _rows(folder, "courses"):
        start = _start(row["code_presentation"])
        end = start + timedelta(days=int(row["module_presentation_length"]))
        rows.append([row["code_module"], row["code_presentation"], _iso(start), _iso(end), str(OBSERVATION_DAYS)])
    return _csv(
        landing / "cohorts" / "oulad.csv", ["course_id", "cohort", "starts_at", "ends_at", "observation_days"], rows
    )


def _land_modules(landing: Path, folder: Path) -> int:
    rows = [
        [row["code_module"], row["id_assessment"], f"{row['assessment_type']} {row['id_assessment']}", "false"]
        for row in _rows(folder, "assessments")
    ]
    return _csv(landing / "course_modules" / "oulad.csv", ["course_id", "module_id", "title", "required"], rows)


def _registrations(folder: Path) -> Iterator[dict[str, str]]:
    for row in _rows(folder, "studentRegistration"):
        start = _start(row["code_presentation"])
        yield _event(row, "enrolled", start + timedelta(days=int(row["date_registration"] or 0)))
        if row["date_unregistration"]:
            yield _event(row, "unenrolled", start + timedelta(days=int(row["date_unregistration"])))


def _results(folder: Path) -> Iterator[dict[str, str]]:
    lengths = {
        (row["code_module"], row["code_presentation"]): int(row["module_presentation_length"])
        for row in _rows(folder, "courses")
    }
    for row in _rows(folder, "studentInfo"):
        if row["final_result"] in _COMPLETED:
            length = lengths[row["code_module"], row["code_presentation"]]
            yield _event(row, "course_completed", _start(row["code_presentation"]) + timedelta(days=length))


def _assessments(folder: Path) -> Iterator[dict[str, str]]:
    where = {row["id_assessment"]: row for row in _rows(folder, "assessments")}
    for row in _rows(folder, "studentAssessment"):
        asked = {**where[row["id_assessment"]], "id_student": row["id_student"]}
        at = _start(asked["code_presentation"]) + timedelta(days=int(row["date_submitted"]))
        event = _event(asked, "assessment_submitted", at)
        event |= {"event_id": f"{event['event_id']}-{row['id_assessment']}", "module_id": row["id_assessment"]}
        yield event | ({"score": row["score"], "max_score": "100"} if row["score"] else {})


def _event(row: dict[str, str], event_type: str, at: datetime) -> dict[str, str]:
    course, cohort, student = row["code_module"], row["code_presentation"], row["id_student"]
    return {
        "event_id": f"{course}-{cohort}-{student}-{event_type}",
        "user_id": student,
        "course_id": course,
        "cohort": cohort,
        "event_type": event_type,
        "occurred_at": _iso(at),
    }


def _key(row: dict[str, str]) -> tuple[str, str, str]:
    return row["code_module"], row["code_presentation"], row["id_student"]


def _start(presentation: str) -> datetime:
    return datetime(int(presentation[:4]), _START_MONTH[presentation[4]], 1, 3, tzinfo=UTC)


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _rows(folder: Path, name: str) -> Iterator[dict[str, str]]:
    with (folder / f"{name}.csv").open(newline="") as stream:
        yield from csv.DictReader(stream)


def _csv(place: Path, header: list[str], rows: list[list[str]]) -> int:
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("w", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    return len(rows)


if __name__ == "__main__":
    for (module, presentation), found in rates().items():
        sys.stdout.write(f"{module}-{presentation}  {found.completed:5d} of {found.enrolled:5d}  {found.rate:6.1%}\n")
