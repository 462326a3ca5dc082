"""What of a notification is signed, and what tells one from another."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.intake.dialects.midtrans import DIALECT, are_signed

KEY = b"kunci"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def signed(*texts: str, key: bytes = KEY) -> str:
    return hashlib.sha512("".join(texts).encode() + key).hexdigest()


def is_signed(texts: Sequence[str | None], key: bytes) -> bool:
    (found,) = are_signed([pl.Series(f"proof_{n}", [text], dtype=pl.String) for n, text in enumerate(texts)], key)
    return bool(found)


def test_the_signature_is_what_sha512sum_says():
    # printf 'pesanan-120010000.00kunci-uji' | sha512sum
    expected = (
        "8481ce32ee1b9e5b1bccb1d9195801c0ecc7c49e08284b156e6296d759b590fc"
        "6f2a352340426b3939c934e9e9c7f2155183ecbcde6b60b3aec4446269fec67d"
    )
    assert is_signed(("pesanan-1", "200", "10000.00", expected), b"kunci-uji")


@given(TEXTS, TEXTS, TEXTS)
def test_what_was_signed_is_believed_in_either_case_of_its_digits(order_id: str, code: str, gross: str):
    signature = signed(order_id, code, gross)
    assert is_signed((order_id, code, gross, signature), KEY)
    assert is_signed((order_id, code, gross, signature.upper()), KEY)


@given(st.lists(TEXTS, min_size=4, max_size=4), TEXTS)
def test_nothing_else_is(texts: list[str], key: str):
    if texts[3].lower() != signed(*texts[:3], key=key.encode()):
        assert not is_signed(texts, key.encode())


@pytest.mark.parametrize("missing", range(4))
def test_what_lacks_a_part_is_not_signed(missing: int):
    texts = ["pesanan-1", "200", "10000.00", signed("pesanan-1", "200", "10000.00")]
    assert not is_signed([None if place == missing else text for place, text in enumerate(texts)], KEY)


def test_each_row_is_judged_by_its_own_signature():
    rows = [("a", "200", "1.00", signed("a", "200", "1.00")), ("b", "200", "1.00", signed("a", "200", "1.00"))]
    columns = [pl.Series(f"proof_{n}", texts) for n, texts in enumerate(zip(*rows, strict=True))]
    assert are_signed(columns, KEY).to_list() == [True, False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'375000.00'", "375000.00"),
        ("'0.00'", "0.00"),
        ("'375000.0'", "unsigned"),
        ("'375000'", "unsigned"),
        ("'-1.00'", "unsigned"),
        ("'1e5'", "unsigned"),
        ("'٣.٠٠'", "unsigned"),
        ("null", None),
    ],
)
def test_an_amount_is_a_text_with_two_decimals(text: str, expected: str | None):
    assert duckdb.sql(f"select {DIALECT.leaves['gross_amount'](text)}").fetchall() == [(expected,)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[{"created_at": "2026-01-02 00:00:00"}, {"created_at": "2026-01-01 00:00:00"}]', "2026-01-02 00:00:00"),
        ("[]", None),
        ("[1, 2]", None),
        ("[broken", None),
        ("text", None),
        ('{"created_at": "2026-01-02 00:00:00"}', None),
    ],
)
def test_the_last_refund_is_the_one_that_counts(text: str, expected: str | None):
    relation = duckdb.sql("select $1 as s", params=[text])
    assert duckdb.sql(f"select {DIALECT.leaves['refunds']('s')} from relation").fetchall() == [(expected,)]
    assert relation is not None


def test_each_part_of_a_state_makes_another_notification():
    parts = ("order_id", "transaction_id", "transaction_status", "status_code", "gross_amount", "fraud_status")
    parts += ("transaction_time", "settlement_time", "refund_amount")
    whole = dict.fromkeys(parts, "a")
    told = [whole, *({**whole, part: "b"} for part in parts), *({**whole, part: ""} for part in parts[2:])]

    def key(row: dict[str, str]) -> str:
        sql = DIALECT.makes["notification_id"](lambda path: f"'{row[path]}'")
        return str(duckdb.sql(f"select {sql}").fetchall()[0][0])

    assert len({key(row) for row in told}) == len(told)
