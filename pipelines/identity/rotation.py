"""Exchange of keys, each as steps of which any may be the last before a power cut.

Until the one replacement of the keyring that switches, the old state holds; afterwards the new one. Rewriting the lake
under another key does not belong here.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipelines import settings
from pipelines.identity import backup_keys, epochs, keyring, master, pseudonyms, sealing
from pipelines.identity.errors import UnsupportedRotation
from pipelines.identity.files import locked
from pipelines.identity.keyring import Keyring, NewKey


@dataclass(frozen=True)
class Rotation:
    """What a rotation did: the ids of keys made and of keys destroyed (a master key by its fingerprint)."""

    what: str
    made: tuple[str, ...]
    destroyed: tuple[str, ...]


def rotate_master(home: settings.Home, *, new_text: str | None) -> Rotation:
    """Wrap every key anew under another master key.

    A key file is replaced. A master key of the environment is the operator's: the new one must be given as
    `new_text` (base64), and put into the environment afterwards; else UnsupportedRotation.
    """
    is_given = settings.master_key_text() is not None
    if is_given and new_text is None:
        message = (
            f"the master key comes from {settings.MASTER_KEY_VARIABLE}, which cannot be changed from here: give the "
            f"new key (32 random bytes in base64) in {settings.NEXT_MASTER_KEY_VARIABLE}, rotate, then exchange them"
        )
        raise UnsupportedRotation(message)
    settle_master(home)
    with locked(keyring.lock_file(home), is_patient=True):
        ring = keyring.read(home)
        before = ring.master_fingerprint()
        if new_text is not None and is_given:
            after = master.decode(new_text, source=settings.NEXT_MASTER_KEY_VARIABLE)
        else:
            after = master.stage_next(home, text=new_text)
        backup_keys.admit(home, master_key=after)
        ring.rewrap(master_key=after)
        backup_keys.settle(home, fingerprint=master.fingerprint(after))
        if not is_given:
            master.adopt_next(home)
    return Rotation("master", made=(master.fingerprint(after),), destroyed=(before,))


def settle_master(home: settings.Home) -> None:
    """Finish or undo a master rotation that was broken off."""
    if settings.master_key_text() is not None or not master.next_file(home).exists():
        return
    with locked(keyring.lock_file(home), is_patient=True):
        if not master.next_file(home).exists():  # the rotation that staged it has ended meanwhile
            return
        staged = master.read_file(master.next_file(home))
        if keyring.read(home).master_fingerprint() == master.fingerprint(staged):
            backup_keys.settle(home, fingerprint=master.fingerprint(staged))
            master.adopt_next(home)
        else:
            backup_keys.settle(home, fingerprint=keyring.read(home).master_fingerprint())
            master.next_file(home).unlink()


def rotate_vault(ring: Keyring) -> Rotation:
    """Copy the vault into a fresh file under a new key; destroy the old key, then the old file."""
    with locked(epochs.lock_file(ring.home)):
        epochs.ensure(ring)
        old, new = epochs.stage(ring)
        epochs.build(ring, epoch=new, source=old)
        epochs.switch(ring, old=old, new=new)
        epochs.sweep(ring, epoch=new)
    return Rotation("vault", made=(new.id,), destroyed=(old.id,))


def rotate_lookup(ring: Keyring) -> Rotation:
    """Compute every lookup anew from the decrypted identifiers, in a fresh epoch; pseudonyms stay as they are."""
    with locked(epochs.lock_file(ring.home)):
        epochs.ensure(ring)
        old, new = epochs.stage(ring)
        before = ring.current("lookup")
        version = before.version + 1
        after = NewKey(f"lookup/{version}", version=version, state="next")
        ring.change(add=[after])
        key = ring.key(after.id)
        epochs.build(ring, epoch=new, source=old, rekey=lambda rows: rekeyed(rows, key=key, version=version))
        ring.change(states={new.id: "current", after.id: "current"}, remove=[old.id, before.id])
        epochs.sweep(ring, epoch=new)
    return Rotation("lookup", made=(new.id, after.id), destroyed=(old.id, before.id))


def rekeyed(identifiers: pl.DataFrame, *, key: bytes, version: int) -> pl.DataFrame:
    """Return the identifiers with the lookups of another key."""
    normal = sealing.unseal(
        identifiers["ciphertext"].to_list(),
        data_keys=identifiers["data_key"].to_list(),
        subjects=identifiers["subject"].to_list(),
        what="identifier",
    )
    fresh = identifiers.drop("lookup", "data_key").with_columns(normal=normal, key_version=pl.lit(version))
    return pseudonyms.with_lookup(fresh, key=key).drop("normal")
