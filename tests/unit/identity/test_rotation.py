from __future__ import annotations

import base64
import json
import os
from datetime import datetime

import polars as pl
import pytest

from pipelines import settings
from pipelines.identity import epochs, keyring, keys, master, vault
from pipelines.identity.errors import LostVault, MissingKey, UnsupportedRotation, VaultBusy, WrongKey
from pipelines.settings import Home

AT = datetime(2026, 3, 1, 9, 0)  # noqa: DTZ001 - naive UTC


@pytest.fixture
def known(home: Home, resolve) -> list[str | None]:
    """Pseudonyms that no rotation may change."""
    with vault.open_vault(home, keys.open_keyring(home), purpose="test") as v:
        v.store_attributes(pl.DataFrame([{"user_id": "u-1", "email": "learner12@example.com", "updated_at": AT}]))
        v.link(pl.DataFrame({"anonymous_id": ["b-1"], "user_id": ["u-1"], "linked_at": [AT]}))
        v.commit()
    return resolve("u-1", "u-2") + resolve("b-1", kind="anonymous_id")


def still(resolve) -> list[str | None]:
    assert resolve("learner12@example.com", kind="email") == resolve("u-1")
    return resolve("u-1", "u-2") + resolve("b-1", kind="anonymous_id")


def ids(home: Home) -> set[str]:
    return {entry.id for entry in keys.open_keyring(home).entries() if entry.family in {"vault", "lookup"}}


def files(home: Home) -> set[str]:
    return {path.name for path in home.vault.glob("vault-*")}


@pytest.mark.parametrize("what", ["vault", "lookup", "master"])
def test_no_rotation_changes_a_pseudonym_or_a_link(home: Home, resolve, known, what: str):
    keys.rotate(home, what)
    keys.rotate(home, what)
    assert still(resolve) == known
    with vault.open_vault(home, keys.open_keyring(home), purpose="test") as v:
        assert v.links(domain="analytics").height == 1


def test_rotating_the_vault_destroys_the_old_key_and_the_old_file(home: Home, known):
    ring = keys.open_keyring(home)
    wrapped = ring.entry("vault/1").wrapped
    rotation = keys.rotate(home, "vault")
    assert (rotation.made, rotation.destroyed) == (("vault/2",), ("vault/1",))
    assert files(home) == {"vault-2.duckdb"}
    assert wrapped not in home.keyring_file.read_text()
    with pytest.raises(MissingKey):
        keys.open_keyring(home).key("vault/1")


def test_rotating_the_lookup_key_changes_every_lookup(home: Home, known):
    def lookups() -> set[bytes]:
        with vault.open_vault(home, keys.open_keyring(home), purpose="test") as v:
            return set(v._connection.execute("select lookup from vault.identifiers").pl()["lookup"])

    before = lookups()
    keys.rotate(home, "lookup")
    assert len(lookups()) == len(before) == 4
    assert not lookups() & before
    assert ids(home) == {"vault/2", "lookup/2"}


def test_a_new_subject_after_a_rotation_gets_a_new_number(home: Home, resolve, known):
    keys.rotate(home, "vault")
    assert resolve("u-3")[0] not in known
    with vault.open_vault(home, keys.open_keyring(home), purpose="test") as v:
        numbers = v._connection.execute("select count(*), count(distinct subject) from vault.subjects").fetchone()
    assert numbers == (4, 4)


def test_a_rotation_broken_off_before_its_file_is_undone(home: Home, resolve, known):
    epochs.stage(keys.open_keyring(home))
    (home.vault / "vault-2.duckdb.new").write_bytes(b"half a file")
    assert still(resolve) == known
    assert (ids(home), files(home)) == ({"vault/1", "lookup/1"}, {"vault-1.duckdb"})


def test_a_rotation_broken_off_before_its_switch_is_undone(home: Home, resolve, known):
    ring = keys.open_keyring(home)
    old, new = epochs.stage(ring)
    epochs.build(ring, epoch=new, source=old)
    assert files(home) == {"vault-1.duckdb", "vault-2.duckdb"}
    assert still(resolve) == known
    assert (ids(home), files(home)) == ({"vault/1", "lookup/1"}, {"vault-1.duckdb"})


def test_a_rotation_broken_off_after_its_switch_is_finished(home: Home, resolve, known):
    ring = keys.open_keyring(home)
    old, new = epochs.stage(ring)
    epochs.build(ring, epoch=new, source=old)
    epochs.switch(ring, old=old, new=new)
    assert still(resolve) == known
    assert (ids(home), files(home)) == ({"vault/2", "lookup/1"}, {"vault-2.duckdb"})


