from __future__ import annotations

import base64
import subprocess
import sys
import traceback
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines import engine
from pipelines.identity import keys, vault
from pipelines.identity.errors import LostVault
from pipelines.identity.tables import TABLES
from pipelines.settings import Home

AT = datetime(2026, 3, 1, 9, 0)  # noqa: DTZ001 - naive UTC
PLANTS = ("learner12@example.com", "Learner Twelve Example", "081200000012", "6281200000012", "user-twelve")

STORE_AND_DIE = """
import os, sys
import polars as pl
from datetime import datetime
from pipelines import settings
from pipelines.identity import keys, vault
home = settings.home(sys.argv[1])
with vault.open_vault(home, keys.open_keyring(home), purpose="test") as v:
    v.store_attributes(pl.DataFrame([{
        "user_id": "user-twelve", "email": "learner12@example.com", "name": "Learner Twelve Example",
        "phone": "081200000012", "updated_at": datetime(2026, 3, 1),
    }]))
    if sys.argv[2] == "committed":
        v.commit()
    os._exit(9)
"""


def die_while_storing(home: Home, *, when: str) -> None:
    ended = subprocess.run([sys.executable, "-c", STORE_AND_DIE, str(home.root), when], check=False)
    assert ended.returncode == 9


def forms(plant: str) -> tuple[bytes, ...]:
    return plant.encode(), plant.encode("utf-16-le"), plant.encode().hex().encode()


def plants_in(folder: Path) -> set[str]:
    contents = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return {plant for plant in PLANTS for content in contents for form in forms(plant) if form in content}


def test_the_search_finds_the_plants_in_an_unencrypted_log(tmp_path: Path):
    connection = duckdb.connect(tmp_path / "plain.duckdb")
    connection.execute("create table t as select unnest(?) as x", [list(PLANTS)])
    assert plants_in(tmp_path) == set(PLANTS)
    connection.close()


def test_neither_file_nor_log_holds_an_identifier_in_the_clear(home: Home):
    die_while_storing(home, when="committed")
    log = home.vault / "vault-1.duckdb.wal"
    assert log.stat().st_size > 500
    assert plants_in(home.root) == set()
    with vault.open_vault(home, keys.open_keyring(home), purpose="test"):
        pass
    assert not log.exists()
    assert plants_in(home.root) == set()


def test_what_was_committed_before_a_kill_is_there_and_leads_to_one_subject(home: Home, resolve):
    die_while_storing(home, when="committed")
    assert resolve("user-twelve") == resolve("learner12@example.com", kind="email")


def test_what_was_not_committed_before_a_kill_is_gone(home: Home):
    die_while_storing(home, when="uncommitted")
    with vault.open_vault(home, keys.open_keyring(home), purpose="test") as v:
        assert v._connection.execute("select count(*) from vault.identifiers").fetchone() == (0,)


def test_even_the_decrypted_tables_hold_identifiers_only_sealed(home: Home):
    die_while_storing(home, when="committed")
    ring = keys.open_keyring(home)
    connection = engine.connect()
    engine.attach(connection, home.vault / "vault-1.duckdb", name="vault", key=ring.key("vault/1"))
    decoded = {table: connection.execute(f"select * from vault.{table}").pl() for table in TABLES}
    connection.close()
    assert {table: rows.height for table, rows in decoded.items() if table in {"identifiers", "attributes"}} == {
        "identifiers": 3,
        "attributes": 1,
    }
    cells = [cell for rows in decoded.values() for row in rows.rows() for cell in row]
    raw = b"\0".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in cells)
    assert not [plant for plant in PLANTS for form in forms(plant) if form in raw]


def test_no_error_of_a_refused_opening_shows_a_key(home: Home, resolve):
    resolve("u-1")
    (home.vault / "vault-1.duckdb").write_bytes(b"x" * 5000)
    ring = keys.open_keyring(home)
    with pytest.raises(LostVault) as refusal, vault.open_vault(home, ring, purpose="test"):
        pass
    shown = "".join(traceback.format_exception(refusal.value))
    key = ring.key("vault/1")
    assert not any(form in shown for form in (base64.b64encode(key).decode(), key.hex(), repr(key)))


def test_the_vault_file_is_for_its_owner_only(home: Home):
    with vault.open_vault(home, keys.open_keyring(home), purpose="test") as v:
        v.resolve(pl.DataFrame({"kind": ["user_id"], "value": ["u-1"]}), domain="ads", at=AT)
        v.commit()
    assert {path.stat().st_mode & 0o077 for path in home.vault.iterdir()} == {0}
