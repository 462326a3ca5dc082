"""The lake equals the tables of a real PostgreSQL server, whatever happens between, during and in the middle of reads."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest

from pipelines import settings
from pipelines.extract import DatabaseUnreachable, Extracted, copying, extract, runs, tables
from pipelines.identity.vault import open_vault
from tests.desk import AS_OF, Desk, make_desk
from tests.integration.postgres_server import PASSWORD, TABLES, Server, running

pytestmark = pytest.mark.xdist_group("postgres")
BASE = datetime(2026, 5, 4, tzinfo=UTC)
_NUMBERS = itertools.count(1)
_ACCOUNT = "insert into accounts (user_id, email, city, country, registered_at, updated_at, deleted)"
_EVENT = "insert into course_progress (event_id, user_id, course_id, event_type, occurred_at)"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as started:
        yield started


@dataclass
class Platform:
    """The platform's database, and the home that reads it."""

    url: str
    connection: psycopg.Connection
    desk: Desk

    def do(self, query: str, *values: Any) -> None:
        self.connection.execute(query, values)

    def register(self, *numbers: int, at: int = 0) -> None:
        for n in numbers:
            self.do(
                f"{_ACCOUNT} values (%s, %s, 'Bandung', 'ID', %s, %s, false)",
                *(f"u-{n}", f"u{n}@example.com", BASE, BASE + timedelta(seconds=at)),
            )

    def study(self, *numbers: int, at: int = 0) -> None:
        for n in numbers:
            when = BASE + timedelta(seconds=at)
            self.do(f"{_EVENT} values (%s, %s, 'web-1', 'started', %s)", f"e-{n}", f"u-{n % 50}", when)

    def extract(self, *sources: str) -> dict[str, Extracted]:
        home, terms = self.desk.home, self.desk.terms
        found = extract(home, terms, url=self.url, as_of=AS_OF, progress=lambda _: None, sources=sources or None)
        return {each.source: each for each in found}

    def landed(self, source: str) -> list[dict[str, Any]]:
        files = sorted((self.desk.home.landing / source).glob("*.jsonl.gz"))
        return [json.loads(line) for file in files for line in gzip.open(file, "rb").read().split(b"\n") if line]

    def parts(self) -> list[str]:
        return [path.name for path in self.desk.home.landing.rglob("*.part")]


@pytest.fixture
def platform(server: Server, tmp_path: Path) -> Iterator[Platform]:
    database = f"platform_{next(_NUMBERS)}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as made:
        made.execute(f"create database {database}")
    with psycopg.connect(server.url(database), autocommit=True) as connection:
        connection.execute(TABLES)
        yield Platform(server.url(database), connection, make_desk(tmp_path / "home"))


def key_of(desk: Desk, event_id: str) -> int:
    digest = hashlib.sha256(f"{desk.ring.event_key().hex()}course_progress:{event_id}".encode()).hexdigest()
    return int(digest[:16], 16) - (1 << 63)


def pseudonyms(desk: Desk, user_ids: list[str]) -> dict[str, str]:
    frame = pl.DataFrame({"kind": "user_id", "value": user_ids})
    with open_vault(desk.home, desk.ring, purpose="test") as vault:
        answer = vault.resolve(frame, domain="analytics", at=AS_OF)
    return dict(answer.select("value", "pseudonym").rows())


def naive(instant: datetime | None) -> datetime | None:
    return instant.astimezone(UTC).replace(tzinfo=None) if instant else None


def number(value: Any) -> float | None:
    return None if value is None else float(value)


