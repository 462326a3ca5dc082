"""Accounts: a row when somebody registers, and one whenever their account has changed.

Who they are is in `world.people`; what they tell for statistics in `attributes`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact, Row
from pipelines.demo.world import names, phones, places
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.span import DAY, local_text
from pipelines.demo.world.story import Story

_LOGINS = (0, 1, 1, 2, 2, 3, 4, 6)
_TOLD_LATER = 0.10
_NO_PHONE = 0.14
_CLOSED = 0.12  # of those who leave


class _Change(NamedTuple):
    """What becomes of an account at an instant."""

    at: int
    kind: str


@dataclass
class _Account:
    """An account as it stands."""

    user_id: str
    email: str
    name: str
    phone: str | None
    birth_date: str | None
    city: str | None
    country: str | None
    registered_at: int
    last_login_at: int
    updated_at: int
    is_deleted: bool = False

    def line(self) -> str:
        """Return the account as JSON, its instants with their offset."""
        members = {
            "user_id": self.user_id,
            "email": self.email,
            "name": self.name,
            "phone": self.phone,
            "birth_date": self.birth_date,
            "city": self.city,
            "country": self.country,
            "registered_at": f"{local_text(self.registered_at)}+07:00",
            "last_login_at": f"{local_text(self.last_login_at)}+07:00",
            "updated_at": f"{local_text(self.updated_at)}+07:00",
            "deleted": self.is_deleted,
        }
        return json.dumps(members, separators=(",", ":"), ensure_ascii=False)

    def fact(self) -> Fact:
        """Return the account's state for the truth."""
        values = self.user_id, self.updated_at, self.last_login_at, self.email, self.birth_date, self.city
        return Fact("account_states", (*values, self.is_deleted))

    def identifiers(self) -> Iterator[tuple[str, str]]:
        """Yield what of it leads to a person, by kind."""
        yield "name", self.name
        yield "email", self.email
        if self.phone:
            yield "phone", self.phone
        if self.birth_date and len(self.birth_date) == len("YYYY-MM-DD"):
            yield "birth_date", self.birth_date


def of_learner(story: Story, catalogue: Catalogue, dirt: Dirt) -> Iterator[Row | Fact]:
    """Yield a learner's account states as they land, who they are, and their identifiers.

    Of the states from before the span only the latest is left: the platform exported what there was.
    """
    rng, start_at = story.rng("accounts"), story.world.start_at
    yield _fact(story)
    account, told = _registered(story, rng=rng), _identifiers(story)
    changes = _changes(story, account, rng=rng)
    for number, change in enumerate(changes):
        _apply(account, change, story, rng=rng)
        arrives = change.at + rng.randint(1, 50)
        if change.at < start_at:
            arrives = min(arrives, start_at - 1)
        is_overtaken = number + 1 < len(changes) and changes[number + 1].at < start_at
        if is_overtaken or arrives >= story.world.end_at:
            continue
        told.update(account.identifiers())
        yield account.fact()
        row = Row("accounts", arrives, account.line())
        yield from dirt.landed(row, key=account.user_id, rng=rng, occurred_at=change.at * 1000, email=account.email)
    owner = f"learner/{story.learner}"
    for kind, value in sorted(told):
        yield Fact("identifiers", (kind, value, owner))


def _registered(story: Story, *, rng: random.Random) -> _Account:
    someone, at, minority = story.person, story.registered_at, story.minority
    tells_later = minority.told_by == "account_later" if minority else rng.random() < _TOLD_LATER
    return _Account(
        user_id=someone.user_id,
        email=someone.email,
        name=someone.name,
        phone=None if rng.random() < _NO_PHONE else someone.phone,
        birth_date=None if tells_later else someone.birth_date or None,
        city=someone.city or None,
        country="ID" if rng.random() < 0.97 else None,
        registered_at=at,
        last_login_at=at,
        updated_at=at,
    )


