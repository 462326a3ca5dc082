from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipelines.evidence.entries import LONGEST_LINE, NOTHING_BEFORE, Entry, NotCanonical, head_of, read_entry, read_head
from pipelines.evidence.verifying import verify

AT = datetime(2026, 6, 30, 17, tzinfo=UTC).isoformat()
KEY = Ed25519PrivateKey.generate()


def entry(number: int, previous: str, **changes: object) -> Entry:
    facts = {"recorded_at": AT, "kind": "batch", "of": f"b{number}", "content": {"rows_in": 3}, **changes}
    return Entry(number, previous, **facts).signed(KEY)


def whole(*entries: Entry) -> tuple[list[bytes], bytes]:
    lines = [each.line for each in entries]
    return lines, head_of(len(lines), sum(map(len, lines)), entries[-1].digest, key=KEY).line


def found(lines: list[bytes], head: bytes | None, *anchored: bytes) -> list[tuple[int | None, str]]:
    verdict = verify(lines, head, key=KEY.public_key(), anchored=anchored or None)
    return [(each.number, each.what) for each in verdict.findings]


FIRST = entry(1, NOTHING_BEFORE)
SECOND = entry(2, FIRST.digest)


def test_an_entry_that_does_not_follow_is_named_though_its_signature_is_right() -> None:
    assert found(*whole(FIRST, entry(2, NOTHING_BEFORE))) == [(2, "does not follow the entry before it")]


def test_a_wrong_number_is_named_though_its_signature_is_right() -> None:
    assert found(*whole(FIRST, entry(7, FIRST.digest))) == [(2, "bears the number 7")]


def test_an_anchor_without_a_head_of_ours_is_named() -> None:
    lines, head = whole(FIRST, SECOND)
    verdict = verify(lines, head, key=KEY.public_key(), anchored=[])
    assert [each.what for each in verdict.findings if "holds no head of this chain" in each.what]
    assert verify(lines, head, key=KEY.public_key(), anchored=None).is_sound


def test_a_chain_of_another_key_is_named_once() -> None:
    lines, head = whole(FIRST, SECOND)
    verdict = verify(lines, head, key=Ed25519PrivateKey.generate().public_key())
    assert [each.what for each in verdict.findings] == [
        "all 2 entries are signed by another key than the one given",
        "the head is signed by another key",
    ]


def test_a_line_without_an_end_is_not_read_to_it() -> None:
    lines, head = whole(FIRST)
    verdict = verify([*lines, b"x" * LONGEST_LINE], head, key=KEY.public_key())
    assert [(each.number, each.what) for each in verdict.findings] == [(2, "is longer than any entry that we write")]


def test_a_signature_of_another_key_is_named() -> None:
    forged = Entry(2, FIRST.digest, AT, "batch", "b2", {}).signed(Ed25519PrivateKey.generate())
    assert found(*whole(FIRST, forged)) == [(2, "is not signed by the key of this home")]


def test_a_line_that_is_no_entry_is_named() -> None:
    lines, head = whole(FIRST, SECOND)
    assert (2, "was changed: it is not as it was written") in found([lines[0], b"[]\n"], head)


def test_a_missing_head_is_named() -> None:
    assert found(whole(FIRST)[0], None) == [(None, "the head is gone or cannot be read")]


def test_an_anchored_head_of_another_key_is_named_though_it_fits() -> None:
    lines, head = whole(FIRST, SECOND)
    forged = head_of(1, len(lines[0]), FIRST.digest, key=Ed25519PrivateKey.generate()).line
    assert (None, "the anchor holds 1 heads that another key signed: it serves one home alone") in found(
        lines, head, forged
    )


def test_an_anchor_that_knows_more_or_others_is_believed() -> None:
    lines, head = whole(FIRST, SECOND)
    longer = head_of(3, 900, "a" * 64, key=KEY).line
    assert found(lines, head, longer) == [(None, "the anchor knows 3 entries, 2 are here: its end is missing")]
    other = head_of(1, len(lines[0]), "a" * 64, key=KEY).line
    assert found(lines, head, other) == [(1, "is not the entry that the anchor knows")]


def test_entries_that_the_head_does_not_know_yet_count_and_a_torn_line_does_not() -> None:
    lines, head = whole(FIRST)
    verdict = verify([*lines, SECOND.line, b'{"torn'], head, key=KEY.public_key())
    assert verdict.is_sound
    assert (verdict.entries, verdict.unfinished_bytes, verdict.anchored_entries) == (2, 6, None)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"{}\n",
        b"[" * 100_000,
        b'{"number":1e999}\n',
        FIRST.line[:-1],
        b" " + FIRST.line,
        FIRST.line.replace(b'"kind":"batch"', b'"kind":"story"'),
        FIRST.line.replace(b'"number":1', b'"number":true'),
        FIRST.line.replace(b'"number":1', b'"number":1,"number":1'),
        FIRST.line.replace(b'"rows_in":3', b'"rows_in":NaN'),
    ],
    # The lines themselves bear random signatures.
    ids=("nothing", "empty", "no fields", "deep", "infinite", "no end", "blank", "kind", "type", "twice", "no number"),
)
def test_what_we_would_not_have_written_is_no_entry_and_no_head(line: bytes) -> None:
    with pytest.raises(NotCanonical):
        read_entry(line)
    with pytest.raises(NotCanonical):
        read_head(line)
