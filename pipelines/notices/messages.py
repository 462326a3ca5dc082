"""What is told: one notice, as text for a mail and as JSON for a webhook. Not here: to whom."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

Kind = Literal["failed", "refused", "stale", "test"]
_LONGEST = 400
_MOST_LINES = 20


@dataclass(frozen=True)
class Notice:
    """One thing to tell: what kind, a title, and what somebody should know. Names and counts, never a value of a row."""

    kind: Kind
    title: str
    lines: tuple[str, ...]
    at: datetime

    @property
    def subject(self) -> str:
        """The notice in one line."""
        return f"[crosslife] {_short(self.title)}"

    @property
    def text(self) -> str:
        """The notice as plain text."""
        shown = [_short(line) for line in self.lines[:_MOST_LINES]]
        more = len(self.lines) - len(shown)
        told = [*shown, f"and {more} more"] if more else shown
        return "\n".join([_short(self.title), "", *told, "", f"At {self._instant}"])

    def body(self) -> bytes:
        """The notice as JSON; chat services show `text`."""
        parts = {"text": self.text, "kind": self.kind, "title": _short(self.title), "at": self._instant}
        return json.dumps({**parts, "lines": [_short(line) for line in self.lines]}, ensure_ascii=False).encode()

    @property
    def _instant(self) -> str:
        known = self.at if self.at.tzinfo else self.at.replace(tzinfo=UTC)
        return known.astimezone(UTC).isoformat(timespec="seconds")


def _short(line: str) -> str:
    """One line, without what could end a mail's header, and not longer than anybody reads."""
    flat = " ".join(line.split())
    return flat if len(flat) <= _LONGEST else f"{flat[: _LONGEST - 1]}…"
