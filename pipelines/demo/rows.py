"""What the modules of a demo hand to each other: rows as they land, what is known against them, and facts of the truth.

Nothing is drawn, spoilt or written here.
"""

from __future__ import annotations

from typing import NamedTuple


class Plant(NamedTuple):
    """Why a landed row is not plainly accepted as it stands, or what it bears on purpose.

    `fate` is `accepted`, `duplicate`, `superseded`, `quarantined` or `refused`; `field` the dotted name of the field
    concerned; `key` the id of the event that the row states (its source's key); `about` another event that suffers with
    it (a heartbeat's page call); `occurred_at` the event's own instant in milliseconds.
    """

    kind: str
    fate: str
    field: str = ""
    key: str = ""
    about: str = ""
    occurred_at: int | None = None


class Row(NamedTuple):
    """One line of a source. `at` is the second in which it reaches the landing zone: it decides the file and the order.

    `line` is a JSON object (for access logs: the log's line). Bytes that are not UTF-8 stand in it as surrogate escapes.
    """

    source: str
    at: int
    line: str
    plant: Plant | None = None


class Fact(NamedTuple):
    """One row of a table of the truth: values in the order of `truth.TABLES`."""

    table: str
    values: tuple[object, ...]


class Milestone(NamedTuple):
    """A visit to the website that a story demands: `kind` is `registration` or `checkout`.

    `order` is the number of the enrolment that is checked out, `is_paid` whether it is paid for before the visit ends.
    """

    at: int
    learner: int
    kind: str
    course: int
    order: int = 0
    is_paid: bool = False
