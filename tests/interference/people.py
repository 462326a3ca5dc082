"""Who stands in the rows: people and browsers of whom the consent ledger knows, all of them invented. No rows of a source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from pipelines.identity import keys
from pipelines.identity.vault import open_vault
from tests.desk import AS_OF, Desk

GRANTED_AT, REFUSED_AT = "2026-05-01T00:00:00Z", "2026-03-01T00:00:00Z"
EARLIER, LATER = "2026-04-10T03:00:00", "2026-05-10T03:00:00"
SERVER_KEY = "kunci-server-uji"
GRANTING, OTHER, REFUSING = "ratna", "budi", "menolak"
BROWSERS = {"granting": "peramban-1", "other": "peramban-2", "refusing": "peramban-menolak"}
COURSES, MODULES = ("web-1", "web-2"), ("modul-1", "modul-2")
PURPOSES = ("product_analytics", "ads_retargeting", "aggregate_statistics")
_DOMAINS = ("analytics", "ads", "support", "payments")


def email_of(name: str) -> str:
    return f"{name}@kotak.example"


def phone_of(name: str) -> str:
    return f"+628120000{len(name):04d}"


def settle_in(desk: Desk, *, numbers: int) -> None:
    """Make a home in which everybody of the rows is known, consents or refuses, and courses and modules exist."""
    keys.keep_secret(desk.home, "midtrans_server_key", SERVER_KEY)
    desk.ring = keys.open_keyring(desk.home)
    desk.land("courses", "awal.jsonl", [{"course_id": each, "title": "Kursus"} for each in COURSES])
    desk.land("course_modules", "awal.jsonl", [{"course_id": COURSES[0], "module_id": each} for each in MODULES])
    desk.land("accounts", "awal.jsonl", map(_account, (GRANTING, OTHER, REFUSING)))
    desk.land("consents", "awal.jsonl", _statements(numbers))
    desk.run()
    users = [GRANTING, OTHER, REFUSING, *(f"u-{n}" for n in range(numbers))]
    known = [("user_id", each) for each in users] + [("anonymous_id", each) for each in BROWSERS.values()]
    known += [("email", f"surat.{n}@kotak.example") for n in range(numbers)]
    with open_vault(desk.home, desk.ring, purpose="test") as vault:
        for domain in _DOMAINS:
            vault.resolve(pl.DataFrame(known, schema=["kind", "value"], orient="row"), domain=domain, at=AS_OF)
        vault.commit()


def _account(name: str) -> dict[str, Any]:
    instants = {"registered_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}
    return {"user_id": name, "email": email_of(name), "phone": phone_of(name), **instants}


def _statements(numbers: int) -> Iterator[dict[str, Any]]:
    granting = [GRANTING, OTHER, *(f"u-{n}" for n in range(numbers))]
    for purpose in PURPOSES:
        facts = {"purpose": purpose, "policy_version": "1"}
        granted = {**facts, "granted": True, "occurred_at": GRANTED_AT}
        refused = {**facts, "granted": False, "occurred_at": REFUSED_AT}
        for name in granting:
            yield {"event_id": f"{purpose}/{name}", "user_id": name, **granted}
        yield {"event_id": f"{purpose}/{REFUSING}", "user_id": REFUSING, **refused}
        yield {"event_id": f"{purpose}/peramban", "anonymous_id": BROWSERS["refusing"], **refused}
        yield {"event_id": f"{purpose}/peramban-1", "anonymous_id": BROWSERS["granting"], **granted}
