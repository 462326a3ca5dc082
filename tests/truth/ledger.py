"""The consent ledger as it stood at an instant: by the time of each statement, whatever order they arrived in."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from datetime import datetime
from math import inf
from typing import Any

import polars as pl

from tests.truth.people import accounts_by_email
from tests.truth.reading import World, epoch_ms
from tests.truth.rules import Rules

_ASKED = ("analytics", "gpc", "user_id", "anonymous_id", "occurred_at")
Subject = tuple[str, str]  # ("user" or "browser", id)
_Stated = tuple[int, bool, bool]  # instant in ms, whether it is a refusal, whether it was only imported
_IMPORTS = ("import", "impor")
_OWN = ""  # the voice of the account or browser itself, beside those of its addresses


class Ledger:
    """What subjects stated on one purpose, as far as it had arrived sound by `known_at`."""

    def __init__(self, world: World, *, purpose: str, known_at: datetime) -> None:
        arrived = pl.col("arrived_at").is_null() | (pl.col("arrived_at") <= epoch_ms(known_at))
        sound = ~pl.col("event_id").is_in(list(world.lost("consents")))
        rows = world.frame("consents").filter((pl.col("purpose") == purpose) & arrived & sound)
        accounts = accounts_by_email(world)
        # At one instant a withdrawal wins, so it stands last.
        self._stated: defaultdict[Subject, defaultdict[str, list[_Stated]]] = defaultdict(lambda: defaultdict(list))
        for row in rows.iter_rows(named=True):
            for subject, voice in _voices(row, accounts):
                self._stated[subject][voice].append(
                    (row["occurred_at"], not row["is_granted"], row["origin"] in _IMPORTS)
                )
        for voices in self._stated.values():
            for statements in voices.values():
                statements.sort()
                statements[:] = [each for each in statements if _counts(each, statements)]

    def says(self, subject: Subject, *, at_ms: int) -> bool | None:
        """Return whether consent was in force at an instant; None where nothing had been stated."""
        heard = {
            voice: statements[:place]
            for voice, statements in self._stated.get(subject, {}).items()
            if (place := bisect_right(statements, (at_ms, True, True)))
        }
        own = heard.get(_OWN, [])
        answers = [at for at, is_refusal, is_import in own if not is_refusal and not is_import]
        taken_back = max(answers, default=-inf) if own and not own[-1][1] else -inf
        last = {voice: statements[-1] for voice, statements in heard.items()}
        held = [no for voice, (said, no, _) in last.items() if not no or voice == _OWN or said >= taken_back]
        return not any(held) if held else None

    def agreed_after(self, subject: Subject, instant: int) -> float:
        """Return when the subject first agreed by their own word, not by an import, after an instant; infinite where never."""
        own = self._stated.get(subject, {}).get(_OWN, [])
        agreed = (at for at, is_refusal, is_import in own if not is_refusal and not is_import)
        return min((at for at in agreed if at > instant), default=inf)

    def holds_since(self, subject: Subject) -> float:
        """Return the instant of the first grant after the last refusal: infinite without one, minus that without refusal."""
        voices = self._stated.get(subject, {})
        return max((_granted_again(voices, voice) for voice in voices), default=-inf)


def _counts(stated: _Stated, by_the_same: list[_Stated]) -> bool:
    """An old list that is imported brings nobody back who had refused; the demo's other grants each bear proof of their own."""
    at, is_refusal, is_import = stated
    return is_refusal or not is_import or not any(no and said <= at for said, no, _ in by_the_same)


def _granted_again(voices: dict[str, list[_Stated]], voice: str) -> float:
    """What one voice refused, it grants again or the account does; not by an import."""
    refusals = [at for at, is_refusal, _ in voices[voice] if is_refusal]
    if not refusals:
        return -inf
    heard = voices[voice] + (voices.get(_OWN, []) if voice != _OWN else [])
    return min((at for at, no, is_import in heard if not no and not is_import and at > max(refusals)), default=inf)


def is_allowed(calls: pl.DataFrame, world: World, *, rules: Rules, known_at: datetime) -> pl.Series:
    """Return whether each web call's consent lets it say who made it: one no is enough, one yes is needed."""
    ledger = Ledger(world, purpose="product_analytics", known_at=known_at) if rules.ledger else None
    said = (_says(call, ledger) for call in calls.select(*_ASKED).iter_rows(named=True))
    allowed = pl.Series([True in each and False not in each for each in said], dtype=pl.Boolean)
    return allowed & _still_holds(calls, ledger, allowed) if ledger and rules.withdrawals else allowed


def _still_holds(calls: pl.DataFrame, ledger: Ledger, allowed: pl.Series) -> pl.Series:
    """Return whether nobody of those whom a call is about has taken consent back since: user, browser, its only user."""
    stating = calls.filter(allowed).drop_nulls(["anonymous_id", "user_id"])
    users = stating.group_by("anonymous_id").agg(pl.col("user_id").unique())
    sole = {browser: found[0] for browser, found in users.iter_rows() if len(found) == 1}
    return pl.Series(
        [
            at
            >= max(
                ledger.holds_since(("user", user or sole.get(browser, ""))), ledger.holds_since(("browser", browser))
            )
            for at, user, browser in calls.select("occurred_at", "user_id", "anonymous_id").iter_rows()
        ],
        dtype=pl.Boolean,
    )


def _says(call: dict[str, Any], ledger: Ledger | None) -> list[bool | None]:
    said: list[bool | None] = [call["analytics"], False if call["gpc"] else None]
    for kind, member in (("user", "user_id"), ("browser", "anonymous_id")):
        if ledger and call[member]:
            said.append(ledger.says((kind, call[member]), at_ms=call["occurred_at"]))
    return said


def _voices(row: dict[str, Any], accounts: dict[str, str]) -> list[tuple[Subject, str]]:
    """A statement holds for everybody whom it names; an address speaks for the account that has it.

    But no account grants anything to an address: it may be somebody else's.
    """
    found: list[tuple[Subject, str]] = []
    if row["user_id"]:
        found.append((("user", row["user_id"]), _OWN))
    if row["anonymous_id"]:
        found.append((("browser", row["anonymous_id"]), _OWN))
    address = (row["email"] or "").strip().lower()
    if address in accounts and not (row["is_granted"] and row["user_id"]):
        found.append((("user", accounts[address]), address))
    return found
