"""Why a backup is not made or not put back, each with what to do about it. Not here: how that is found out."""

from __future__ import annotations


class BackupProblem(RuntimeError):
    """Any refusal of this room; nothing was changed."""


class BackupUnusablePlace(BackupProblem):
    """Backups cannot lie there, or the home has something that a backup would leave out unseen."""


class BackupUnreadable(BackupProblem):
    """It is no backup, or none that was made under a key that is known here."""


class BackupEnded(BackupProblem):
    """Its key was destroyed, or has to be: nobody may open it any more."""


class BackupDamaged(BackupProblem):
    """It is not what was written: cut, changed, put together of others, or under another name."""


class HomeNotEmpty(BackupProblem):
    """A home is only put back where there is none."""
