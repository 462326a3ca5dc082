from __future__ import annotations

import random
import re
from datetime import date

from pipelines.demo.sources.tickets import spelling

WORDS = {word: str(n) for n, word in enumerate(spelling._DIGITS)} | {
    word: str(n) for n, word in enumerate(spelling._DIGITS_EN)
}


def many(write, count: int = 400) -> set[str]:
    return {write(random.Random(n)) for n in range(count)}


def digits_of(text: str) -> str:
    for word, digit in WORDS.items():
        text = re.sub(rf"\b{word}\b", digit, text)
    return re.sub(r"\D", "", text.replace("O", "0"))


def test_a_phone_in_any_spelling_is_the_same_number():
    found = many(lambda rng: spelling.phone("+6281200001234", rng=rng, is_english=rng.random() < 0.5))
    assert len(found) > 12
    assert {digits_of(text).removeprefix("62").removeprefix("0") for text in found} == {"81200001234"}
    assert any("O" in text for text in found)
    assert any("delapan" in text for text in found)
    assert any("eight" in text for text in found)


def test_an_address_keeps_to_its_reserved_domain():
    found = many(lambda rng: spelling.email("dewi.kuas@pos.example", rng=rng))
    assert len(found) > 12
    assert all("example" in text.lower() for text in found)
    assert any("[at]" in text for text in found)
    assert any("(at)" in text for text in found)
    assert any(text.isupper() for text in found)


def test_a_slip_changes_a_word_a_little():
    for text in many(lambda rng: spelling.misspelt("Larasati", rng=rng)):
        assert text != "Larasati"
        assert abs(len(text) - 8) <= 1


def test_an_identity_number_keeps_its_digits():
    found = many(lambda rng: spelling.nik("3273014112980000", rng=rng))
    assert {digits_of(text) for text in found} == {"3273014112980000"}
    assert len(found) == 4


def test_dates_of_birth_are_told_in_many_ways():
    found = many(lambda rng: spelling.day(date(2003, 3, 12), rng=rng))
    assert {"12 Maret 2003", "12-03-2003", "12/3/03"} <= found


def test_a_tax_number_has_fifteen_digits():
    found = many(lambda rng: spelling.npwp("010000123456000", rng=rng))
    assert {digits_of(text) for text in found} == {"010000123456000"}
    assert "01.000.012.3-456.000" in found


def test_no_spelling_breaks_a_line():
    rng = random.Random(1)
    street = many(lambda rng: spelling.street("Jl. Jambu No. 3, RT 01/RW 02", "Kediri", rng=rng))
    card = spelling.card("4811111111111114", rng=rng)
    assert not any("\n" in text for text in (*street, card, spelling.spelt_out("Ayu Lestari", rng=rng)))
