"""A small home, and what lands in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines import contracts, engine, intake, lake, retention, settings
from pipelines.identity import keys
from pipelines.identity.keyring import Keyring
from pipelines.identity.vault import open_vault

AS_OF = datetime(2026, 6, 30, 17, tzinfo=UTC)


def noon(day: str) -> datetime:
    """Noon in Jakarta."""
    return datetime.fromisoformat(f"{day}T05:00:00+00:00")


@dataclass
class Desk:
    """A home with its keys and contracts, and short names for what the tests do with it."""

    home: settings.Home
    ring: Keyring
    terms: contracts.Contracts

    def land(self, source: str, name: str, rows: Iterable[Mapping[str, Any] | str]) -> Path:
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        return self.land_bytes(source, name, "".join(f"{line}\n" for line in lines).encode())

    def land_bytes(self, source: str, name: str, content: bytes) -> Path:
        place = self.home.landing / source / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        return place

    def run(self, *, as_of: datetime = AS_OF, expiry_is_right: bool = False) -> dict[str, intake.BatchReport]:
        reports = intake.run(self.home, self.ring, self.terms, as_of=as_of, expiry_is_right=expiry_is_right)
        return {report.source: report for report in reports}

    def drop(self, day: str) -> retention.Applied:
        """Let go what has to go on a day, as somebody who has looked at the plan does."""
        ring = keys.open_keyring(self.home)
        agreed = retention.plan(self.home, ring, self.terms, as_of=noon(day)).checksum
        return retention.apply(self.home, ring, self.terms, as_of=noon(day), agreed=agreed)

    def rows(self, dataset: str) -> pl.DataFrame:
        folder = self.home.lake / dataset
        found = sorted(folder.rglob("*.parquet"))
        if not found:
            return pl.DataFrame()
        with engine.connect(parquet_keys=self.ring.parquet_keys()) as connection:
            frames = [
                connection.execute(f"select *, '{file.parent.name}' as folder from {lake.read_expression(file)}").pl()
                for file in found
            ]
        return pl.concat(frames)

    def subjects(self) -> int:
        """How many people and browsers the vault knows."""
        with open_vault(self.home, self.ring, purpose="test") as opened:
            row = opened._connection.execute("select count(*) from vault.subjects").fetchone()
        return int(row[0]) if row else 0

    def quarantined(self) -> dict[tuple[str, str], int]:
        counts = intake.quarantine_counts(self.home, self.ring)
        return {(source, reason): rows for source, reason, rows, _ in counts.iter_rows()}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path / "home")


def make_desk(root: Path, *, policy_file: Path | None = None) -> Desk:
    home = settings.Home(root).prepare()
    return Desk(home, keys.init(home), _terms(policy_file))


@cache
def _terms(policy_file: Path | None) -> contracts.Contracts:
    """Contracts are frozen, and a load of them takes longer than most tests."""
    return contracts.load(settings.CONTRACTS_DIR, policy_file=policy_file)


COURSES = [{"course_id": "web-1", "title": "Situs pertama", "category": "web", "price_idr": 250000}]


@pytest.fixture
def progress() -> Callable[..., dict[str, Any]]:
    def make(number: int, **changes: Any) -> dict[str, Any]:
        row = {
            "event_id": f"event-{number}",
            "user_id": f"learner-{number % 3}",
            "course_id": "web-1",
            "event_type": "started",
            "occurred_at": "2026-05-04T10:00:00+07:00",
        }
        return {key: value for key, value in {**row, **changes}.items() if value is not None}

    return make


@pytest.fixture
def call() -> Callable[..., dict[str, Any]]:
    def make(number: int, *, consent: bool | None = True, **changes: Any) -> dict[str, Any]:
        context: dict[str, Any] = {
            "ip": "10.1.2.3",
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
            "page": {"url": "https://kelas.example/kursus/web?token=abc", "referrer": "https://cari.example/?q=x"},
        }
        if consent is not None:
            context["consent"] = {"categoryPreferences": {"analytics": consent}}
        row = {
            "messageId": f"message-{number}",
            "type": "page",
            "anonymousId": f"browser-{number % 2}",
            "timestamp": "2026-05-04T10:00:00Z",
            "receivedAt": "2026-05-04T10:00:02Z",
            "context": {**context, **changes.pop("context", {})},
            "properties": {"page_view_id": f"view-{number}"},
        }
        return {key: value for key, value in {**row, **changes}.items() if value is not None}

    return make