def assert_the_lake_equals_the_tables(platform: Platform) -> None:
    accounts = platform.connection.execute(
        "select user_id, city, country, registered_at, last_login_at, updated_at, deleted from accounts"
    ).fetchall()
    events = platform.connection.execute(
        "select event_id, user_id, course_id, cohort, module_id, event_type, occurred_at, progress_percent, score, max_score,"
        " attempt from course_progress"
    ).fetchall()
    names = pseudonyms(platform.desk, sorted({row[0] for row in accounts} | {row[1] for row in events}))
    expected = sorted((names[r[0]], *r[1:3], naive(r[3]), naive(r[4]), naive(r[5]), r[6]) for r in accounts)
    columns = ["learner_pseudonym", "city", "country", "registered_at", "last_login_at", "updated_at", "is_deleted"]
    stored = platform.desk.rows("accounts")
    assert (sorted(stored.select(columns).rows()) if len(stored) else []) == expected
    told = sorted(
        (key_of(platform.desk, r[0]), names[r[1]], *r[2:6], naive(r[6]), number(r[7]), r[8], number(r[9]), r[10])
        for r in events
    )
    columns = ["event_key", "learner_pseudonym", "course_id", "cohort", "module_id", "event_type", "occurred_at"]
    columns += ["progress_percent", "score", "max_score", "attempt"]
    stored = platform.desk.rows("course_progress")
    assert (sorted(stored.select(columns).rows()) if len(stored) else []) == told


def test_rows_inserted_updated_and_closed_between_reads_reach_the_lake(platform: Platform):
    platform.register(*range(20))
    platform.study(*range(30))
    platform.extract()
    platform.desk.run()
    assert_the_lake_equals_the_tables(platform)
    for turn in range(1, 4):
        platform.register(100 + turn, at=turn * 60)
        platform.study(100 + turn, at=turn * 60)
        platform.do(
            "update accounts set city = 'Solo', updated_at = %s where user_id = %s", _at(turn * 60), f"u-{turn}"
        )
        closing_at = _at(turn * 60 + 1)
        platform.do("update accounts set deleted = true, updated_at = %s where user_id = 'u-0'", closing_at)
        found = platform.extract()
        assert (found["accounts"].landed, found["course_progress"].landed) == (3, 1)
        platform.desk.run()
        assert_the_lake_equals_the_tables(platform)


def _at(seconds: float) -> datetime:
    return BASE + timedelta(seconds=seconds)


def test_a_read_that_finds_nothing_new_lands_no_file(platform: Platform):
    platform.register(1, 2)
    first = platform.extract()
    before = sorted(platform.desk.home.landing.rglob("*"))
    again = platform.extract()
    assert sorted(platform.desk.home.landing.rglob("*")) == before
    assert (first["accounts"].landed, again["accounts"].landed, again["accounts"].rows) == (2, 0, 2)
    assert (first["courses"].landed, again["courses"].landed) == (1, 0)


def test_landed_files_are_the_owners_alone_and_hold_only_columns_of_the_contract(platform: Platform):
    platform.register(1)
    platform.do("update accounts set password_hash = 'x'")
    found = platform.extract()
    (file,) = (platform.desk.home.landing / "accounts").iterdir()
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert set(platform.landed("accounts")[0]) <= {
        field.path for field in platform.desk.terms.inbound["accounts"].fields
    }
    assert found["accounts"].ignored == ("password_hash",)
    assert "password_hash" in runs.told(found["accounts"])


def test_what_changes_during_a_read_is_read_by_the_next(platform: Platform, monkeypatch: pytest.MonkeyPatch):
    platform.register(*range(49), at=-2000)
    platform.register(49)
    platform.study(*range(300))
    original = tables.rows
    changes: list[Callable[[], None]] = [
        lambda: platform.study(9001, at=-600),
        lambda: platform.do("update accounts set city = 'Solo', updated_at = %s where user_id = 'u-1'", _at(-300)),
        lambda: platform.do("update accounts set city = 'Medan', updated_at = %s where user_id = 'u-2'", _at(30)),
        lambda: platform.register(500, at=-1000),
    ]

    def disturbed(*args: Any, **kwargs: Any) -> Iterator[copying.Row]:
        for position, row in enumerate(original(*args, **kwargs)):
            if position == 20 and changes:
                changes.pop()()
            yield row

    monkeypatch.setattr(tables, "rows", disturbed)
    while changes:
        platform.extract("accounts", "course_progress")
    platform.extract()
    platform.desk.run()
    assert_the_lake_equals_the_tables(platform)


