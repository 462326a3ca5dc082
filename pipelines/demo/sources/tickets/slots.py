"""What stands in the slots of a template that bear personal data: pieces that know their kind and owner.

A slot is None where the ticket has no such thing, and the template is not used then. Plain slots are in `surroundings`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipelines.demo.sources.tickets import spelling, traces, who
from pipelines.demo.sources.tickets.case import Case
from pipelines.demo.sources.tickets.moment import Moment, Slot
from pipelines.demo.sources.tickets.pieces import Piece, Text
from pipelines.demo.sources.tickets.who import Party
from pipelines.demo.world.name_words import UNCALLED

_OLD, _ADULT = 38, 18


def _email(party: Party, moment: Moment) -> Text:
    address = party.person.email
    return [Piece(address if moment.is_agent else spelling.email(address, rng=moment.rng), "email", party.owner)]


def _phone(number: str, owner: str, moment: Moment) -> Text:
    if moment.is_agent:
        return [Piece(f"0{number[3:]}", "phone", owner)]
    return [Piece(spelling.phone(number, rng=moment.rng, is_english=moment.is_english), "phone", owner)]


def _name(party: Party, moment: Moment) -> Text:
    full = party.person.name
    return [Piece(full if moment.is_agent else spelling.name(full, rng=moment.rng), "name", party.owner)]


def _nick(party: Party, moment: Moment) -> Text:
    nick = party.person.nickname
    return [Piece(nick if moment.is_agent else spelling.nickname(nick, rng=moment.rng), "nickname", party.owner)]


def _called(case: Case, moment: Moment) -> Text:
    """What the writer is called: agents know the short form only where it was told."""
    party = case.writer
    if not moment.is_agent or "nick" in case.said:
        return _nick(party, moment)
    words = party.person.name.partition(",")[0].split()
    first = next((word for word in words if word.title() not in UNCALLED and "." not in word), words[-1])
    return [Piece(first.capitalize() if first.isupper() or first.islower() else first, "nickname", party.owner)]


def _birth(party: Party, moment: Moment) -> Text:
    day = spelling.day(party.person.born_on, rng=moment.rng, is_english=moment.is_english)
    return [Piece(day, "birth_date", party.owner)]


def _age(party: Party, years: int, moment: Moment) -> Text:
    return [Piece(spelling.age(years, rng=moment.rng, is_english=moment.is_english), "age", party.owner)]


def _new_email(case: Case, moment: Moment) -> Text | None:
    address = case.writer.person.second_email
    if not case.story or not address:
        return None
    return [Piece(address if moment.is_agent else spelling.email(address, rng=moment.rng), "email", case.writer.owner)]


def _bad_email(case: Case, moment: Moment) -> Text | None:
    local, _, domain = case.writer.person.email.partition("@")
    return [Piece(f"{spelling.misspelt(local, rng=moment.rng)}@{domain}", "email", case.writer.owner)]


def _bad_name(case: Case, moment: Moment) -> Text | None:
    return [Piece(spelling.misspelt(case.writer.person.name, rng=moment.rng), "name", case.writer.owner)]


def _spelt(case: Case, moment: Moment) -> Text | None:
    return [Piece(spelling.spelt_out(case.writer.person.name, rng=moment.rng), "name", case.writer.owner)]


def _own_age(case: Case, moment: Moment) -> Text | None:
    years = case.age(case.writer, moment.at)
    if not case.is_telling or not case.may_tell("ticket") or years >= _ADULT:
        return None
    return _age(case.writer, years, moment)


def _adult_age(case: Case, moment: Moment) -> Text | None:
    is_child = case.story is not None and case.story.minority is not None
    return None if is_child else _age(case.writer, case.age(case.writer, moment.at), moment)


def _age_then(case: Case, moment: Moment) -> Text | None:
    if case.story is None or not case.is_telling or case.age(case.writer, moment.at) < _ADULT:
        return None
    return _age(case.writer, case.age(case.writer, case.story.registered_at), moment)


def _old_age(case: Case, moment: Moment) -> Text | None:
    years = case.age(case.writer, moment.at)
    return _age(case.writer, years, moment) if years >= _OLD else None


def _own_birth(case: Case, moment: Moment) -> Text | None:
    return _birth(case.writer, moment) if case.may_tell("ticket") else None


def _nik(case: Case, moment: Moment) -> Text | None:
    if not case.may_tell("nik"):
        return None
    return [Piece(spelling.nik(case.writer.person.nik, rng=moment.rng), "nik", case.writer.owner)]


def _street(case: Case, moment: Moment) -> Text | None:
    person = case.writer.person
    return [Piece(spelling.street(person.street, person.city, rng=moment.rng), "address", case.writer.owner)]


def _of_writer(told: Callable[[Party, Moment], Text]) -> Slot:
    return lambda case, moment: told(case.writer, moment)


def _of_friend(number: int, told: Callable[[Party, Moment], Text]) -> Slot:
    return lambda case, moment: told(case.friends[number], moment)


def _of_child(told: Callable[[Party, Moment], Text]) -> Slot:
    return lambda case, moment: told(case.child, moment) if case.child else None


def _of_other(told: Callable[[Party, Moment], Text]) -> Slot:
    return lambda case, moment: told(case.other, moment) if case.other else None


def _own_phone(party: Party, moment: Moment) -> Text:
    return _phone(party.person.phone_e164, party.owner, moment)


def _detail(kind: str, write: Callable[[Case, Moment], str]) -> Slot:
    return lambda case, moment: [Piece(write(case, moment), kind, case.writer.owner)]


def _staff(case: Case, moment: Moment) -> Text | None:
    return [Piece(who.STAFF[case.agent], "name", f"staff/{case.agent}")]


def _staff_called(case: Case, moment: Moment) -> Text | None:
    title = (
        ""
        if moment.is_english
        else moment.rng.choice(("Kak ", "kak ", "Mbak " if case.agent in (0, 2, 4, 6, 8) else "Mas "))
    )
    return [Piece(title, is_fixed=True), *(_staff(case, moment) or [])]


SLOTS: Mapping[str, Slot] = {
    "email": _of_writer(_email),
    "second_email": _new_email,
    "new_email": _new_email,
    "bad_email": _bad_email,
    "phone": _of_writer(_own_phone),
    "new_phone": lambda case, moment: _phone(case.new_phone, case.writer.owner, moment) if case.new_phone else None,
    "name": _of_writer(_name),
    "full": lambda case, moment: _name(case.writer, moment) if " " in case.writer.person.name else None,
    "nick": _called,
    "bad_name": _bad_name,
    "spelt": _spelt,
    "user": traces.user,
    "order": traces.order,
    "va": traces.va,
    "account": _detail("bank_account", lambda case, moment: spelling.account(case.details.account, rng=moment.rng)),
    "card": _detail("card", lambda case, moment: spelling.card(case.details.card, rng=moment.rng)),
    "paid_card": lambda case, moment: SLOTS["card"](case, moment) if case.method == "credit_card" else None,
    "npwp": _detail("npwp", lambda case, moment: spelling.npwp(case.details.npwp, rng=moment.rng)),
    "payer": lambda case, moment: _name(case.payer, moment),
    "nik": _nik,
    "birth": _own_birth,
    "age": _own_age,
    "adult_age": _adult_age,
    "age_then": _age_then,
    "old_age": _old_age,
    "street": _street,
    "ip": traces.ip,
    "alert_ip": traces.alert_ip,
    "handle": traces.handle,
    "link": traces.link,
    "unsubscribe": traces.unsubscribe,
    "log": traces.log,
    "friend": _of_friend(0, _name),
    "friend_email": _of_friend(0, _email),
    "friend_phone": _of_friend(0, _own_phone),
    "friend2": _of_friend(1, _name),
    "friend2_email": _of_friend(1, _email),
    "friend2_phone": _of_friend(1, _own_phone),
    "child": _of_child(_name),
    "child_email": _of_child(_email),
    "child_birth": _of_child(_birth),
    "child_age": lambda case, moment: _age(case.child, case.age(case.child, moment.at), moment) if case.child else None,
    "other": _of_other(_name),
    "other_phone": _of_other(_own_phone),
    "stray": _of_other(_name),
    "stray_email": _of_other(_email),
    "stray_phone": _of_other(_own_phone),
    "me": _staff,
    "staff": _staff_called,
}
