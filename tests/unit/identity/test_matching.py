from __future__ import annotations

import hashlib
import hmac
import time
from datetime import datetime

import polars as pl
import pytest

from pipelines.identity import keys, vault
from pipelines.identity.errors import OldLookups
from pipelines.settings import Home

AT = datetime(2026, 3, 1, 9, 0)  # noqa: DTZ001 - naive UTC
EMAIL, PHONE = "learner12@example.com", "6281200000001"


def opened(home: Home):
    return vault.open_vault(home, keys.open_keyring(home), purpose="test")


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def pairs(*named: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(named, schema={"kind": pl.String, "value": pl.String}, orient="row")


def ask(v: vault.Vault, *named: tuple[str, str], domain: str = "ads") -> list[str | None]:
    answer = {(k, x): p for k, x, p in v.resolve(pairs(*named), domain=domain, at=AT).iter_rows()}
    return [answer[pair] for pair in named]


def subjects(v: vault.Vault) -> int:
    return v._connection.execute("select count(*) from vault.subjects").fetchone()[0]


@pytest.fixture
def ads(home: Home) -> str:
    """The pseudonym, in the ads domain, of an account that the vault knows."""
    with opened(home) as v:
        known = {"email": " Learner12@Example.com", "phone": "0812-0000-0001"}
        v.store_attributes(pl.DataFrame([{"user_id": "u-1", "updated_at": AT, **known}]))
        [pseudonym] = ask(v, ("user_id", "u-1"))
        v.commit()
    assert pseudonym is not None
    return pseudonym


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("hashed_email", sha(EMAIL)),
        ("hashed_email", f" {sha(EMAIL).upper()}\t"),
        ("hashed_email", "LEARNER12@example.com "),
        ("hashed_phone", sha(PHONE)),
        ("hashed_phone", "+62 812 0000 0001"),
        ("external_id", sha("u-1")),
        ("external_id", "u-1"),
    ],
)
def test_a_hash_or_its_raw_value_finds_who_is_known(home: Home, ads: str, kind: str, value: str):
    with opened(home) as v:
        assert ask(v, (kind, value)) == [ads]
        assert subjects(v) == 1


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("hashed_email", sha("other@example.com")),
        ("hashed_email", "other@example.com"),
        ("hashed_email", sha(EMAIL)[:-1]),
        ("hashed_email", ""),
        ("hashed_phone", "0812 0000 0002"),
        ("hashed_phone", sha("0812-0000-0001")),
        ("external_id", sha("u-2")),
        ("external_id", sha(EMAIL)),
    ],
)
def test_a_hash_makes_nobody_known(home: Home, ads: str, kind: str, value: str):
    with opened(home) as v:
        assert ask(v, (kind, value)) == [None]
        assert subjects(v) == 1


def test_an_unknown_user_id_as_it_is_makes_a_subject_of_that_id(home: Home):
    with opened(home) as v:
        [new] = ask(v, ("external_id", "u-9"))
        assert new is not None
        assert subjects(v) == 1
        assert ask(v, ("user_id", "u-9"), ("external_id", sha("u-9"))) == [new, new]


def test_a_browser_is_found_by_the_hash_of_its_id_and_an_account_comes_first(home: Home):
    with opened(home) as v:
        browser, user = ask(v, ("anonymous_id", "b-1"), ("user_id", "x"))
        ask(v, ("anonymous_id", "x"))
        assert ask(v, ("external_id", sha("b-1")), ("external_id", sha("x"))) == [browser, user]


def test_hashes_and_plain_identifiers_are_resolved_together(home: Home, ads: str):
    with opened(home) as v:
        found = ask(v, ("hashed_email", sha(EMAIL)), ("user_id", "u-1"), ("hashed_phone", "no number"))
        assert found == [ads, ads, None]


