from __future__ import annotations

from datetime import date, datetime

import polars as pl

from pipelines.identity import keys, vault
from pipelines.settings import Home

AT = datetime(2026, 3, 1, 9, 0)  # noqa: DTZ001 - naive UTC
ADDRESS = "sari@contoh.example"


def test_where_two_become_one_the_later_day_is_theirs(home: Home) -> None:
    with vault.open_vault(home, keys.open_keyring(home), purpose="test") as v:
        v.resolve(pl.DataFrame({"kind": ["email"], "value": [ADDRESS]}), domain="support", at=AT)
        v.resolve(pl.DataFrame({"kind": ["user_id"], "value": ["u-1"]}), domain="analytics", at=AT)
        known = v.known_since()["subject"]
        assert len(known) == 2
        days = pl.DataFrame({"subject": known, "last_on": [date(2026, 9, 4), date(2026, 1, 1)]})
        v.interactions.note(days)
        v.store_attributes(pl.DataFrame({"user_id": ["u-1"], "email": [ADDRESS], "updated_at": [AT]}))
        assert v.interactions.known()["last_on"].to_list() == [date(2026, 9, 4)]
        assert v.interactions.known()["subject"].to_list() == v.known_since()["subject"].to_list()
