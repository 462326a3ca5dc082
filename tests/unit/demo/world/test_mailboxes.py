from __future__ import annotations

import random

from pipelines.demo.world import mailboxes


def test_people_of_one_name_have_different_addresses():
    rng = random.Random(1)
    made = [mailboxes.of_learner(n, "dewi", "sari", rng=rng).lower() for n in range(30_000)]
    made += [mailboxes.second_of_learner(n, "dewi", "sari", rng=rng) for n in range(10_000)]
    made += [mailboxes.of_subscriber(n, "dewi", "sari", rng=rng) for n in range(10_000)]
    assert len(set(made)) == len(made)


def test_addresses_are_well_formed_for_the_first_and_the_last_alike():
    rng = random.Random(1)
    for number in (*range(400), 99_999, 2_000_000):
        for make in (mailboxes.of_learner, mailboxes.second_of_learner, mailboxes.of_subscriber):
            local, _, domain = make(number, "tukiyem", "", rng=rng).partition("@")
            assert local[0] not in "._-"
            assert local[-1] not in ".-"
            assert ".." not in local
            assert domain.lower().endswith((".example", "example.com", "example.org", "example.net"))


def test_some_add_a_tag_or_type_capitals():
    rng = random.Random(1)
    made = [mailboxes.of_learner(n, "raka", "putra", rng=rng) for n in range(1000)]
    assert 10 < sum("+" in address for address in made) < 50
    assert 15 < sum(address != address.lower() for address in made) < 80
