"""Rules that are not in force yet, by the issue that brings each. Whatever is planted in a demo's files is found today."""

from __future__ import annotations

from collections.abc import Mapping

LATER: Mapping[str, int] = {
    "minors_of_tickets": 10,  # their text is held back until it can be redacted
}