def test_a_transaction_that_commits_after_a_read_with_an_earlier_instant_is_read(platform: Platform):
    platform.register(1, at=0)
    platform.study(1, at=0)
    platform.extract()
    with psycopg.connect(platform.url) as late:
        late.execute(f"{_EVENT} values ('e-late', 'u-1', 'web-1', 'started', %s)", [_at(100)])
        late.execute("update accounts set city = 'Solo', updated_at = %s where user_id = 'u-1'", [_at(100)])
        platform.register(2, at=3000)
        platform.study(2, at=3000)
        platform.extract()
        platform.desk.run()
        assert len(platform.desk.rows("course_progress")) == 2
    found = platform.extract()
    assert (found["accounts"].landed, found["course_progress"].landed) == (1, 1)
    platform.desk.run()
    assert_the_lake_equals_the_tables(platform)


def test_a_transaction_open_for_longer_than_the_overlap_holds_the_mark_back(platform: Platform):
    with psycopg.connect(platform.url) as slow:
        # Began, as the server sees it, before the marks of what others commit meanwhile.
        began = slow.execute("select now()").fetchone()[0]
        slow.execute(f"{_EVENT} values ('e-slow', 'u-1', 'web-1', 'started', %s)", [began])
        later = began + timedelta(days=3)
        platform.do(f"{_EVENT} values ('e-quick', 'u-1', 'web-1', 'started', %s)", later)
        platform.extract()
    assert platform.extract()["course_progress"].landed == 1
    assert {row["event_id"] for row in platform.landed("course_progress")} == {"e-slow", "e-quick"}


@dataclass
class Writers:
    """Connections that write side by side; most leave their transaction open while the others go on."""

    url: str
    ticks: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def tick(self) -> int:
        with self.lock:
            return next(self.ticks)

    def write(self, seed: int) -> None:
        rng = random.Random(seed)
        with psycopg.connect(self.url) as own:
            while not self.stop.is_set():
                self._write_one(own, rng, seed=seed, tick=self.tick())
                if rng.random() < 0.2:  # what is committed bears earlier instants than what others committed before
                    own.commit()

    def _write_one(self, own: psycopg.Connection, rng: random.Random, *, seed: int, tick: int) -> None:
        if rng.random() < 0.5:
            values = [f"e-{seed}-{tick}", f"u-{tick % 40}", _at(tick)]
            own.execute(f"{_EVENT} values (%s, %s, 'web-1', 'started', %s)", values)
        else:
            # Rows of its own for each writer, so that none waits for another's transaction.
            values = [_at(tick), rng.random() < 0.2, f"u-{seed + 3 * rng.randrange(13)}"]
            own.execute("update accounts set updated_at = %s, deleted = %s where user_id = %s", values)


def test_writers_that_never_rest_lose_nothing(platform: Platform):
    platform.register(*range(40))
    platform.study(*range(500))
    writers = Writers(platform.url)
    with ThreadPoolExecutor(max_workers=3) as pool:
        under_way = [pool.submit(writers.write, seed) for seed in range(3)]
        try:
            for turn in range(8):
                platform.extract()
                if turn % 4 == 1:
                    platform.desk.run()
        finally:
            writers.stop.set()
    assert [each.result() for each in under_way] == [None] * 3
    platform.extract()
    platform.desk.run()
    assert writers.tick() > 100
    assert_the_lake_equals_the_tables(platform)


# A process that is killed at the n-th call of the named function, before or after it was carried out.
_DIE = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from pipelines import contracts, intake, settings
from pipelines.extract import copying, extract, marks, outlet, tables
from pipelines.identity import keys

