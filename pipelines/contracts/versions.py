"""Which version of the policy holds on a day, and which of its figures do.

A shorter period holds at once. A longer one, or a consent that is taken for granted, holds for nobody before notice was
given of it: until then the narrower of the versions does. Not here: what the figures are (`registers`), or how a conflict of
a floor with a window stands (`floors`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

from pipelines.contracts.periods import is_shorter
from pipelines.contracts.registers import BrowserRefusals, Days, DefaultConsent, Floor, Otherwise, Policy, Window
from pipelines.contracts.strict import Strict

DAYS = tuple(name for name, field in Policy.model_fields.items() if field.annotation is Days)
"""The figures of a policy that are periods in days, as `landing_days`."""


class Waiting(Strict):
    """A figure of a version that does not hold yet, as no notice was given of it."""

    part: str
    wanted: str
    holds: str
    why: str

    def __str__(self) -> str:
        return f"{self.part}: {self.wanted} does not hold, {self.why}; {self.holds} does, for all records"


class PolicyInForce(Policy):
    """A version as it holds on a day; `declared` is what it says, `waiting` what of that does not hold yet.

    Its windows are those after decisions on floors and after notices; a period in days and a default consent likewise.
    """

    declared: Policy
    waiting: tuple[Waiting, ...] = ()


def _ascending(versions: tuple[Policy, ...]) -> tuple[Policy, ...]:
    days = [policy.effective_date for policy in versions]
    if not versions or days != sorted(set(days)):
        raise ValueError("versions must be there, oldest first, each with an effective_date of its own")
    return versions


class PolicyVersions(Strict):
    """Every version of the policy, oldest first."""

    versions: Annotated[tuple[Policy, ...], AfterValidator(_ascending)]

    def on(self, day: date) -> PolicyInForce:
        """Return the version in force on a day, or at an instant by its own calendar; before the first, the first."""
        begun = [policy for policy in self.versions if policy.effective_date <= _day(day, policy)]
        return in_force(begun or self.versions[:1], day)

    def named(self, version: str) -> Policy:
        """Return a version as it is written; raises KeyError."""
        return {policy.version: policy for policy in self.versions}[version]


def in_force(versions: Sequence[Policy], day: date) -> PolicyInForce:
    """Return the last of these versions as it holds on a day after those before it."""
    held = decided(versions[0])
    for policy in versions[1:]:
        after = decided(policy)
        held = after if has_notice(policy, on=day) else _narrowed(after, before=held)
    return _as_in_force(held, versions[-1], day)


def has_notice(policy: Policy, *, on: date) -> bool:
    """Say whether notice was given of a version by a day; evidence that nobody has looked at is none."""
    return bool(policy.notice and policy.notice.verified and policy.notice.given_on <= _day(on, policy))


def decided(policy: Policy) -> Policy:
    """Return a version with its windows as long as the floors that were decided to hold."""
    return policy.model_copy(update={"windows": {name: _at_least(name, policy) for name in policy.windows}})


def is_longer(window: Window, than: Window) -> bool:
    """Say whether a window can keep anything longer than another does."""
    return narrower(window, than) != window


def narrower(window: Window, before: Window) -> Window:
    """Return a window without what would keep anything longer than one before it."""
    first = _no_longer(window, before)
    if not first and window.anchor != before.anchor:
        return before
    other, other_before = window.otherwise, before.otherwise
    if other is None or (other_before and not _no_longer(other, other_before)):
        other = other_before if window.anchor == before.anchor else other
    if first and other == window.otherwise:
        return window
    return (window if first else before).model_copy(update={"otherwise": other})


def said(window: Window) -> str:
    """Return a window in words."""
    other = window.otherwise
    return f"{window.anchor} + {window.period}" + (f", else {other.anchor} + {other.period}" if other else "")


def _at_least(category: str, policy: Policy) -> Window:
    window = policy.windows[category]
    for floor in policy.floors:
        if any((each.category, each.holds) == (category, "floor") for each in floor.decisions):
            window = _lengthened(window, floor)
    return window


def _lengthened(window: Window, floor: Floor) -> Window:
    """Return a window in which nothing ends before the floor does, under the clause of whichever of them is longer."""
    other = window.otherwise
    if other and is_shorter(other.period, floor.period):
        window = window.model_copy(update={"otherwise": other.model_copy(update={"period": floor.period})})
    if not is_shorter(window.period, floor.period):
        return window
    said_by = {"clause": floor.clause, "source": floor.source, "verified": floor.verified}
    return window.model_copy(update={"period": floor.period, **said_by})


def listed(refused: BrowserRefusals) -> str:
    """Return the purposes that browsers refuse, in words."""
    return ", ".join(sorted(refused.purposes)) or "none"


def _no_longer(one: Window | Otherwise, than: Window | Otherwise) -> bool:
    # An event of somebody's own and a completion are interactions: counted from the last one, nothing ends sooner.
    is_comparable = one.anchor == than.anchor or than.anchor == "last_interaction"
    return is_comparable and not is_shorter(than.period, one.period)


def _narrowed(policy: Policy, *, before: Policy) -> Policy:
    windows = {
        name: narrower(window, before.windows[name]) if name in before.windows else window
        for name, window in policy.windows.items()
    }
    days = {name: min((getattr(policy, name), getattr(before, name)), key=lambda each: each.value) for name in DAYS}
    consents = {
        name: _not_granted(each, before.default_consent.get(name)) for name, each in policy.default_consent.items()
    }
    refused = policy.browser_refusals
    still = [each for each in before.browser_refusals.purposes if each not in refused.purposes]
    kept = refused.model_copy(update={"purposes": (*refused.purposes, *still)}) if still else refused
    return policy.model_copy(update={"windows": windows, "default_consent": consents, "browser_refusals": kept, **days})


def _not_granted(default: DefaultConsent, before: DefaultConsent | None) -> DefaultConsent:
    """Return a default that grants no more than the one before: what was denied, or another purpose, waits."""
    was_granted = before is not None and (before.state, before.purpose) == ("granted", default.purpose)
    return default if default.state == "denied" or was_granted else default.model_copy(update={"state": "denied"})


def _as_in_force(held: Policy, declared: Policy, day: date) -> PolicyInForce:
    wanted = decided(declared)
    waiting = [
        (f"windows.{name}", said(wanted.windows[name]), said(window))
        for name, window in held.windows.items()
        if window != wanted.windows[name]
    ]
    waiting += [
        (name, f"{getattr(wanted, name).value} days", f"{getattr(held, name).value} days")
        for name in DAYS
        if getattr(held, name) != getattr(wanted, name)
    ]
    waiting += [
        (f"default_consent.{name}", wanted.default_consent[name].state, default.state)
        for name, default in held.default_consent.items()
        if default != wanted.default_consent[name]
    ]
    if (refused := held.browser_refusals) != wanted.browser_refusals:
        waiting.append(("browser_refusals", listed(wanted.browser_refusals), listed(refused)))
    why = _why(declared)
    values: Mapping[str, object] = {name: getattr(held, name) for name in Policy.model_fields}
    return PolicyInForce.model_validate(
        {
            **values,
            "declared": declared,
            "waiting": tuple(
                Waiting(part=part, wanted=wants, holds=holds, why=why) for part, wants, holds in sorted(waiting)
            ),
        }
    )


def _why(policy: Policy) -> str:
    notice = policy.notice
    if notice is None:
        return f"no notice was given of version {policy.version} (add `notice: {{given_on, evidence, verified}}` to it)"
    if not notice.verified:
        return f"the notice of version {policy.version} is not verified"
    return f"notice of version {policy.version} is given on {notice.given_on}"


def _day(day: date, policy: Policy) -> date:
    return day.astimezone(ZoneInfo(policy.timezone)).date() if isinstance(day, datetime) else day
