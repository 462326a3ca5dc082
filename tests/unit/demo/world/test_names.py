from __future__ import annotations

import random
from collections import Counter

import pytest

from pipelines.demo.world import names
from pipelines.demo.world.name_words import MONONYMS, STOCKS


@pytest.fixture(scope="module")
def many() -> list[names.Name]:
    rng = random.Random(4)
    return [names.name(rng, gender=gender) for _ in range(3000) for gender in ("female", "male")]


def test_about_one_in_twelve_has_a_single_name(many):
    assert sum(not name.last for name in many) / len(many) == pytest.approx(0.08, abs=0.015)


def test_names_have_one_to_five_parts_and_mostly_two_or_three(many):
    parts = Counter(len(name.full.partition(",")[0].split()) for name in many)
    assert set(parts) <= {1, 2, 3, 4, 5, 6}
    assert parts[2] + parts[3] > 0.8 * len(many)


def test_some_are_typed_in_capitals_or_small_letters_and_some_show_a_degree(many):
    assert 0.01 < sum(name.full.isupper() for name in many) / len(many) < 0.05
    assert 0.02 < sum(name.full.islower() for name in many) / len(many) < 0.07
    assert any(name.full.endswith("S.Ds.") for name in many)


def test_apostrophes_and_accents_occur_in_names_but_not_in_their_plain_parts(many):
    assert any("'" in name.full for name in many)
    assert any("é" in name.full for name in many)
    assert all((name.first + name.last).isascii() and (name.first + name.last).isalpha() for name in many)


def test_nobody_is_called_by_a_prefix_alone(many):
    assert not {name.nickname for name in many} & {"Muhammad", "Moh.", "M.", "Siti", "I", "Ni", "Andi"}
    assert all(name.nickname for name in many)


def test_every_region_and_every_single_name_has_words_for_both():
    for stock in STOCKS.values():
        assert all(stock[gender].given and stock[gender].last for gender in ("female", "male"))
    assert all(len(MONONYMS[gender]) > 15 for gender in ("female", "male"))


def test_names_of_a_place_are_commoner_there():
    def marga(local: str) -> int:
        rng = random.Random(1)
        families = set(STOCKS["batak"]["male"].last)
        return sum(bool(families & set(names.name(rng, gender="male", local=local).full.split())) for _ in range(2000))

    assert marga("batak") > 3 * marga("balinese")


@pytest.mark.parametrize(
    ("typed", "tidy"), [("DEWI LESTARI", "Dewi Lestari"), ("i made agus", "I Made Agus"), ("Nur'aini", "Nur'aini")]
)
def test_a_corrected_name_has_ordinary_capitals(typed, tidy):
    assert names.tidied(typed) == tidy


def test_a_degree_is_shown_once():
    assert names.with_degree("Dewi, S.Ds.", rng=random.Random(1)) == "Dewi, S.Ds."
    assert names.with_degree("Dewi", rng=random.Random(1)).startswith("Dewi, ")
