"""Promise 6, through to the figures: whoever left is in no table, no partition, no page, no log, in no domain, after the models
have followed; and a full backfill, a replay, the same files landed again or a restored copy bring nothing of them back.

DuckDB files are written in the clear and uncompressed here, so that their free blocks are searched as well as their tables.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines import backup, engine, lake, retention, settings
from pipelines.defs import in_process, letting_go, waiting
from pipelines.identity import keys, rotation
from pipelines.identity.vault import open_vault
from tests.desk import COURSES
from tests.leaving import DAY, HERS, Leaving, at, filled, land, lives, lives_again, traces_in, whole_life

pytestmark = pytest.mark.xdist_group("nothing_of_them")

LATE = "2031-05-01"
"""The day on which a row of hers arrived that names an unknown course: it waits in quarantine while she leaves."""

NOBODYS = {"meta_pixel.event_key"}
"""Her consent left with her: of a pixel event without it only that it happened is kept, until its day falls."""

_SECRETS = {
    "identifiers": ("lookup", "ciphertext"),
    "claims": ("lookup", "ciphertext"),
    "domain_secrets": ("secret", "data_key"),
    "attributes": ("ciphertext",),
}


@pytest.fixture(scope="module", autouse=True)
def _plain_files() -> Iterator[None]:
    """Attach every DuckDB file without a key, and write it uncompressed."""
    attach = engine.attach

    def plainly(
        connection: duckdb.DuckDBPyConnection, file: Path, *, name: str, key: bytes | None, read_only: bool = False
    ) -> None:
        connection.execute("set force_compression = 'uncompressed'")
        attach(connection, file, name=name, key=None, read_only=read_only)

    with pytest.MonkeyPatch.context() as patching:
        patching.setattr(engine, "attach", plainly)
        for name in (name for name in os.environ if name.startswith("CROSSLIFE_")):
            patching.delenv(name)
        yield


def run(home: settings.Home, *, as_of: datetime) -> None:
    """Do what `crosslife run` does: take in, check, build, publish, record, tell."""
    in_process.run(home, policy=settings.policy_file(), as_of=as_of, progress=lambda _: None)


@dataclass(frozen=True)
class Left:
    """A home whose models have followed a drop, and what was there before: traces by file, landed files, a backup."""

    leaving: Leaving
    before: list[tuple[str, str]]
    landed: Path
    backup: Path

    @property
    def home(self) -> settings.Home:
        return self.leaving.desk.home


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Left:
    root = tmp_path_factory.mktemp("left")
    leaving = filled(root / "home")
    home, terms, day = leaving.desk.home, leaving.desk.terms, at(DAY)
    late = {**whole_life("dewi", HERS)["course_progress"][0], "event_id": "p-dewi-late", "course_id": "later"}
    land(leaving.desk, "course_progress", "late.jsonl", [late], day=LATE)
    leaving.desk.run(as_of=at(LATE))
    run(home, as_of=day)
    shutil.copytree(home.landing, root / "landed")
    (root / "backups").mkdir()
    before = traces_in(home, leaving.traces, skipped=["landing"])
    with lake.writer_lock(home):
        copy = backup.make(home, keys.open_keyring(home), terms, to=root / "backups", as_of=day).file
        applied = letting_go.let_go(home, keys.open_keyring(home), terms, as_of=day)
    assert (applied.plan.subjects, applied.plan.enrolments) == (2, 1)
    run(home, as_of=day)
    return Left(leaving, before, root / "landed", copy)


@pytest.mark.long
def test_the_search_sees_her_in_warehouse_and_facts_before_she_leaves(left: Left) -> None:
    seen = {(kind.rpartition(" of ")[0] or kind, file.partition("/")[0]) for kind, file in left.before}
    assert {("pseudonym", "lake"), ("pseudonym", "warehouse")} <= seen
    named = {Path(file).parts[:3] for kind, file in left.before if kind.startswith("pseudonym")}
    assert ("warehouse", "warehouse.duckdb") in named
    assert {parts[2] for parts in named if parts[:2] == ("warehouse", "facts")} >= {"fct_page_views", "fct_sessions"}
    domains = {kind for kind, _ in left.before if kind.startswith("pseudonym of ")}
    assert domains == {f"pseudonym of {domain}" for domain in ("ads", "analytics", "payments", "support")}


@pytest.mark.long
def test_once_the_models_have_followed_no_container_leads_to_her(left: Left) -> None:
    assert traces_in(left.home, left.leaving.traces, skipped=["landing"]) == []
    assert retention.plan(left.home, keys.open_keyring(left.home), left.leaving.desk.terms, as_of=at(DAY)).is_empty


@pytest.mark.long
def test_a_full_backfill_a_replay_and_the_same_files_bring_nothing_back(left: Left, tmp_path: Path) -> None:
    leaving = left.leaving.copy(tmp_path / "home")
    desk, home = leaving.desk, leaving.desk.home
    shutil.copytree(left.landed, home.landing, dirs_exist_ok=True)
    lives_again(desk, day=DAY)
    lives(desk, "dewi", "2026-03", "older.jsonl", day=DAY)
    land(desk, "courses", "later.jsonl", [{**COURSES[0], "course_id": "later"}], day=DAY)
    held = desk.quarantined()
    assert held == {("course_progress", "unknown_course"): 1}
    # As after an upgrade: of every day that there is, everything is built again.
    waiting.note_models(home, is_whole=False)
    run(home, as_of=at(DAY) + timedelta(hours=1))
    assert desk.quarantined() == {}
    assert {kind for kind, _ in traces_in(home, leaving.traces, sealed=(), skipped=["landing"])} <= NOBODYS
    assert desk.subjects() == left.leaving.desk.subjects()


@pytest.mark.long
def test_a_restored_copy_of_before_brings_nothing_back(left: Left, tmp_path: Path) -> None:
    home, terms = left.home, left.leaving.desk.terms
    kept, master = tmp_path / "home", (home.root / "master.key").read_bytes()
    home.root.rename(kept)
    home.root.mkdir()
    (home.root / "master.key").write_bytes(master)
    (home.root / "master.key").chmod(0o600)
    later = at(DAY) + timedelta(days=1)

    def overdue(ready: settings.Home, ring: keys.Keyring) -> None:
        agreed = retention.plan(ready, ring, terms, as_of=later)
        assert agreed.subjects == 2, "the copy brings nobody back who could leave again"
        retention.apply(ready, ring, terms, as_of=later, agreed=agreed.checksum)

    try:
        backup.restore(home, left.backup, terms, as_of=later, then=overdue)
        # Projections follow with the next run, as all that is derived.
        derived = ("lake/order_payments/", "lake/learner_payments/")
        found = traces_in(home, left.leaving.traces)
        assert [each for each in found if not each[1].startswith(derived)] == []
        run(home, as_of=later)
        assert traces_in(home, left.leaving.traces) == []
        assert left.leaving.desk.subjects() == 2
    finally:
        shutil.rmtree(home.root)
        kept.rename(home.root)


@pytest.mark.slow
def test_rows_that_come_anew_in_the_month_in_which_she_left_bring_nobody_back(tmp_path: Path) -> None:
    leaving = filled(tmp_path / "home")
    known = leaving.desk.subjects()
    _drop(leaving)
    # Of some the last day is still to come: everybody whose time ends this month left at its beginning.
    lives_again(leaving.desk, day=DAY)
    reports = leaving.desk.run(as_of=at(DAY))
    assert {name: report.accepted for name, report in reports.items() if report.accepted} == {"meta_pixel": 1}
    assert leaving.desk.subjects() == known - 2
    found = {kind for kind, _ in traces_in(leaving.desk.home, leaving.traces, skipped=["landing"])}
    assert found <= NOBODYS


@pytest.mark.long
def test_the_free_blocks_of_the_vault_hold_nothing_of_whoever_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaving = filled(tmp_path / "home")
    kept = _secrets(leaving)
    careless = leaving.copy(tmp_path / "careless")
    _drop(leaving)
    there = _secrets(leaving).keys()
    gone = {secret for subject, own in kept.items() if subject not in there for secret in own}
    stays = {secret for subject, own in kept.items() if subject in there for secret in own}
    assert len(gone) > 10
    assert _lying_in(leaving.desk.home.vault, gone) == 0
    assert _lying_in(leaving.desk.home.vault, stays) == len(stays)
    # What was deleted lies in the file until it is copied into a fresh one.
    monkeypatch.setattr(rotation, "rotate_vault", lambda _: None)
    _drop(careless)
    assert gone.isdisjoint({secret for own in _secrets(careless).values() for secret in own})
    assert _lying_in(careless.desk.home.vault, gone) > 0


def _drop(leaving: Leaving) -> None:
    home = leaving.desk.home
    retention.apply(home, keys.open_keyring(home), leaving.desk.terms, as_of=at(DAY))


def _secrets(leaving: Leaving) -> dict[int, set[bytes]]:
    """Return what the vault keeps of each subject as it lies there: lookups, ciphertexts, secrets, keys."""
    found: dict[int, set[bytes]] = {}
    with open_vault(leaving.desk.home, keys.open_keyring(leaving.desk.home), purpose="test") as vault:
        for table, columns in _SECRETS.items():
            for column in columns:
                for subject, secret in vault._connection.execute(
                    f"select subject, {column} from vault.{table}"
                ).fetchall():
                    found.setdefault(subject, set()).add(bytes(secret))
    return found


def _lying_in(folder: Path, secrets: set[bytes]) -> int:
    contents = [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    return sum(any(secret in content for content in contents) for secret in secrets)
