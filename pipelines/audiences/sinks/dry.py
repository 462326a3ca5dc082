"""A sink that sends nothing: what a dry run asks for the fields that would be sent. Whatever would send refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

import polars as pl

from pipelines.audiences.contacts import Spelling
from pipelines.audiences.sinks.protocol import Progress, Session


@dataclass(frozen=True)
class DrySink:
    """A recipient as it would be sent (see `Sink`); to send by it is a programming error."""

    recipient: str
    fields: tuple[str, ...]
    spelling: Spelling = Spelling.DIGITS
    is_by_hand: bool = False

    def ensure(self, name: str, description: str) -> NoReturn:
        """Refuse."""
        raise NotImplementedError

    def replace(self, audience_id: str, members: pl.DataFrame, *, session: Session, progress: Progress) -> NoReturn:
        """Refuse."""
        raise NotImplementedError

    def add(self, audience_id: str, members: pl.DataFrame) -> NoReturn:
        """Refuse."""
        raise NotImplementedError

    def remove(self, audience_id: str, members: pl.DataFrame) -> NoReturn:
        """Refuse."""
        raise NotImplementedError

    def remove_everywhere(self, members: pl.DataFrame) -> NoReturn:
        """Refuse."""
        raise NotImplementedError
