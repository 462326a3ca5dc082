"""Nobody is left standing at a recipient because the books, the register or the recipient's word is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipelines.audiences import books
from tests.ads import SEGMENT, Ads, small
from tests.ads import ads as ads
from tests.ads import people as people


def changed(ads: Ads, **changes: Any) -> None:
    """The same desk under other contracts."""
    ads.desk = replace(ads.desk, terms=ads.desk.terms.model_copy(update=changes))


def test_an_audience_that_the_books_do_not_know_is_emptied_too(people: Ads) -> None:
    people.sync()
    books.place(people.desk.home).unlink()
    people.desk = replace(people.desk, terms=small(people.desk.terms, minimum=50))
    people.sync()
    assert people.reached() == set()


def test_what_the_recipient_did_not_say_it_took_out_is_not_forgotten(
    people: Ads, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.sync()
    people.desk = replace(people.desk, terms=small(people.desk.terms, minimum=50))
    monkeypatch.setattr(people.recipient, "is_silent", True)
    monkeypatch.setattr(people.recipient, "remove", lambda _, members: people.recipient._taken(members))
    people.sync()
    assert people.reached() == {1, 2, 3, 4}
    monkeypatch.undo()
    people.sync()
    assert people.reached() == set()


def test_a_withdrawal_is_asked_for_where_the_register_has_the_recipient_no_longer(people: Ads) -> None:
    people.sync()
    terms = people.desk.terms
    segments = {name: each.model_copy(update={"recipients": ("google",)}) for name, each in terms.segments.items()}
    changed(people, recipients={}, segments=segments)
    people.at += timedelta(days=1)
    assert people.withdraw().confirmed == 4
    assert people.reached() == set()


def test_whoever_stands_where_their_segment_is_not_sent_any_more_goes(people: Ads) -> None:
    people.sync()
    terms = people.desk.terms
    segment = terms.segments[SEGMENT].model_copy(update={"recipients": ("google",)})
    changed(people, segments={**terms.segments, SEGMENT: segment})
    people.at += timedelta(days=1)
    people.withdraw()
    assert people.reached() == set()
