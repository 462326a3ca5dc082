"""Messages of a ticket: what a customer or an agent writes at one step, put together from its parts by channel.

The order of the steps and their instants are in `dialogue`; quotations and headers in `mail`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from pipelines.demo.sources.tickets import grammar, topics
from pipelines.demo.sources.tickets.case import Case
from pipelines.demo.sources.tickets.mail import forwarded
from pipelines.demo.sources.tickets.phrases import everyday
from pipelines.demo.sources.tickets.pieces import Piece, Text, joined, smoothed
from pipelines.demo.sources.tickets.voice import Voice

LATE_SECONDS = 20 * 3600
_ONLY_ONCE = ("erima kasih", "hank", "aaf", "orry", "itutup", "hari ini")
_FOOTERS = (
    "Dikirim dari iPhone saya",
    "Dikirim dari ponsel Galaxy saya",
    "Sent from my iPhone",
    "Dikirim dari ponsel, mohon maaf bila ada salah ketik.",
    "Sent from Mail for Windows",
)


def subject(case: Case, *, at: int) -> Text:
    """Return the subject of a mail or form; chats have none."""
    if case.channel not in ("email", "form"):
        return []
    voice = Voice(case, at=at)
    own = case.scenario.says(f"{case.register} subject")
    borrowed = case.scenario.says("formal subject") + case.scenario.says("chat subject")
    return voice.pick(own or borrowed)


def opening(case: Case, *, at: int) -> Text:
    """Return the first message."""
    voice = Voice(case, at=at)
    if case.channel == "email":
        return _letter(voice)
    return _form(voice) if case.channel == "form" else _chat(voice)


def customer(case: Case, step: str, *, at: int) -> Text:
    """Return a later message of the customer: an `answer` to what was asked, `noted`, `solved`, `press` or `still`."""
    voice, says = Voice(case, at=at), everyday()
    if case.scenario.key in topics.AWAITED or step == "still":
        case.tags.add("wait")
    section = f"{case.register} {step}"
    body = voice.pick(says.get(section, ()), is_needed=True)
    if case.channel != "email":
        return smoothed([*body, *_tail(voice, body, is_glad=step in ("noted", "solved"))])
    greeting = voice.pick(says[f"{case.register} greeting"], chance=0.2)
    closing = voice.pick(says[f"{case.register} closing"], chance=0.35) if step in ("press", "still") else []
    sign = voice.pick(says[f"{case.register} sign"], chance=0.45, is_sign=True)
    return smoothed(joined([greeting, joined([body, closing], " "), sign], "\n\n"))


def agent(case: Case, step: str, *, at: int, waited: int, is_first: bool) -> Text:
    """Return an agent's message: `ask_<something>`, `direct`, `resolved`, `retry` or `bye`."""
    register = "english" if case.register == "english" else "formal"
    side = "agent_en" if register == "english" else "agent"
    voice, says, rng = Voice(case, at=at, is_agent=True, register=register), everyday(), case.rng
    is_chat = case.channel in ("chat", "whatsapp")
    greeting = voice.pick(says[f"{side} greeting"], chance=(0.62 if is_first else 0.12) if is_chat else 0.95)
    is_looked_up = case.story is not None and case.scenario.topic in topics.LOOKED_UP
    safety = () if case.scenario.topic == "identity" else topics.SAFETY.items()
    is_answering, is_asking = step in ("direct", "resolved"), step.startswith("ask")
    core = _core(voice, step, side=side)
    late = voice.pick(_unthanked(says[f"{side} late"], core), chance=0.5) if waited > LATE_SECONDS else []
    chance = 0.0 if late or step in ("bye", "retry") else 0.5 if is_first else 0.06
    opener = _acknowledgement(voice, core, side=side, chance=chance, is_asking=is_asking)
    parts = [
        late,
        opener,
        voice.pick(says[f"{side} checked"], chance=0.22) if step == "direct" and is_looked_up else [],
        core,
        *(voice.pick(says[f"{side} {note}"], chance=0.5) for kind, note in safety if kind in case.kinds),
        voice.pick(says[f"{side} stray"], chance=0.025) if is_answering and case.story else [],
    ]
    case.kinds.clear()
    ends = "waiting" if is_asking else "closing"
    if ends == "closing" and case.scenario.topic in topics.CHEERED and rng.random() < 0.6:
        ends = "cheering"
    last = _unthanked(says[f"{side} {ends}"], joined(parts, " "))
    parts.append(voice.pick(last, chance=0.0 if step == "bye" else 0.33 if is_chat else 0.6))
    body = joined(parts, " " if is_chat or rng.random() < 0.6 else "\n\n")
    if is_chat:
        sign = voice.pick(says[f"{side} chatsign"], chance=0.16, is_sign=True)
        return smoothed(joined([_hailed(greeting, body, rng=rng), sign], "\n"))
    sign = voice.pick(says[f"{side} sign"], chance=0.85, is_sign=True)
    return smoothed(joined([greeting, body, sign], "\n\n"))


