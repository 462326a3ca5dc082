"""Meta's custom audiences of hashed contacts: made, replaced in sessions of batches, added to and removed from.

What Meta documents of a session of `usersreplace` decides how it is sent:
- "A new replace session starts when we receive a batch_seq of 1": duplicates of that batch are to be avoided, all others may
  be duplicates. So a batch above 1 whose answer is lost is sent again as it is. Of the first one it is found out: its rows
  go as number 2, which is refused (1870147) where the first has not arrived, and harmless where it has.
- No batch is taken after the last one (1870159), which proves that the last one was taken.
- A session ends 90 minutes after its first batch, with what it has. Here it is given up before, aloud: a fresh session of
  the whole set is always right.
- Nothing else may change the audience meanwhile (1870145).
https://developers.facebook.com/documentation/ads-commerce/marketing-api/audiences/guides/custom-audiences#replace-api

Removal is a POST with `method=DELETE` in its body ("Remove members" there): a DELETE would bear the hashes in its address.
Who is sent, and what is kept of it, does not belong here.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from pipelines import settings
from pipelines.audiences.contacts import Spelling
from pipelines.audiences.sinks.members import Batch, alone, batches, checked
from pipelines.audiences.sinks.meta_answers import Answer, Meaning
from pipelines.audiences.sinks.meta_calls import Calls, Pace, Request
from pipelines.audiences.sinks.problems import (
    AmbiguousAudience,
    MissingAccount,
    NobodyLeft,
    SessionExpired,
    UnfitMembers,
    Unreachable,
)
from pipelines.audiences.sinks.protocol import Progress, Receipt, Session
from pipelines.identity import keys
from pipelines.identity.keyring import Keyring

FIELDS = ("email_sha256", "phone_sha256")
MOST_ROWS = 10_000
"""Of one request, by Meta's rule."""
LONGEST = timedelta(minutes=85)
"""Of a session; Meta's own limit is 90 minutes."""

_KEYS = {"email_sha256": "EMAIL", "phone_sha256": "PHONE"}
_AS_IT_IS: Mapping[str, Any] = {}
_REMOVED = {"method": "DELETE"}
_PAGE_ROWS = 20
_LIST = {"fields": "id,name,subtype", "limit": _PAGE_ROWS}
_MADE = {"subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY"}


def connect(
    ring: Keyring, *, fields: tuple[str, ...] = FIELDS, batch_rows: int = MOST_ROWS, pace: Pace | None = None
) -> MetaSink:
    """Return Meta's sink by the settings: the secret `meta_access_token`, `CROSSLIFE_META_ACCOUNT` and what may replace the
    client's own address and version; nothing is sent yet.

    Raises MissingSecret, MissingAccount, MissingClient, TokenRefused.
    """
    account = (settings.meta_text("account") or "").removeprefix("act_")
    if not account.isdecimal():
        message = "the ad account at Meta was not given: set CROSSLIFE_META_ACCOUNT to its number"
        raise MissingAccount(message)
    token = keys.secret(ring, settings.META_TOKEN).decode("utf-8", "replace")
    calls = Calls(token, endpoint=settings.meta_text("endpoint"), version=settings.meta_text("api_version"), pace=pace)
    return MetaSink(calls, account, fields=fields, batch_rows=batch_rows)


