"""Nobody is left standing at a recipient because the books, the register or the recipient's word is missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.audiences import books
from tests.ads import Ads, small
from tests.ads import ads as ads
from tests.ads import people as people


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
