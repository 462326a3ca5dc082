"""Requests to Meta through its own client: asked again while that can help, with waits that whoever runs it can end.

Its client puts the access token into the address of every request, and what it sent into the text of every error: here the
token goes as a header (RFC 6750), no error of the client leaves, and no redirect is followed. What is asked, and what an
answer means, does not belong here.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from pipelines.audiences.sinks.meta_answers import Answer, Meaning, of_refusal, of_success
from pipelines.audiences.sinks.problems import (
    AudienceBusy,
    MissingAccount,
    MissingClient,
    SessionExpired,
    Throttled,
    TokenRefused,
    Unreachable,
)

_VERSION = re.compile(r"v[0-9]+\.[0-9]+")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_WORTH_ANOTHER_TRY = (Meaning.UNSURE, Meaning.NOT_NOW, Meaning.BUSY)


@dataclass(frozen=True)
class Pace:
    """How often and how long to try: waits double from the first to the longest, each cut by chance to half at most.

    `patience_seconds` is what one request may wait in all. `chance` gives numbers from 0 to 1.
    """

    tries: int = 8
    first_seconds: float = 2.0
    longest_seconds: float = 300.0
    patience_seconds: float = 3600.0
    connect_seconds: float = 10.0
    answer_seconds: float = 120.0
    clock: Callable[[], datetime] = field(default=partial(datetime.now, UTC), repr=False)
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    chance: Callable[[], float] = field(default=secrets.SystemRandom().random, repr=False)


@dataclass(frozen=True)
class Request:
    """One request; its parameters may be hashes and are never shown."""

    method: str
    path: tuple[str, ...]
    parameters: Mapping[str, Any] = field(repr=False)
    is_repeatable: bool = True
    """Whether it may be sent again when nobody knows if it was taken."""


class Calls:
    """The API of one token. `waited_seconds` is what all requests have waited."""

    def __init__(
        self, token: str, *, endpoint: str | None = None, version: str | None = None, pace: Pace | None = None
    ) -> None:
        """Speak to Meta's own address, or to `endpoint` (https, or http on loopback); nothing is sent yet.

        Raises MissingClient, MissingAccount and TokenRefused, each saying what to do.
        """
        self.pace = pace or Pace()
        self.waited_seconds = 0.0
        self._rest_seconds = 0.0
        self._api = _client(token, endpoint=endpoint, version=version, pace=self.pace)

    def settle(self, request: Request, *, until: datetime | None = None) -> Answer:
        """Ask until the answer is more than "not now", and return it; one that is not repeatable may end as unsure.

        `until` is the end of its session. Raises what Meta refuses for good, and AudienceBusy, SessionExpired, Throttled,
        Unreachable.
        """
        began = self.waited_seconds
        self._pause(self._rest_seconds, until=until, spent=0.0)
        self._rest_seconds = 0.0
        for attempt in range(self.pace.tries):
            answer = self._once(request)
            if answer.problem:
                raise answer.problem
            if answer.meaning not in _WORTH_ANOTHER_TRY:
                self._rest_seconds = answer.wait_seconds
                return answer
            if answer.meaning is Meaning.UNSURE and not request.is_repeatable:
                return answer
            if attempt + 1 < self.pace.tries:
                seconds = answer.wait_seconds + self.backoff_seconds(attempt)
                self._pause(seconds, until=until, spent=self.waited_seconds - began)
        raise _given_up(answer.meaning, tries=self.pace.tries)

    def backoff_seconds(self, attempt: int) -> float:
        """Return how long to wait after the attempt with this number, from 0."""
        whole = min(self.pace.longest_seconds, self.pace.first_seconds * 2.0**attempt)
        return whole * (0.5 + 0.5 * self.pace.chance())

    def pause(self, attempt: int, *, until: datetime | None) -> None:
        """Wait as after this attempt. Raises SessionExpired."""
        self._pause(self.backoff_seconds(attempt), until=until, spent=0.0)

    def _pause(self, seconds: float, *, until: datetime | None, spent: float) -> None:
        if until is not None and self.pace.clock() + timedelta(seconds=seconds) > until:
            message = "the session would outlast the 90 minutes that Meta gives it: run again, it begins a fresh one"
            raise SessionExpired(message)
        if seconds <= 0:
            return
        if spent + seconds > self.pace.patience_seconds:
            raise Throttled(f"Meta asks to wait {seconds / 60:.0f} minutes more: nothing is lost, run again after that")
        self.pace.sleep(seconds)
        self.waited_seconds += seconds

    def _once(self, request: Request) -> Answer:
        from facebook_business.exceptions import FacebookError, FacebookRequestError
        from requests import RequestException

        # Nothing is raised in an except clause: the error of the client would come along as its context, hashes and all.
        try:
            got = self._api.call(request.method, request.path, params=dict(request.parameters))
            body = got.json()
        except FacebookRequestError as refused:
            return of_refusal(
                refused.api_error_code(),
                refused.api_error_subcode(),
                is_passing=refused.api_transient_error() is True,
                status=refused.http_status(),
                headers=refused.http_headers(),
            )
        except (FacebookError, RequestException, LookupError, TypeError, ValueError, AttributeError):
            # What the client cannot read as an answer, it fails on in many ways.
            return Answer(Meaning.UNSURE)
        return of_success(body, status=got.status(), headers=got.headers())


def _client(token: str, *, endpoint: str | None, version: str | None, pace: Pace) -> Any:  # noqa: ANN401 - it has no types
    try:
        from facebook_business.api import FacebookAdsApi
        from facebook_business.session import FacebookSession
    except ImportError:
        message = "Meta's own client is not installed: run `uv sync --extra meta`"
        raise MissingClient(message) from None
    if not (token.isascii() and token.isprintable() and token.strip() == token and token):
        message = "the access token for Meta is not one line of plain text: `crosslife keys set meta_access_token`"
        raise TokenRefused(message)

    if version and not _VERSION.fullmatch(version):
        message = "CROSSLIFE_META_API_VERSION is not of the form v26.0: correct it, or leave it out"
        raise MissingAccount(message)

    def bear(request: Any) -> Any:  # noqa: ANN401 - as above
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    session = FacebookSession(timeout=(pace.connect_seconds, pace.answer_seconds))
    session.requests.params.clear()
    session.requests.auth = bear
    session.requests.max_redirects = 0
    if endpoint:
        session.GRAPH = _address(endpoint)
    return FacebookAdsApi(session, api_version=version)


def _address(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return endpoint.rstrip("/")
    message = "CROSSLIFE_META_ENDPOINT must begin with https:// (http:// is for this machine alone)"
    raise MissingAccount(message)


def _given_up(meaning: Meaning, *, tries: int) -> Exception:
    if meaning is Meaning.BUSY:
        return AudienceBusy(
            "the audience is being updated by another run, or by one that was left: run again, after 90 minutes at the latest"
        )
    if meaning is Meaning.NOT_NOW:
        return Throttled(
            f"Meta takes nothing for this audience now, asked {tries} times: nothing is lost, run again later"
        )
    return Unreachable(
        f"Meta gave no usable answer, asked {tries} times: see the network and Meta's status, then run again"
    )
