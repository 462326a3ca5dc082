from __future__ import annotations

import base64
import json
import os
from datetime import date

import pytest

from pipelines import settings
from pipelines.identity import keys
from pipelines.identity.errors import LooseKeyFile, LostVault, MissingKey, WrongKey
from pipelines.settings import Home


def test_a_second_init_changes_nothing(home: Home):
    before = home.keyring_file.read_bytes(), settings.key_file(home).read_bytes()
    keys.init(home)
    assert (home.keyring_file.read_bytes(), settings.key_file(home).read_bytes()) == before


def test_key_files_are_for_their_owner_only(home: Home):
    modes = {path.stat().st_mode & 0o777 for path in (home.keyring_file, settings.key_file(home))}
    assert modes == {0o600}


@pytest.mark.parametrize("name", ["keyring.json", "master.key"])
def test_a_key_file_that_others_may_read_is_refused(home: Home, name: str):
    (home.root / name).chmod(0o640)
    with pytest.raises(LooseKeyFile, match="chmod 600"):
        keys.open_keyring(home)


def test_the_keyring_holds_no_key_in_the_clear(home: Home):
    ring = keys.open_keyring(home)
    text = home.keyring_file.read_text()
    for entry in ring.entries():
        key = ring.key(entry.id)
        assert len(key) == 32
        assert base64.b64encode(key).decode() not in text
        assert key.hex() not in text


def test_all_keys_differ(home: Home):
    ring = keys.open_keyring(home)
    assert len({ring.key(entry.id) for entry in ring.entries()}) == len(ring.entries()) == 8


def test_a_missing_keyring_says_what_to_run(tmp_path):
    with pytest.raises(MissingKey, match="crosslife keys init"):
        keys.open_keyring(settings.home(tmp_path))


def test_a_missing_master_key_is_not_replaced_by_a_new_one(home: Home):
    settings.key_file(home).unlink()
    with pytest.raises(MissingKey, match="master key"):
        keys.init(home)
    assert not settings.key_file(home).exists()


def test_another_master_key_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(settings.MASTER_KEY_VARIABLE, base64.b64encode(os.urandom(32)).decode())
    with pytest.raises(WrongKey, match="fingerprint"):
        keys.open_keyring(home)


@pytest.mark.parametrize("text", ["not base64!", base64.b64encode(b"short").decode()])
def test_a_master_key_that_is_none_is_refused_without_showing_it(home: Home, monkeypatch, text: str):
    monkeypatch.setenv(settings.MASTER_KEY_VARIABLE, text)
    with pytest.raises(WrongKey) as refusal:
        keys.open_keyring(home)
    assert text not in str(refusal.value)


def test_a_master_key_of_the_environment_leaves_no_key_file(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(settings.MASTER_KEY_VARIABLE, base64.b64encode(os.urandom(32)).decode())
    home = settings.home(tmp_path)
    keys.init(home)
    assert not settings.key_file(home).exists()
    assert keys.open_keyring(home).parquet_keys().keys() == {"lake_v1", "warehouse_v1"}


def test_entries_exchanged_within_the_file_are_refused(home: Home):
    document = json.loads(home.keyring_file.read_text())
    by_id = {entry["id"]: entry for entry in document["entries"]}
    by_id["root"]["wrapped"], by_id["event"]["wrapped"] = by_id["event"]["wrapped"], by_id["root"]["wrapped"]
    home.keyring_file.write_text(json.dumps(document))
    with pytest.raises(WrongKey, match="altered"):
        keys.open_keyring(home).key("root")


@pytest.mark.parametrize("name", ["state", "created", "version", "gone", "more", "unsealed", "no keyring"])
def test_what_the_keyring_says_of_its_keys_is_believed_under_its_seal_alone(home: Home, name: str):
    document = json.loads(home.keyring_file.read_text())
    if name == "gone":
        document["entries"].pop()
    elif name == "more":
        document["entries"].append({**document["entries"][-1], "id": "root/2"})
    elif name == "unsealed":
        del document["seal"]
    elif name == "no keyring":
        document = []
    else:
        document["entries"][-1][name] = 7 if name == "version" else "planned"
    home.keyring_file.write_text(json.dumps(document))
    if name == "state":
        assert document["entries"][-1]["id"] == "evidence/1"
        document["entries"][-1][name] = "current"
        home.keyring_file.write_text(json.dumps(document))
    with pytest.raises(WrongKey, match=r"altered|no keyring"):
        keys.open_keyring(home)


def test_new_keys_are_not_made_over_old_data(home: Home):
    (home.vault / "vault-3.duckdb").write_bytes(b"whatever")
    home.keyring_file.unlink()
    with pytest.raises(LostVault, match="restore the keyring"):
        keys.init(home)
    assert not home.keyring_file.exists()


def test_a_quarantine_day_keeps_its_key_until_it_is_destroyed(home: Home):
    name, key = keys.open_keyring(home).quarantine_key(date(2026, 3, 1))
    ring = keys.open_keyring(home)
    assert ring.quarantine_key(date(2026, 3, 1), create=False) == (name, key)
    assert ring.quarantine_key(date(2026, 3, 2))[1] != key
    wrapped = ring.entry(name).wrapped
    ring.change(remove=[name])
    assert wrapped not in home.keyring_file.read_text()
    with pytest.raises(MissingKey, match="destroyed or never made"):
        keys.open_keyring(home).quarantine_key(date(2026, 3, 1), create=False)


def test_two_open_keyrings_do_not_lose_each_others_keys(home: Home):
    one, two = keys.open_keyring(home), keys.open_keyring(home)
    first = one.quarantine_key(date(2026, 3, 1))
    second = two.quarantine_key(date(2026, 3, 2))
    same = two.quarantine_key(date(2026, 3, 1))
    fresh = keys.open_keyring(home)
    assert same == first == fresh.quarantine_key(date(2026, 3, 1), create=False)
    assert fresh.quarantine_key(date(2026, 3, 2), create=False) == second


def test_the_status_names_keys_and_shows_none(home: Home):
    ring = keys.open_keyring(home)
    shown = repr(keys.status(home)) + repr(ring)
    assert "lookup/1" in shown
    for entry in ring.entries():
        key = ring.key(entry.id)
        assert not any(form in shown for form in (key.hex(), base64.b64encode(key).decode(), repr(key), entry.wrapped))
