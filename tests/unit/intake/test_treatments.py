"""What each treatment lets through, tried in the engine that runs it."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines import engine
from pipelines.intake import treatments


def of(sql: str, value: str) -> Any:
    with engine.connect() as connection:
        row = connection.execute(f"select {sql} from (select ?::varchar as s)", [value]).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-05-04T10:00:00Z", "2026-05-04 10:00:00"),
        ("2026-05-04T10:00:00+07:00", "2026-05-04 03:00:00"),
        ("2026-05-04 10:00:00.5-0230", "2026-05-04 12:30:00.500000"),
        ("2026-05-04T10:00+07:00", "2026-05-04 03:00:00"),
        ("2026-05-04T10:00Z", "2026-05-04 10:00:00"),
        ("2026-05-04T10:00:00 +0700", "2026-05-04 03:00:00"),
        ("2026-05-04t10:00:00,25z", "2026-05-04 10:00:00.250000"),
        ("2026-05-04T10:00", "2026-05-04 03:00:00"),
        ("2026-05-04T10:00:00+25:00", None),
        ("0001-01-01T00:00:00", None),
        ("0000-05-04T10:00:00Z", None),
        ("9999-12-31T23:59:59Z", None),
        ("9998-12-31T23:59:59Z", "9998-12-31 23:59:59"),
        ("2026-05-04T10:00:00", "2026-05-04 03:00:00"),
        ("2026-05-04", "2026-05-03 17:00:00"),
        ("2024-02-30T00:00:00Z", None),
        ("infinity", None),
        ("epoch", None),
        ("1714800000", None),
        ("2026-05-04T10:00:00Z; drop table accounts", None),
    ],
)
def test_instants_are_read_as_iso_8601_with_jakarta_as_default(text: str, expected: str | None):
    found = of(treatments.timestamp("s"), text)
    assert (str(found) if found else None) == expected


@pytest.mark.parametrize(("text", "expected"), [("3", 3), ("-4", -4), ("1.5", None), ("1e3", None), ("9" * 19, None)])
def test_whole_numbers_are_never_rounded(text: str, expected: int | None):
    assert of(treatments.integer("s"), text) == expected


def test_a_number_that_its_column_cannot_hold_is_none():
    assert of(treatments.integer("s", sql_type="INTEGER"), "6281234567890") is None
    assert of(treatments.integer("s", sql_type="BIGINT"), "6281234567890") == 6281234567890


@pytest.mark.parametrize(("text", "expected"), [("1.5", 1.5), ("NaN", None), ("inf", None), ("12,5", None)])
def test_numbers_are_finite(text: str, expected: float | None):
    assert of(treatments.number("s"), text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.1.2.3", "10.1.2.0/24"),
        ("255.255.255.255", "255.255.255.0/24"),
        ("256.1.1.1", None),
        ("10.1.2", None),
        ("10.1.2.3.4", None),
        ("10.1.2.3, 10.9.9.9", None),
    ],
)
def test_an_ipv4_address_is_cut_to_its_24(text: str, expected: str | None):
    assert of(treatments.ipv4_network("s"), text) == expected


def test_a_keyed_hash_depends_on_key_family_and_value():
    found = {
        of(treatments.keyed("s", key=f"'{key}'", family=family), value)
        for key in ("k1", "k2")
        for family in ("a", "b")
        for value in ("x", "y")
    }
    assert len(found) == 8
    assert all(-(2**63) <= value < 2**63 for value in found)
