"""Floors of the law against windows of the policy: where one asks for longer than the other allows, and what is to hold.

A verified floor that nobody has decided about stops the drop of its category and of nothing else. A decision is a line of
the policy: its window holds, or the floor does, and then the window is as long as the floor. Not here: when a longer window
begins to hold (`versions`), or what is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from pipelines.contracts.periods import is_shorter
from pipelines.contracts.registers import Floor, FloorDecision, Policy, Window
from pipelines.contracts.strict import Strict
from pipelines.contracts.versions import PolicyInForce, said

State = Literal["settled", "open", "waiting", "warning"]


class UnsettledConflict(RuntimeError):
    """A verified floor asks for longer than the window allows, and nothing decided says which holds: nothing of it is dropped."""


class Conflict(Strict):
    """One floor that is longer than the window of a category it covers, and how that stands.

    `settled`: a decision says which holds. `open`: none does, and the floor is verified. `waiting`: the floor is to hold, or
    a window as long as it, and no notice was given of that yet. `warning`: nothing is decided, and the floor is unverified.
    """

    category: str
    version: str
    window: Window
    floor: Floor
    state: State
    decision: FloorDecision | None = None

    @property
    def blocks(self) -> bool:
        """Say whether nothing of the category may be dropped."""
        return self.floor.verified and self.state in ("open", "waiting")

    @property
    def holds(self) -> Literal["window", "floor", "neither"]:
        """Return what is acted on."""
        if self.state == "settled" and self.decision:
            return self.decision.holds
        return "neither" if self.blocks else "window"

    @property
    def why(self) -> str:
        """Return why that holds, and the line of the policy that would settle it."""
        if self.state == "settled" and self.decision:
            return self.decision.reason
        if self.state == "waiting":
            return f"a longer period waits for notice: add `notice: {{given_on, evidence, verified}}` to version {self.version}"
        line = f"`- {{category: {self.category}, holds: window, reason: …}}` (or `holds: floor`)"
        return f"add {line} to `decisions` of floor {self.floor.id} in version {self.version} of policy.yaml"


def conflicts(policy: PolicyInForce) -> tuple[Conflict, ...]:
    """Return every floor that is longer than a window it meets, by category; both are counted from the window's anchor."""
    return tuple(
        sorted(_found(policy), key=lambda each: (each.category, policy.floors.index(each.floor))),
    )


def effective_window(policy: PolicyInForce, category: str) -> Window:
    """Return how long a category is kept, after decisions and notices; raises KeyError."""
    return policy.windows[category]


def blocked_categories(policy: PolicyInForce) -> Mapping[str, Conflict]:
    """Return the categories of which nothing may be dropped, with the first conflict that says so."""
    return {each.category: each for each in reversed(conflicts(policy)) if each.blocks}


def unsettled(found: Iterable[Conflict]) -> UnsettledConflict:
    """Return the error that tells why nothing of these categories was dropped, and what to write."""
    told = [
        f"nothing of `{each.category}` is dropped: its window is {said(each.window)}, and {each.floor.source} "
        f"({each.floor.clause}, verified) asks for {each.floor.period} at least; {each.why}"
        for each in found
    ]
    return UnsettledConflict("\n".join(told))


def _found(policy: PolicyInForce) -> Iterator[Conflict]:
    for floor in policy.floors:
        for category in floor.categories:
            decision = next((each for each in floor.decisions if each.category == category), None)
            state = _state(category, floor, decision, policy)
            if state:
                yield Conflict(
                    category=category,
                    version=policy.version,
                    window=policy.declared.windows[category],
                    floor=floor,
                    state=state,
                    decision=decision,
                )


def _state(category: str, floor: Floor, decision: FloorDecision | None, policy: PolicyInForce) -> State | None:
    """Return how a floor and a window stand to each other, None where they do not meet or do not differ."""
    is_declared_short = _is_short(category, floor, policy.declared)
    is_kept_short = _is_short(category, floor, policy)
    if not is_kept_short:
        return "settled" if decision and is_declared_short else None
    if decision and decision.holds == "window":
        return "settled"
    if decision or not is_declared_short:
        return "waiting"
    return "open" if floor.verified else "warning"


def _is_short(category: str, floor: Floor, policy: Policy) -> bool:
    """Say whether anything of a category may end before a floor does."""
    window = policy.windows[category]
    periods = [window.period, *([window.otherwise.period] if window.otherwise else [])]
    return any(is_shorter(period, floor.period) for period in periods)
