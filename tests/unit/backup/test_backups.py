"""A home that was put back is the home that it was, without anything that went since; a backup that has ended opens no more."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines import backup, evidence, retention, settings
from pipelines.backup import restoring
from pipelines.identity import backup_keys, keys
from pipelines.identity.errors import MissingKey, WrongKey
from pipelines.identity.keyring import Keyring
from pipelines.identity.vault import open_vault
from pipelines.intake import dropping, quarantine_files
from pipelines.lake import open_manifest
from pipelines.settings import Home
from tests.desk import AS_OF, COURSES, Desk
from tests.desk import desk as desk
from tests.desk import progress as progress

EMAIL = "dewi.lestari@example.com"


@pytest.fixture(autouse=True)
def _no_keys_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        settings.MASTER_KEY_VARIABLE,
        settings.NEXT_MASTER_KEY_VARIABLE,
        settings.KEY_FILE_VARIABLE,
        settings.BACKUP_KEYS_VARIABLE,
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def full(desk: Desk, progress: Callable[..., dict[str, Any]]) -> Desk:
    desk.land("courses", "c.jsonl", COURSES)
    desk.land("course_progress", "p.jsonl", [progress(1), progress(2), progress(3, event_type=EMAIL)])
    desk.run()
    evidence.record(desk.home, desk.ring, policy=None, at=AS_OF)
    return desk


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "backups"
    made.mkdir()
    return made


def make(desk: Desk, to: Path, *, as_of: datetime = AS_OF) -> Path:
    return backup.make(desk.home, keys.open_keyring(desk.home), desk.terms, to=to, as_of=as_of).file


def lose(home: Home) -> None:
    """Take everything away but the master key."""
    key = (home.root / "master.key").read_bytes()
    shutil.rmtree(home.root)
    home.root.mkdir()
    (home.root / "master.key").write_bytes(key)
    (home.root / "master.key").chmod(0o600)


def nothing(_home: Home, _ring: Keyring) -> None:
    """Let nothing go besides what the journal says."""


def restore(desk: Desk, file: Path, **changes: Any) -> backup.Restored:
    return backup.restore(desk.home, file, desk.terms, **{"as_of": AS_OF, "then": nothing, **changes})


def who(desk: Desk) -> list[str]:
    frame = pl.DataFrame({"kind": ["user_id"] * 2, "value": ["learner-1", "learner-2"]})
    with open_vault(desk.home, keys.open_keyring(desk.home), purpose="test") as opened:
        found = opened.resolve(frame, domain="analytics", at=AS_OF.replace(tzinfo=None))
    return sorted(str(each) for each in found["pseudonym"])


def test_a_home_that_was_put_back_has_the_same_rows_people_and_ledger(full: Desk, folder: Path) -> None:
    rows, people, held = full.rows("course_progress"), who(full), full.quarantined()
    entries = [each.digest for each in evidence.read(full.home)]
    file = make(full, folder)
    lose(full.home)
    done = restore(full, file)
    assert full.rows("course_progress").equals(rows)
    full.ring.reload()
    assert who(full) == people
    assert full.quarantined() == held
    assert [each.digest for each in evidence.read(full.home)] == entries
    assert done.vault_keys == ("vault/1",)
    assert not settings.restoring(full.home).root.exists()
    with pytest.raises(MissingKey):
        full.ring.key("vault/1")
    with open_manifest(full.home) as manifest:
        manifest.stored().check()
        assert [work.kind for work in manifest.interventions()] == ["restore"]
    evidence.record(full.home, full.ring, policy=None, at=AS_OF)
    assert evidence.look_with_keys(full.home, full.ring).is_sound
    assert [each.content["kind"] for each in evidence.read(full.home) if each.kind == "backup"] == ["restore"]


def test_a_run_goes_on_from_what_was_put_back(
    full: Desk, folder: Path, progress: Callable[..., dict[str, Any]]
) -> None:
    file = make(full, folder)
    lose(full.home)
    restore(full, file)
    full.ring.reload()
    full.land("course_progress", "p.jsonl", [progress(1), progress(2), progress(3, event_type=EMAIL)])
    full.land("course_progress", "q.jsonl", [progress(4)])
    assert full.run()["course_progress"].accepted == 1
    assert full.rows("course_progress").height == 3


def test_nothing_of_a_home_can_be_read_in_a_backup(full: Desk, folder: Path) -> None:
    pseudonym = full.rows("course_progress")["learner_pseudonym"][0]
    text = make(full, folder).read_bytes()
    names = ("course_progress", "manifest", "vault", "ustar", "keyring", "master", "genesis")
    for known in (EMAIL, pseudonym, "learner-1", *names):
        assert known.encode() not in text
        assert known.encode("utf-16-le") not in text
    assert bytes.fromhex(pseudonym) not in text


def test_a_backup_is_private_and_leaves_no_copy_behind(full: Desk, folder: Path) -> None:
    file = make(full, folder)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.iterdir()] == [file.name]
    assert not list((full.home.lake / ".staging").rglob("*.sqlite"))
    assert backup_keys.place_of(full.home).stat().st_mode & 0o777 == 0o600


def test_an_ended_backup_opens_no_more_and_says_since_when(full: Desk, folder: Path) -> None:
    file = make(full, folder)
    window = full.terms.policy.backup_days.value
    last = AS_OF + timedelta(days=window)
    ring = keys.open_keyring(full.home)
    assert backup.expire(full.home, ring, full.terms, as_of=last, places=[folder]).ids == ()
    backup.check(full.home, file, full.terms, as_of=last)
    with pytest.raises(backup.BackupEnded, match="has to be destroyed"):
        backup.check(full.home, file, full.terms, as_of=last + timedelta(days=1))
    found = backup.due(full.home, full.terms, as_of=last + timedelta(days=1), places=[folder])
    assert (found.files, found.since) == ((file,), date(2026, 8, 1))
    text = file.read_bytes()
    gone = backup.expire(full.home, ring, full.terms, as_of=last + timedelta(days=1), places=[folder])
    assert (len(gone.ids), gone.files, file.exists()) == (1, 1, False)
    file.write_bytes(text)
    # Whatever the clock says now: the key is no more.
    with pytest.raises(backup.BackupEnded, match=r"destroyed on 2026-\d\d-\d\d"):
        backup.check(full.home, file, full.terms, as_of=AS_OF)
    assert gone.ids[0] not in {each.id for each in backup_keys.read(full.home).keys.values()}
    (row,) = backup.listed(full.home, full.terms, places=[folder])
    assert row.state == "ended"


def test_a_backup_of_another_home_is_neither_opened_nor_removed(full: Desk, folder: Path, tmp_path: Path) -> None:
    file = make(full, folder)
    other = Desk(settings.Home(tmp_path / "other").prepare(), keys.init(settings.Home(tmp_path / "other")), full.terms)
    make(other, folder)
    with pytest.raises(backup.BackupUnreadable):
        backup.check(other.home, file, other.terms, as_of=AS_OF)
    later = AS_OF + timedelta(days=90)
    assert backup.expire(other.home, other.ring, other.terms, as_of=later, places=[folder]).files == 1
    assert file.exists()


def test_another_master_key_opens_no_backup(full: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = make(full, folder)
    monkeypatch.setenv(settings.MASTER_KEY_VARIABLE, "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=")
    with pytest.raises(WrongKey):
        backup.check(full.home, file, full.terms, as_of=AS_OF)


def test_an_edit_of_the_backup_keys_shows(full: Desk, folder: Path) -> None:
    file, place = make(full, folder), backup_keys.place_of(full.home)
    backup.note_drops(full.home, {"web_events/month": "2026-01-31"})
    place.write_text(place.read_text().replace("2026-01-31", "2025-01-31"))
    with pytest.raises(WrongKey, match="altered"):
        backup.check(full.home, file, full.terms, as_of=AS_OF)


def test_a_backup_from_before_the_master_key_was_exchanged_is_put_back_under_the_new_one(
    full: Desk, folder: Path
) -> None:
    file = make(full, folder)
    rows = full.rows("course_progress")
    old = (full.home.root / "master.key").read_bytes()
    keys.rotate(full.home, "master")
    assert len(backup_keys.read(full.home).wrappings) == 1
    lose(full.home)
    restore(full, file)
    full.ring.reload()
    assert full.rows("course_progress").equals(rows)
    (full.home.root / "master.key").write_bytes(old)
    with pytest.raises(WrongKey):
        backup_keys.read(full.home)


def test_a_key_that_was_destroyed_since_does_not_come_back_nor_what_it_opened(full: Desk, folder: Path) -> None:
    file = make(full, folder)
    (held,) = quarantine_files(full.home)
    name = f"quarantine/{held.day}"
    later = AS_OF + timedelta(days=full.terms.policy.quarantine_days.value + 1)
    retention.apply(full.home, full.ring, full.terms, as_of=later)
    # The day of quarantine, and the vault's file before everybody's clocks were looked at.
    assert backup.note_gone(full.home, keys.open_keyring(full.home)) == 2
    lose(full.home)
    done = restore(full, file)
    assert (done.keys, done.unreadable_files) == (1, 1)
    assert quarantine_files(full.home) == ()
    with pytest.raises(MissingKey):
        keys.open_keyring(full.home).key(name)
    with open_manifest(full.home) as manifest:
        assert dropping.totals(manifest) == {"came": 1, "replayed": 0, "dropped": 1, "waiting": 0}


def test_a_key_that_only_a_later_backup_has_is_not_taken_for_destroyed(
    full: Desk, folder: Path, progress: Callable[..., dict[str, Any]]
) -> None:
    first, later = make(full, folder), AS_OF + timedelta(days=1)
    full.land("course_progress", "q.jsonl", [progress(5, event_type="unknown")])
    full.run(as_of=later)
    second, held = make(full, folder, as_of=later), full.quarantined()
    for file in (first, second):
        lose(full.home)
        assert restore(full, file, as_of=later).keys == 0
        backup.note_gone(full.home, keys.open_keyring(full.home))
    full.ring.reload()
    assert full.quarantined() == held


def test_a_key_noted_by_its_id_does_not_come_back_either(full: Desk, folder: Path) -> None:
    file = make(full, folder)
    (held,) = quarantine_files(full.home)
    backup.note_destroyed(full.home, [f"quarantine/{held.day}"])
    lose(full.home)
    assert restore(full, file).keys == 1


def test_a_secret_that_was_exchanged_since_comes_back(full: Desk, folder: Path) -> None:
    keys.keep_secret(full.home, "webhook_url", "https://one.example/")
    file = make(full, folder)
    keys.keep_secret(full.home, "webhook_url", "https://two.example/")
    assert backup.note_gone(full.home, keys.open_keyring(full.home)) == 0
    lose(full.home)
    restore(full, file)
    assert keys.open_keyring(full.home).key("secret/webhook_url") == b"https://one.example/"


def test_lookups_under_a_key_that_was_exchanged_since_are_made_anew(full: Desk, folder: Path) -> None:
    people, file = who(full), make(full, folder)
    keys.rotate(full.home, "lookup")
    backup.note_gone(full.home, keys.open_keyring(full.home))
    lose(full.home)
    assert restore(full, file).vault_keys == ("vault/1", "lookup/1")
    assert who(full) == people


def test_horizons_are_raised_and_never_lowered(full: Desk, folder: Path) -> None:
    with open_manifest(full.home) as manifest:
        manifest.horizons().raise_to("web_events", "event", date(2026, 3, 31))
        manifest.horizons().raise_to("web_events", "event", date(2026, 2, 28))
    file = make(full, folder)
    backup.note_drops(full.home, {"web_events/event": "2026-02-28", "meta_pixel/event": "2026-05-31"})
    backup.note_drops(full.home, {"meta_pixel/event": "2026-04-30", "course_progress/completion": "2026-05-31"})
    lose(full.home)
    assert restore(full, file).horizons == 2
    with open_manifest(full.home) as manifest:
        assert manifest.horizons().all() == {
            ("meta_pixel", "event"): date(2026, 5, 31),
            ("web_events", "event"): date(2026, 3, 31),
        }


@pytest.mark.parametrize(
    "wrong", [{"web_events": "2026-01-31"}, {"web_events/month": "2026-1-31"}, {"/x": "2026-01-31"}]
)
def test_what_is_no_horizon_is_not_noted(full: Desk, wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        backup.note_drops(full.home, wrong)


def test_what_has_to_go_by_now_goes_before_the_home_stands(full: Desk, folder: Path) -> None:
    file = make(full, folder)
    lose(full.home)
    later, seen = AS_OF + timedelta(days=20), []

    def overdue(home: Home, ring: Keyring) -> None:
        seen.append((home.root.name, full.home.keyring_file.exists()))
        retention.apply(home, ring, full.terms, as_of=later)

    restore(full, file, then=overdue, as_of=later)
    assert seen == [("home.restoring", False)]
    assert retention.plan(full.home, keys.open_keyring(full.home), full.terms, as_of=later).files == 0
    assert quarantine_files(full.home) == ()


def test_a_home_that_stands_is_never_written_over(full: Desk, folder: Path) -> None:
    file = make(full, folder)
    with pytest.raises(backup.HomeNotEmpty):
        restore(full, file)
    lose(full.home)
    full.home.landing.mkdir()
    with pytest.raises(backup.HomeNotEmpty):
        restore(full, file)


def test_a_key_file_that_is_not_the_master_keys_own_is_never_taken_away(
    full: Desk, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = make(full, folder)
    lose(full.home)
    elsewhere = tmp_path / "safe" / "master.key"
    elsewhere.parent.mkdir()
    shutil.copy2(full.home.root / "master.key", elsewhere)
    backups = backup_keys.place_of(full.home)
    monkeypatch.setenv(settings.KEY_FILE_VARIABLE, str(elsewhere))
    monkeypatch.setenv(settings.BACKUP_KEYS_VARIABLE, str(backups))
    with pytest.raises(backup.HomeNotEmpty):
        restore(full, file)
    assert (full.home.root / "master.key").exists()


def test_a_damaged_backup_changes_nothing(full: Desk, folder: Path) -> None:
    file = make(full, folder)
    lose(full.home)
    text = file.read_bytes()
    file.write_bytes(text[:-40] + bytes([text[-40] ^ 1]) + text[-39:])
    with pytest.raises(backup.BackupDamaged):
        restore(full, file)
    assert [path.name for path in full.home.root.iterdir()] == ["master.key"]
    assert not settings.restoring(full.home).root.exists()


class Killed(BaseException):
    """The process ends here."""


def _kill_at(monkeypatch: pytest.MonkeyPatch, number: int) -> list[int]:
    """Let the call of that number that gives a file or folder its name end the process; return the count of calls."""
    calls = [0]

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def die(*args: Any, **named: Any) -> Any:
            calls[0] += 1
            if calls[0] == number:
                raise Killed
            return real(*args, **named)

        return die

    for place, name in [(os, "rename"), (os, "replace"), (Path, "replace"), (Path, "rename"), (Path, "unlink")]:
        monkeypatch.setattr(place, name, dying(getattr(place, name)))
    return calls


@pytest.mark.long
def test_a_restore_that_is_killed_anywhere_leaves_no_home_and_goes_on(full: Desk, folder: Path) -> None:
    rows, people, file = full.rows("course_progress"), who(full), make(full, folder)
    number = killed = 0
    while True:
        number += 1
        lose(full.home)
        with pytest.MonkeyPatch.context() as patched:
            _kill_at(patched, number)
            try:
                restore(full, file)
            except Killed:
                killed += 1
            else:
                break
        names = {path.name for path in full.home.root.iterdir()} if full.home.root.exists() else set()
        assert names <= {"master.key"}
        restore(full, file)
        full.ring.reload()
        assert full.rows("course_progress").equals(rows)
        assert who(full) == people
    assert killed > 5


def test_a_backup_that_is_killed_anywhere_is_there_whole_or_not_at_all(full: Desk, folder: Path) -> None:
    number = killed = 0
    while True:
        number += 1
        with pytest.MonkeyPatch.context() as patched:
            _kill_at(patched, number)
            try:
                make(full, folder)
            except Killed:
                killed += 1
            else:
                break
        for each in backup.listed(full.home, full.terms, places=[folder]):
            if each.bytes:
                backup.check(full.home, folder / f"crosslife-{each.id}.backup", full.terms, as_of=AS_OF)
    assert killed > 3
    assert len(list(folder.glob("*.part"))) == 0


def test_a_place_inside_the_home_is_refused(full: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(backup.BackupUnusablePlace):
        make(full, full.home.evidence)
    with pytest.raises(backup.BackupUnusablePlace):
        make(full, folder / "missing")
    monkeypatch.setenv(settings.BACKUP_KEYS_VARIABLE, str(full.home.root / "keys"))
    with pytest.raises(WrongKey, match="inside the home"):
        make(full, folder)


def test_links_come_back_and_one_that_leads_out_is_refused(full: Desk, folder: Path, tmp_path: Path) -> None:
    (full.home.release / "editions").mkdir()
    (full.home.release / "editions" / "one.csv").write_text("a\n")
    (full.home.release / "current").symlink_to("editions")
    file = make(full, folder)
    (full.home.release / "out").symlink_to(tmp_path)
    with pytest.raises(backup.BackupUnusablePlace, match="1 links"):
        make(full, folder)
    lose(full.home)
    restore(full, file)
    assert (full.home.release / "current" / "one.csv").read_text() == "a\n"


def test_a_backup_that_was_made_is_an_entry_of_the_ledger(full: Desk, folder: Path) -> None:
    file = make(full, folder)
    evidence.record(full.home, full.ring, policy=None, at=AS_OF)
    (entry,) = [each for each in evidence.read(full.home) if each.kind == "backup"]
    assert entry.content["counts"]["backup"] in file.name
    assert evidence.look_with_keys(full.home, full.ring).is_sound


def test_an_anchor_that_knows_more_denies_the_ledger_of_a_restored_home(
    full: Desk, folder: Path, tmp_path: Path
) -> None:
    keys.keep_secret(full.home, "anchor_url", str(tmp_path / "heads.jsonl"))
    evidence.record(full.home, full.ring, policy=None, at=AS_OF)
    file = make(full, folder)
    evidence.record(full.home, full.ring, policy=None, at=AS_OF)
    evidence.anchor(full.home, full.ring, at=AS_OF)
    lose(full.home)
    restore(full, file)
    ring = keys.open_keyring(full.home)
    evidence.record(full.home, ring, policy=None, at=AS_OF)
    with pytest.raises(evidence.AnchorDenies):
        evidence.anchor(full.home, ring, at=AS_OF)


def test_the_window_is_the_policys(full: Desk, folder: Path) -> None:
    policy = full.terms.policy
    days = policy.backup_days.model_copy(update={"value": 2})
    terms = full.terms.model_copy(update={"policy": policy.model_copy(update={"backup_days": days})})
    made = backup.make(full.home, full.ring, terms, to=folder, as_of=AS_OF)
    assert made.last_day == date(2026, 7, 3)


def test_what_was_looked_at_person_by_person_is_looked_at_again(full: Desk) -> None:
    with open_manifest(full.home) as manifest:
        told = {"a/event": "2026-01-31", "b/completion": "2026-02-28", "c/interaction": "2026-02-28"}
        assert restoring._carry_horizons(manifest, told) == 1
        assert manifest.horizons().all() == {("a", "event"): date(2026, 1, 31)}