def question(case: Case) -> str:
    """Draw what an agent asks for: something that is not known yet; "" where there is no such thing."""
    side = "agent_en" if case.register == "english" else "agent"
    if any(grammar.marked(line)[0] in case.tags for line in case.scenario.says(f"{side} direct") if line[0] == "("):
        return ""
    open_asks = [ask for ask in case.scenario.asks if ask != "none" and topics.ANSWERS.get(ask, "") not in case.said]
    if case.email or "unsubscribe" in case.said:
        open_asks = [ask for ask in open_asks if ask != "email"]
    if case.tags & {"why", "night"}:
        open_asks = [ask for ask in open_asks if ask != "reason"]
    return case.rng.choice(open_asks) if open_asks else ""


def ending(case: Case) -> str:
    """Say how the customer ends a ticket that was answered: `solved` or `noted`."""
    return "solved" if case.scenario.key in topics.FIXABLE and case.rng.random() < 0.7 else "noted"


def may_persist(case: Case) -> bool:
    """Whether what the agent did can fail to help."""
    return case.scenario.key in topics.FIXABLE


def _hailed(greeting: Text, body: Text, *, rng: random.Random) -> Text:
    """A chat's greeting and what follows: on a line of its own, or closed by a full stop."""
    if not greeting or rng.random() < 0.4:
        return joined([greeting, body], "\n")
    last = greeting[-1]
    closed = [*greeting[:-1], last] if last.kind else [*greeting[:-1], last._replace(text=last.text.rstrip(","))]
    ended = [] if closed[-1].text.endswith((".", "!")) else [Piece(rng.choice((".", "!", " 👋", ".")))]
    return joined([[*closed, *ended], body], " ")


def _acknowledgement(voice: Voice, core: Text, *, side: str, chance: float, is_asking: bool) -> Text:
    """What an agent says first: that they are sorry, that they look into it (and ask), or thanks."""
    is_trouble = voice.case.scenario.topic in topics.TROUBLES and voice.case.rng.random() < 0.5
    section = "sorry" if is_trouble else "looking" if is_asking else "ack"
    return voice.pick(_unthanked(everyday()[f"{side} {section}"], core), chance=chance)


def _unthanked(templates: Sequence[str], said: Text) -> Sequence[str]:
    """Leave out thanks (and excuses) where what is said bears them already."""
    words = "".join(piece.text for piece in said if not piece.kind)
    return [line for line in templates if not any(mark in words and mark in line for mark in _ONLY_ONCE)]


def _tail(voice: Voice, said: Text, *, is_glad: bool = False) -> Text:
    """What follows the last words; nothing in grave matters, or where they end in a picture already."""
    is_pictured = bool(said) and said[-1].text[-1:] > "\u2600"
    return [] if is_pictured or voice.case.scenario.topic in topics.GRAVE else voice.tail(is_glad=is_glad)


def _core(voice: Voice, step: str, *, side: str) -> Text:
    scenario = voice.case.scenario
    own = scenario.says(f"{side} {step}")
    if step == "resolved":
        return voice.pick(own, is_needed=True) or voice.pick(scenario.says(f"{side} direct"), is_needed=True)
    return voice.pick(own or everyday().get(f"{side} {step}", ()), is_needed=True)


