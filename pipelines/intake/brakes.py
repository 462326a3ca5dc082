"""The brake of intake: a batch of which most would be refused as too old is not taken in while clock or window is doubtful.

What is refused by its age is counted and not kept, and its file is known from then on: under a clock that jumped or a window
that was edited by mistake all of it would be lost for the right one. So such a batch keeps nothing, and its files wait. A
horizon far beyond the window is what such a clock has left behind.

A clock is doubted by the last batch of the source itself: what other sources brought under a wrong clock makes it no truer. The
times of landed files are not asked, as copies keep old ones, and a wrong clock writes its own. The first batch of a home knows
nothing to doubt by: an archive loads as before. Not here: which row is too old (`ageing`), what a doubt is (lake).
"""

from __future__ import annotations

from datetime import datetime

from pipelines.contracts import Policy, periods
from pipelines.contracts.models import InboundContract
from pipelines.intake.reasons import EXPIRED
from pipelines.intake.reports import BatchReport
from pipelines.lake import Manifest, doubts, horizons

_MANY = 10_000


class ExpiryInDoubt(RuntimeError):
    """Most of a batch would be refused as too old, by a clock or a window that may be wrong; nothing of it was kept."""


def hold(
    report: BatchReport, contract: InboundContract, policy: Policy, manifest: Manifest, *, as_of: datetime
) -> None:
    """Let a judged batch pass that nothing speaks against. Raises ExpiryInDoubt."""
    expired = report.refused.get(EXPIRED, 0)
    kept = report.accepted + report.superseded + report.duplicates
    if not expired or expired <= min(kept, _MANY):
        return
    doubt = _of_clock(contract, policy, manifest, as_of=as_of) or _of_window(contract, policy, manifest)
    if doubt := doubt or _of_horizon(contract, policy, manifest, as_of=as_of):
        raise ExpiryInDoubt(
            f"{contract.name}: {expired:,} of {report.rows_in:,} rows would be refused as too old, and {doubt}. Nothing of "
            "them was kept, and what landed waits. If clock and windows are as they should be, `crosslife run "
            "--expiry-is-right` takes it in (from Dagster: `expiry_is_right` of the resource `site`), and those rows are gone"
        )


def _of_clock(contract: InboundContract, policy: Policy, manifest: Manifest, *, as_of: datetime) -> str:
    last = doubts.last_batch(manifest, timezone=policy.timezone, source=contract.name) or doubts.last_batch(
        manifest, timezone=policy.timezone, before=as_of
    )
    return doubts.of_clock(last, today=periods.day_of(as_of, timezone=policy.timezone)) if last else ""


def _of_window(contract: InboundContract, policy: Policy, manifest: Manifest) -> str:
    windows = doubts.windows_of(policy)
    own = contract.retention.category
    return doubts.of_windows(manifest, {own: windows[own]}) if own in windows else ""


def _of_horizon(contract: InboundContract, policy: Policy, manifest: Manifest, *, as_of: datetime) -> str:
    """Say that far more was dropped than the window would have by now: a clock ran ahead, or the window is longer since."""
    through = manifest.horizons().of(contract.name, horizons.EVENT)
    if not through or not contract.retention.period:
        return ""
    today = periods.day_of(as_of, timezone=policy.timezone)
    kept = periods.first_kept(today, contract.retention.period)
    if (through - kept).days <= doubts.MOST_DAYS:
        return ""
    return f"the window keeps days from {kept} on, and all up to {through} were dropped: see whether a clock ran ahead"
