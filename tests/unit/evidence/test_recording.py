from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines import evidence, settings
from pipelines.evidence.entries import Entry
from pipelines.identity import keys
from tests.desk import COURSES, Desk
from tests.desk import call as call
from tests.desk import desk as desk
from tests.desk import progress as progress

AT = datetime(2026, 6, 30, 18, tzinfo=UTC)


def record(desk: Desk, policy: Path | None = None) -> int:
    return evidence.record(desk.home, keys.open_keyring(desk.home), policy=policy or settings.policy_file(), at=AT)


def of(desk: Desk, kind: str) -> list[Entry]:
    return [entry for entry in evidence.read(desk.home) if entry.kind == kind]


def test_each_batch_is_recorded_once_with_its_balance(desk: Desk, progress: Callable[..., dict[str, Any]]) -> None:
    desk.land("courses", "c.jsonl", COURSES)
    desk.land("course_progress", "p.jsonl", [progress(1), progress(2), {"nobody.knows@example.com": 1}])
    desk.run()
    assert record(desk) > 0
    assert record(desk) == 0
    found = {entry.content["source"]: entry.content["balance"] for entry in of(desk, "batch")}
    assert found["course_progress"]["rows_in"] == 3
    assert found["course_progress"]["accepted"] == 2
    assert sum(found["course_progress"]["quarantined"].values()) == 1
    # What a source invents, such as the name of a field, is in no entry: nobody could take it out again.
    assert "nobody.knows" not in "".join(entry.line.decode() for entry in evidence.read(desk.home))


def test_keys_that_are_made_and_destroyed_are_recorded(desk: Desk) -> None:
    record(desk)
    made = {entry.content["id"] for entry in of(desk, "key")}
    assert {"root", "vault/1", "evidence/1", "master"} <= made
    desk.land("courses", "c.jsonl", COURSES)
    desk.run()
    keys.rotate(desk.home, "vault")
    keys.rotate(desk.home, "master")
    before = len(of(desk, "key"))
    record(desk)
    news = [entry.of for entry in of(desk, "key")[before:]]
    assert any(each.startswith("vault/1@") and each.endswith("destroyed") for each in news)
    assert any(each.startswith("vault/2@") and each.endswith("made") for each in news)
    assert sum(each.endswith("in force") for each in news) == 1


def test_a_policy_that_comes_again_is_recorded_again(desk: Desk, tmp_path: Path) -> None:
    other = tmp_path / "policy.yaml"
    other.write_bytes(settings.policy_file().read_bytes() + b"\n# another\n")
    for policy in (None, None, other, None):
        record(desk, policy)
    assert len(of(desk, "policy")) == 3
    assert len({json.dumps(entry.content) for entry in of(desk, "policy")}) == 2


def test_a_withdrawal_is_recorded_as_a_digest_that_the_vault_knows(
    desk: Desk, call: Callable[..., dict[str, Any]]
) -> None:
    from pipelines import withdrawal
    from pipelines.identity.vault import open_vault

    account = {"user_id": "u-1", "email": "learner12@example.com", "registered_at": "2026-05-01T00:00:00Z"}
    desk.land("accounts", "a.jsonl", [{**account, "updated_at": "2026-05-01T00:00:00Z"}])
    desk.land("web_events", "w.jsonl", [call(1, userId="u-1")])
    stated = {"event_id": "k-1", "user_id": "u-1", "purpose": "product_analytics", "granted": False}
    stated |= {"occurred_at": "2026-06-01T00:00:00Z", "policy_version": "1", "source": "settings"}
    desk.run()
    desk.land("consents", "k.jsonl", [stated])
    desk.run()
    stripped = withdrawal.strip(desk.home, desk.ring, desk.terms, as_of=AT)
    record(desk)
    found = [entry.content["ciphertext_sha256"] for entry in of(desk, "person")]
    assert tuple(found) == stripped.records
    with open_vault(desk.home, desk.ring, purpose="test") as v:
        subjects = [row[0] for row in v._connection.execute("select subject from vault.ledger_keys").fetchall()]
        known = [record for each in subjects for record in v.records(each)]
    assert sorted(digest for digest, _ in known) == found
    assert "web_events" in known[0][1]


def test_each_refusal_is_recorded_with_what_may_be_told_of_it(desk: Desk) -> None:
    for said in ("a leaks", "x" * 5_000):
        evidence.record_denial(desk.home, desk.ring, step="lineage", kind="LineageLeak", said=said, at=AT)
    found = of(desk, "denial")
    assert [entry.of for entry in found] == ["denial/1", "denial/2"]
    assert found[0].content == {"step": "lineage", "kind": "LineageLeak", "said": "a leaks"}
    assert found[1].content["said"] == "x" * 1_000


@pytest.mark.parametrize("times", [1, 2])
def test_a_home_of_an_earlier_version_gets_its_key_and_its_ledger(desk: Desk, times: int) -> None:
    desk.ring.change(remove=["evidence/1"])
    for _ in range(times):
        record(desk)
    assert evidence.look_with_keys(desk.home, keys.open_keyring(desk.home)).is_sound
    assert len(of(desk, "genesis")) == 1


def test_batches_without_any_record_are_told_of(desk: Desk) -> None:
    assert evidence.look_with_keys(desk.home, desk.ring).is_sound
    desk.land("courses", "c.jsonl", COURSES)
    desk.run()
    assert "nothing was recorded" in evidence.look_with_keys(desk.home, desk.ring).findings[0].what
