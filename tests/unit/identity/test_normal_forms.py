from __future__ import annotations

import unicodedata

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.identity import normal_forms
from pipelines.identity.errors import UnknownKind


def normal(kind: str, *values: str) -> list[str | None]:
    frame = pl.DataFrame({"kind": [kind] * len(values), "value": list(values)})
    return normal_forms.with_normal_form(frame)["normal"].to_list()


def test_every_way_to_write_a_mobile_number_is_one():
    written = ["0812-0000-0001", "+62 812 0000 0001", "62812 00000001", "+62 (0)812 0000 0001", "0062 81200000001"]
    written += ["812-0000-0001", "\u202a+62 812 0000 0001\u202c"]
    assert set(normal("phone", *written)) == {"6281200000001"}


def test_a_foreign_number_keeps_its_country():
    assert normal("phone", "+65 6000 0001") == ["6560000001"]
    assert normal("phone", "+81 90 0000 0001", "(+81) 90 0000 0001", "0081 90 0000 0001") == ["819000000001"] * 3


def test_every_way_to_write_an_e_mail_is_one():
    written = [
        "learner12@example.com",
        " Learner12@Example.COM\t",
        "ｌｅａｒｎｅｒ12@example.com",
        "\u200blearner12@example.com\u00a0",
    ]
    assert set(normal("email", *written)) == {"learner12@example.com"}


def test_opaque_ids_are_taken_exactly():
    assert normal("user_id", " U-1 ", "u-1") == [" U-1 ", "u-1"]


def test_nothing_usable_has_no_normal_form():
    assert normal("email", "  ") + normal("phone", "-") + normal("user_id", "") == [None, None, None]


def test_an_unknown_kind_is_refused():
    with pytest.raises(UnknownKind, match="known are"):
        normal("passport", "x")


@given(st.sampled_from(["email", "phone"]), st.text(max_size=30))
def test_the_normal_form_of_a_normal_form_is_itself(kind: str, value: str):
    [once] = normal(kind, value)
    assert once is None or normal(kind, once) == [once]


@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_canonically_equal_e_mails_are_one(value: str):
    assert normal("email", unicodedata.normalize("NFD", value)) == normal("email", unicodedata.normalize("NFC", value))
