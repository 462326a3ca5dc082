"""Histories of who is seen with what: the vault against a model of a few dictionaries."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path

import polars as pl
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipelines import settings as places
from pipelines.identity import keys
from pipelines.identity.vault import Vault, open_vault

AT = datetime(2026, 3, 1)  # noqa: DTZ001 - naive UTC
DOMAINS = ("analytics", "support")
MAILS, PHONES = ("a@example.com", "b@example.com"), ("0812 0000 11", "0812 0000 22")
SPELLINGS = {"a@example.com": " A@Example.com", "0812 0000 11": "+62 812-0000-11"}

_seen = st.tuples(
    st.just("seen"),
    st.sampled_from(
        [("user_id", "u1"), ("user_id", "u2"), ("anonymous_id", "b1"), ("anonymous_id", "u1")]
        + [("email", mail) for mail in MAILS]
        + [("phone", phone) for phone in PHONES]
    ),
    st.sampled_from(DOMAINS),
)
_account = st.tuples(
    st.just("account"),
    st.sampled_from(["u1", "u2"]),
    st.sampled_from([None, *MAILS]),
    st.sampled_from([None, *PHONES]),
)
_link = st.tuples(st.just("link"), st.sampled_from(["b1", "u1"]), st.sampled_from(["u1", "u2"]))


@dataclass
class Model:
    """Who is who: the subject of each identifier, and the names that a subject bears in each domain."""

    subject: dict[tuple[str, str], int] = field(default_factory=dict)
    names: dict[tuple[int, str], int] = field(default_factory=dict)
    numbers: count[int] = field(default_factory=count)

    def find(self, kind: str, value: str) -> int:
        return self.subject.setdefault((kind, value), next(self.numbers))

    def seen(self, kind: str, value: str, domain: str) -> int:
        return self.names.setdefault((self.find(kind, value), domain), next(self.numbers))

    def account(self, user: str, mail: str | None, phone: str | None) -> None:
        me = self.find("user_id", user)
        for kind, value in (("email", mail), ("phone", phone)):
            if value is None:
                continue
            owner = self.subject.setdefault((kind, value), me)
            if owner != me and self._may_merge(owner, me):
                self._merge(owner, me)

    def _may_merge(self, owner: int, me: int) -> bool:
        kinds = {kind for (kind, _), subject in self.subject.items() if subject == owner}
        clash = any((owner, domain) in self.names and (me, domain) in self.names for domain in DOMAINS)
        return kinds <= {"email", "phone"} and not clash

    def _merge(self, owner: int, me: int) -> None:
        self.subject = {key: me if subject == owner else subject for key, subject in self.subject.items()}
        self.names = {(me if who == owner else who, domain): name for (who, domain), name in self.names.items()}


def play(vault: Vault, model: Model, step: tuple[object, ...]) -> tuple[str | None, int] | None:
    """Do one step in both; of a sight, return what each calls whoever was seen."""
    match step:
        case ("seen", (str(kind), str(value)), str(domain)):
            asked = pl.DataFrame({"kind": [kind], "value": [SPELLINGS.get(value, value)]})
            pseudonym = vault.resolve(asked, domain=domain, at=AT)["pseudonym"].item()
            return pseudonym, model.seen(kind, value, domain)
        case ("account", str(user), mail, phone):
            row = {"user_id": user, "updated_at": AT, "email": mail, "phone": phone}
            kinds = {"user_id": pl.String, "updated_at": pl.Datetime, "email": pl.String, "phone": pl.String}
            vault.store_attributes(pl.DataFrame([row], schema=kinds))
            model.account(user, *(each if isinstance(each, str) else None for each in (mail, phone)))
        case ("link", str(browser), str(user)):
            vault.link(pl.DataFrame({"anonymous_id": [browser], "user_id": [user], "linked_at": [AT]}))
            model.find("anonymous_id", browser)
            model.find("user_id", user)
    return None


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.one_of(_seen, _account, _link), max_size=12), again=st.booleans())
@example(
    steps=[
        ("seen", ("email", MAILS[0]), "support"),
        ("account", "u1", MAILS[0], None),
        ("seen", ("user_id", "u1"), "support"),
    ],
    again=True,
)
@example(
    steps=[
        ("seen", ("email", MAILS[0]), "support"),
        ("seen", ("user_id", "u1"), "support"),
        ("account", "u1", MAILS[0], None),
    ],
    again=False,
)
@example(
    steps=[
        ("seen", ("email", MAILS[0]), "support"),
        ("seen", ("phone", PHONES[0]), "support"),
        ("account", "u1", MAILS[0], PHONES[0]),
        ("account", "u2", MAILS[0], PHONES[0]),
    ],
    again=True,
)
def test_pseudonyms_are_equal_where_the_model_says_one_person_and_nowhere_else(
    steps: list[tuple[object, ...]], again: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = places.home(Path(folder)).prepare()
        keys.init(home)
        model, told = Model(), list[tuple[str | None, int]]()
        # In one opening or in two: what is known must not hang on that.
        for part in (steps[: len(steps) // 2], steps[len(steps) // 2 :]) if again else (steps,):
            with open_vault(home, keys.open_keyring(home), purpose="test") as vault:
                told += [found for step in part if (found := play(vault, model, step))]
                everybody = [(kind, value, domain) for kind, value in list(model.subject) for domain in DOMAINS]
                told += [found for k, v, d in everybody if (found := play(vault, model, ("seen", (k, v), d)))]
                vault.commit()
        assert all(pseudonym for pseudonym, _ in told)
        # One to one: as many pairs as pseudonyms, and as many as names.
        assert len(set(told)) == len({pseudonym for pseudonym, _ in told}) == len({name for _, name in told})
