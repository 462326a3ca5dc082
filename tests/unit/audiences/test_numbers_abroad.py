"""A number of another country is sent and taken back as that country's, though the vault keeps no plus."""

from __future__ import annotations

from tests.ads import Ads
from tests.ads import ads as ads
from tests.ads import people as people


def test_a_number_abroad_goes_and_comes_back(people: Ads) -> None:
    people.learner(1, phone="+1 415-555-0132", updated_at="2026-06-29T09:00:00+07:00")
    people.learner(2, phone="+81 90-1234-5678", updated_at="2026-06-29T09:00:00+07:00")
    people.run(days=1)
    people.sync()
    for number in ("14155550132", "819012345678"):
        assert people.recipient.holds(number)
    for number in (1, 2):
        people.says(number, yes=False, at="2026-06-30T18:00:00+07:00")
    people.run(days=1)
    assert people.withdraw().confirmed == 2
    for number in ("14155550132", "819012345678"):
        assert not people.recipient.holds(number)
