"""One message's voice: picks among templates what fits the ticket, fills the slots and writes in the writer's manner.

Which templates are offered, and in what order, is decided in `messages`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pipelines.demo.sources.tickets import grammar
from pipelines.demo.sources.tickets.case import Case
from pipelines.demo.sources.tickets.manner import PLAIN
from pipelines.demo.sources.tickets.moment import Moment
from pipelines.demo.sources.tickets.pieces import Piece, Text
from pipelines.demo.sources.tickets.slots import SLOTS
from pipelines.demo.sources.tickets.surroundings import PLAIN_SLOTS

_OF_ACCOUNTS = frozenset({"email", "phone", "name", "nick", "user", "order"})
_ALWAYS = frozenset({"me", "stray", "stray_email", "stray_phone"})
# Plain things of which an agent hears only from the customer.
_ONCE = frozenset(
    {"name", "full", "nick", "email", "phone", "user", "order", "birth", "street", "nik", "npwp", "town", "home", "handle",
     "friend", "friend2", "child", "price", "amount"}
)  # fmt: skip
_CALLED = re.compile(r"\bKak(?:ak)?\b")
_TOLD = frozenset({"bank", "n", "module", "browser", "device", "error"})


class Voice:
    """Somebody who writes one message at an instant."""

    def __init__(self, case: Case, *, at: int, is_agent: bool = False, register: str = "") -> None:
        self.case, self.is_agent = case, is_agent
        self.register = register or case.register
        self.moment = Moment(at, self.register, is_agent, case.rng)
        self.manner = PLAIN if is_agent else case.manner
        self._filled: dict[str, Text | None] = {}
        self._told: set[str] = set()
        self._has_begun = False

    def pick(
        self, templates: Sequence[str], *, chance: float = 1.0, is_needed: bool = False, is_sign: bool = False
    ) -> Text:
        """Say one of the templates that fit; nothing where none does.

        An agent speaks of the matter brought up where there is something to say on it. Nobody repeats a template of this
        ticket without need, or tells the same thing twice in a message, unless what they say `is_needed` or signs it.
        """
        if chance < 1 and self.case.rng.random() >= chance:
            return []
        fitting = [template for template in templates if self._fits(template)]
        meant = fitting
        if self.is_agent:
            meant = [template for template in fitting if template.startswith("(")] or fitting
        told = meant if is_sign else [template for template in meant if not grammar.slots(template) & self._told]
        fresh = [template for template in told if template not in self.case.used] or told
        if not fresh and is_needed:
            fresh = meant
        return self.say(self.case.rng.choice(fresh)) if fresh else []

    def say(self, template: str) -> Text:
        """Return a template in this voice."""
        case, rng = self.case, self.case.rng
        case.used.add(template)
        mark, words = grammar.marked(template)
        text = grammar.expanded(words, rng=rng, fill=self._fill)
        self._told |= grammar.slots(template) & _ONCE
        if not self.is_agent:
            case.said |= grammar.slots(template)
            case.tags.add(mark.removeprefix("+"))
        case.kinds.update(piece.kind for piece in text)
        if self.is_agent:
            return text if case.title == "Kak" else [self._courteous(piece) for piece in text]
        return self._ended(self._spoken(piece) for piece in text)

    def _courteous(self, piece: Piece) -> Piece:
        return piece if piece.kind else piece._replace(text=_CALLED.sub(self.case.title, piece.text))

    def _spoken(self, piece: Piece) -> Piece:
        if piece.kind in ("name", "nickname") and self.manner.is_shouting:
            return piece._replace(text=piece.text.upper())
        if piece.kind or piece.is_fixed:
            return piece
        return piece._replace(text=self.manner.spoken(piece.text, rng=self.case.rng))

    def tail(self, *, is_glad: bool = False) -> Text:
        """Return what this writer puts after the last words."""
        tail = self.manner.tail(self.case.rng, is_glad=is_glad)
        return [Piece(tail, is_fixed=True)] if tail else []

    def _ended(self, pieces: Iterable[Piece]) -> Text:
        """Leave out the full stop, begin with a capital, or neither, as is the writer's habit."""
        text = list(pieces)
        if not text:
            return text
        first, last = text[0], text[-1]
        begins = not self._has_begun or self.manner.between.strip(" ,") != "" or "\n" in self.manner.between
        self._has_begun = True
        if not self.manner.is_lower and begins and not first.kind and not first.is_fixed and first.text:
            text[0] = first._replace(text=first.text[0].upper() + first.text[1:])
        if not self.manner.has_stops and not last.kind and last.text.endswith(".") and not last.is_fixed:
            text[-1] = text[-1]._replace(text=text[-1].text[:-1])
        return text

    def _fits(self, template: str) -> bool:
        mark, _ = grammar.marked(template)
        if mark and not mark.startswith("+") and mark not in self.case.tags:
            return False
        # In one order whatever the hash seed: the first slot that nobody can fill ends the search, and filling draws.
        names = sorted(grammar.slots(template))
        return all(self._knows(name) and self._slot(name) is not None for name in names)

    def _knows(self, name: str) -> bool:
        """Whether the speaker can know what stands in a slot: agents know the account, and what was written to them."""
        case = self.case
        if not self.is_agent or name in case.said or name in _ALWAYS:
            return True
        if name in PLAIN_SLOTS:
            return name not in _TOLD
        if name not in _OF_ACCOUNTS:
            return False
        if case.story is not None:
            return True
        return case.email != "" and (
            name == "email" or (name in ("name", "nick") and case.channel in ("email", "form"))
        )

    def _fill(self, name: str) -> Text:
        return self._slot(name) or []

    def _slot(self, name: str) -> Text | None:
        if name not in self._filled:
            self._filled[name] = self._made(name)
        return self._filled[name]

    def _made(self, name: str) -> Text | None:
        plain = PLAIN_SLOTS.get(name)
        if plain is None:
            return SLOTS[name](self.case, self.moment)
        text = plain(self.case, self.moment)
        if text is not None and self.manner.is_lower and name in ("part", "day", "localhello", "cohort", "next"):
            text = text.lower()
        if text is not None and self.manner.is_shouting:
            text = text.upper()
        return None if text is None else [Piece(text, is_fixed=True)]
