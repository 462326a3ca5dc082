"""The register of retargeting segments: who is meant, for which purpose, and to which recipients they may go.

What a segment finds in the data, and what is sent, does not belong here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field as Setting

from pipelines.contracts.documents import Findings, Node
from pipelines.contracts.registers import Recipient, Taxonomy
from pipelines.contracts.strict import Frozen, Strict

NAME = r"^[a-z][a-z0-9_]{0,59}$"
Course = Annotated[str, Setting(pattern=r"^[A-Za-z0-9._:-]{1,100}$")]
Days = Annotated[int, Setting(ge=1, le=3650)]
Exclusion = Literal["paid", "refunded", "unsubscribed"]


class UnfinishedRegistration(Strict):
    """A registration was begun (Lead, InitiateCheckout, an order, an enrolment), and neither paid nor completed."""

    kind: Literal["unfinished_registration"]
    courses: tuple[Course, ...] = ()
    within_days: Days | None = None


class EnrolledInactive(Strict):
    """Enrolled, neither completed nor left, and nothing learned for so many days."""

    kind: Literal["enrolled_inactive"]
    courses: tuple[Course, ...] = ()
    days: Days


class Completed(Strict):
    """Completed a course (any, unless some are named) and never began another one: any other, or those named."""

    kind: Literal["completed"]
    courses: tuple[Course, ...] = ()
    but_not_begun: tuple[Course, ...] | Literal["any"]


class CoursePageVisitors(Strict):
    """The pixel saw them on a course's page, with their consent."""

    kind: Literal["course_page_visitors"]
    courses: tuple[Course, ...] = ()
    within_days: Days


class Segment(Strict):
    """One audience: who is in it, what takes them out, and who may receive it.

    Fewer than `minimum` people are sent to nobody.
    """

    title: str = Setting(min_length=1, max_length=120)
    clause: str
    purpose: str
    recipients: tuple[str, ...] = Setting(min_length=1)
    who: Annotated[
        UnfinishedRegistration | EnrolledInactive | Completed | CoursePageVisitors, Setting(discriminator="kind")
    ]
    exclude: tuple[Exclusion, ...] = ()
    minimum: int = Setting(default=100, ge=2)


class Segments(Strict):
    """The register, by name."""

    segments: Annotated[Mapping[Annotated[str, Setting(pattern=NAME)], Segment], Frozen]


def check(
    segments: Segments, recipients: Mapping[str, Recipient], taxonomy: Taxonomy, node: Node, findings: Findings
) -> None:
    """Check purposes and recipients: a purpose rests on consent, and each recipient is registered for it."""
    for name, segment in segments.segments.items():
        place = node.nearest(("segments", name, "purpose"))
        purpose = taxonomy.purposes.get(segment.purpose)
        if purpose is None or purpose.lawful_bases != ("consent",):
            what = f"segment `{name}` is for `{segment.purpose}`, which is no purpose that rests on consent alone"
            findings.add(place, what, mend="name a purpose of the taxonomy whose one lawful basis is consent")
        for recipient in segment.recipients:
            if recipient not in recipients or segment.purpose not in recipients[recipient].purposes:
                what = (
                    f"segment `{name}` goes to `{recipient}`, which the register does not have for `{segment.purpose}`"
                )
                mend = "add the recipient with this purpose to recipients.yaml, or take it out"
                findings.add(node.nearest(("segments", name, "recipients")), what, mend=mend)
