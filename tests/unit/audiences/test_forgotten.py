"""Of somebody whom the vault has forgotten nothing stands in the books, and what was sent is still taken out."""

from __future__ import annotations

import polars as pl

from pipelines.audiences.books import open_books
from pipelines.identity.vault import open_vault
from tests.ads import Ads
from tests.ads import ads as ads
from tests.ads import people as people


def test_the_books_bear_no_pseudonym_of_whoever_was_forgotten(people: Ads) -> None:
    people.sync()
    with open_vault(people.desk.home, people.desk.ring, purpose="test") as vault:
        gone = vault.find(pl.DataFrame({"kind": ["user_id"], "value": ["learner-1"]}))["subject"]
        (pseudonym,) = vault.pseudonyms(gone, domain="audiences")["pseudonym"].to_list()
        vault.forget(gone)
        vault.commit()
    assert pseudonym in standing(people)
    people.run(days=1)
    people.withdraw()
    assert pseudonym not in standing(people)
    assert people.reached() == {2, 3, 4}


def test_whoever_withdrew_and_is_forgotten_later_is_named_by_no_withdrawal(people: Ads) -> None:
    people.sync()
    people.says(1, yes=False, at="2026-06-30T18:00:00+07:00")
    people.run(days=1)
    people.withdraw()
    assert len(standing(people)) == 4
    with open_vault(people.desk.home, people.desk.ring, purpose="test") as vault:
        vault.forget(vault.find(pl.DataFrame({"kind": ["user_id"], "value": ["learner-1"]}))["subject"])
        vault.commit()
    people.withdraw()
    assert len(standing(people)) == 3


def standing(ads: Ads) -> set[str]:
    """The pseudonyms that stand anywhere in the books."""
    with open_books(ads.desk.home, ads.desk.ring) as books:
        rows = books.rows(
            "select pseudonym from memberships union select pseudonym from withdrawals where pseudonym is not null"
        )
    return set(rows["pseudonym"])
