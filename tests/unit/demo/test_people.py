from __future__ import annotations

import ipaddress
import re
from collections import Counter

import pytest

from pipelines import demo
from pipelines.demo import people

from . import reading_landed as reading
from .conftest import Landed

RESERVED = [
    ipaddress.ip_network(text)
    for text in ("198.18.0.0/15", "100.64.0.0/10", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]


@pytest.fixture(scope="module")
def canaries(landed: Landed) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for kind, value in demo.canaries(landed.learners, landed.seed):
        found.setdefault(kind, set()).add(value)
    return found


def test_every_identifier_in_accounts_is_a_canary(landed: Landed, canaries: dict[str, set[str]]) -> None:
    seen: Counter[str] = Counter()
    for path in reading.finished(landed.landing, "accounts"):
        for _, row in reading.rows(path):
            for field in ("user_id", "email", "name", "phone", "birth_date"):
                value = (row or {}).get(field)
                if value and not (field == "birth_date" and len(value) == 4):
                    assert value in canaries[field]
                    seen[field] += 1
    assert min(seen[field] for field in ("user_id", "email", "name", "phone", "birth_date")) > 100


def test_every_identifier_in_web_events_is_a_canary(landed: Landed, canaries: dict[str, set[str]]) -> None:
    fields = {"anonymousId": "anonymous_id", "userId": "user_id"}
    for path in reading.finished(landed.landing, "web_events"):
        for line, row in reading.rows(path):
            for field, kind in fields.items():
                assert (row or {}).get(field) is None or row[field] in canaries[kind]
            for token in re.findall(r"token=([0-9a-f]+)", line):
                assert token in canaries["token"] or row is None
            address = (row or {}).get("context", {}).get("ip", "")
            if re.fullmatch(r"[0-9a-f.:]{9,}", address) and not address.startswith("999"):
                assert address in canaries["ip"]


def test_nobody_can_be_reached() -> None:
    for kind, value in demo.canaries(300, seed=9):
        if kind == "email":
            assert re.fullmatch(r"[a-z.]+\d+(\.baru)?@(example\.(com|org)|[a-z]+\.example)", value.lower())
        if kind == "phone":
            digits = re.sub(r"\D", "", value)
            assert re.fullmatch(r"(0|62)8\d\d0000\d{5}", digits)
        if kind == "ip":
            assert any(ipaddress.ip_address(value) in network for network in RESERVED)


def test_identifiers_of_different_learners_differ() -> None:
    for kind in ("user_id", "email", "anonymous_id", "token"):
        values = [value for k, value in demo.canaries(2000, seed=9) if k == kind]
        assert len(values) == len(set(values))
    phones = [re.sub(r"\D", "", value)[-12:] for kind, value in demo.canaries(2000, seed=9) if kind == "phone"]
    assert len(phones) == len(set(phones))


def test_canaries_do_not_change_when_more_learners_come() -> None:
    few = set(demo.canaries(50, seed=9))
    assert few <= set(demo.canaries(120, seed=9))


def test_another_seed_shares_no_identifier_that_is_unique() -> None:
    kinds = {"user_id", "anonymous_id", "token"}
    first, second = ({v for kind, v in demo.canaries(200, seed=seed) if kind in kinds} for seed in (9, 10))
    assert not first & second


def test_about_three_in_four_browsers_agree_to_analytics() -> None:
    texts = [people.browser(9, "learner", n).consent for n in range(2000)]
    granted = sum('"analytics":true' in text and '"gpc":false' in text for text in texts) / len(texts)
    assert granted == pytest.approx(0.75, abs=0.04)
    for share in ("", '"analytics":false', '"gpc":true'):
        assert any(text == share or (share and share in text) for text in texts)