class MetaSink:
    """The custom audiences of one ad account (see `Sink`). Every method raises the problems of this room."""

    recipient = "meta"
    spelling = Spelling.DIGITS
    is_by_hand = False

    def __init__(
        self,
        calls: Calls,
        account: str,
        *,
        fields: tuple[str, ...] = FIELDS,
        batch_rows: int = MOST_ROWS,
        draw: Callable[[int], int] = secrets.randbelow,
    ) -> None:
        """Send these fields to this account, at most `batch_rows` people a request; `draw` gives ids for additions."""
        if not fields or set(fields) - set(_KEYS) or not 0 < batch_rows <= MOST_ROWS:
            raise UnfitMembers(f"Meta takes {sorted(_KEYS)} and at most {MOST_ROWS:,} rows a request")
        self.fields = fields
        self._calls, self._account, self._batch_rows, self._draw = calls, f"act_{account}", batch_rows, draw

    def ensure(self, name: str, description: str) -> str:
        """Return the id of the audience of this name; it is made where there is none, and found again where that is unsure."""
        body = {**_MADE, "name": name, "description": description}
        make = Request("POST", (self._account, "customaudiences"), body, is_repeatable=False)
        for attempt in range(self._calls.pace.tries):
            if found := self._find(name):
                return found
            made = self._calls.settle(make)
            if made.meaning is Meaning.TAKEN and made.content.get("id"):
                return str(made.content["id"])
            self._calls.pause(attempt, until=None)
        message = "Meta gave no usable answer when an audience was to be made: see the network and Meta's status, then run again"
        raise Unreachable(message)

    def replace(self, audience_id: str, members: pl.DataFrame, *, session: Session, progress: Progress) -> Receipt:
        """Let the audience be these members and nobody else; a session that was interrupted goes on where it was left.

        Raises NobodyLeft where no member has a hash, and SessionExpired where only a fresh session ends right.
        """
        people = checked(members, fields=self.fields)
        if people.is_empty():
            message = "Meta replaces an audience by people only: take out those who are in it with remove, or delete it"
            raise NobodyLeft(message)
        of = -(-people.height // self._batch_rows)
        until = session.began_at + LONGEST if session.began_at else None
        told = _Tally(self._calls)
        for batch in batches(people, size=self._batch_rows):
            if batch.number < session.first_batch:
                continue
            request = self._request((audience_id, "usersreplace"), batch, session=session.id, total=people.height)
            if batch.number == 1:
                answer = self._first(request, is_unsure=session.is_resumed, until=until)
            else:
                answer = self._calls.settle(request, until=until)
            told.add(_taken(answer, batch), batch)
            if batch.number == 1 and until is None:
                began_at = self._calls.pace.clock()
                session.began(began_at)
                until = began_at + LONGEST
            session.acknowledged(batch.number)
            progress(f"meta: batch {batch.number:,} of {of:,} taken")
        return told.receipt()

    def add(self, audience_id: str, members: pl.DataFrame) -> Receipt:
        """Add members; who is in it already stays once."""
        return self._change((audience_id, "users"), checked(members, fields=self.fields), _AS_IT_IS)

    def remove(self, audience_id: str, members: pl.DataFrame) -> Receipt:
        """Take members out of one audience, by each of their hashes alone: rows of the receipt are hashes."""
        return self._change((audience_id, "users"), alone(members, fields=self.fields), _REMOVED)

    def remove_everywhere(self, members: pl.DataFrame) -> Receipt:
        """Take members out of every audience of the account, by each of their hashes alone: rows of the receipt are hashes."""
        path = (self._account, "usersofanyaudience")
        return self._change(path, alone(members, fields=self.fields), _REMOVED)

    def _change(self, path: tuple[str, ...], people: pl.DataFrame, how: Mapping[str, Any]) -> Receipt:
        session, told = self._draw(2**63 - 1) + 1, _Tally(self._calls)
        for batch in batches(people, size=self._batch_rows):
            request = self._request(path, batch, session=session, total=people.height, how=how)
            told.add(_taken(self._calls.settle(request), batch), batch)
        return told.receipt()

    def _first(self, request: Request, *, is_unsure: bool, until: datetime | None) -> Answer:
        """Send the first batch, once: where its fate is unknown, its rows go under another number, which tells."""
        once = replace(request, is_repeatable=False)
        again = replace(request, parameters=_renumbered(request.parameters))
        for attempt in range(self._calls.pace.tries):
            answer = self._calls.settle(again if is_unsure else once, until=until)
            if answer.meaning is Meaning.UNSURE:
                self._calls.pause(attempt, until=until)
            elif answer.meaning is not Meaning.NOT_BEGUN:
                return answer
            is_unsure = answer.meaning is Meaning.UNSURE
        message = "Meta gave no usable answer to the first batch: see the network and Meta's status, then run again"
        raise Unreachable(message)

    def _request(
        self, path: tuple[str, ...], batch: Batch, *, session: int, total: int, how: Mapping[str, Any] = _AS_IT_IS
    ) -> Request:
        numbers = {"session_id": session, "batch_seq": batch.number, "last_batch_flag": batch.is_last}
        payload = {"schema": [_KEYS[name] for name in self.fields], "data": batch.rows}
        return Request("POST", path, {"session": {**numbers, "estimated_num_total": total}, "payload": payload, **how})

    def _find(self, name: str) -> str | None:
        found = [str(each["id"]) for each in self._audiences() if each.get("name") == name]
        if len(found) > 1:
            message = f"{len(found)} audiences of the account bear this name: delete or rename all but one in Audience Manager"
            raise AmbiguousAudience(message)
        return found[0] if found else None

    def _audiences(self) -> Iterator[Mapping[str, Any]]:
        after: dict[str, str] = {}
        while True:
            page = self._calls.settle(Request("GET", (self._account, "customaudiences"), {**_LIST, **after})).content
            yield from (each for each in page.get("data", []) if each.get("subtype") == "CUSTOM")
            paging = page.get("paging", {})
            if "next" not in paging:
                return
            after = {"after": paging["cursors"]["after"]}


def _renumbered(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {**parameters, "session": {**parameters["session"], "batch_seq": 2}}


def _taken(answer: Answer, batch: Batch) -> Answer:
    """Return the answer where the batch is in. Raises SessionExpired where its session cannot end right any more."""
    if answer.meaning is Meaning.TAKEN or (answer.meaning is Meaning.ENDED and batch.is_last):
        return answer
    message = "Meta has ended the session before its last batch: run again, it begins a fresh one of the whole set"
    raise SessionExpired(message)


class _Tally:
    def __init__(self, calls: Calls) -> None:
        self._calls, self._began = calls, calls.waited_seconds
        self._sent = self._received = self._invalid = self._batches = 0

    def add(self, answer: Answer, batch: Batch) -> None:
        # Both of Meta's numbers are of the session so far.
        self._sent += len(batch.rows)
        self._batches += 1
        self._received = max(self._received, answer.count("num_received"))
        self._invalid = max(self._invalid, answer.count("num_invalid_entries"))

    def receipt(self) -> Receipt:
        waited = self._calls.waited_seconds - self._began
        return Receipt(self._sent, self._received, self._invalid, self._batches, waited)
