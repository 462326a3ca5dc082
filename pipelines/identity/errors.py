"""What can go wrong with keys and the vault, each with what to do about it; nothing is repaired here.

No message bears a key, an identifier or any value of a person.
"""

from __future__ import annotations


class IdentityProblem(Exception):
    """Any refusal of this room; the text says what to do."""


class MissingKey(IdentityProblem):
    """A key, the keyring or the master key is not there."""


class MissingSecret(MissingKey):
    """A secret that another party shares with us was not given."""


class WrongKey(IdentityProblem):
    """A key is there and does not open what it should open."""


class LooseKeyFile(IdentityProblem):
    """A key file that others on this machine could read."""


class LostVault(IdentityProblem):
    """The keyring names a vault file that is not there, or a vault lies there that no key opens."""


class OldLookups(IdentityProblem):
    """The vault's lookups were computed another way than now: nobody would be found by them."""


class VaultBusy(IdentityProblem):
    """Another process holds the vault or the keyring."""


class UnsupportedRotation(IdentityProblem):
    """A rotation that is not offered, or not in these circumstances."""


class UnknownKind(IdentityProblem):
    """An identifier kind or domain that the vault has no rule for."""
