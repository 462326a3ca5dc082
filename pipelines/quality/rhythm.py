"""Whether sources arrive in their rhythm: lately enough, and about as much as usual. From batches alone; no row is read.

What is expected stands in the contracts (`slaProperties`: frequency). Whom to tell does not belong here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

from pipelines.contracts import Contracts
from pipelines.lake import BatchRow, open_manifest
from pipelines.settings import Home

# A source is late when twice its interval has passed, as one missed arrival may be a holiday. A batch is out of the
# ordinary beyond a third or three times the median of those before it; below five of them nothing is usual yet.
_INTERVALS = 2
_FACTOR = 3
_USUAL_FROM = 5
_REMEMBERED = 30


@dataclass(frozen=True)
class Rhythm:
    """When a source last arrived and how much; `interval_days` between arrivals is what its contract expects.

    `last_at` is None where nothing has ever come; `usual_rows` is None where too little has come to tell.
    """

    source: str
    interval_days: float
    last_at: datetime | None
    days_since: float | None
    rows: int
    usual_rows: float | None

    @property
    def is_late(self) -> bool:
        """Whether it is overdue. A source that has never come is not: it may not be connected."""
        return self.days_since is not None and self.days_since > _INTERVALS * self.interval_days

    @property
    def is_unusual(self) -> bool:
        """Whether the last batch has far fewer or far more rows than those before it."""
        if self.usual_rows is None:
            return False
        return not self.usual_rows / _FACTOR <= self.rows <= self.usual_rows * _FACTOR

    def told(self) -> str:
        """Say what is out of rhythm; nothing where all is well."""
        parts = []
        if self.is_late and self.days_since is not None:
            parts.append(f"nothing for {self.days_since:.1f} days, expected every {self.interval_days:g}")
        if self.is_unusual:
            parts.append(f"{self.rows:,} rows in the last batch, usually {self.usual_rows:,.0f}")
        return f"{self.source}: {'; '.join(parts)}" if parts else ""


def rhythms(home: Home, contracts: Contracts, *, as_of: datetime) -> tuple[Rhythm, ...]:
    """Return the rhythm of every source whose contract states how often it arrives."""
    if not home.manifest_file.exists():
        return ()
    with open_manifest(home) as manifest:
        batches = manifest.batches()
    return tuple(
        _rhythm(name, contract.interval_days, batches, as_of=as_of)
        for name, contract in sorted(contracts.inbound.items())
        if contract.interval_days is not None
    )


def _rhythm(source: str, interval_days: float, batches: Iterable[BatchRow], *, as_of: datetime) -> Rhythm:
    own = [batch for batch in batches if batch.source == source and int(batch.balance.get("rows_in", 0))]
    if not own:
        return Rhythm(source, interval_days, None, None, 0, None)
    last_at = max(_instant(batch.as_of) for batch in own)
    days_since = max(0.0, (_aware(as_of) - last_at) / timedelta(days=1))
    rows = [int(batch.balance["rows_in"]) for batch in own]
    return Rhythm(source, interval_days, last_at, days_since, rows[-1], _usual(rows[:-1]))


def _usual(rows: Sequence[int]) -> float | None:
    remembered = rows[-_REMEMBERED:]
    return float(median(remembered)) if len(remembered) >= _USUAL_FROM else None


def _instant(text: str) -> datetime:
    return _aware(datetime.fromisoformat(text))


def _aware(instant: datetime) -> datetime:
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
