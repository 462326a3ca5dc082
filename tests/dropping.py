"""A small invented platform whose rows are dropped as retention would: its lake, warehouse and release, day by day."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import polars as pl

from pipelines import contracts, engine, lake, release, settings, warehouse
from pipelines.contracts.models import InboundContract
from pipelines.defs import waiting
from pipelines.identity import keys
from pipelines.lake.manifest import staging_dir
from pipelines.retention.falling import ENROLMENTS, Falling
from pipelines.warehouse import lake_views

FIRST = date(2025, 1, 1)
AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
DAYS, LEARNERS, COURSES, THRESHOLD = 120, 60, ("C1", "C2"), 3
_JAKARTA = timedelta(hours=7)
_COURSE_DATA = ("course_progress", "course_progress_xapi")
Rows = list[dict[str, object]]


@dataclass
class Platform:
    """A home whose lake is filled from a seed; `terms` have a threshold so low that much is published."""

    home: settings.Home
    ring: keys.Keyring
    terms: contracts.Contracts
    number: int = field(default=0)

    def change(self, files: Mapping[Path, tuple[str, str] | None], *, stale: Mapping[str, set[date]]) -> None:
        """Write files of the lake anew (dataset, query) or remove them, as one intervention."""
        self.number += 1
        work_id = f"{self.number:016x}"
        moves = []
        with engine.connect(parquet_keys=self.ring.parquet_keys()) as connection, lake.open_manifest(self.home) as book:
            for place, written in sorted(files.items()):
                staged = staging_dir(self.home) / work_id / f"{len(moves)}.parquet" if written else None
                digest = lake.columns_digest(self.contract(written[0]).lake_columns) if written else ""
                if staged and written:
                    lake.write_parquet(connection, written[1], file=staged)
                moves.append(lake.Move(staged, place, digest))
            counts = {"rows": {name: len(days) for name, days in stale.items()}}
            done = lake.Intervention(work_id, "withdrawal", AS_OF.isoformat(), counts)
            book.prepare_intervention(done, moves=moves, stale=stale)
            book.finish(work_id)
        for place in files:
            if not place.exists() and place.parent.name.startswith("dt="):
                place.parent.rmdir()

    def contract(self, dataset: str) -> contracts.InboundContract | contracts.InternalContract:
        return self.terms.inbound.get(dataset) or self.terms.internal[dataset]

    def files(self, dataset: str) -> list[Path]:
        return sorted((self.home.lake / dataset).rglob("*.parquet"))

    def drop(self, gone: Mapping[str, str]) -> Falling:
        """Return what falls where `gone` gives for datasets a condition on their rows; `really_drop` lets it fall."""
        days: dict[str, frozenset[date]] = {}
        pairs = [pl.DataFrame(schema=dict(ENROLMENTS))]
        with engine.connect(parquet_keys=self.ring.parquet_keys()) as connection:
            for dataset, condition in gone.items():
                contract = self.contract(dataset)
                instants = [each.name for each in contract.lake_columns if each.sql_type == "TIMESTAMP"]
                found: set[date] = set()
                for file in self.files(dataset):
                    rows = connection.execute(f"select * from {lake.read_expression(file)} where {condition}").pl()
                    if isinstance(contract, InboundContract) and contract.kind == "event":
                        found |= {date.fromisoformat(file.parent.name[3:])} if rows.height else set()
                    else:
                        found |= {(at + _JAKARTA).date() for name in instants for at in rows[name].drop_nulls()}
                    if dataset in _COURSE_DATA:
                        at = pl.col("occurred_at")
                        told = rows.select("learner_pseudonym", "course_id", first_at=at, last_at=at)
                        pairs.append(told.drop_nulls().cast(dict(ENROLMENTS)))
                days[dataset] = frozenset(found)
        fallen = pl.concat(pairs).group_by("learner_pseudonym", "course_id", maintain_order=True)
        return Falling(days, fallen.agg(pl.col("first_at").min(), pl.col("last_at").max()))

    def really_drop(self, gone: Mapping[str, str]) -> None:
        """Take the rows out of the lake, and work out the payments of orders again."""
        files: dict[Path, tuple[str, str] | None] = {}
        stale: dict[str, set[date]] = {}
        with engine.connect(parquet_keys=self.ring.parquet_keys()) as connection:
            for dataset, condition in gone.items():
                for file in self.files(dataset):
                    kept = f"select * from {lake.read_expression(file)} where ({condition}) is not true"
                    count = f"select count(*), count(*) filter ({condition}) from {lake.read_expression(file)}"
                    every, falls = connection.execute(count).fetchone() or (0, 0)
                    if falls:
                        is_event = file.parent.name.startswith("dt=")
                        files[file] = None if is_event and falls == every else (dataset, kept)
                        day = date.fromisoformat(file.parent.name[3:]) if is_event else AS_OF.date()
                        stale.setdefault(dataset, set()).add(day)
        self.change(files, stale=stale)
        self.project()

    def project(self) -> None:
        with engine.connect(parquet_keys=self.ring.parquet_keys()) as connection:
            lake_views.create(connection, home=self.home, contracts=self.terms)
            rows = connection.execute(self.terms.internal["order_payments"].query).pl()
        self.store("order_payments", rows.to_dicts())

    def store(self, dataset: str, rows: Rows) -> None:
        """Write whole files of a dataset from rows."""
        contract = self.contract(dataset)
        is_event = isinstance(contract, InboundContract) and contract.kind == "event"
        by_day: dict[Path, Rows] = {} if is_event else {lake.current_file(self.home, dataset): rows}
        for row in rows if is_event else ():
            by_day.setdefault(lake.partition_file(self.home, dataset, row["dt"]), []).append(row)
        schema = [column.name for column in contract.lake_columns]
        with engine.connect(parquet_keys=self.ring.parquet_keys()) as connection:
            for place, own in by_day.items():
                told = [
                    {name: row.get(name) for name in schema}
                    | ({"policy_version": "1"} if "policy_version" in schema else {})
                    for row in own
                ]
                frame = pl.DataFrame(told, schema=schema, infer_schema_length=None)
                connection.register("rows", frame.to_arrow())
                typed = ", ".join(f"cast({c.name} as {c.sql_type}) as {c.name}" for c in contract.lake_columns)
                lake.write_parquet(connection, f"select {typed} from rows", file=place)
                connection.unregister("rows")

    def build(self) -> None:
        """Build the models of the stale days, or all of them at first, and note it as a run does."""
        stale = lake.stale_days(self.home)
        days = {name: stale.get(name, ()) for name, each in self.terms.inbound.items() if each.kind == "event"}
        is_first = not self.home.warehouse_file.exists()
        built = warehouse.build(self.home, self.ring, self.terms, days=None if is_first else days, as_of=AS_OF)
        assert not built.held_back
        waiting.note_models(self.home, is_whole=True)
        lake.clear_stale(self.home, stale)

    def publish(self) -> release.ReleaseReport:
        report = release.publish(self.home, self.ring, self.terms, as_of=AS_OF)
        waiting.note_release(self.home, self.terms, as_of=AS_OF)
        return report

    def seal(self, falling: Falling) -> release.Sealed:
        return release.seal(self.home, self.ring, self.terms, falling, as_of=AS_OF)

    def marts(self) -> dict[str, pl.DataFrame]:
        with warehouse.open_read_only(self.home, self.ring) as connection:
            return {
                name: connection.execute(f"select * from warehouse.marts.{name}")
                .pl()
                .with_columns(pl.selectors.float().round(9))
                for name in self.terms.outbound
            }

    def csv(self) -> dict[str, bytes]:
        return {file.stem: file.read_bytes() for file in (self.home.release / "csv").iterdir()}


def pseudonym(kind: str, number: int) -> str:
    return hashlib.sha256(f"{kind} {number}".encode()).hexdigest()[:32]


def new_platform(root: Path, *, seed: int) -> Platform:
    """Fill a lake by a seed, build the warehouse and publish."""
    home = settings.home(root).prepare()
    terms = contracts.load(settings.CONTRACTS_DIR)
    threshold = terms.policy.threshold.model_copy(update={"value": THRESHOLD})
    terms = terms.model_copy(update={"policy": terms.policy.model_copy(update={"threshold": threshold})})
    platform = Platform(home, keys.init(home), terms)
    rng = random.Random(seed)
    for dataset, rows in {**_catalogue(), **_learning(rng), **_visits(rng), **_money(rng), **_letters(rng)}.items():
        platform.store(dataset, rows)
    platform.project()
    platform.build()
    platform.publish()
    return platform


def _at(rng: random.Random, *, days: int = DAYS) -> dict[str, object]:
    instant = datetime.combine(FIRST, time()) + timedelta(days=rng.random() * days)
    return {"occurred_at": instant - _JAKARTA, "dt": instant.date()}


def _catalogue() -> dict[str, Rows]:
    start = datetime.combine(FIRST, time())
    modules = [(course, f"M{number}") for course in COURSES for number in (1, 2, 3)]
    ends = start + timedelta(days=60)
    return {
        "courses": [{"course_id": course, "title": f"=Course {course}"} for course in COURSES],
        "course_modules": [
            {
                "course_id": course,
                "module_id": module,
                "title": module,
                "position": int(module[1:]),
                "is_required": True,
            }
            for course, module in modules
        ],
        "cohorts": [
            {"course_id": "C1", "cohort": name, "starts_at": start, "ends_at": ends, "observation_days": 30}
            for name in ("A", "B")
        ],
    }


def _learning(rng: random.Random) -> dict[str, Rows]:
    """Learners with one or two enrolments in some courses; some complete, some of what statements say is voided."""
    told: Rows = []
    said: Rows = []
    for learner in range(LEARNERS):
        for course in rng.sample(COURSES, rng.choice([1, 1, 2])):
            for _ in range(rng.choice([1, 1, 2])):
                begun = _at(rng, days=DAYS - 30)
                own = {
                    "learner_pseudonym": pseudonym("learner", learner),
                    "course_id": course,
                    "cohort": rng.choice([None, "A", "B"]) if course == "C1" else None,
                }
                steps = ["started", *(["module_completed", "assessment_submitted"] * 3)]
                steps += ["course_completed"] if rng.random() < 0.5 else []
                instant = begun["occurred_at"]
                told.append({**own, **begun, "event_type": "enrolled", "event_key": len(told) + 1})
                for step, kind in enumerate(steps):
                    instant += timedelta(days=rng.random() * 4)
                    where = told if rng.random() < 0.7 else said
                    event = {
                        **own,
                        "event_type": kind,
                        "occurred_at": instant,
                        "dt": (instant + _JAKARTA).date(),
                        "module_id": f"M{min(3, 1 + step // 2)}",
                        "score": rng.randrange(30, 101) if kind == "assessment_submitted" else None,
                        "max_score": 100,
                        "event_key": len(where) + (1 if where is told else 1_000_001),
                    }
                    where.append(event)
    voiding = [
        {
            "event_type": "voided",
            "learner_pseudonym": row["learner_pseudonym"],
            "course_id": row["course_id"],
            "event_key": 2_000_000 + number,
            "voids_key": row["event_key"],
            **_at(rng),
        }
        for number, row in enumerate(rng.sample(said, len(said) // 20))
    ]
    return {"course_progress": told, "course_progress_xapi": [*said, *voiding]}


def _visits(rng: random.Random) -> dict[str, Rows]:
    """Visits around midnight of fourteen days, of browsers whose user is often known."""
    rows: Rows = []
    for browser in range(16):
        for day in range(14):
            instant = datetime.combine(FIRST + timedelta(days=day), time()) + timedelta(hours=rng.choice([1, 23, 23.8]))
            for _ in range(rng.randrange(1, 8)):
                instant += timedelta(minutes=rng.choice([0.2, 5, 20, 31]))
                is_page = rng.random() < 0.7
                rows.append(
                    {
                        "event_key": len(rows) + 1,
                        "event_type": "page" if is_page else "track",
                        "event_name": None if is_page else "page_ping",
                        "visitor_pseudonym": pseudonym("visitor", browser),
                        "learner_pseudonym": pseudonym("learner", browser) if rng.random() < 0.5 else None,
                        "page_path": rng.choice(["/", "/kursus"]),
                        "referrer_host": rng.choice([None, None, "google.com"]),
                        "page_view_key": rng.choice([None, 100 * browser + day]),
                        "is_consented": True,
                        "occurred_at": instant - _JAKARTA,
                        "dt": instant.date(),
                    }
                )
    return {"web_events": rows}


def _money(rng: random.Random) -> dict[str, Rows]:
    """Orders whose money comes days later, often in the month after, and is sometimes given back."""
    orders: Rows = []
    notified: Rows = []
    for number in range(80):
        ordered = datetime.combine(FIRST, time()) + timedelta(days=rng.random() * DAYS)
        orders.append(
            {
                "order_key": number,
                "buyer_pseudonym": pseudonym("buyer", rng.randrange(40)),
                "course_id": rng.choice(COURSES),
                "created_at": ordered,
                "amount_idr": 100_000,
            }
        )
        steps = [("settlement", rng.random() * 10)] + (
            [("refund", 20 + rng.random() * 20)] if rng.random() < 0.2 else []
        )
        for status, later in steps:
            instant = ordered + timedelta(days=later)
            notified.append(
                {
                    "event_key": len(notified) + 1,
                    "order_key": number,
                    "transaction_key": number,
                    "transaction_status": status,
                    "status_code": "200",
                    "gross_amount_idr": 100_000,
                    "occurred_at": instant,
                    "dt": (instant + _JAKARTA).date(),
                }
            )
    return {"orders": orders, "payments": notified}


def _letters(rng: random.Random) -> dict[str, Rows]:
    """Consents, and readers of the newsletter."""
    consents: Rows = [
        {
            "event_key": number,
            "user_key": rng.randrange(60),
            "purpose": rng.choice(["analytics", "advertising"]),
            "is_granted": rng.random() < 0.5,
            "stated_under": "1",
            **_at(rng),
        }
        for number in range(300)
    ]
    readers: Rows = []
    for number in range(60):
        joined = datetime.combine(FIRST, time()) + timedelta(days=rng.random() * DAYS)
        left = joined + timedelta(days=rng.random() * 60) if rng.random() < 0.4 else None
        readers.append(
            {"subscriber_pseudonym": pseudonym("reader", number), "subscribed_at": joined, "unsubscribed_at": left}
        )
    return {"consents": consents, "newsletter_subscribers": readers}
