"""A platform with a few people who said different things about ads, and what is sent of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pipelines import audiences, contracts
from pipelines.identity import keys
from tests.desk import COURSES, Desk, make_desk, noon
from tests.recipient import Recipient

AT = noon("2026-06-30")
SEGMENT = "unfinished_registrations"


@dataclass
class Ads:
    """A desk with one small segment, a recipient, and a day that goes on."""

    desk: Desk
    recipient: Recipient = field(default_factory=Recipient)
    at: datetime = AT
    landed: int = 0

    def learner(self, number: int, **changes: Any) -> None:
        """An account, and a course begun and not finished."""
        account = {
            "user_id": f"learner-{number}",
            "email": f"orang{number}@contoh.example",
            "phone": f"0812-3000-{number:04d}",
            "registered_at": "2026-05-01T09:00:00+07:00",
            "updated_at": "2026-05-01T09:00:00+07:00",
        }
        self.land("accounts", [{**account, **changes}])
        self.learns(number, "enrolled", "2026-05-20T09:00:00+07:00")

    def learns(self, number: int, event_type: str, occurred_at: str, course: str = "web-1") -> None:
        event = {"event_id": f"e{number}{event_type}{course}{occurred_at}", "user_id": f"learner-{number}"}
        self.land(
            "course_progress",
            [{**event, "course_id": course, "event_type": event_type, "occurred_at": occurred_at}],
        )

    def says(self, number: int | None, *, yes: bool, at: str, **changes: Any) -> None:
        """A statement on ads; a grant bears evidence of its own unless told."""
        self.landed += 1
        row = {
            "event_id": f"consent-{self.landed}",
            "user_id": f"learner-{number}" if number is not None else None,
            "purpose": "ads_retargeting",
            "granted": yes,
            "occurred_at": at,
            "policy_version": "1",
            "source": "settings",
            "evidence": f"evidence-{self.landed}",
            **changes,
        }
        self.land("consents", [{key: value for key, value in row.items() if value is not None}])

    def land(self, source: str, rows: Iterable[dict[str, Any]]) -> None:
        self.landed += 1
        self.desk.land(source, f"{self.landed:04d}.jsonl", rows)

    def run(self, *, days: float = 0) -> None:
        """Let days pass, take in what has landed."""
        self.at += timedelta(days=days)
        self.desk.run(as_of=self.at)

    def sync(self, **changes: Any) -> audiences.Synced:
        sinks = {self.recipient.recipient: self.recipient}
        (done,) = audiences.sync(
            self.desk.home, self.desk.ring, self.desk.terms, sinks, as_of=self.at, only=[SEGMENT], **changes
        )
        return done

    def withdraw(self) -> audiences.Withdrawn:
        sinks = {self.recipient.recipient: self.recipient}
        return audiences.withdraw(self.desk.home, self.desk.ring, self.desk.terms, sinks, as_of=self.at)

    def reached(self) -> set[int]:
        """The numbers of the learners whose address stands at the recipient."""
        return {number for number in range(60) if self.recipient.holds(f"orang{number}@contoh.example")}


def small(terms: contracts.Contracts, *, minimum: int = 2, **changes: Any) -> contracts.Contracts:
    """The contracts with a segment that few people suffice for."""
    segment = terms.segments[SEGMENT].model_copy(update={"minimum": minimum, **changes})
    return terms.model_copy(update={"segments": {**terms.segments, SEGMENT: segment}})


@pytest.fixture
def ads(tmp_path: Path) -> Ads:
    return _alone(tmp_path / "home")


def _alone(root: Path) -> Ads:
    desk = make_desk(root)
    desk = replace(desk, terms=small(desk.terms))
    desk.land("courses", "c.jsonl", COURSES)
    return Ads(desk)


@pytest.fixture
def people(ads: Ads, tmp_path_factory: pytest.TempPathFactory) -> Ads:
    """Learners 1 to 4 agreed, 5 never said anything, 6 refused; all of them began a course."""
    made, landed = _six_people(tmp_path_factory.getbasetemp())
    home = ads.desk.home
    shutil.rmtree(home.root)
    shutil.copytree(made, home.root, symlinks=True)
    ads.desk, ads.landed = replace(ads.desk, ring=keys.open_keyring(home)), landed
    return ads


@cache
def _six_people(base: Path) -> tuple[Path, int]:
    """A home that has taken them in, made once for all who take a copy; and how many files have landed there."""
    ads = _alone(base / "six_people" / "home")
    for number in range(1, 7):
        ads.learner(number)
    for number in range(1, 5):
        ads.says(number, yes=True, at="2026-05-21T09:00:00+07:00")
    ads.says(6, yes=False, at="2026-05-21T09:00:00+07:00")
    ads.run()
    return ads.desk.home.root, ads.landed