def dying(owner, name, at):
    original, calls = getattr(owner, name), [0]
    def wrapped(*args, **kwargs):
        calls[0] += 1
        if calls[0] == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kwargs)
    setattr(owner, name, wrapped)

root, url, owner, name, at = sys.argv[1:]
copying._BATCH_ROWS = 100
outlet.Outlet.__init__.__kwdefaults__["file_bytes"] = 20_000
dying(eval(owner), name, int(at))
home = settings.Home(Path(root))
terms = contracts.load(settings.CONTRACTS_DIR)
as_of = datetime(2026, 6, 30, 17, tzinfo=UTC)
extract(home, terms, url=url, as_of=as_of, progress=lambda text: None)
intake.run(home, keys.open_keyring(home), terms, as_of=as_of)
"""
_MOMENTS = [
    ("copying", "_unknown", 4),  # in the middle of the first table
    ("outlet.Outlet", "put", 2),  # a second file is written and has no name yet
    ("marks.Marks", "keep", 1),  # a file has its name, and the mark has not moved
    ("copying", "_unknown", 9),  # the mark has moved for the files before
    ("marks.Marks", "finish", 1),  # all files of a table, and the read not ended
    ("marks.Marks", "finish", 2),
    ("marks.Marks", "finish", 3),
    ("tables", "find", 2),  # between two tables
    ("intake", "run", 1),  # all marks moved, nothing taken in
    ("intake.batches.Manifest", "prepare", 2),
]


def _kill(platform: Platform, owner: str, name: str, at: int) -> None:
    command = [sys.executable, "-c", _DIE, str(platform.desk.home.root), platform.url, owner, name, str(at)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("owner", "name", "at"),
    # Every third of them shows the rest in less time; all of them by `pytest -m long`.
    [pytest.param(*each, marks=pytest.mark.long if number % 3 else ()) for number, each in enumerate(_MOMENTS)],
)
def test_a_read_killed_anywhere_is_completed_by_the_next(platform: Platform, owner: str, name: str, at: int):
    with platform.connection.transaction():
        platform.register(*range(300))
        for n in range(1500):
            # Farther apart than the overlap, which would make up for a mark that moves too early.
            platform.study(n, at=(n - 1500) * 3600)
    _kill(platform, owner, name, at)
    platform.register(900, at=30)
    platform.study(9000, at=-30)
    platform.do("update accounts set deleted = true, updated_at = %s where user_id = 'u-7'", _at(40))
    _kill(platform, owner, name, 1)
    platform.extract()
    platform.desk.run()
    assert platform.parts() == []
    assert_the_lake_equals_the_tables(platform)
    assert all(each.landed == 0 for each in platform.extract().values())


@pytest.mark.slow
@pytest.mark.parametrize("at", [("outlet.sync_folder", 2), ("marks.Marks.finish", 2), ("intake.run", 1)])
def test_a_table_that_returns_to_an_earlier_state_does_so_in_the_lake(platform: Platform, at: tuple[str, int]):
    def titles() -> list[str]:
        return platform.desk.rows("courses")["title"].to_list()

    for title in ("Satu", "Dua", "Satu"):
        platform.do("update courses set title = %s", title)
        platform.extract()
        platform.desk.run()
        assert titles() == [title]
    platform.do("update courses set title = 'Tiga'")
    platform.register(1)
    platform.study(1)
    where, nth = at  # the second table that is read is courses
    _kill(platform, *where.rsplit(".", 1), nth)
    platform.do("update courses set title = 'Satu'")
    platform.extract()
    platform.desk.run()
    assert titles() == ["Satu"]


HOSTILE = {
    "newlines": "satu\ndua\r\ntiga\n",
    "quotes": '"kutip" \'tunggal\' """',
    "backslashes": "\\ \\\\ \\n \\. \\N",
    "tabs": "a\tb\v\f\b",
    "separators": "a\u2028b\u2029c\x85d",
    "controls": "\x01\x02\x03\x1f\x7f",
    "braces": 'x {"a": [1, "},{"]}',
    "wide": "\U0001f600 ก ﷽ \ufeff",
    "long": "p" * 490,
}


