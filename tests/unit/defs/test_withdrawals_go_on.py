"""A withdrawal that is known is carried out, whatever becomes of what landed beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desk import AS_OF, Desk, make_desk

CALL = {
    "messageId": "m1",
    "type": "page",
    "anonymousId": "b1",
    "timestamp": "2026-05-04T10:00:00Z",
    "context": {"consent": {"categoryPreferences": {"analytics": True}}},
}
REFUSAL = {
    "event_id": "c1",
    "anonymous_id": "b1",
    "purpose": "product_analytics",
    "granted": False,
    "occurred_at": "2026-05-05T10:00:00Z",
    "policy_version": "1",
}
UNREADABLE = Path("/proc/sys/vm/compact_memory")  # not even by root


def keyed(desk: Desk) -> int:
    return int(desk.rows("web_events")["is_consented"].sum())


@pytest.mark.slow
@pytest.mark.skipif(not UNREADABLE.exists(), reason="no file here that nobody can read")
def test_an_intake_that_fails_keeps_no_withdrawal_from_being_carried_out(tmp_path: Path):
    import dagster as dg

    from pipelines.defs.intake import lake_assets
    from pipelines.defs.site import SiteResource

    desk = make_desk(tmp_path / "home")
    desk.land("web_events", "w.jsonl", [CALL])
    desk.run()
    desk.land("consents", "c.jsonl", [REFUSAL])
    desk.run()
    assert keyed(desk) == 1

    (desk.home.landing / "orders").mkdir()
    (desk.home.landing / "orders" / "o.jsonl").symlink_to(UNREADABLE)
    site = SiteResource(home=str(desk.home.root), as_of=AS_OF.isoformat())
    result = dg.materialize([lake_assets], resources={"site": site}, raise_on_error=False)
    assert not result.success
    assert keyed(desk) == 0