def _changes(story: Story, account: _Account, *, rng: random.Random) -> list[_Change]:
    """The account's changes in order, its registration first; no two in the same second, none after a closure."""
    world, first = story.world, story.registered_at
    last = min(story.leaves_at, world.end_at)
    found = {first: "registered"}
    for order in story.enrolments:
        if rng.random() < 0.6:
            found.setdefault(order.ordered_at, "login")
    for _ in range(rng.choice(_LOGINS)):
        found.setdefault(first + int(rng.random() * (last - first)), "login")
    for kind in _wishes(story, account, rng=rng):
        found.setdefault(first + 600 + int(rng.random() * (last - first)), kind)
    found = {at: kind for at, kind in found.items() if first <= at < last}
    minority = story.minority
    if minority and minority.told_by == "account_later":
        found[minority.told_at] = "birth"
    elif not minority and story.leaves_at < world.end_at - DAY and rng.random() < _CLOSED:
        found[story.leaves_at] = "closed"
    return [_Change(at, kind) for at, kind in sorted(found.items())]


def _wishes(story: Story, account: _Account, *, rng: random.Random) -> Iterator[str]:
    """Yield the changes to their profile that somebody makes sooner or later."""
    someone = story.person
    if story.minority is None and someone.birth_date and account.birth_date is None:
        yield "birth"
    if someone.second_email and rng.random() < 0.8:
        yield "email"
    if account.phone is None and rng.random() < 0.4:
        yield "phone"
    for kind, chance in (("city", 0.08), ("name", 0.05), ("new_phone", 0.04), ("spelling", 0.03), ("system", 0.12)):
        if rng.random() < chance:
            yield kind


def _apply(account: _Account, change: _Change, story: Story, *, rng: random.Random) -> None:
    account.updated_at = change.at
    if change.kind in ("login", "registered"):
        account.last_login_at = change.at
    elif change.kind != "system":  # what the platform itself touches is no login
        account.last_login_at = max(account.last_login_at, change.at - rng.randint(20, 590))
    for member, value in _changed(account, change.kind, story, rng=rng).items():
        setattr(account, member, value)


def _changed(account: _Account, kind: str, story: Story, *, rng: random.Random) -> dict[str, str | bool]:
    """The members that change, with what they become."""
    someone = story.person
    match kind:
        case "birth":
            return {"birth_date": someone.birth_date}
        case "email":
            return {"email": someone.second_email}
        case "phone":
            return {"phone": someone.phone}
        case "new_phone":
            number = phones.e164(story.learner, rng=rng, is_second=True)
            return {"phone": phones.spelt(number, rng=rng)}
        case "spelling" if account.phone == someone.phone:
            return {"phone": phones.spelt(someone.phone_e164, rng=rng)}
        case "city":
            return {"city": places.city(rng).name}
        case "name":
            tidy = names.tidied(someone.name)
            return {"name": tidy if tidy != someone.name else names.with_degree(someone.name, rng=rng)}
        case "closed":
            return {"is_deleted": True}
    return {}


def _fact(story: Story) -> Fact:
    someone, minority, end_at = story.person, story.minority, story.world.end_at
    is_told = minority is not None and minority.told_at < end_at
    return Fact(
        "learners",
        (
            story.learner,
            someone.user_id,
            someone.name,
            someone.nickname,
            someone.email,
            someone.second_email,
            someone.phone,
            someone.born_on,
            someone.city,
            story.registered_at,
            story.channel.name,
            story.campaign.utm_campaign if story.campaign else "",
            minority is not None,
            minority.told_at if minority and is_told else None,
            minority.told_by if minority and is_told else None,
        ),
    )


def _identifiers(story: Story) -> set[tuple[str, str]]:
    """What leads to a learner whether or not their account says it: tickets may."""
    someone = story.person
    told = {("user_id", someone.user_id), ("name", someone.name), ("email", someone.email), ("phone", someone.phone)}
    return told | {("email", someone.second_email)} if someone.second_email else told