def test_hostile_texts_arrive_letter_by_letter(platform: Platform):
    platform.extract()
    for at, text in enumerate(HOSTILE.values()):
        platform.do(f"{_EVENT} values (%s, %s, 'web-1', 'started', %s)", text, f"u-{text[:50]}", _at(at))
    assert platform.extract()["course_progress"].landed == len(HOSTILE)
    assert {row["event_id"] for row in platform.landed("course_progress")} == set(HOSTILE.values())
    platform.desk.run()
    stored = set(platform.desk.rows("course_progress")["event_key"].to_list())
    assert stored == {key_of(platform.desk, text) for text in HOSTILE.values()}


def test_rows_that_no_contract_takes_wait_in_quarantine_and_are_read_once(platform: Platform):
    platform.register(1)
    platform.study(1, 2, 3, 4, 5, 6)
    platform.do("update course_progress set occurred_at = 'infinity' where event_id = 'e-1'")
    platform.do("update course_progress set occurred_at = '-infinity' where event_id = 'e-2'")
    platform.do("update course_progress set progress_percent = 'NaN', score = 'NaN' where event_id = 'e-3'")
    platform.do("update course_progress set occurred_at = '294276-12-31' where event_id = 'e-4'")
    platform.do("update course_progress set occurred_at = '4712-01-01 BC' where event_id = 'e-5'")
    platform.do("update accounts set name = repeat('panjang ', 400000)")
    first = platform.extract()
    assert first["course_progress"].landed == 6
    assert platform.landed("course_progress")[0]
    (reports := platform.desk.run())
    assert sum(reports["course_progress"].quarantined.values()) == 5
    assert platform.desk.quarantined()[("accounts", "line_too_long")] == 1
    assert len(platform.desk.rows("course_progress")) == 1
    # None of these instants moved the mark beyond what comes now, and none of these rows is read as new again.
    platform.register(2, at=60)
    platform.study(7, at=60)
    again = platform.extract()
    assert (again["accounts"].landed, again["course_progress"].landed) == (1, 1)
    platform.desk.run()
    assert len(platform.desk.rows("course_progress")) == 2


def test_an_instant_far_ahead_does_not_hide_what_is_written_now(platform: Platform):
    platform.register(1, 2)
    platform.do("update accounts set updated_at = '2190-01-01' where user_id = 'u-1'")
    platform.extract()
    now = platform.connection.execute("select now()").fetchone()[0]
    platform.do("update accounts set city = 'Solo', updated_at = %s where user_id = 'u-2'", now)
    found = platform.extract()
    assert found["accounts"].landed == 1


def test_rows_without_an_instant_are_read_at_first_and_whenever_they_change(platform: Platform):
    platform.register(1, 2, at=5)
    platform.do("update accounts set updated_at = null where user_id = 'u-2'")
    assert platform.extract()["accounts"].landed == 2
    assert platform.extract()["accounts"].landed == 0
    platform.do("update accounts set city = 'Solo' where user_id = 'u-2'")
    assert platform.extract()["accounts"].landed == 1
    assert [row["city"] for row in platform.landed("accounts") if row["user_id"] == "u-2"] == ["Bandung", "Solo"]
    platform.desk.run()
    assert sum(platform.desk.quarantined().values()) == 2
    platform.do("update accounts set updated_at = %s where user_id = 'u-2'", _at(6))
    platform.extract()
    platform.desk.run()
    assert_the_lake_equals_the_tables(platform)


def test_a_json_column_of_several_lines_stays_one_row(platform: Platform):
    platform.do("alter table courses alter category type json using null")
    platform.do("insert into courses values ('web-2', 'Dua', %s, 1, null)", '{"a":\r\n [1,\n2]}')
    assert platform.extract()["courses"].landed == 2
    assert [row["course_id"] for row in platform.landed("courses")] == ["web-1", "web-2"]


