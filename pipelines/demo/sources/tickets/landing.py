"""Tickets as they land: a row for each message, what the truth knows of it, and each spelling that leads to a person.

Spellings that the accounts, orders and browsers state are not stated again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact, Row
from pipelines.demo.sources.tickets.case import Case
from pipelines.demo.sources.tickets.dialogue import Message, held
from pipelines.demo.sources.tickets.pieces import Span, rendered
from pipelines.demo.world import streams
from pipelines.demo.world.span import local_text

_LAST_SECONDS = 40  # between a message and its row
_LEADING = frozenset(
    {"email", "phone", "nik", "address", "bank_account", "card", "npwp", "va_number", "handle", "url_token"}
)


_SIGNED_IN = {"email": 0.8, "form": 0.9, "chat": 0.85, "whatsapp": 0.45}


def ticket(case: Case, number: int, *, stated: set[tuple[str, str, str]], dirt: Dirt) -> Iterator[Row | Fact]:
    """Yield a ticket's rows and facts; `number` tells the writer's tickets apart.

    `stated` are the identifiers that were stated already; what is stated here is added.
    """
    world, rng = case.catalogue.world, case.rng
    ticket_id = _ticket_id(case, number)
    user_id = case.writer.person.user_id if case.story and rng.random() < _SIGNED_IN[case.channel] else None
    messages = held(case)
    stated |= _stated_elsewhere(case)
    if case.email and ("email", case.email, case.writer.owner) not in stated:
        stated.add(("email", case.email, case.writer.owner))
        yield Fact("identifiers", ("email", case.email, case.writer.owner))
    for place, message in enumerate(messages):
        arrives_at = message.at + rng.randint(1, _LAST_SECONDS)
        if arrives_at >= world.end_at:
            return
        message_id = f"msg_{_id(case, number, place):012x}"
        subject, subject_spans = rendered(message.subject)
        body, body_spans = rendered(message.body)
        line = _line(case, message, (ticket_id, message_id, user_id), subject=subject, body=body)
        row = Row("support_tickets", arrives_at, line)
        yield from dirt.landed(
            row, key=message_id, rng=rng, occurred_at=message.at * 1000, email=case.email or case.writer.person.email
        )
        yield _fact(case, message, ticket_id=ticket_id, message_id=message_id)
        for member, spans in (("subject", subject_spans), ("body", body_spans)):
            for span in spans:
                yield Fact("ticket_spans", (message_id, member, *span))
                yield from _identifier(span, stated)


def told_of(case: Case, number: int) -> tuple[str, list[Span]]:
    """Return a ticket's id, and the personal data in the texts of its messages that land. The case is used up by it."""
    landing = (message for message in held(case) if message.at + _LAST_SECONDS < case.catalogue.world.end_at)
    spans = [span for message in landing for text in (message.subject, message.body) for span in rendered(text)[1]]
    return _ticket_id(case, number), spans


def _ticket_id(case: Case, number: int) -> str:
    return f"tkt_{_id(case, number):012x}"


def _line(case: Case, message: Message, ids: tuple[str, str, str | None], *, subject: str, body: str) -> str:
    ticket_id, message_id, user_id = ids
    members = {
        "ticket_id": ticket_id,
        "message_id": message_id,
        "user_id": user_id,
        "email": case.email or None,
        "channel": case.channel,
        "author": message.author,
        "subject": subject or None,
        "body": body,
        "created_at": f"{local_text(message.at)}+07:00",
    }
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False)


def _fact(case: Case, message: Message, *, ticket_id: str, message_id: str) -> Fact:
    learner = case.story.learner if case.story else None
    topic = case.scenario.topic
    values = (message_id, ticket_id, learner, message.author, topic, message.language, message.at, case.writer.owner)
    return Fact("tickets", values)


def _stated_elsewhere(case: Case) -> set[tuple[str, str, str]]:
    """What the accounts state of the learners whom this ticket names."""
    parties = [case.writer, case.child, case.__dict__.get("other")]
    learners = [party for party in parties if party is not None and party.owner.startswith("learner/")]
    return {
        (kind, value, party.owner)
        for party in learners
        for kind, value in (
            ("name", party.person.name),
            ("phone", party.person.phone),
            ("email", party.person.email),
            ("email", party.person.second_email),
        )
    }


def _identifier(span: Span, stated: set[tuple[str, str, str]]) -> Iterator[Fact]:
    """State a spelling the first time that it leads to a person: a first name alone, an age or a year does not."""
    is_full_name = span.kind == "name" and " " in span.value
    is_full_date = span.kind == "birth_date" and len(span.value) >= len("1/1/2003")
    identifier = (span.kind, span.value, span.owner)
    if identifier in stated or not (span.kind in _LEADING or is_full_name or is_full_date):
        return
    stated.add(identifier)
    yield Fact("identifiers", identifier)


def _id(case: Case, *numbers: int) -> int:
    kind, _, digits = case.writer.owner.partition("/")
    stream = streams.key(case.catalogue.world.seed, "tickets", kind, *numbers)
    return streams.number(stream, int(digits)) >> 16
