"""Members that nobody is, and a sink that speaks to the stand-in without waiting; no tests."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import polars as pl

from pipelines.audiences.sinks.meta import MetaSink
from pipelines.audiences.sinks.meta_calls import Calls, Pace
from tests.outside import meta_api

Row = tuple[str, ...]


def h(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def people(count: int, *, start: int = 0) -> pl.DataFrame:
    """Synthetic members: every fifth without a phone, every seventh without an e-mail."""
    numbers = pl.select(pl.int_range(start, start + count).alias("n"))["n"].to_list()
    rows = [
        (
            None if n % 7 == 3 else h(f"learner-{n}@contoh.example"),
            None if n % 5 == 1 and n % 7 != 3 else h(f"62812{n:08d}"),
        )
        for n in numbers
    ]
    return pl.DataFrame(rows, schema={"email_sha256": pl.String, "phone_sha256": pl.String}, orient="row")


def rows(members: pl.DataFrame) -> set[Row]:
    return {tuple(each or "" for each in row) for row in members.iter_rows()}


@dataclass
class Clock:
    """A clock that moves by being slept on; the stand-in's moves along."""

    api: meta_api.MetaApi | None = None
    slept: list[float] = field(default_factory=list)
    now: datetime = meta_api.MetaApi.now

    def read(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.pass_by(timedelta(seconds=seconds))

    def pass_by(self, span: timedelta) -> None:
        self.now += span
        if self.api:
            self.api.now = self.now


def sink(
    url: str, *, clock: Clock | None = None, rows_each: int = 50, fields: tuple[str, ...] = ("email_sha256", "phone_sha256"),
    tries: int = 5, token: str = meta_api.TOKEN,
) -> MetaSink:  # fmt: skip
    time = clock or Clock()
    pace = Pace(tries=tries, answer_seconds=1.5, clock=time.read, sleep=time.sleep, chance=lambda: 1.0)
    return MetaSink(Calls(token, endpoint=url, pace=pace), meta_api.ACCOUNT, fields=fields, batch_rows=rows_each)
