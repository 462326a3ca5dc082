"""A ticket as a conversation: who writes in which order, and when.

What is written at each step is in `messages`.
"""

from __future__ import annotations

import random
from typing import NamedTuple

from pipelines.demo.sources.tickets import mail, messages
from pipelines.demo.sources.tickets.case import Case
from pipelines.demo.sources.tickets.pieces import Piece, Text
from pipelines.demo.world.span import DAY, JAKARTA_OFFSET

OPENS, CLOSES = 8 * 3600, 20 * 3600  # office hours in Jakarta
QUOTING = 0.3
_LANGUAGES = {"formal": "id", "chat": "id", "english": "en", "mixed": "mixed"}
# O opens; P presses; D is an answer at once; Q asks, A answers, R resolves; S says it did not help, T tries again;
# K ends it, B bids goodbye.
_PLAIN = {"OD": 25, "ODK": 36, "OPD": 7, "OPDK": 6, "ODKB": 12}
_PERSISTING = {"ODST": 6, "ODSTK": 8}
_ASKING = {"OQAR": 26, "OQARK": 34, "OPQAR": 6}


class Message(NamedTuple):
    """One message before it lands."""

    author: str
    at: int
    subject: Text
    body: Text
    language: str


def held(case: Case) -> list[Message]:
    """Return a ticket's messages in order of time; the last ones may lie after the demo's end."""
    rng, at, found = case.rng, case.opened_at, list[Message]()
    title, ask = messages.subject(case, at=at), ""
    has_persisted = False
    for step in _shape(case):
        if step == "Q" and not (ask := messages.question(case)):
            step = "D"
        if step in "AR" and not ask:
            continue
        number, is_agent = len(found), step in "QDRTB"
        before = found[-1].at if found else at
        if number:
            since = max(before, case.settled_at) if step in "DR" else before
            at = _office(since, rng=rng) if is_agent else _awake(before + _pause(step, rng=rng), rng=rng)
        has_persisted |= step == "S"
        if step == "O":
            body = messages.opening(case, at=at)
        elif is_agent:
            is_first = not any(message.author == "agent" for message in found)
            name = {"Q": f"ask_{ask}", "D": "direct", "R": "resolved", "T": "retry", "B": "bye"}[step]
            body = messages.agent(case, name, at=at, waited=at - before, is_first=is_first)
        else:
            name = {"A": ask, "P": "press", "S": "still"}.get(step) or (
                "noted" if has_persisted else messages.ending(case)
            )
            body = messages.customer(case, name, at=at)
        if number and case.channel == "email" and rng.random() < QUOTING:
            body = mail.reply(body, case, found[-1].body, at=before, is_from_agent=found[-1].author == "agent")
        found.append(_message(case, title, body, at=at, is_agent=is_agent, is_first=number == 0))
    return found


def _message(case: Case, title: Text, body: Text, *, at: int, is_agent: bool, is_first: bool) -> Message:
    subject = title if is_first or not title else [Piece("Re: "), *title]
    language = _LANGUAGES[case.register]
    if is_agent and language == "mixed":
        language = "id"
    return Message("agent" if is_agent else "customer", at, subject, body, language)


def _shape(case: Case) -> str:
    weights = dict(_PLAIN)
    if messages.may_persist(case):
        weights |= _PERSISTING
    if set(case.scenario.asks) - {"none"}:
        weights |= _ASKING
    return case.rng.choices(list(weights), weights=list(weights.values()))[0]


def _pause(step: str, *, rng: random.Random) -> int:
    """Seconds until a customer writes again; who presses has waited long."""
    if step == "P":
        return rng.randint(9 * 3600, 50 * 3600)
    return 60 + int(rng.lognormvariate(8.2, 1.4))


def _awake(at: int, *, rng: random.Random) -> int:
    """Put off to the morning what somebody would write in the middle of the night; few are awake then."""
    clock = (at + JAKARTA_OFFSET) % DAY
    if clock < 5 * 3600 and rng.random() < 0.85:
        return at - clock + rng.randint(6 * 3600, 11 * 3600)
    return at


def _office(since: int, *, rng: random.Random) -> int:
    """The instant of an agent's answer to a message, within office hours."""
    at = since + 240 + int(rng.lognormvariate(9.0, 1.1))
    clock = (at + JAKARTA_OFFSET) % DAY
    if clock < OPENS:
        return at - clock + OPENS + rng.randint(120, 9000)
    return at - clock + DAY + OPENS + rng.randint(120, 9000) if clock >= CLOSES else at