def test_whoever_is_named_may_have_spoken_under_each_of_their_identifiers(home: Home, ads: str):
    with opened(home) as v:
        rows = set(v.known(pairs(("hashed_phone", sha(PHONE)))).drop("subject").iter_rows())
    phone = ("hashed_phone", sha(PHONE))
    assert rows == {
        (*phone, "phone", sha(PHONE), True),
        (*phone, "email", sha(EMAIL), True),
        (*phone, "user_id", sha("u-1"), True),
    }


def test_whoever_is_unknown_may_have_spoken_under_the_value_itself(home: Home):
    with opened(home) as v:
        named = v.known(pairs(("external_id", sha("b-1")), ("external_id", "u-9"), ("hashed_email", " ")))
        assert subjects(v) == 0
    assert set(named.drop("kind", "subject").iter_rows()) == {
        (sha("b-1"), "user_id", sha("b-1"), True),
        (sha("b-1"), "anonymous_id", sha("b-1"), True),
        ("u-9", "user_id", sha("u-9"), True),
        # A browser's id where a user's belongs: its refusal counts, its grant does not.
        ("u-9", "anonymous_id", sha("u-9"), False),
    }


def test_nothing_asked_is_nothing_known(home: Home):
    with opened(home) as v:
        assert v.known(pairs()).columns == ["kind", "value", "holder_kind", "digest", "can_grant", "subject"]


def test_rotating_the_lookup_key_keeps_hashes_leading_to_the_same_subject(home: Home, ads: str):
    keys.rotate(home, "lookup")
    with opened(home) as v:
        assert ask(v, ("hashed_email", sha(EMAIL)), ("external_id", sha("u-1"))) == [ads, ads]


def test_a_vault_with_lookups_of_an_earlier_version_is_refused_until_they_are_computed_anew(home: Home, ads: str):
    ring = keys.open_keyring(home)
    key = ring.key(ring.current("lookup").id).hex().encode()
    earlier = {"user_id": "u-1", "email": EMAIL, "phone": PHONE}
    with opened(home) as v:
        for kind, normal in earlier.items():
            lookup = hmac.digest(key, f"{kind}:{normal}".encode(), "sha256")
            v._connection.execute("update vault.identifiers set lookup = ? where kind = ?", [lookup, kind])
        v.commit()
    with pytest.raises(OldLookups, match="keys rotate lookup"), opened(home):
        pass
    keys.rotate(home, "lookup")
    with opened(home) as v:
        assert ask(v, ("user_id", "u-1"), ("external_id", sha("u-1"))) == [ads, ads]


def test_with_the_subject_its_hashes_are_forgotten(home: Home):
    with opened(home) as v:
        v.store_attributes(pl.DataFrame([{"user_id": "u-1", "updated_at": AT, "email": EMAIL}]))
        v.forget_unused(set(), domain="analytics")
        v.commit()
        assert ask(v, ("hashed_email", sha(EMAIL)), ("external_id", sha("u-1"))) == [None, None]


def test_no_hash_that_others_know_stands_in_the_vault(home: Home, ads: str):
    hashes = {sha(EMAIL), sha(PHONE), sha("u-1")}
    with opened(home) as v:
        held = str(
            [
                v._connection.execute(f"select * from vault.{table}").fetchall()
                for table in ("identifiers", "attributes")
            ]
        )
        lookups = {row[0].hex() for row in v._connection.execute("select lookup from vault.identifiers").fetchall()}
    assert not lookups & hashes
    assert not any(digest in held for digest in hashes)


def test_a_hundred_thousand_hashes_are_matched_in_seconds(home: Home):
    number = pl.int_range(100_000)
    accounts = pl.select(
        user_id=pl.format("u-{}", number), email=pl.format("learner{}@example.com", number), updated_at=pl.lit(AT)
    )
    hashed = pl.DataFrame({"kind": "hashed_email", "value": [sha(email) for email in accounts["email"]]})
    with opened(home) as v:
        v.store_attributes(accounts)
        began = time.monotonic()
        assert v.resolve(hashed, domain="ads", at=AT)["pseudonym"].n_unique() == 100_000
        assert v.known(hashed).height == 200_000
        assert time.monotonic() - began < 20
