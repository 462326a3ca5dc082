"""What must become of a row that was made."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Fate(Enum):
    """Sound rows are accepted, bad ones quarantined; of open ones only the count is known."""

    SOUND = "sound"
    BAD = "bad"
    OPEN = "open"


class Made(NamedTuple):
    """The bytes of one row, and its fate."""

    content: bytes
    fate: Fate
