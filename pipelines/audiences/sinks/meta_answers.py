"""What an answer of Meta's API means for the request that it answers. Sending and waiting do not belong here.

Nothing that the API says in words is kept: `invalid_entry_samples` are hashes that it was sent, and its messages may quote
them. Codes are those of
- https://developers.facebook.com/documentation/ads-commerce/marketing-api/audiences/guides/custom-audiences
- https://developers.facebook.com/documentation/ads-commerce/marketing-api/reference/custom-audience/users
- https://developers.facebook.com/docs/marketing-api/overview/rate-limiting
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from pipelines.audiences.sinks.problems import (
    AudienceRefused,
    PermissionRefused,
    RequestRefused,
    SinkProblem,
    TokenRefused,
)

_THROTTLES = {4, 17, 32, 341, 613, *range(80000, 80015)}
_PASSING = {1, 2}
_UNKNOWN_OBJECT = 803
_INVALID_PARAMETER, _BLOCKED, _GONE = 100, 1713230, 33
_UPDATE_FAILED = 2650
_TERMS = 1870090
_TOKEN = {102, 190}
_PERMISSION = {3, 10, 200, 294}
_HELD_BACK = 368
_OLD_VERSION = 2635
_TOO_MANY = 429
_SERVER_FAILS = 500
_WORDS = ("invalid_entry_samples", "subscription_info")
_USAGE = "x-business-use-case-usage"


class Meaning(Enum):
    """What became of a request."""

    TAKEN = auto()
    UNSURE = auto()
    """It may have been taken, or not."""
    NOT_NOW = auto()
    """It was not taken: too many requests, or an audience so new that it is not known everywhere."""
    BUSY = auto()
    """It was not taken: the audience is being updated."""
    NOT_BEGUN = auto()
    """It was not taken: the first batch of this session never arrived."""
    ENDED = auto()
    """It was not taken: the last batch of this session has arrived before."""
    TIMED_OUT = auto()
    """It was not taken: the session is older than 90 minutes."""
    REFUSED = auto()


_OF_UPDATE = {
    1870145: Meaning.BUSY,
    1870147: Meaning.NOT_BEGUN,
    1870159: Meaning.ENDED,
    1870158: Meaning.TIMED_OUT,
}


@dataclass(frozen=True)
class Answer:
    """What an answer means, what it says besides, and how long it asks to wait before the next request."""

    meaning: Meaning
    content: Mapping[str, Any] = field(default_factory=dict, repr=False)
    wait_seconds: float = 0.0
    problem: SinkProblem | None = None

    def count(self, name: str) -> int:
        """Return a number that the answer gives, 0 where it gives none."""
        said = str(self.content.get(name, ""))
        return int(said) if said.isdecimal() else 0


def of_success(body: object, *, status: int, headers: Mapping[str, str]) -> Answer:
    """Judge what the client took for a success: it also takes the page of a failing proxy for one."""
    wait = asked_seconds(headers)
    if status == _TOO_MANY:
        return Answer(Meaning.NOT_NOW, wait_seconds=wait)
    if status >= 300 or not isinstance(body, dict):
        return Answer(Meaning.UNSURE, wait_seconds=wait)
    return Answer(Meaning.TAKEN, {key: value for key, value in body.items() if key not in _WORDS}, wait)


def of_refusal(code: object, subcode: object, *, is_passing: bool, status: int, headers: Mapping[str, str]) -> Answer:
    """Judge a refusal by its codes alone; what cannot be told is unsure."""
    number, sub, wait = _whole(code), _whole(subcode), asked_seconds(headers)
    if number in _THROTTLES or status == _TOO_MANY or number == _UNKNOWN_OBJECT:
        return Answer(Meaning.NOT_NOW, wait_seconds=wait)
    if number == _UPDATE_FAILED and sub in _OF_UPDATE:
        return Answer(_OF_UPDATE[sub], wait_seconds=wait)
    if problem := _known(number, sub):
        return Answer(Meaning.REFUSED, problem=problem)
    if number in _PASSING or is_passing or status >= _SERVER_FAILS or number == 0:
        return Answer(Meaning.UNSURE, wait_seconds=wait)
    return Answer(
        Meaning.REFUSED, problem=RequestRefused(f"Meta refuses the request {_codes(number, sub)}: look the code up")
    )


def asked_seconds(headers: Mapping[str, str]) -> float:
    """Return the longest wait that the usage header asks for; it counts in minutes."""
    try:
        usage = json.loads({name.lower(): value for name, value in headers.items()}.get(_USAGE, "{}"))
        minutes = [
            float(each.get("estimated_time_to_regain_access", 0)) for entries in usage.values() for each in entries
        ]
    except (ValueError, TypeError, AttributeError):
        return 0.0
    return 60 * max(minutes, default=0.0)


def _known(code: int, subcode: int) -> SinkProblem | None:
    codes = _codes(code, subcode)
    if code in _TOKEN:
        return TokenRefused(
            f"Meta does not take the access token {codes}: make a new one, then `crosslife keys set meta_access_token`"
        )
    if subcode == _TERMS:
        return PermissionRefused(
            f"the Custom Audience Terms are not accepted {codes}: accept them in Meta's Ads Manager"
        )
    if code in _PERMISSION:
        return PermissionRefused(f"the token may not do this {codes}: give its user `ads_management` on the ad account")
    if code == _HELD_BACK or (code == _INVALID_PARAMETER and subcode == _BLOCKED):
        return AudienceRefused(
            f"Meta holds the audience back {codes}: see Audience Manager, appeal there or make another"
        )
    if code == _INVALID_PARAMETER and subcode == _GONE:
        return AudienceRefused(
            f"Meta knows no such audience, or not for this token {codes}: find or make it by its name again"
        )
    if code == _UPDATE_FAILED:
        return AudienceRefused(
            f"Meta could not update the audience {codes}: see its state in Audience Manager, then run again"
        )
    if code == _OLD_VERSION:
        return RequestRefused(f"this version of the API is no longer spoken {codes}: update facebook-business")
    return None


def _codes(code: int, subcode: int) -> str:
    return f"(code {code}, subcode {subcode})" if subcode else f"(code {code})"


def _whole(said: object) -> int:
    return int(said) if isinstance(said, int) else 0
