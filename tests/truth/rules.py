"""Which of the rules are in force: some come into force with later issues, and until then the figures are without them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Rules:
    """What the product is expected to do today.

    xapi: learning events told by xAPI statements alone count too.
    bots_out: calls of crawlers count nowhere.
    ledger: the consent ledger speaks beside the call's own consent.
    minors_out: nothing counts of people known to be under 18.
    leaving_ends: a refund or withdrawal ends the purpose of an enrolment (O32), a year of support from there.
    persons: whose an anonymous page view is. `ever`: of the one user ever linked to its browser, as the decided cases
        say. `of_the_day`: of the one user whom page views of that browser name on that day, as decision 003 says of daily
        traffic, so that a day does not change with a link that comes later.
    """

    xapi: bool = False
    bots_out: bool = False
    ledger: bool = False
    minors_out: bool = False
    leaving_ends: bool = False
    persons: Literal["ever", "of_the_day"] = "of_the_day"


TODAY = Rules()
