"""What makes a clock or a window doubtful: it stands far from what the manifest knows. Whoever lets rows go by them asks here.

A clock that jumped, or a window that was edited by mistake, would let all go at once, and rightly so by itself. Not here: how
much has to be at stake before a doubt holds anything up (intake for what arrives, retention for what is stored).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from pipelines.contracts import Policy, periods
from pipelines.lake.manifest import Manifest

MOST_DAYS = 62
"""How many days may pass without a sign of life, or go at once, before somebody has to look."""

_AGREED = "clock"
"""The reader of the manifest's book who says up to which batch the clock was agreed to."""


def last_batch(
    manifest: Manifest, *, timezone: str, source: str | None = None, before: datetime | None = None
) -> date | None:
    """Return the last day of any batch, or of those of one source or before an instant; None where there is none."""
    found = (datetime.fromisoformat(each.as_of) for each in manifest.batches() if source in (None, each.source))
    days = (periods.day_of(each, timezone=timezone) for each in found if before is None or each < before)
    return max(days, default=None)


def last_before_a_leap(manifest: Manifest, *, timezone: str) -> date | None:
    """Return the last day of any batch before the batches leapt, unless somebody has agreed to a plan since (`note_agreed`).

    A batch that came under a wrong clock makes it no truer.
    """
    agreed, last = manifest.readers().seen(_AGREED), None
    for number, each in enumerate(manifest.batches(), start=1):
        day = periods.day_of(datetime.fromisoformat(each.as_of), timezone=timezone)
        if last is not None and number > agreed and (day - last).days > MOST_DAYS:
            return last
        last = max(day, last or day)
    return last


def note_agreed(manifest: Manifest) -> None:
    """Note that somebody has looked at the clock as it stood with all batches that there are."""
    manifest.readers().note_seen(_AGREED, len(manifest.batches()))


def of_clock(last: date, *, today: date) -> str:
    """Say why a clock is doubtful that tells of `today` when the last that is known is of `last`; empty where it is not."""
    days = (today - last).days
    if days <= MOST_DAYS:
        return ""
    return f"the last that is known is of {last}, {days:,} days before {today}: see that the clock is right"


def of_windows(manifest: Manifest, windows: Mapping[str, str]) -> str:
    """Say which windows (`windows_of`) are others than when rows were last dropped; empty where none is, or none ever was."""
    before = next((w.counts["windows"] for w in reversed(manifest.interventions()) if w.counts.get("windows")), None)
    if not before or not (other := sorted(name for name, told in windows.items() if before.get(name, told) != told)):
        return ""
    told = ", ".join(f"{name} was {before[name]} and is {windows[name]}" for name in other)
    return f"windows are others than at the last drop ({told}): see that the edit of the policy is meant"


def windows_of(policy: Policy) -> dict[str, str]:
    """Return the windows of a policy in words, by category, as each drop notes them."""
    return {name: f"{window.period} {window.anchor}" for name, window in sorted(policy.windows.items())}