def test_a_lookup_rotation_broken_off_before_its_switch_is_undone_and_can_be_repeated(home: Home, resolve, known):
    ring = keys.open_keyring(home)
    epochs.stage(ring)
    ring.change(add=[keyring.NewKey("lookup/2", version=2, state="next")])
    half_made = ring.key("lookup/2")
    assert still(resolve) == known
    assert ids(home) == {"vault/1", "lookup/1"}
    keys.rotate(home, "lookup")
    assert still(resolve) == known
    assert keys.open_keyring(home).key("lookup/2") != half_made


def test_a_first_vault_broken_off_before_its_file_is_made_anew(home: Home, resolve):
    (home.vault / "vault-1.duckdb.new").write_bytes(b"half a file")
    assert resolve("u-1") == resolve("u-1")


def test_a_first_vault_broken_off_before_its_key_is_in_force_is_taken(home: Home, resolve):
    ring = keys.open_keyring(home)
    epochs.build(ring, epoch=ring.current("vault"), source=None)
    assert resolve("u-1") == resolve("u-1")
    assert keys.open_keyring(home).current("vault").state == "current"


def test_an_old_copy_of_the_keyring_does_not_sweep_the_newer_vault_away(home: Home, resolve, known):
    old = home.keyring_file.read_bytes()
    keys.rotate(home, "vault")
    new = home.keyring_file.read_bytes()
    home.keyring_file.write_bytes(old)
    with pytest.raises(LostVault, match="newer"):
        resolve("u-1")
    home.keyring_file.write_bytes(new)
    assert still(resolve) == known


@pytest.mark.parametrize("what", ["vault", "lookup"])
def test_a_rotation_stands_in_the_access_log_with_its_purpose(home: Home, known, what: str):
    log = home.vault / "access.jsonl"
    before = log.read_text()
    keys.rotate(home, what)
    fresh = [json.loads(line)["purpose"] for line in log.read_text().removeprefix(before).splitlines()]
    assert fresh == [f"rotation of the {what} key"]


def test_no_vault_file_is_opened_when_the_opening_cannot_be_logged(home: Home, known):
    ring = keys.open_keyring(home)
    (home.vault / "access.jsonl").unlink()
    (home.vault / "access.jsonl").mkdir()
    with pytest.raises(IsADirectoryError):
        epochs.open_file(ring, epoch=ring.current("vault"), purpose="test")


def test_the_vault_is_not_rotated_while_it_is_open(home: Home, known):
    ring = keys.open_keyring(home)
    with vault.open_vault(home, ring, purpose="test"), pytest.raises(VaultBusy):
        keys.rotate(home, "vault")


def test_rotating_the_master_key_replaces_the_file_and_keeps_every_key(home: Home):
    before, old_file = keys.open_keyring(home), settings.key_file(home).read_bytes()
    keys.rotate(home, "master")
    after = keys.open_keyring(home)
    assert settings.key_file(home).read_bytes() != old_file
    assert not master.next_file(home).exists()
    assert {e.id: before.key(e.id) for e in before.entries()} == {e.id: after.key(e.id) for e in after.entries()}
    settings.key_file(home).write_bytes(old_file)
    with pytest.raises(WrongKey):
        keys.open_keyring(home)


def test_a_master_rotation_broken_off_before_the_keyring_is_undone(home: Home, resolve, known):
    master.stage_next(home, text=None)
    assert still(resolve) == known
    assert not master.next_file(home).exists()


def test_a_master_rotation_broken_off_after_the_keyring_is_finished(home: Home, resolve, known):
    ring = keyring.read(home)
    staged = master.stage_next(home, text=None)
    ring.rewrap(master_key=staged)
    assert still(resolve) == known
    assert master.candidates(home) == [staged]


def test_a_master_key_of_the_environment_is_not_rotated_without_its_successor(tmp_path, monkeypatch):
    old, new = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))
    home = settings.home(tmp_path)
    monkeypatch.setenv(settings.MASTER_KEY_VARIABLE, old)
    root = keys.init(home).key("root")
    with pytest.raises(UnsupportedRotation, match="give the new key"):
        keys.rotate(home, "master")
    keys.rotate(home, "master", new_master_text=new)
    with pytest.raises(WrongKey):
        keys.open_keyring(home)
    monkeypatch.setenv(settings.MASTER_KEY_VARIABLE, new)
    assert keys.open_keyring(home).key("root") == root


@pytest.mark.parametrize("what", ["root", "event", "tombstone", "lake", "warehouse", "nonsense"])
def test_other_keys_are_not_rotated_and_the_refusal_says_why(home: Home, what: str):
    before = home.keyring_file.read_bytes()
    with pytest.raises(UnsupportedRotation, match=r"cannot be rotated: .{15}"):
        keys.rotate(home, what)
    assert home.keyring_file.read_bytes() == before
