"""The frozen models of the registers beside the contracts: taxonomy, policy and recipients.

Models of the datasets do not belong here, nor which version of the policy holds (`versions`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import Field as Setting

from pipelines.contracts.models import Anchor
from pipelines.contracts.periods import last_day
from pipelines.contracts.strict import Frozen, Strict

_DURATION = r"^P(\d+Y)?(\d+M)?(\d+D)?$"


class Word(Strict):
    """A word of the taxonomy and what it means."""

    description: str
    title: str | None = None
    clause: str | None = None
    source: str | None = None


class IdentifierKind(Strict):
    """A kind of identifier the vault knows, and whose it is; `stands_for` are the kinds that it may be a hash of."""

    description: str
    subject: Literal["learner", "visitor"]
    stands_for: tuple[str, ...] = ()


class Purpose(Strict):
    """What data may be used for, and on which lawful bases."""

    description: str
    clause: str
    lawful_bases: tuple[str, ...]


class Treatment(Strict):
    """What a treatment takes away, which identifiers it is enough for, and what it leaves in the lake.

    `columns` is how many it fills; `sql_type` None means that of the field; `may_drop` that a value can become NULL.
    """

    removes: str
    sufficient_for: tuple[str, ...]
    columns: int
    sql_type: str | None = None
    pattern: str | None = None
    maximum_length: int | None = None
    leaves: Literal["none", "quasi", "key", "pseudonym"]
    may_drop: bool = False


class Taxonomy(Strict):
    """The words that contracts may use."""

    categories: Annotated[Mapping[str, Word], Frozen]
    classifications: Annotated[Mapping[str, Word], Frozen]
    identifiers: Annotated[Mapping[str, Word], Frozen]
    identifier_kinds: Annotated[Mapping[str, IdentifierKind], Frozen]
    lawful_bases: Annotated[Mapping[str, Word], Frozen]
    purposes: Annotated[Mapping[str, Purpose], Frozen]
    treatments: Annotated[Mapping[str, Treatment], Frozen]
    units: Annotated[Mapping[str, Word], Frozen]


class Sourced(Strict):
    """A figure with the clause it serves, where it comes from, and whether we have read that source."""

    clause: str
    source: str
    verified: bool


class Threshold(Sourced):
    """The fewest distinct learners a published cell may stand for."""

    value: int = Setting(ge=2)
    unit: Literal["distinct_learners"]


class Days(Sourced):
    """A period in days."""

    value: int = Setting(ge=1)


class Deadline(Sourced):
    """A period in hours."""

    hours: int = Setting(ge=1)


class Otherwise(Strict):
    """The window that holds where the anchor never comes."""

    period: str = Setting(pattern=_DURATION)
    anchor: Anchor


class Window(Sourced):
    """How long a category is kept at most: an ISO 8601 period from an anchor."""

    period: str = Setting(pattern=_DURATION)
    anchor: Anchor
    otherwise: Otherwise | None = None

    @property
    def periods(self) -> tuple[str, ...]:
        """Return every period that it knows."""
        return (self.period, *((self.otherwise.period,) if self.otherwise else ()))


class FloorDecision(Strict):
    """How a conflict of a floor with a window was settled."""

    category: str
    holds: Literal["window", "floor"]
    reason: str


class Floor(Sourced):
    """How long the law wants categories kept at least; unverified, it warns and does not block."""

    id: str
    categories: tuple[str, ...]
    period: str = Setting(pattern=_DURATION)
    decisions: tuple[FloorDecision, ...] = ()


class Hold(Sourced):
    """What the law or a case wants kept although its window has ended: rows of these datasets, restricted, used for nothing.

    With `years`, until so many years after the end of the calendar year of a row (books). Without, for a case: rows of the
    days `first` to `last` (open where they are not said), until somebody writes `until`.
    """

    id: str = Setting(pattern="^[a-z0-9_]{1,40}$")
    datasets: tuple[str, ...]
    reason: str
    years: int | None = Setting(default=None, ge=1)
    first: date | None = None
    last: date | None = None
    until: date | None = None


class Notice(Strict):
    """That people were told of a version before it held: when, and where the evidence of it lies."""

    given_on: date
    evidence: str = Setting(min_length=1)
    verified: bool


class Minority(Sourced):
    """Below which age somebody is a child: of whoever was one at any instant at which they used the service nothing stays."""

    years: int = Setting(ge=1)


class BrowserRefusals(Sourced):
    """Purposes that a browser refuses for whoever used it: what it refused, only a grant under the same name lifts."""

    purposes: tuple[str, ...]


class DefaultConsent(Sourced):
    """What holds for a row that states nothing."""

    state: Literal["denied", "granted"]
    purpose: str
    lawful_basis: str


class Policy(Strict):
    """One version of the privacy policy as data."""

    version: str
    effective_date: date
    effective_date_verified: bool
    notice: Notice | None = None
    text: str
    timezone: str
    max_clock_skew_hours: int = Setting(ge=0)
    threshold: Threshold
    windows: Annotated[Mapping[str, Window], Frozen]
    floors: tuple[Floor, ...] = ()
    holds: tuple[Hold, ...] = ()
    minority: Minority
    browser_refusals: BrowserRefusals
    landing_days: Days
    quarantine_days: Days
    backup_days: Days
    run_records_days: Days
    deadlines: Annotated[Mapping[str, Deadline], Frozen]
    default_consent: Annotated[Mapping[str, DefaultConsent], Frozen]

    @property
    def longest_window(self) -> str:
        """Return the longest period for which anything is kept: as long, something may come again."""
        found = [period for each in self.windows.values() for period in each.periods]
        return max(found, key=lambda period: last_day(date.min, period))

    @property
    def web_default_consent(self) -> str:
        """Return what holds for web rows that state nothing: `denied` or `granted`."""
        return self.default_consent["web"].state


class Agreement(Strict):
    """The agreement with a recipient."""

    reference: str
    verified: bool


class Transfer(Strict):
    """On which rung of UU PDP Art. 56 data goes to a recipient, and until which day (without one, until it is changed)."""

    rung: Literal["domestic", "adequacy", "safeguards", "consent"]
    until: date | None = None
    source: str
    verified: bool


class Recipient(Strict):
    """Who may receive what, where, and why."""

    name: str
    role: Literal["processor", "controller", "joint_controller"]
    country: str = Setting(pattern="^[A-Z]{2}$")
    purposes: tuple[str, ...]
    clause: str
    agreement: Agreement
    transfer: Transfer
    fields: tuple[str, ...]
    is_sending: bool


class Recipients(Strict):
    """The register of recipients."""

    recipients: Annotated[Mapping[str, Recipient], Frozen]
