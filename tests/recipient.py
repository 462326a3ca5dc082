"""A recipient in memory, for tests of what is sent rather than how: sets of hashes by audience, and faults on demand."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import polars as pl

from pipelines.audiences.contacts import Spelling
from pipelines.audiences.sinks import Progress, Receipt, Session


class Broken(Exception):
    """The recipient broke as a test wanted it to."""


@dataclass
class Recipient:
    """What stands at a recipient; `breaks_at` is the number of the request that fails before it is done."""

    recipient: str = "meta"
    fields: tuple[str, ...] = ("email_sha256", "phone_sha256")
    spelling: Spelling = Spelling.DIGITS
    audiences: dict[str, set[str]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    breaks_at: int | None = None
    is_silent: bool = False
    is_by_hand: bool = False
    sessions: list[Session] = field(default_factory=list)

    def ensure(self, name: str, description: str) -> str:
        self._called("ensure")
        self.audiences.setdefault(name, set())
        return name

    def replace(self, audience_id: str, members: pl.DataFrame, *, session: Session, progress: Progress) -> Receipt:
        self.sessions.append(session)
        self._called("replace")
        self.audiences[audience_id] = self._hashes(members)
        session.acknowledged(1)
        return Receipt(sent=members.height, received=members.height, batches=1)

    def add(self, audience_id: str, members: pl.DataFrame) -> Receipt:
        self._called("add")
        self.audiences[audience_id] |= self._hashes(members)
        return self._taken(members)

    def remove(self, audience_id: str, members: pl.DataFrame) -> Receipt:
        self._called("remove")
        self.audiences[audience_id] -= self._hashes(members)
        return self._taken(members)

    def remove_everywhere(self, members: pl.DataFrame) -> Receipt:
        self._called("remove_everywhere")
        for hashes in self.audiences.values():
            hashes -= self._hashes(members)
        return self._taken(members)

    def holds(self, contact: str) -> bool:
        """Whether an address or number, in its normal form, stands in any audience."""
        return any(sha256(contact) in hashes for hashes in self.audiences.values())

    def _hashes(self, members: pl.DataFrame) -> set[str]:
        assert set(members.columns) == set(self.fields)
        return {each for name in self.fields for each in members[name].drop_nulls()}

    def _taken(self, members: pl.DataFrame) -> Receipt:
        return Receipt(sent=members.height, received=0 if self.is_silent else members.height, batches=1)

    def _called(self, request: str) -> None:
        self.requests.append(request)
        if self.breaks_at is not None and len(self.requests) == self.breaks_at:
            raise Broken


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