def _told(voice: Voice) -> tuple[Text, Text]:
    """What the matter is, and more about it."""
    case = voice.case
    problem = voice.pick(case.scenario.says(f"{case.register} problem"), is_needed=True)
    return problem, voice.pick(case.scenario.says(f"{case.register} detail"), chance=0.68)


def _introduced(voice: Voice, *, chance: float) -> Text:
    """Who writes, unless that is part of the matter."""
    case = voice.case
    problems = case.scenario.says(f"{case.register} problem")
    is_told = any(grammar.slots(line) & {"name", "nick"} for line in problems)
    return [] if is_told else voice.pick(everyday()[f"{case.register} intro"], chance=chance)


def _request(voice: Voice, *, chance: float) -> Text:
    case = voice.case
    own = case.scenario.says(f"{case.register} request")
    is_own = bool(own) and case.rng.random() < 0.75
    if not is_own and case.scenario.topic not in topics.NEEDY:
        return []
    return voice.pick(own if is_own else everyday()[f"{case.register} request"], chance=chance)


def _identified(voice: Voice, *, chance: float) -> Text:
    """By what a learner's account is to be found; others have none."""
    case = voice.case
    if case.story is None or case.scenario.topic in topics.UNIDENTIFIED:
        return []
    return voice.pick(everyday()[f"{case.register} ident"], chance=chance)


def _letter(voice: Voice) -> Text:
    case, says, rng = voice.case, everyday(), voice.case.rng
    register = case.register
    greeting = voice.pick(says[f"{register} greeting"], chance=0.9)
    intro = _introduced(voice, chance=0.22)
    problem, detail = _told(voice)
    ident = _identified(voice, chance=0.3)
    request = _request(voice, chance=0.65)
    paragraph = joined([intro, problem, detail], rng.choice((" ", " ", "\n\n", "\n")))
    rest = joined([ident, request], rng.choice((" ", "\n\n")))
    closing = voice.pick(_unthanked(says[f"{register} closing"], rest), chance=0.75)
    sign = voice.pick(says[f"{register} sign"], chance=0.7, is_sign=True)
    footer = [Piece(rng.choice(_FOOTERS), is_fixed=True)] if rng.random() < 0.1 else []
    letter = joined([greeting, paragraph, rest, joined([closing, sign], "\n"), footer], "\n\n")
    is_forwarding = case.enrolment is not None and rng.random() < 0.07
    return smoothed(joined([letter, forwarded(case, voice.moment) if is_forwarding else []], "\n\n"))


def _chat(voice: Voice) -> Text:
    case, says = voice.case, everyday()
    register, between = case.register, voice.manner.between
    greeting = voice.pick(says[f"{register} greeting"], chance=0.6)
    intro = _introduced(voice, chance=0.12)
    problem, detail = _told(voice)
    ident = _identified(voice, chance=0.13)
    request = _request(voice, chance=0.4)
    closing = voice.pick(says[f"{register} closing"], chance=0.25)
    rest = joined([intro, problem, detail, ident, request, closing], between)
    after = between if register in ("chat", "mixed") else "\n"
    return smoothed([*joined([greeting, rest], after), *_tail(voice, rest)])


def _form(voice: Voice) -> Text:
    case, says, rng = voice.case, everyday(), voice.case.rng
    header = _header(voice) if rng.random() < 0.45 else []
    problem, detail = _told(voice)
    request = _request(voice, chance=0.5)
    greeting = voice.pick(says[f"{case.register} greeting"], chance=0.25)
    closing = voice.pick(says[f"{case.register} closing"], chance=0.35)
    body = joined([problem, detail, request, closing], rng.choice((" ", "\n")))
    return smoothed(joined([header, joined([greeting, body], "\n")], "\n\n"))


def _header(voice: Voice) -> Text:
    """What the contact form puts above a message: the fields that were filled in."""
    is_english = voice.register == "english"
    lines = [("Name" if is_english else "Nama", "{name}"), ("E-mail" if is_english else "Surel", "{email}")]
    if voice.case.rng.random() < 0.4:
        lines.append(("Phone" if is_english else "No. HP", "{phone}"))
    return joined([[Piece(f"{label}: ", is_fixed=True), *voice.say(slot)] for label, slot in lines], "\n")
