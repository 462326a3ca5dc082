"""Rules that are not in force yet, by the issue that brings each. Whatever is planted in a demo's files is found today."""

from __future__ import annotations

from collections.abc import Mapping

LATER: Mapping[str, int] = {
    "bots_out": 4,  # crawlers are flagged and left out of what is counted
    "minors_out": 7,
    "leaving_ends": 7,  # the clocks of retention
    "one_clock": 7,
}