def test_a_table_without_a_required_column_is_refused_and_the_others_go_on(platform: Platform):
    platform.do("alter table accounts drop column email")
    platform.study(1)
    found = platform.extract()
    assert "no readable column email" in found["accounts"].problem
    assert "accounts.odcs.yaml" in found["accounts"].problem
    assert found["course_progress"].landed == 1
    assert not (platform.desk.home.landing / "accounts").exists()


def test_a_mark_that_is_no_instant_is_refused(platform: Platform):
    platform.do("alter table accounts alter updated_at type text")
    assert "is no instant" in platform.extract()["accounts"].problem


def test_optional_columns_may_be_missing_and_instants_may_lack_an_offset(platform: Platform):
    platform.do("alter table accounts drop column city, drop column last_login_at")
    platform.do("alter table accounts alter updated_at type timestamp using updated_at at time zone 'Asia/Jakarta'")
    platform.do(
        f"{_ACCOUNT.replace('city, ', '')} values ('u-1', 'u1@example.com', 'ID', now(), '2026-05-04 10:00', true)"
    )
    assert platform.extract()["accounts"].landed == 1
    assert platform.extract()["accounts"].landed == 0
    platform.desk.run()
    (row,) = platform.desk.rows("accounts").to_dicts()
    assert (row["updated_at"], row["is_deleted"], row["city"]) == (datetime(2026, 5, 4, 3), True, None)  # noqa: DTZ001


def test_a_user_that_may_read_some_columns_alone_is_enough(platform: Platform, server: Server):
    platform.register(1)
    platform.do("drop role if exists reader")
    platform.do(f"create role reader login password '{PASSWORD}'")
    columns = "user_id, email, city, registered_at, updated_at"
    platform.do(f"grant select ({columns}) on accounts to reader")
    platform.url = server.url(platform.connection.info.dbname, user="reader")
    found = platform.extract()
    assert found["accounts"].landed == 1
    assert set(platform.landed("accounts")[0]) == set(columns.split(", "))
    assert "no readable column course_id" in found["courses"].problem
    platform.do("drop owned by reader")


def test_rows_that_a_policy_hides_are_a_refusal_not_a_smaller_table(platform: Platform, server: Server):
    platform.register(1)
    platform.do("drop role if exists shortsighted")
    platform.do(f"create role shortsighted login password '{PASSWORD}'")
    platform.do("grant select on accounts to shortsighted")
    platform.do("alter table accounts enable row level security")
    platform.url = server.url(platform.connection.info.dbname, user="shortsighted")
    assert "row policies" in platform.extract("accounts")["accounts"].problem
    platform.do("drop owned by shortsighted")


def test_a_connection_that_breaks_in_the_middle_keeps_what_was_read(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
):
    platform.register(*range(300))
    original = tables.rows

    def broken(connection: psycopg.Connection, *args: Any, **kwargs: Any) -> Iterator[copying.Row]:
        for position, row in enumerate(original(connection, *args, **kwargs)):
            if position == 100:
                connection.close()
                raise psycopg.OperationalError(f"cannot go on with {row!r}")
            yield row

    monkeypatch.setattr(tables, "rows", broken)
    with pytest.raises(DatabaseUnreachable, match="broke off") as caught:
        platform.extract()
    assert [each.source for each in caught.value.extracted] == ["course_progress", "courses"]
    assert "example.com" not in _everything(caught.value)
    assert platform.parts() == []
    monkeypatch.undo()
    platform.extract()
    platform.desk.run()
    assert_the_lake_equals_the_tables(platform)


def _everything(error: BaseException | None) -> str:
    """What any log could print of an error: it, and all that led to it."""
    if error is None:
        return ""
    return f"{error!r} {error}" + _everything(error.__cause__) + _everything(error.__context__)


