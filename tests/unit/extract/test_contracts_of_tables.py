"""What a contract may say of its table; every planted fault is told with its file and line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines import settings
from pipelines.contracts import ContractViolation, load

_ACCOUNTS = "{property: extract, value: {table: accounts, mark: updated_at}}"
_EVENTS = "{property: extract, value: {table: course_progress, mark: occurred_at, overlapMinutes: 1440}}"
_FAULTS = {
    "an unknown field": (
        "accounts",
        _ACCOUNTS,
        _ACCOUNTS.replace("mark:", "since:"),
        "`since` is not known in extract",
    ),
    "no table": ("accounts", _ACCOUNTS, "{property: extract, value: {mark: updated_at}}", "table"),
    "a table that is no name": ("accounts", _ACCOUNTS, _ACCOUNTS.replace("accounts,", "'a; drop',"), "table"),
    "a mark that is no version": (
        "accounts",
        _ACCOUNTS,
        _ACCOUNTS.replace("updated_at", "registered_at"),
        "does not tell of every version",
    ),
    "another time than the event's": ("course_progress", _EVENTS, _EVENTS.replace("occurred_at", "score"), "eventTime"),
    "an event without a mark": (
        "course_progress",
        _EVENTS,
        "{property: extract, value: {table: course_progress}}",
        "eventTime",
    ),
    "no overlap": ("course_progress", _EVENTS, _EVENTS.replace("1440", "0"), "overlapMinutes"),
    "a state told by its status": (
        "orders",
        "{property: extract, value: {table: orders}}",
        "{property: extract, value: {table: orders, mark: created_at}}",
        "the table is read whole",
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(settings.CONTRACTS_DIR, tmp_path / "data_contracts"))


def _spoil(folder: Path, source: str, old: str, new: str) -> int:
    file = folder / "inbound" / f"{source}.odcs.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    return text[: text.index(old)].count("\n") + 1


@pytest.mark.parametrize("fault", _FAULTS)
def test_a_fault_is_told_with_its_file_and_line(folder: Path, fault: str):
    source, old, new, told = _FAULTS[fault]
    line = _spoil(folder, source, old, new)
    with pytest.raises(ContractViolation) as caught:
        load(folder)
    (finding,) = caught.value.findings
    assert (finding.file, finding.line) == (f"data_contracts/inbound/{source}.odcs.yaml", line)
    assert told in f"{finding.what} {finding.mend}"


def test_rows_of_another_shape_have_no_table(folder: Path):
    kind = "  - {property: kind, value: event}\n"
    added = "  - {property: extract, value: {table: hits, mark: %s}}\n"
    for source, at in (("meta_pixel", "event_time"), ("web_events", "timestamp")):
        _spoil(folder, source, kind, kind + added % at)
    with pytest.raises(ContractViolation) as caught:
        load(folder)
    assert len([each for each in caught.value.findings if "flat rows" in each.what]) == 2


def test_several_marks_and_a_schema_may_be_named(folder: Path):
    _spoil(folder, "rights_requests", "table: rights_requests", "table: legal.rights_requests")
    rule = load(folder).inbound["rights_requests"].extract
    assert rule is not None
    assert (rule.table, rule.mark) == ("legal.rights_requests", ("received_at", "identity_verified_at"))
    assert rule.overlap_minutes == 60
