"""Opening a truth: tables as frames, its end, which rows never arrived sound, the files. Nothing is computed from them here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

JAKARTA = ZoneInfo("Asia/Jakarta")
JAKARTA_MS = 7 * 3_600_000  # Asia/Jakarta has had no other offset since 1964
SECOND_MS = 1_000
DAY_MS = 86_400_000
_LINE = pl.col("line").cast(pl.Int64)
# These fates mean that the row stands nowhere: waiting in quarantine, or turned away.
NEVER_ARRIVED = ("quarantined", "refused")


@dataclass(frozen=True)
class World:
    """The truth that lies in a folder, `<table>.parquet` each."""

    folder: Path
    _frames: dict[str, pl.DataFrame] = field(default_factory=dict, repr=False, compare=False)

    def frame(self, table: str) -> pl.DataFrame:
        """Return a table; instants are milliseconds since 1970 UTC, empty text is null."""
        if table not in self._frames:
            frame = pl.read_parquet(self.folder / f"{table}.parquet")
            self._frames[table] = frame.with_columns(
                pl.col(pl.Datetime).dt.epoch("ms"), pl.col(pl.String).replace("", None)
            )
        return self._frames[table]

    @cached_property
    def end(self) -> date:
        """The first day after the demo."""
        found: date = self.frame("world")["end_date"].item()
        return found

    @cached_property
    def as_of(self) -> datetime:
        """The instant that a run takes for now when it is told the day of the end: the day's last second."""
        return last_second(self.end)

    def planted(self, source: str) -> pl.DataFrame:
        """Return what was planted in a source."""
        return self.frame("planted").filter(pl.col("source") == source)

    def landed(self, file: str) -> pl.DataFrame:
        """Return a landed CSV or Parquet file as text, with `line` as an editor counts (Parquet: rows from 1)."""
        path = self.folder.parent / "landing" / file
        if path.suffix == ".csv":
            return pl.read_csv(path, infer_schema=False).with_row_index("line", offset=2).with_columns(_LINE)
        return pl.read_parquet(path).with_row_index("line", offset=1).with_columns(_LINE)

    def lost(self, source: str) -> frozenset[str]:
        """Return the ids of the events of a source that never arrived sound."""
        gone = self.planted(source).filter(pl.col("fate").is_in(NEVER_ARRIVED) & pl.col("key").is_not_null())
        return frozenset(gone["key"].to_list())


def last_second(day: date) -> datetime:
    """Return the last second of a calendar day in Jakarta."""
    return datetime.combine(day, time(23, 59, 59), tzinfo=JAKARTA)


def epoch_ms(instant: datetime) -> int:
    """Return an instant as milliseconds since 1970 UTC."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def jakarta(ms: int) -> datetime:
    """Return an instant on Jakarta's clock."""
    return datetime.fromtimestamp(ms // SECOND_MS, JAKARTA) + timedelta(milliseconds=ms % SECOND_MS)


def jakarta_day(instant: str) -> pl.Expr:
    """Return the calendar day in Jakarta of a column of milliseconds."""
    return pl.from_epoch(pl.col(instant) + JAKARTA_MS, time_unit="ms").dt.date()


def jakarta_month(instant: str) -> pl.Expr:
    """Return the calendar month in Jakarta (`YYYY-MM`) of a column of milliseconds."""
    return pl.from_epoch(pl.col(instant) + JAKARTA_MS, time_unit="ms").dt.strftime("%Y-%m")
