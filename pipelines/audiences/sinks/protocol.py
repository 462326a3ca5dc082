"""What every sink can do, and what it tells of it. How one recipient is spoken to stands in its own module."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import polars as pl

from pipelines.audiences.contacts import Spelling

Progress = Callable[[str], None]


def _forget(_: object) -> None:
    """Keep nothing."""


@dataclass(frozen=True)
class Session:
    """One replacement of a whole set, in batches that are numbered from 1.

    `id` is a positive integer of 63 bits, drawn once by the caller and never used for another set. A session that was
    interrupted goes on with the same members, `first_batch` one above the last that was `acknowledged`, and `is_resumed`.
    `began_at` is the instant of its first batch by the clock of whoever sends; where it is not known yet, `began` is told it.
    """

    id: int
    first_batch: int = 1
    acknowledged: Callable[[int], None] = field(default=_forget, repr=False)
    is_resumed: bool = False
    began_at: datetime | None = None
    began: Callable[[datetime], None] = field(default=_forget, repr=False)

    def __post_init__(self) -> None:
        """Raise ValueError where the numbers cannot be a session's."""
        if not 0 < self.id < 2**63 or self.first_batch < 1:
            message = "a session has an id between 1 and 2**63 - 1, and its batches are numbered from 1"
            raise ValueError(message)


@dataclass(frozen=True)
class Receipt:
    """What a recipient took: rows that were sent, rows it says to have received and to have found invalid, and the effort.

    `received` and `invalid` are the recipient's own words; where it counts a batch twice that was sent twice, so do they.
    """

    sent: int = 0
    received: int = 0
    invalid: int = 0
    batches: int = 0
    waited_seconds: float = 0.0


class Sink(Protocol):
    """One recipient. Members are frames of the columns `fields`: SHA-256 in lower-case hex, or NULL."""

    @property
    def recipient(self) -> str:
        """Its name in `recipients.yaml`."""

    @property
    def fields(self) -> tuple[str, ...]:
        """Which of `email_sha256` and `phone_sha256` it is sent."""

    @property
    def spelling(self) -> Spelling:
        """How it wants a phone number spelt before it is hashed."""

    @property
    def is_by_hand(self) -> bool:
        """Whether somebody still has to carry what is written to the recipient, so that a receipt confirms nothing."""

    def ensure(self, name: str, description: str) -> str:
        """Return the recipient's id of the audience of this name, which is made where there is none."""

    def replace(self, audience_id: str, members: pl.DataFrame, *, session: Session, progress: Progress) -> Receipt:
        """Let the audience be these members and nobody else."""

    def add(self, audience_id: str, members: pl.DataFrame) -> Receipt:
        """Add members; who is in it already stays once."""

    def remove(self, audience_id: str, members: pl.DataFrame) -> Receipt:
        """Take members out, by each of their hashes alone."""

    def remove_everywhere(self, members: pl.DataFrame) -> Receipt:
        """Take members out of every audience of the account, by each of their hashes alone."""
