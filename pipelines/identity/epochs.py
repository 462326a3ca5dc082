"""Vault files, one an epoch, each under a key of its own: made, opened, copied into the next, swept away.

A new file comes into being beside its final name, so a file under its final name is always whole. What the rows mean
does not belong here.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl

from pipelines import engine, settings
from pipelines.identity import access_log, tables
from pipelines.identity.errors import LostVault, VaultBusy, WrongKey
from pipelines.identity.files import put_in_place
from pipelines.identity.keyring import Entry, Keyring, NewKey

# Takes identifiers with their data keys, gives them with other lookups.
Rekey = Callable[[pl.DataFrame], pl.DataFrame]
_BATCH_ROWS = 250_000


def file_of(home: settings.Home, *, epoch: int) -> Path:
    """Return the vault file of an epoch."""
    return home.vault / f"vault-{epoch}.duckdb"


def lock_file(home: settings.Home) -> Path:
    """Return the lock that whoever opens or replaces the vault holds."""
    return home.vault / ".lock"


def ensure(ring: Keyring) -> Entry:
    """Return the epoch in force, its file made if this is the first opening ever; caller holds the lock.

    Raises LostVault when the keyring says there is a file and there is none: an empty vault would give every
    learner a second pseudonym.
    """
    ring.reload()
    discard_unfinished(ring)
    epoch = ring.current("vault")
    _refuse_newer_file(ring, epoch=epoch)
    file = file_of(ring.home, epoch=epoch.version)
    if epoch.state == "planned":
        if not file.exists():
            build(ring, epoch=epoch, source=None)
        ring.change(states={epoch.id: "current"})
    elif not file.exists():
        message = f"{file} is gone, and the keyring says that it was made: restore it from its last copy"
        raise LostVault(message)
    sweep(ring, epoch=epoch)
    return ring.current("vault")


def open_file(ring: Keyring, *, epoch: Entry, purpose: str) -> duckdb.DuckDBPyConnection:
    """Return a connection with the epoch's file attached as `vault`; raise WrongKey, VaultBusy or LostVault.

    The only place that opens a vault with rows in it; the purpose is in the log before the file is open.
    """
    access_log.record(ring.home, purpose=purpose)
    file = file_of(ring.home, epoch=epoch.version)
    connection = engine.connect(temp_dir=_spill(ring.home))
    try:
        engine.attach(connection, file, name="vault", key=ring.key(epoch.id))
        # A file of an earlier version lacks tables of today.
        tables.create(connection, name="vault")
    except duckdb.Error as refusal:
        connection.close()
        raise _named(refusal, file=file) from None
    return connection


def stage(ring: Keyring) -> tuple[Entry, Entry]:
    """Make the key of the next epoch, and return the epoch in force and the next."""
    current = ring.current("vault")
    version = current.version + 1
    ring.change(add=[NewKey(f"vault/{version}", version=version, state="next")])
    return current, ring.entry(f"vault/{version}")


def build(ring: Keyring, *, epoch: Entry, source: Entry | None, rekey: Rekey | None = None) -> None:
    """Write the epoch's file, empty or with every row of the source epoch, and put it in place."""
    file = file_of(ring.home, epoch=epoch.version)
    beside = file.with_name(f"{file.name}.new")
    _unlink(beside)
    purpose = "rotation of the lookup key" if rekey else "rotation of the vault key"
    connection = open_file(ring, epoch=source, purpose=purpose) if source else engine.connect()
    try:
        engine.attach(connection, beside, name="fresh", key=ring.key(epoch.id))
        tables.create(connection, name="fresh")
        if source is None:
            connection.execute("insert into fresh.counters values (1)")
        else:
            _copy(connection, rekey=rekey)
        connection.execute("checkpoint fresh")
        connection.execute("detach fresh")
    finally:
        connection.close()
    beside.chmod(0o600)
    put_in_place(beside, path=file)


def switch(ring: Keyring, *, old: Entry, new: Entry) -> None:
    """Put the new epoch in force and destroy the old key, in one replacement of the keyring."""
    ring.change(states={new.id: "current"}, remove=[old.id])


def sweep(ring: Keyring, *, epoch: Entry) -> None:
    """Remove what is left of earlier epochs, half-written files and spilled pages."""
    shutil.rmtree(_spill(ring.home), ignore_errors=True)
    for file in ring.home.vault.glob("vault-*.duckdb.new*"):
        file.unlink()
    for file in ring.home.vault.glob("vault-*.duckdb"):
        if _number(file) < epoch.version:
            _unlink(file)


def discard_unfinished(ring: Keyring) -> None:
    """Undo a rotation that was broken off before its switch: the file first, then the key."""
    unfinished = [entry for entry in ring.entries() if entry.state == "next"]
    for entry in unfinished:
        if entry.family == "vault":
            _unlink(file_of(ring.home, epoch=entry.version))
    ring.change(remove=[entry.id for entry in unfinished])


def _copy(connection: duckdb.DuckDBPyConnection, *, rekey: Rekey | None) -> None:
    for table in tables.TABLES:
        if table in ("identifiers", "claims") and rekey:
            _copy_rekeyed(connection, rekey, table=table)
        else:
            connection.execute(f"insert into fresh.{table} select * from vault.{table}")
        counts = [connection.execute(f"select count(*) from {name}.{table}").fetchone() for name in ("vault", "fresh")]
        if counts[0] != counts[1]:
            message = f"the copy of the vault's table {table} is not complete: nothing was changed, the old file stays"
            raise LostVault(message)


def _copy_rekeyed(connection: duckdb.DuckDBPyConnection, rekey: Rekey, *, table: str) -> None:
    reader = connection.cursor().execute(
        f"""
        select i.*, s.data_key from vault.{table} as i
        inner join vault.domain_secrets as s on s.subject = i.subject and s.domain = 'identity'
        """
    )
    for batch in reader.to_arrow_reader(_BATCH_ROWS):
        rows = pl.DataFrame(batch)
        tables.query(connection, f"insert into fresh.{table} by name select * from incoming", incoming=rekey(rows))


def _refuse_newer_file(ring: Keyring, *, epoch: Entry) -> None:
    newer = [file for file in ring.home.vault.glob("vault-*.duckdb") if _number(file) > epoch.version]
    if newer:
        message = (
            f"{newer[0]} is newer than {ring.home.keyring_file}, which is an old copy: restore the keyring that was "
            "in force last (pseudonyms given since would be lost)"
        )
        raise LostVault(message)


def _number(file: Path) -> int:
    return int(file.stem.removeprefix("vault-"))


def _spill(home: settings.Home) -> Path:
    return home.vault / "spill"


def _unlink(file: Path) -> None:
    for path in (file, file.with_name(f"{file.name}.wal")):
        path.unlink(missing_ok=True)


def _named(refusal: duckdb.Error, *, file: Path) -> WrongKey | VaultBusy | LostVault:
    text = str(refusal).lower()
    if "lock" in text:
        return VaultBusy(f"{file} is open in another process: wait until it has ended, then try again")
    if "wrong encryption key" in text:
        return WrongKey(f"{file} does not open under its key: keyring and vault must be copies of the same day")
    return LostVault(f"{file} is damaged: restore it from its last copy")
