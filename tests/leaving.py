"""A home in which all kinds of clocks run out at once: two people, one of whom leaves, and everything that leads to her.

Here: what lands, what leads to whom, and the search for it. Not here: how it is let go, or what has to be true afterwards.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from pipelines import lake, settings
from pipelines.identity import keys
from pipelines.identity.pseudonyms import DOMAINS
from pipelines.identity.vault import Vault, open_vault
from pipelines.lake import doubts
from tests.canary import Zones, search
from tests.desk import COURSES, Desk, make_desk
from tests.spec.test_promise_6_expired_is_gone import INSTANTS, at, life

HERS = "2026-05"
"""The one month in which she did something; he does the same in other months."""

BEFORE, DAY = "2031-04-20", "2031-05-06"
"""The last day on which something arrived, and the day on which days, enrolments, files, keys and she have to go."""

NAMES = (
    *(("user_id", "akun-dewi"), ("anonymous_id", "peramban-dewi"), ("email", "dewi.utama@contoh.example")),
    *(("name", "dewi utama"), ("phone", "+62811122205"), ("ticket", "tiket-dewi")),
    *((kind, f"{kind[0]}-dewi-{HERS}") for kind in ("web", "consent", "progress", "order", "ticket_message", "ads")),
    *(("lead", f"lead-dewi-{HERS}"), ("fbp", f"fb.1.dewi.{HERS}")),
)
Traces = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Leaving:
    """A filled home, and what leads to her: what she is called, her pseudonyms in every domain, the keys of her rows."""

    desk: Desk
    pseudonyms: list[tuple[str, str]]
    row_keys: list[tuple[str, str]]

    @property
    def traces(self) -> list[tuple[str, str]]:
        """All that may be found nowhere once she has left."""
        return [*NAMES, *self.pseudonyms, *self.row_keys]

    def copy(self, root: Path) -> Leaving:
        """Return the same in a copy of the home."""
        shutil.copytree(self.desk.home.root, root, symlinks=True)
        home = settings.Home(root)
        return Leaving(Desk(home, keys.open_keyring(home), self.desk.terms), self.pseudonyms, self.row_keys)


def filled(root: Path) -> Leaving:
    """Take in two lives, and rows that wait in quarantine; nothing has gone yet."""
    desk = make_desk(root)
    land(desk, "courses", "c.jsonl", [*COURSES, {**COURSES[0], "course_id": "web-2"}], day="2028-02-01")
    lives(desk, "dewi", HERS, "dewi.jsonl", day="2028-02-01")
    for month in ("2026-04", "2026-06", "2028-01"):
        lives(desk, "budi", month, f"budi-{month}.jsonl", day="2028-02-01")
    begun = {**life("budi", "2028-01")["course_progress"][0], "event_id": "p-budi-begun", "course_id": "web-2"}
    done = {**begun, "event_id": "p-budi-done", "event_type": "course_completed"}
    land(desk, "course_progress", "done.jsonl", [begun, done], day="2028-02-01")
    desk.run(as_of=at("2028-02-01"))
    lives(desk, "budi", "2031-04", "budi-2031.jsonl", day=BEFORE)
    land(desk, "course_progress", "bad.jsonl", [{**done, "event_id": "p-bad", "course_id": "nowhere"}], day=BEFORE)
    desk.run(as_of=at(BEFORE))
    with lake.open_manifest(desk.home) as manifest:
        # Three years without a batch: somebody has looked at the clock.
        doubts.note_agreed(manifest)
    return Leaving(desk, _pseudonyms(desk), _row_keys(desk))


def lives(desk: Desk, name: str, month: str, file: str, *, day: str) -> None:
    """Land one person's month in every source that is about people."""
    for source, rows in whole_life(name, month).items():
        land(desk, source, file, rows, day=day)


def lives_again(desk: Desk, *, day: str) -> None:
    """Land her month anew, in files that nobody has seen."""
    for source, rows in whole_life("dewi", HERS).items():
        land(desk, source, "again.jsonl", rows * 2, day=day)


