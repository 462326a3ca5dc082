from __future__ import annotations

import time
from datetime import datetime, timedelta

import polars as pl
import pytest

from pipelines.identity import keys, vault
from pipelines.identity.errors import UnknownKind
from pipelines.settings import Home

AT = datetime(2026, 3, 1, 9, 0)  # noqa: DTZ001 - naive UTC
TABLES = ("subjects", "identifiers", "domain_secrets", "attributes", "links", "ledger_keys", "records")


def opened(home: Home):
    return vault.open_vault(home, keys.open_keyring(home), purpose="test")


def ask(v: vault.Vault, *values: str, kind: str = "user_id", domain: str = "analytics") -> dict[str, str]:
    answer = v.resolve(pl.DataFrame({"kind": [kind] * len(values), "value": list(values)}), domain=domain, at=AT)
    return dict(zip(answer["value"], answer["pseudonym"], strict=True))


def account(user_id: str, **known: str) -> pl.DataFrame:
    return pl.DataFrame([{"user_id": user_id, "updated_at": AT, **known}])


def rows(v: vault.Vault) -> dict[str, list[tuple[object, ...]]]:
    return {name: sorted(v._connection.execute(f"select * from vault.{name}").fetchall()) for name in TABLES}


def subjects_in(v: vault.Vault) -> set[int]:
    every = rows(v)
    return {row[0] for name in ("subjects", "domain_secrets", "attributes", "links") for row in every[name]} | {
        row[1] for row in every["links"]
    }


def test_who_stands_in_no_row_leaves_nothing_in_the_vault(home: Home):
    with opened(home) as v:
        before = rows(v)
        ask(v, "u-1")
        ask(v, "u-1", domain="ads")
        ask(v, "b-1", kind="anonymous_id")
        v.store_attributes(account("u-1", email="learner12@example.com", name="Learner 12"))
        v.link(pl.DataFrame({"anonymous_id": ["b-1"], "user_id": ["u-1"], "linked_at": [AT]}))
        assert v.forget_unused(set(), domain="analytics") == 2
        assert rows(v) == before
        v.commit()
        assert rows(v) == before


def test_who_stands_in_a_row_stays_with_everything(home: Home, resolve):
    with opened(home) as v:
        user = ask(v, "u-1")["u-1"]
        browser = ask(v, "b-1", kind="anonymous_id")["b-1"]
        v.store_attributes(account("u-1", email="learner12@example.com"))
        v.link(pl.DataFrame({"anonymous_id": ["b-1"], "user_id": ["u-1"], "linked_at": [AT]}))
        kept = rows(v)
        ask(v, "u-2")
        assert v.forget_unused(pl.Series([user, None, browser, user]), domain="analytics") == 1
        assert rows(v) == kept
        v.commit()
    assert resolve("learner12@example.com", kind="email") == [user]


def test_a_link_goes_with_either_of_its_ends(home: Home):
    with opened(home) as v:
        old = ask(v, "u-1")["u-1"]
        v.commit()
        v.link(pl.DataFrame({"anonymous_id": ["b-1"], "user_id": ["u-1"], "linked_at": [AT]}))
        assert v.forget_unused({old}, domain="analytics") == 1
        assert rows(v)["links"] == []


def test_who_was_known_before_is_left_alone(home: Home, resolve):
    [before] = resolve("u-1")
    with opened(home) as v:
        ask(v, "u-1", "u-2")
        v.store_attributes(account("u-1", name="Learner 12"))
        assert v.forget_unused(set(), domain="analytics") == 1
        v.commit()
        ask(v, "u-3")
        v.commit()
        assert v.forget_unused(set(), domain="analytics") == 0
        assert len(rows(v)["subjects"]) == 2
    assert resolve("u-1") == [before]


def test_a_pseudonym_of_another_domain_keeps_nobody(home: Home):
    with opened(home) as v:
        elsewhere = ask(v, "u-1", domain="ads")["u-1"]
        assert v.forget_unused({elsewhere}, domain="analytics") == 1
        assert subjects_in(v) == set()


def test_who_is_met_again_after_being_forgotten_is_somebody_new_with_a_new_number(home: Home, resolve):
    with opened(home) as v:
        first = ask(v, "u-1")["u-1"]
        number = rows(v)["subjects"][0][0]
        v.forget_unused(set(), domain="analytics")
        v.commit()
    assert resolve("u-1") != [first]
    with opened(home) as v:
        assert [row[0] for row in rows(v)["subjects"]] != [number]


def test_an_undeclared_domain_is_refused_and_nobody_is_forgotten(home: Home):
    with opened(home) as v:
        ask(v, "u-1")
        with pytest.raises(UnknownKind):
            v.forget_unused(set(), domain="nonsense")
        assert len(rows(v)["subjects"]) == 1


@pytest.mark.slow
@pytest.mark.parametrize("kept", [0, *(pytest.param(each, marks=pytest.mark.long) for each in (150_000, 300_000))])
def test_a_third_of_a_million_new_subjects_is_sorted_out_in_seconds(home: Home, kept: int):
    values = pl.Series("value", range(300_000)).cast(pl.String).to_frame().with_columns(kind=pl.lit("user_id"))
    with opened(home) as v:
        answer = v.resolve(values, domain="analytics", at=AT + timedelta(days=1))
        began = time.perf_counter()
        assert v.forget_unused(answer["pseudonym"][:kept], domain="analytics") == 300_000 - kept
        assert time.perf_counter() - began < 5
        v.commit()
        assert len(subjects_in(v)) == kept
