"""What `crosslife keys` offers: make, open, list and rotate the keys of a home.

How keys are wrapped is in `keyring`, the master key in `master`, the steps of each rotation in `rotation`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines import settings
from pipelines.identity import epochs, keyring, master, rotation
from pipelines.identity.errors import LostVault, MissingKey, MissingSecret, UnsupportedRotation, WrongKey
from pipelines.identity.files import locked
from pipelines.identity.keyring import Keyring, NewKey
from pipelines.identity.rotation import Rotation

__all__ = [
    "ROTATABLE",
    "KeyStatus",
    "Keyring",
    "KeyringStatus",
    "Rotation",
    "init",
    "keep_secret",
    "open_keyring",
    "rotate",
    "secret",
    "status",
]

ROTATABLE = ("master", "vault", "lookup")
_LONGEST_SECRET = 1_000
_FIRST_KEYS = (
    NewKey("root"),
    NewKey("lookup/1"),
    NewKey("tombstone"),
    NewKey("event"),
    NewKey("lake_v1"),
    NewKey("warehouse_v1"),
    NewKey("vault/1", state="planned"),
    NewKey("evidence/1", state="planned"),
)
_REFUSED = {
    "root": "every pseudonym in the lake and the warehouse would change with it",
    "event": "event ids already stored could not be recognised as duplicates any more",
    "tombstone": "tombstones keep no identifier from which they could be computed again",
    "lake": "every file of the lake would have to be written again, which is not offered yet",
    "evidence": "what it has signed is verified by it, and a chain under two keys is not offered yet",
    "warehouse": "every file of the warehouse would have to be written again, which is not offered yet",
}


@dataclass(frozen=True)
class KeyStatus:
    """One key without its material; `created` is a UTC instant as text."""

    id: str
    version: int
    state: str
    created: str


@dataclass(frozen=True)
class KeyringStatus:
    """All keys of a home, where its master key comes from, and whether its vault file is in place."""

    master_source: str
    master_fingerprint: str
    keys: tuple[KeyStatus, ...]
    vault_file: Path
    is_vault_present: bool


def init(home: settings.Home) -> Keyring:
    """Make master key and keyring where they are missing, and open the keyring; a second call changes nothing.

    The zones are made too, and closed to others: files may have landed before the first key.

    Raises LostVault when encrypted data lies here without a keyring: new keys would not open it.
    """
    home.prepare()
    with locked(keyring.lock_file(home), is_patient=True):
        if not home.keyring_file.exists():
            _refuse_new_keys_over_old_data(home)
            keyring.create(home, new_keys=_FIRST_KEYS, master_key=master.load_or_create(home))
    return open_keyring(home)


def open_keyring(home: settings.Home) -> Keyring:
    """Return the keyring of a home; raise MissingKey, WrongKey or LooseKeyFile, each saying what to do."""
    ring = keyring.read(home)
    rotation.settle_master(home)
    return ring


def status(home: settings.Home) -> KeyringStatus:
    """Return ids, versions and states of the keys, never the keys."""
    ring = open_keyring(home)
    is_given = settings.master_key_text() is not None
    file = epochs.file_of(home, epoch=ring.current("vault").version)
    return KeyringStatus(
        master_source=settings.MASTER_KEY_VARIABLE if is_given else str(settings.key_file(home)),
        master_fingerprint=ring.master_fingerprint(),
        keys=tuple(KeyStatus(e.id, e.version, e.state, e.created) for e in ring.entries()),
        vault_file=file,
        is_vault_present=file.exists(),
    )


def keep_secret(home: settings.Home, name: str, text: str) -> KeyStatus:
    """Keep a secret of another party in the keyring, in the place of an earlier one; return its entry, not the secret.

    Blanks around it are no part of it. Raises WrongKey where it is empty, more than one line, or no name of `settings.SECRETS`.
    """
    material = text.strip()
    if name not in settings.SECRETS or not material or len(material) > _LONGEST_SECRET or not material.isprintable():
        message = (
            f"the secret {name!r} was not kept: one line of text is expected, for one of {', '.join(settings.SECRETS)}"
        )
        raise WrongKey(message)
    kept = open_keyring(home).keep(f"secret/{name}", material.encode())
    return KeyStatus(kept.id, kept.version, kept.state, kept.created)


def secret(ring: Keyring, name: str) -> bytes:
    """Return a secret of another party: the environment's, else the kept one. Raises MissingSecret saying what to do."""
    text = settings.secret_text(name)
    if text is not None:
        return text.strip().encode()
    try:
        return ring.key(f"secret/{name}")
    except MissingKey:
        message = (
            f"the secret {name} was not given: run `crosslife keys set {name}`, or set {settings.secret_variable(name)}"
        )
        raise MissingSecret(message) from None


def rotate(home: settings.Home, what: str, *, new_master_text: str | None = None) -> Rotation:
    """Exchange the `master`, `vault` or `lookup` key; pseudonyms never change by it.

    `new_master_text` (base64) is needed where the master key comes from the environment. Raises UnsupportedRotation
    for any other key, saying why.
    """
    if what == "master":
        return rotation.rotate_master(home, new_text=new_master_text)
    if what == "vault":
        return rotation.rotate_vault(open_keyring(home))
    if what == "lookup":
        return rotation.rotate_lookup(open_keyring(home))
    reason = _REFUSED.get(what, "there is no such key")
    message = f"the key {what!r} cannot be rotated: {reason}. Offered are {', '.join(ROTATABLE)}"
    raise UnsupportedRotation(message)


def _refuse_new_keys_over_old_data(home: settings.Home) -> None:
    leftovers = [*home.vault.glob("vault-*.duckdb"), *home.lake.rglob("*.parquet")]
    if leftovers:
        message = (
            f"{leftovers[0]} was written under keys that are not here ({home.keyring_file} is gone): "
            "restore the keyring, or take a new home"
        )
        raise LostVault(message)
