from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines import evidence, settings
from pipelines.evidence.entries import Entry
from pipelines.identity import access_log, keys
from pipelines.identity.errors import LostVault
from tests.desk import COURSES, Desk
from tests.desk import call as call
from tests.desk import desk as desk
from tests.desk import progress as progress

AT = datetime(2026, 6, 30, 18, tzinfo=UTC)
RELEASE = {
    "edition": "e1",
    "as_of": "",
    "policy_version": "1",
    "threshold_distinct_learners": 10,
    "held_back": [],
    "tables": [],
}


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
    assert any(each.startswith("vault/1 v1@") and each.endswith("destroyed") for each in news)
    assert any(each.startswith("vault/2 v2@") and each.endswith("made") for each in news)
    assert sum(" in force/" in each for each in news) == 1


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


def test_each_refusal_is_recorded_by_step_and_kind_alone(desk: Desk) -> None:
    for _ in range(2):
        evidence.record_denial(desk.home, desk.ring, step="lineage", kind="LineageLeak", at=AT)
    assert [(entry.of, entry.content) for entry in of(desk, "denial")] == [
        (f"denial/{number}", {"step": "lineage", "kind": "LineageLeak"}) for number in (1, 2)
    ]


def test_a_refusal_is_recorded_once_and_never_with_a_path(desk: Desk) -> None:
    error = LostVault("/home/siti.rahma@example.com/vault is gone")
    for step in ("intake", "crosslife run"):
        assert not evidence.note_refusal(desk.home, error, step=step, at=AT)
    assert [entry.content for entry in of(desk, "denial")] == [{"step": "intake", "kind": "LostVault"}]
    assert "siti" not in "".join(entry.line.decode() for entry in evidence.read(desk.home))


def test_a_refusal_that_cannot_be_recorded_says_why_and_raises_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "no space")

    monkeypatch.setattr(os, "write", full)
    assert evidence.note_refusal(desk.home, LostVault("x"), step="intake", at=AT) == "LedgerUnwritable"


def test_keys_are_told_apart_that_are_made_within_a_second_and_a_master_that_comes_back(desk: Desk) -> None:
    record(desk)
    for _ in range(3):
        keys.keep_secret(desk.home, "midtrans_server_key", "abc")
        record(desk)
    assert sum(entry.of.startswith("secret/") and entry.of.endswith("made") for entry in of(desk, "key")) == 3
    first = settings.key_file(desk.home).read_text()
    keys.rotate(desk.home, "master")
    record(desk)
    keys.rotate(desk.home, "master", new_master_text=first)
    record(desk)
    masters = [entry.content["fingerprint"] for entry in of(desk, "key") if entry.content["id"] == "master"]
    assert len(masters) == 3
    assert masters[0] == masters[2] != masters[1]


def test_a_command_under_no_policy_and_what_an_editor_leaves_change_no_policy(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms = tmp_path / "data_contracts"
    shutil.copytree(settings.CONTRACTS_DIR, terms)
    monkeypatch.setattr(settings, "CONTRACTS_DIR", terms)
    record(desk, terms / "policy.yaml")
    for name in (".accounts.swp", ".x.yaml", "seen_red.json"):
        (terms / "inbound" / name).write_text("x")
    record(desk, terms / "policy.yaml")
    evidence.record(desk.home, keys.open_keyring(desk.home), policy=None, at=AT)
    assert len(of(desk, "policy")) == 1
    (terms / "inbound" / "more.yaml").write_text("x")
    record(desk, terms / "policy.yaml")
    assert len(of(desk, "policy")) == 2


def test_a_line_that_is_taken_out_of_the_log_of_openings_is_missed(desk: Desk) -> None:
    desk.land("courses", "c.jsonl", COURSES)
    desk.run()
    desk.subjects()
    record(desk)
    log = access_log.path(desk.home)
    whole = log.read_bytes()
    log.write_bytes(whole + b'{"later": 1}\n')
    assert evidence.look_with_keys(desk.home, keys.open_keyring(desk.home)).is_sound
    for damage in (whole.split(b"\n", 1)[1], b""):
        log.write_bytes(damage)
        for _ in range(2):
            (found,) = evidence.look_with_keys(desk.home, keys.open_keyring(desk.home)).findings
            assert "openings" in found.what
            # What is recorded next does not make it right.
            record(desk)


def test_a_release_says_up_to_where_it_was_made_of_what_is_recorded(desk: Desk) -> None:
    record(desk)
    count = len([*evidence.read(desk.home)])
    desk.home.release.mkdir(exist_ok=True)
    (desk.home.release / "release.json").write_text(json.dumps(RELEASE))
    assert record(desk) == 1
    assert of(desk, "release")[0].content["made_of_entries_up_to"] == count
    keys.keep_secret(desk.home, "midtrans_server_key", "abc")
    record(desk)
    assert len(of(desk, "release")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"edition": "x"}',
        json.dumps({**RELEASE, "edition": "siti@example.com"}),
        json.dumps({**RELEASE, "held_back": ["/home/siti"]}),
        json.dumps({**RELEASE, "held_back": ["x"] * 300_000}),
        json.dumps({**RELEASE, "edition": {"siti": 1}}),
    ],
)
def test_a_release_that_we_did_not_write_is_recorded_by_its_digest_alone(desk: Desk, text: str) -> None:
    desk.home.release.mkdir(exist_ok=True)
    (desk.home.release / "release.json").write_text(text)
    record(desk)
    (entry,) = of(desk, "release")
    assert entry.content.keys() == {"release_json_sha256", "made_of_entries_up_to"}
    assert evidence.look_with_keys(desk.home, keys.open_keyring(desk.home)).is_sound


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
