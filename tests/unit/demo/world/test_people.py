from __future__ import annotations

import ipaddress
import re
from datetime import date

import pytest

from pipelines.demo.world import devices, people

SEED = 9
UNROUTED = [
    ipaddress.ip_network(text)
    for text in ("198.18.0.0/15", "100.64.0.0/10", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]
OFFICE = ipaddress.ip_network(devices.OFFICE)


def everybody(number: int = 600) -> list[people.Person]:
    return [people.person(SEED, learner) for learner in range(number)]


def test_nobody_shares_an_account_an_address_or_a_number():
    crowd = everybody(3000)
    addresses = [p.email.lower() for p in crowd] + [p.second_email for p in crowd if p.second_email]
    addresses += [people.subscriber(SEED, number) for number in range(500)]
    assert len(set(addresses)) == len(addresses)
    for member in ("user_id", "phone_e164"):
        assert len({getattr(p, member) for p in crowd}) == len(crowd)


def test_mail_goes_to_reserved_domains_alone():
    addresses = [p.email for p in everybody()] + [p.second_email for p in everybody() if p.second_email]
    addresses += [people.subscriber(SEED, number) for number in range(200)]
    for address in addresses:
        assert re.fullmatch(
            r"[a-z0-9][a-z0-9._-]*(\+[a-z]+)?@(example\.(com|org|net)|[a-z.]+\.example)", address.lower()
        )
    assert any("+" in address for address in addresses)
    assert any(address != address.lower() for address in addresses)


def test_a_number_as_spelt_is_the_number_in_normal_form():
    for someone in everybody():
        digits = re.sub(r"\D", "", someone.phone)
        assert "+62" + re.sub(r"^(0|62)", "", digits) == someone.phone_e164
        assert "0000" in digits


def test_an_identity_card_says_birth_and_gender_and_is_of_a_kind_never_issued():
    for someone in everybody():
        day = int(someone.nik[6:8]) - (40 if someone.gender == "female" else 0)
        assert (day, someone.nik[8:12]) == (someone.born_on.day, f"{someone.born_on:%m%y}")
        assert len(someone.nik) == 16
        assert someone.nik.endswith("0000")


def test_people_are_grown_up_and_tell_of_their_birth_what_is_so():
    told = [someone.birth_date for someone in everybody()]
    for someone in everybody():
        assert date(1962, 1, 1) <= someone.born_on < date(2006, 1, 1)
        assert someone.born_on.isoformat().startswith(someone.birth_date)
    assert {len(text) for text in told} == {0, 4, 7, 10}
    assert sum(len(text) == 10 for text in told) > 0.8 * len(told)


def test_another_birth_changes_the_card_and_what_is_told():
    child = people.with_birth(people.person(SEED, 1), born_on=date(2010, 2, 3), told="2010")
    assert (child.birth_date, child.nik[8:12]) == ("2010", "0210")
    assert child.email == people.person(SEED, 1).email


def test_another_seed_is_another_world():
    first, second = ({people.person(seed, n).user_id for n in range(100)} for seed in (9, 10))
    assert not first & second
    assert people.person(9, 5).name != people.person(10, 5).name


@pytest.mark.parametrize("kind", ["learner", "visitor"])
def test_a_browser_says_what_its_choices_are(kind):
    for number in range(600):
        device = people.browser(SEED, kind, number)
        assert ('"analytics":true' in device.consent) == (device.analytics is True)
        assert ('"advertising":false' in device.consent) == (device.advertising is False)
        assert ('"gpc":true' in device.consent) == device.gpc
        assert ("categoryPreferences" in device.consent) == (device.analytics is not None)


def test_about_three_in_four_browsers_agree_to_analytics():
    made = [people.browser(SEED, "learner", n) for n in range(2000)]
    assert sum(d.analytics is True and not d.gpc for d in made) / 2000 == pytest.approx(0.75, abs=0.04)
    assert {d.analytics for d in made} == {True, False, None}


def test_addresses_are_never_routed_and_the_office_is_for_staff_alone():
    for number in range(12_000):
        device = people.browser(SEED, "visitor", number)
        for text in device.addresses:
            address = ipaddress.ip_address(text)
            assert number > 1500 or any(address in network for network in UNROUTED)
            assert (address in OFFICE) == device.is_internal


def test_one_visitor_in_forty_is_a_crawler_and_one_in_150_of_the_staff():
    made = [people.browser(SEED, "visitor", n) for n in range(3000)]
    assert sum(d.is_bot for d in made) == 75
    assert sum(d.is_internal for d in made) == 20
    assert not any(d.is_bot and d.is_internal for d in made)
    assert all(("bot" in d.user_agent) == d.is_bot for d in made)
    assert all(d.analytics is None and not d.fbp for d in made if d.is_bot)
    assert not any(d.is_bot or d.is_internal for d in (people.browser(SEED, "learner", n) for n in range(400)))


def test_metas_id_has_the_shape_that_meta_gives_it():
    made = [people.browser(SEED, "learner", n).fbp for n in range(500)]
    assert all(re.fullmatch(r"fb\.1\.1\d{12}\.\d{9,10}", text) for text in made)
    assert len(set(made)) == len(made)
