"""What this room refuses, each by a name of its own. No message bears an identifier, a hash or a pseudonym."""

from __future__ import annotations


class AudienceProblem(RuntimeError):
    """An audience cannot be made or sent as things stand; nothing was sent by the step that says so."""


class UnknownSegment(AudienceProblem):
    """No segment of this name is declared."""


class PurposeNotDeclared(AudienceProblem):
    """A segment would read what is not declared for its purpose."""


class TransferRefused(AudienceProblem):
    """A recipient is not registered for this, its transfer has ended, or it would get a field that is not declared."""


class BooksDamaged(AudienceProblem):
    """The record of who was sent where cannot be read: sending on would forget who has to be taken out."""
