"""What a recipient refuses or cannot take now, each with what to do about it; nothing is tried again here.

No message bears a hash, a token, an address, or anything that the recipient said in words: it may quote what it was sent.
"""

from __future__ import annotations


class SinkProblem(Exception):
    """Any refusal of this room's sinks; the text says what to do."""


class MissingClient(SinkProblem):
    """The recipient's own client is not installed."""


class MissingAccount(SinkProblem):
    """The account at the recipient was not named, or its address cannot be used."""


class UnfitMembers(SinkProblem):
    """Members that are no hashes, lack a column, or are more than one request may bear; nothing was sent."""


class NobodyLeft(SinkProblem):
    """A replacement by nobody: recipients know none."""


class AmbiguousAudience(SinkProblem):
    """Several audiences of the account bear the name."""


class TokenRefused(SinkProblem):
    """The recipient does not take the access token."""


class PermissionRefused(SinkProblem):
    """The token lacks a permission, or the account has not accepted the recipient's terms."""


class AudienceRefused(SinkProblem):
    """The recipient holds the audience back or failed to update it."""


class AudienceBusy(SinkProblem):
    """Another replacement of the same audience is under way."""


class SessionExpired(SinkProblem):
    """The session has ended or lasts too long: only a fresh one of the whole set ends right."""


class Throttled(SinkProblem):
    """The recipient asks for a longer wait than this run has time for."""


class Unreachable(SinkProblem):
    """No usable answer after several tries."""


class RequestRefused(SinkProblem):
    """The recipient does not take the request as it is made; its codes are named."""
