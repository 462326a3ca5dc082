"""Which of the rules are in force: some come into force with later issues (`later`), and until then figures are without them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class Rules:
    """What the product is expected to do today.

    xapi: learning events told by xAPI statements alone count too.
    bots_out: calls of crawlers, of our own staff and of declared tests count nowhere.
    ledger: the consent ledger speaks beside the call's own consent.
    withdrawals: a refusal takes the keys off what was consented to before it, of the person and of their own browsers.
    minors_out: nothing counts of people known to be under 18.
    minors_of_tickets: a ticket that tells an age, or a number that does, is one way to know it.
    leaving_ends: a refund or withdrawal ends the purpose of an enrolment (O32), a year of support from there.
    one_clock: an enrolment's age is judged by all that is known of it, as the nightly drops do. Otherwise each format judges
        its own rows as they arrive: an enrolment that was completed in the app alone stays until the night.
    persons: whose an anonymous page view is. `ever`: of the one user ever linked to its browser, as the decided cases
        say. `of_the_day`: of the one user whom page views of that browser name on that day, as decision 003 says of daily
        traffic, so that a day does not change with a link that comes later.
    """

    xapi: bool = True
    bots_out: bool = True
    ledger: bool = True
    withdrawals: bool = True
    minors_out: bool = True
    minors_of_tickets: bool = False
    leaving_ends: bool = True
    one_clock: bool = False
    persons: Literal["ever", "of_the_day"] = "of_the_day"


TODAY = Rules()
# What a batch says of its rows is said when they arrive: crawlers are taken in, and nobody has withdrawn yet.
AT_INTAKE = replace(TODAY, bots_out=False, withdrawals=False)
