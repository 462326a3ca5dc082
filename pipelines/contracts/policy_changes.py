"""What changed between two versions of the policy, in sentences, and for which records it holds. Pure; showing it is not here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Literal

from pipelines.contracts.registers import Floor, Policy
from pipelines.contracts.strict import Strict
from pipelines.contracts.versions import (
    DAYS,
    PolicyInForce,
    PolicyVersions,
    decided,
    in_force,
    is_longer,
    listed,
    said,
)

Reach = Literal["existing records", "waits for notice", "what comes from then on"]
_PLAIN = ("timezone", "max_clock_skew_hours", "text")


class Change(Strict):
    """One thing that two versions say differently: which part, what, and what it holds for from which day."""

    part: str
    what: str
    reach: Reach
    since: date | None


def changes(policies: PolicyVersions, first: str, second: str, *, as_of: date) -> tuple[Change, ...]:
    """Return what the second version says otherwise than the first, as it stands on a day; raises KeyError."""
    return tuple(_Comparison(policies, policies.named(first), policies.named(second), as_of).changes())


class _Comparison:
    def __init__(self, policies: PolicyVersions, old: Policy, new: Policy, as_of: date) -> None:
        self._old, self._new = old, new
        self._wanted_before, self._wanted = decided(old), decided(new)
        upto = [each for each in policies.versions if each.effective_date <= new.effective_date]
        self._held: PolicyInForce = in_force(upto, as_of)
        self._waiting = {each.part for each in self._held.waiting}

    def changes(self) -> Iterator[Change]:
        yield from self._windows()
        yield from self._days()
        yield from self._floors()
        yield from self._figures()
        yield from self._consents()
        yield from self._refusals()

    def _windows(self) -> Iterator[Change]:
        for name in sorted({*self._wanted_before.windows, *self._wanted.windows}):
            before, after = self._wanted_before.windows.get(name), self._wanted.windows.get(name)
            if before == after:
                continue
            words = (f"{said(before)}" if before else "not at all", said(after) if after else "not at all")
            is_more = after is not None and (before is None or is_longer(after, before))
            kind = "longer" if is_more else "shorter"
            what = f"`{name}` is kept {kind}: {words[1]}; before: {words[0]}"
            if words[0] == words[1]:
                what = f"`{name}` is kept {words[1]} as before, under another source"
            yield self._held_for(f"windows.{name}", what, is_more=is_more)

    def _days(self) -> Iterator[Change]:
        for name in DAYS:
            before, after = getattr(self._old, name).value, getattr(self._new, name).value
            if before != after:
                what = f"{_words(name)}: {after}; before: {before}"
                yield self._held_for(name, what, is_more=after > before)

    def _floors(self) -> Iterator[Change]:
        before, after = _by_id(self._old), _by_id(self._new)
        for name in sorted({*before, *after}):
            old, new = before.get(name), after.get(name)
            if new is None:
                yield self._existing(f"floors.{name}", f"floor {name} is gone")
            elif old is None:
                yield self._existing(f"floors.{name}", f"floor {name} is new: {_told(new)}")
            elif old != new:
                yield self._existing(f"floors.{name}", f"floor {name}: {_told(new)}; before: {_told(old)}")

    def _figures(self) -> Iterator[Change]:
        if self._old.threshold.value != self._new.threshold.value:
            what = f"the threshold is {self._new.threshold.value} people; before: {self._old.threshold.value}"
            yield self._later("threshold", what)
        yield from self._deadlines()
        for name in _PLAIN:
            before, after = getattr(self._old, name), getattr(self._new, name)
            if before != after:
                yield self._later(name, f"{_words(name)}: {after}; before: {before}")

    def _deadlines(self) -> Iterator[Change]:
        before, after = _hours(self._old), _hours(self._new)
        for name in sorted({*before, *after}):
            if before.get(name) != after.get(name):
                what = f"deadline of {_words(name)}: {after.get(name, 'none')}; before: {before.get(name, 'none')}"
                yield self._later(f"deadlines.{name}", what)

    def _consents(self) -> Iterator[Change]:
        before, after = self._old.default_consent, self._new.default_consent
        for name in sorted({*before, *after}):
            words = [
                f"{each.state} for {each.purpose} ({each.lawful_basis})" if each else "not declared"
                for each in (before.get(name), after.get(name))
            ]
            if words[0] != words[1]:
                part, what = f"default_consent.{name}", f"who says nothing ({name}): {words[1]}; before: {words[0]}"
                yield self._granted(part, what)

    def _refusals(self) -> Iterator[Change]:
        before, after = listed(self._old.browser_refusals), listed(self._new.browser_refusals)
        if before != after:
            yield self._granted("browser_refusals", f"what browsers refuse: {after}; before: {before}")

    def _granted(self, part: str, what: str) -> Change:
        """Return a change of what is taken for consent: one that takes more for it waits until people were told."""
        return self._waits(part, what) or self._later(part, what)

    def _waits(self, part: str, what: str) -> Change | None:
        if part in self._waiting:
            return Change(part=part, what=what, reach="waits for notice", since=None)
        return None

    def _held_for(self, part: str, what: str, *, is_more: bool) -> Change:
        """Return a change of a period: a shorter one holds for what is there, a longer one where notice was given."""
        if waits := self._waits(part, what):
            return waits
        notice, begun = self._new.notice, self._new.effective_date
        since = max(begun, notice.given_on) if is_more and notice else begun
        return Change(part=part, what=what, reach="existing records", since=since)

    def _existing(self, part: str, what: str) -> Change:
        return Change(part=part, what=what, reach="existing records", since=self._new.effective_date)

    def _later(self, part: str, what: str) -> Change:
        return Change(part=part, what=what, reach="what comes from then on", since=self._new.effective_date)


def _by_id(policy: Policy) -> Mapping[str, Floor]:
    return {floor.id: floor for floor in policy.floors}


def _hours(policy: Policy) -> Mapping[str, str]:
    return {name: f"{each.hours} hours" for name, each in policy.deadlines.items()}


def _told(floor: Floor) -> str:
    told = f"{floor.period} at least of {', '.join(floor.categories)} ({floor.source}, {'' if floor.verified else 'un'}verified)"
    held = [f"{each.category}: the {each.holds} holds" for each in floor.decisions]
    return "; ".join([told, *held])


def _words(name: str) -> str:
    return name.replace("_", " ")
