from __future__ import annotations

import hashlib
from datetime import datetime

import polars as pl
import pytest

from pipelines.identity import keys, vault
from pipelines.identity.errors import WrongKey
from pipelines.settings import Home

AT = datetime(2026, 3, 1, 9, 0)  # noqa: DTZ001 - naive UTC


def opened(home: Home):
    return vault.open_vault(home, keys.open_keyring(home), purpose="test")


def subject(v: vault.Vault, value: str, kind: str = "user_id") -> int:
    """Make somebody known, and return their number."""
    v.resolve(pl.DataFrame({"kind": [kind], "value": [value]}), domain="analytics", at=AT)
    return v._connection.execute("select max(subject) from vault.subjects").fetchone()[0]


def numbers(*known: int) -> pl.Series:
    return pl.Series("subject", known, dtype=pl.Int64)


def stored(v: vault.Vault) -> list[tuple]:
    return v._connection.execute("select digest, ciphertext from vault.records order by digest").fetchall()


def test_a_record_is_read_by_its_person_and_its_digest_is_that_of_the_ciphertext(home: Home) -> None:
    with opened(home) as v:
        one, other = subject(v, "u-1"), subject(v, "u-2")
        digests = v.keep_record(numbers(one, other), "something was done")
        assert digests == tuple(sorted(hashlib.sha256(sealed).hexdigest() for _, sealed in stored(v)))
        assert len(set(digests)) == 2
        assert [text for _, text in v.records(one)] == ["something was done"]
        assert {digest for digest, _ in [*v.records(one), *v.records(other)]} == set(digests)


def test_one_person_has_one_ledger_key_whatever_is_recorded(home: Home) -> None:
    with opened(home) as v:
        one = subject(v, "u-1")
        v.keep_record(numbers(one, one), "first")
        v.keep_record(numbers(one), "second")
        assert sorted(text for _, text in v.records(one)) == ["first", "second"]
        assert v._connection.execute("select count(*) from vault.ledger_keys").fetchone() == (1,)


def test_of_whoever_is_unknown_nothing_is_recorded(home: Home) -> None:
    with opened(home) as v:
        assert v.keep_record(numbers(99), "something") == ()
        assert v.keep_record(numbers(), "something") == ()
        assert stored(v) == []


def test_with_the_person_key_and_record_are_gone_and_those_of_others_stay(home: Home) -> None:
    with opened(home) as v:
        one, other = subject(v, "u-1"), subject(v, "u-2")
        v.keep_record(numbers(one, other), "something was done")
        v.withdraw(numbers(one), domain="analytics", forgettable=numbers(one))
        assert v.records(one) == []
        assert [text for _, text in v.records(other)] == ["something was done"]
        assert len(stored(v)) == 1


def test_who_becomes_one_with_an_account_brings_their_records(home: Home) -> None:
    with opened(home) as v:
        alone = subject(v, "learner12@example.com", kind="email")
        (digest,) = v.keep_record(numbers(alone), "something was done")
        v.store_attributes(pl.DataFrame([{"user_id": "u-1", "updated_at": AT, "email": "learner12@example.com"}]))
        account = v._connection.execute("select subject from vault.attributes").fetchone()[0]
        assert account != alone
        assert v.records(account) == [(digest, "something was done")]
        v.keep_record(numbers(account), "something else")
        assert len(v.records(account)) == 2


def test_a_record_that_was_altered_or_belongs_to_another_does_not_open(home: Home) -> None:
    with opened(home) as v:
        one, other = subject(v, "u-1"), subject(v, "u-2")
        v.keep_record(numbers(one, other), "something was done")
        v._connection.execute("update vault.records set ciphertext = (select min(ciphertext) from vault.records)")
        with pytest.raises(WrongKey):
            [v.records(each) for each in (one, other)]


def test_records_go_with_the_vault_into_its_next_file(home: Home) -> None:
    with opened(home) as v:
        one = subject(v, "u-1")
        digests = v.keep_record(numbers(one), "something was done")
        v.commit()
    keys.rotate(home, "vault")
    with opened(home) as v:
        assert [digest for digest, _ in v.records(one)] == list(digests)
