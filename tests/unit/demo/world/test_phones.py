from __future__ import annotations

import random
import re

from pipelines.demo.world import phones


def test_every_learner_has_a_number_of_their_own_and_second_numbers_are_nobodys_first():
    rng = random.Random(1)
    first = [phones.e164(learner, rng=rng) for learner in range(40_000)]
    second = [phones.e164(learner, rng=rng, is_second=True) for learner in range(20_000)]
    assert len({*first, *second}) == len(first) + len(second)


def test_numbers_have_ten_to_thirteen_digits_at_home_and_the_run_of_zeros():
    rng = random.Random(1)
    lengths = set()
    for learner in range(5000):
        number = phones.e164(learner, rng=rng)
        assert re.fullmatch(r"\+628\d\d0000\d{3,5}", number)
        lengths.add(len(number) - len("+62") + 1)
    assert lengths == {11, 12, 13}


def test_a_number_is_spelt_in_many_ways_that_keep_its_digits():
    rng = random.Random(1)
    spelt = {phones.spelt("+6281200001234", rng=rng) for _ in range(600)}
    expected = {"0812-0000-1234", "081200001234", "+62 812 0000 1234", "6281200001234", "(0812) 0000 1234"}
    assert expected | {"0812.0000.1234", "+6281200001234", "812 0000 1234"} <= spelt
    assert {re.sub(r"^(0|62)", "", re.sub(r"\D", "", text)) for text in spelt} == {"81200001234"}
