"""The hashes printed by Meta are those of its pages:

- https://developers.facebook.com/documentation/ads-commerce/marketing-api/audiences/guides/custom-audiences, "Hashing"
- https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/customer-information-parameters, `em`, `ph`

Every phone number of Indonesia here has the run of zeros that none that rings has.
"""

from __future__ import annotations

import hashlib
import random
import re

import phonenumbers
import polars as pl
import pytest

from pipelines.audiences import contacts
from pipelines.demo.world import phones as demo_phones

NUMBER = "6281200001234"


def of(*, email: str | None = None, phone: str | None = None, spelling: str = "digits") -> dict[str, object]:
    people = pl.DataFrame([(7, email, phone)], schema=contacts.PEOPLE, orient="row")
    return contacts.sendable(people, spelling=contacts.Spelling(spelling)).row(0, named=True)


def phone(written: str | None) -> str | None:
    return contacts.phones(pl.Series([written], dtype=pl.String)).item()


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("mary@example.com", "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79"),
        ("John_Smith@gmail.com", "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"),
        ("  Mary@Example.COM\n", "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79"),
    ],
)
def test_an_email_has_the_hash_that_meta_prints(written: str, printed: str) -> None:
    assert of(email=written)["email_sha256"] == printed


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("+15559876543", "1ef970831d7963307784fa8688e8fce101a15685d62aa765fed23f3a2c576a4e"),
        ("+1 (650)555-1212", "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"),
        ("001 650 555 1212", "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"),
    ],
)
def test_a_phone_has_the_hash_that_meta_prints(written: str, printed: str) -> None:
    assert of(phone=written)["phone_sha256"] == printed


@pytest.mark.parametrize(
    "written",
    [
        "081200001234",
        "0812-0000-1234",
        "0812.0000.1234",
        "0812 0000 1234",
        "(0812) 0000 1234",
        "0812/0000/1234",
        "0812–0000–1234",
        "81200001234",
        "812 0000 1234",
        "6281200001234",
        "62-812-0000-1234",
        "62 0812 0000 1234",
        "+6281200001234",
        "+62 812-0000-1234",
        "+62 (0)812 0000 1234",
        "+62(0812)00001234",
        "＋６２ ８１２ ００００ １２３４",
        "０８１２００００１２３４",
        "006281200001234",
        "00 62 812 0000 1234",
        "0062 (0)812 0000 1234",
        "  0812 0000\u00a01234 ",
        "\u202a+62 812 0000 1234\u202c",
        "(+62) 812 0000 1234",
    ],
)
def test_every_local_spelling_is_one_number_and_one_hash(written: str) -> None:
    found = of(phone=written)
    assert found["phone"] == NUMBER
    assert found["phone_sha256"] == hashlib.sha256(NUMBER.encode()).hexdigest()


@pytest.mark.parametrize(
    "written",
    [
        None,
        "",
        "-",
        "+",
        "0",
        "62",
        "O812 0000 1234",
        "0812 OOOO 1234",
        "0812-0000-1234 (rumah)",
        "0812 0000 1234 / 0813 0000 1234",
        "08",
        "0812 00",
        "0812 0000 1234 5678 9012",
        "+0812 0000 1234",
        "+999 812 0000 1234",
        "6505551212",
        "16505551212",
        "+1 650 555",
        "sari@contoh.example",
        "0812+00001234",
    ],
)
def test_what_is_no_number_reaches_nobody(written: str | None) -> None:
    found = of(phone=written)
    assert (found["phone"], found["phone_sha256"]) == (None, None)


@pytest.mark.parametrize(
    "written", [None, "", " ", "sari", "sari@", "@contoh.example", "sari@contoh", "a b@contoh.example"]
)
def test_what_is_no_address_reaches_nobody(written: str | None) -> None:
    found = of(email=written)
    assert (found["email"], found["email_sha256"]) == (None, None)


def test_a_number_of_another_country_keeps_its_own_code() -> None:
    assert phone("+81 90-1234-5678") == "819012345678"
    assert phone("+44 (0)20 7946 0958") == "442079460958"
    assert phone("00 65 9123 4567") == "6591234567"


def test_full_width_and_plain_addresses_are_one() -> None:
    assert (
        of(email="Ｓａｒｉ＠contoh.example")["email"]
        == of(email="sari@contoh.example")["email"]
        == "sari@contoh.example"
    )


def test_google_is_sent_the_hash_with_the_plus() -> None:
    found = of(phone="0812 0000 1234", email="sari@contoh.example", spelling="e164")
    assert found["phone"] == NUMBER
    assert found["phone_sha256"] == hashlib.sha256(f"+{NUMBER}".encode()).hexdigest()
    assert found["email_sha256"] == of(email="sari@contoh.example")["email_sha256"]


def test_the_rows_stay_in_their_order_and_nobody_gets_anothers_contact() -> None:
    people = pl.DataFrame(
        [
            (3, "c@contoh.example", None),
            (1, None, "0812 0000 1234"),
            (2, "c@contoh.example", "0812-0000-1234"),
            (9, "x", "y"),
        ],
        schema=contacts.PEOPLE,
        orient="row",
    )
    found = contacts.sendable(people)
    assert found["subject"].to_list() == [3, 1, 2, 9]
    assert found["email"].to_list() == ["c@contoh.example", None, "c@contoh.example", None]
    assert found["phone"].to_list() == [None, NUMBER, NUMBER, None]
    assert found.columns == ["subject", "email", "phone", "email_sha256", "phone_sha256"]


def test_nobody_gives_an_empty_frame() -> None:
    assert contacts.sendable(pl.DataFrame(schema=contacts.PEOPLE)).is_empty()


def test_a_frame_of_another_shape_is_refused_without_a_value() -> None:
    people = pl.DataFrame({"subject": [1], "email": ["sari@contoh.example"], "phone": [81200001234]})
    with pytest.raises(contacts.UnknownColumns, match="'phone'") as refused:
        contacts.sendable(people)
    assert not re.search("sari|8120000", str(refused.value))


def test_every_spelling_of_the_demos_people_is_the_number_that_they_have() -> None:
    rng = random.Random(8)
    numbers = [demo_phones.e164(learner, rng=rng, is_second=bool(learner % 2)) for learner in range(4_000)]
    found = contacts.phones(pl.Series([demo_phones.spelt(number, rng=rng) for number in numbers]))
    assert found.to_list() == [number.removeprefix("+") for number in numbers]


def test_the_judgement_by_length_is_the_librarys_on_each_number() -> None:
    rng = random.Random(62)
    written = [
        f"+62{rng.randint(1, 9)}{''.join(rng.choices('0123456789', k=rng.randint(1, 18)))}" for _ in range(3_000)
    ]
    possible = [phonenumbers.is_possible_number_with_reason(n) == 0 for n in map(parsed, written)]
    found = contacts.phones(pl.Series(written))
    assert [each is not None for each in found.to_list()] == possible
    assert set(possible) == {True, False}


def parsed(written: str) -> phonenumbers.PhoneNumber:
    try:
        return phonenumbers.parse(written)
    except phonenumbers.NumberParseException:
        return phonenumbers.PhoneNumber()
