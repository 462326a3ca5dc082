"""However somebody spells an address or number, it is one: in the vault, in what refuses, and in what is sent."""

from __future__ import annotations

import pytest

from tests.ads import Ads
from tests.ads import ads as ads
from tests.unit.audiences.test_signals import hashed, hits

EMAIL, PHONE = "orang1@contoh.example", "6281230000001"
SPELT = (
    ("email", "Orang1@contoh.example", EMAIL),
    ("email", "orang1\u200b@contoh.example", EMAIL),
    ("email", "\u202aorang1@contoh.example\u202c", EMAIL),
    ("phone", "812-3000-0001", PHONE),
    ("phone", "0062 812 3000 0001", PHONE),
    ("phone", "\u202a+62 (0)812-3000-0001\u202c", PHONE),
)


@pytest.mark.parametrize(("field", "spelt", "sent"), SPELT)
def test_a_hit_refuses_for_whoever_is_sent_under_that_hash(ads: Ads, field: str, spelt: str, sent: str) -> None:
    for number in (1, 2, 3):
        ads.learner(number, **({field: spelt} if number == 1 else {}))
        ads.says(number, yes=True, at="2026-05-21T09:00:00+07:00")
    ads.run()
    ads.sync()
    assert ads.recipient.holds(sent)
    hits(ads, {field[:2]: hashed(sent)}, opt_out=True)
    ads.run(days=1)
    ads.sync()
    assert not ads.recipient.holds(sent)
    assert ads.reached() == {2, 3}


@pytest.mark.parametrize(("field", "spelt", "sent"), SPELT)
def test_a_contact_that_somebody_states_otherwise_who_refused_goes_with_nobody(
    ads: Ads, field: str, spelt: str, sent: str
) -> None:
    for number in (1, 2, 3, 4):
        ads.learner(number, **({field: spelt} if number == 4 else {}))
        ads.says(number, yes=number != 4, at="2026-05-21T09:00:00+07:00")
    ads.run()
    ads.sync()
    assert ads.recipient.holds("orang2@contoh.example")
    assert not ads.recipient.holds(sent)


def test_an_address_with_marks_that_nobody_sees_withdraws(ads: Ads) -> None:
    for number in (1, 2, 3):
        ads.learner(number)
        ads.says(number, yes=True, at="2026-05-21T09:00:00+07:00")
    ads.run()
    ads.says(None, yes=False, at="2026-06-30T10:00:00+07:00", email="\u200borang1@contoh.example\u00a0")
    ads.run(days=1)
    ads.sync()
    assert ads.reached() == {2, 3}