def whole_life(name: str, month: str) -> dict[str, list[dict[str, Any]]]:
    """Return one person's month: also what they told for statistics, and what an advertiser was told of them, with consent."""
    known = life(name, month)
    (consent,) = known["consents"]
    instant = datetime.fromisoformat(consent["occurred_at"])
    told = {"gender": "female", "region": "Jawa Barat", "highest_education": "S1", "age_band": "25-34"}
    pixel = {
        "event_name": "Lead",
        "event_time": int(instant.timestamp()),
        "event_id": f"lead-{name}-{month}",
        "event_source_url": "https://mastery.crosslife.example/kursus",
        "action_source": "website",
        "user_data": {
            "external_id": [hashlib.sha256(f"akun-{name}".encode()).hexdigest()],
            "fbp": f"fb.1.{name}.{month}",
        },
        "custom_data": {"value": 1000, "currency": "IDR", "content_ids": ["web-1"]},
    }
    ads = {**consent, "event_id": f"a-{name}-{month}", "purpose": "ads_retargeting"}
    return {
        **known,
        "consents": [consent, {**ads, "occurred_at": (instant - timedelta(hours=1)).isoformat()}],
        "learner_attributes": [{"user_id": f"akun-{name}", **told, "updated_at": instant.isoformat()}],
        "meta_pixel": [pixel],
    }


def land(desk: Desk, source: str, file: str, rows: Iterable[Mapping[str, Any]], *, day: str) -> None:
    """Land a file that was written on that day."""
    place = desk.land(source, file, rows)
    os.utime(place, times=(at(day).timestamp(),) * 2)


def traces_in(
    home: settings.Home, traces: Traces, *, sealed: Collection[str] = ("quarantine",), skipped: Collection[str] = ()
) -> list[tuple[str, str]]:
    """Return kind and file of everything found: with every key there is, but `sealed` zones as by somebody without."""
    ring = keys.open_keyring(home)
    of_days = {each.id: ring.key(each.id) for each in ring.entries() if each.id.startswith("quarantine/")}
    found = search(
        home.root,
        list(traces),
        parquet_keys={**ring.parquet_keys(), **of_days},
        duckdb_keys={"warehouse": ring.warehouse_key(), "vault": ring.key(ring.current("vault").id)},
        allow=Zones(sealed=frozenset(sealed), skipped=frozenset(skipped)),
    )
    # A book keeps the number of its order (tax law), and nobody's pseudonym.
    books = ("orders.order_key", "lake/.held/tax_books/orders/")
    return sorted({(each.kind, each.file) for each in found if not (each.kind == books[0] and books[1] in each.file)})


def _pseudonyms(desk: Desk) -> list[tuple[str, str]]:
    """Return whatever she is called in any domain."""
    known = pl.DataFrame(NAMES[:3], schema=["kind", "value"], orient="row")
    with open_vault(desk.home, keys.open_keyring(desk.home), purpose="test") as vault:
        told = [
            (f"pseudonym of {domain}", pseudonym)
            for domain in DOMAINS
            for frame in vault.named_in(domain)
            for pseudonym in frame.join(_subjects(vault, known), on="subject", how="semi")["pseudonym"]
        ]
    return sorted(set(told))


def _subjects(vault: Vault, known: pl.DataFrame) -> pl.DataFrame:
    return vault._subjects_of(known, at=at(BEFORE)).select("subject").drop_nulls().unique()


def _row_keys(desk: Desk) -> list[tuple[str, str]]:
    """Return the keyed hashes that stand in her rows, as text: of events, orders, messages, and of whom they are."""
    found = set[tuple[str, str]]()
    for dataset in whole_life("x", HERS):
        rows = desk.rows(dataset)
        instant = next(name for name in (*INSTANTS, "updated_at") if name in rows.columns)
        hers = rows.filter(pl.col(instant).dt.strftime("%Y-%m") == HERS)
        for column in (name for name in rows.columns if name.endswith("_key")):
            found |= {(f"{dataset}.{column}", str(value)) for value in hers[column].drop_nulls()}
    return sorted(found)