def test_an_error_in_the_table_is_told_by_its_kind_alone(platform: Platform):
    platform.register(1)
    platform.do("alter table accounts rename to real_accounts")
    platform.do("create view accounts as select *, (name || email)::int as nothing from real_accounts")
    platform.do(
        "create or replace function broken(text) returns text language plpgsql as"
        " $$ begin raise exception 'row of %%', $1; end $$"
    )
    platform.do("drop view accounts")
    columns = "user_id, broken(email) as email, registered_at, updated_at"
    platform.do(f"create view accounts as select {columns} from real_accounts")
    problem = platform.extract()["accounts"].problem
    assert "RaiseException" in problem
    assert "example.com" not in problem


@pytest.mark.parametrize("spoilt", ["port", "password", "database", "url", "empty host"])
def test_a_database_that_cannot_be_reached_is_told_without_its_url(platform: Platform, server: Server, spoilt: str):
    user, secret = "pengguna-uji", "sandi-lain-4471"
    url = {
        "port": f"postgresql://{user}:{secret}@127.0.0.1:1/rahasia-uji",
        "password": f"postgresql://platform:{secret}@127.0.0.1:{server.port}/postgres",
        "database": server.url("rahasia-uji"),
        "url": f"postgresql//{user}:{secret}@nowhere rahasia-uji",
        "empty host": f"host='{secret} dbname=rahasia-uji",
    }[spoilt]
    platform.url = url
    with pytest.raises(DatabaseUnreachable, match="database_url") as caught:
        platform.extract()
    told = _everything(caught.value)
    for part in (user, secret, PASSWORD, "rahasia-uji", "127.0.0.1", str(server.port)):
        assert part not in told


def _crosslife(platform: Platform, *arguments: str, url: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CROSSLIFE_", "DAGSTER_"))}
    environment["CROSSLIFE_DATABASE_URL"] = url
    command = [sys.executable, "-m", "pipelines.cli", *arguments, "--home", str(platform.desk.home.root)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.mark.long
def test_a_run_reads_the_database_first(platform: Platform):
    platform.register(1)
    (platform.desk.home.landing / "courses").mkdir(parents=True)
    (platform.desk.home.landing / "courses" / "c.csv").write_text("course_id,title\nweb-9,Situs\n")
    done = _crosslife(platform, "run", "--as-of", "2026-06-30", "--json", url=platform.url)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["counts"]["intake/batch"]["accepted"] == 3
    assert_the_lake_equals_the_tables(platform)
    written = b"".join(path.read_bytes() for path in platform.desk.home.root.rglob("*") if path.is_file())
    assert PASSWORD.encode() not in written
    assert PASSWORD not in done.stdout + done.stderr


def test_the_command_reads_one_source_and_says_what_it_did(platform: Platform):
    platform.register(1)
    done = _crosslife(platform, "extract", "--source", "accounts", "--json", url=platform.url)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["sources"]
    assert (found["source"], found["landed"], found["ignored"]) == ("accounts", 1, ["password_hash"])
    assert not (platform.desk.home.landing / "courses").exists()
    told = _crosslife(platform, "extract", url=platform.url)
    assert "courses, 1 rows read, 1 of them new" in told.stderr


def test_dagster_reads_the_database_as_an_asset_before_what_lands(platform: Platform, monkeypatch: pytest.MonkeyPatch):
    import dagster as dg

    from pipelines.defs import extract as assets
    from pipelines.defs.site import SiteResource

    platform.register(1)
    monkeypatch.setenv(settings.secret_variable(settings.DATABASE_URL), platform.url)
    site = SiteResource(home=str(platform.desk.home.root), as_of=AS_OF.isoformat())
    result = dg.materialize([assets.extracted], resources={"site": site})
    (event,) = result.asset_materializations_for_node(assets.extracted.op.name)
    assert event.metadata["landed"].value == 2
    assert len(platform.landed("accounts")) == 1
