"""The evidence ledger: any change of it is seen, a kill at any point loses nothing that counted, writers do not cross."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial, update_wrapper
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipelines import evidence, settings
from pipelines.evidence.entries import NOTHING_BEFORE, Entry, Head, head_of, read_entry
from pipelines.evidence.ledger import Happening, open_ledger
from pipelines.evidence.places import entries_file, head_file
from pipelines.identity import keys

AT = datetime(2026, 6, 30, 17, tzinfo=UTC)
# All 10,000 take half a minute.
TAMPERINGS = int(os.environ.get("CROSSLIFE_TAMPERINGS", "1000"))
_KINDS = ("batch", "release", "policy", "person", "key")


@dataclass(frozen=True)
class Chain:
    """What verifying gets to see; `old` are the heads that stood before, which anybody can have copied."""

    lines: tuple[bytes, ...]
    head: bytes
    anchored: tuple[bytes, ...] | None
    old: tuple[bytes, ...]


def _signed(key: Ed25519PrivateKey, contents: list[dict]) -> tuple[list[bytes], list[Head]]:
    lines, heads, size, digest = [], [], 0, NOTHING_BEFORE
    for number, content in enumerate(contents, start=1):
        kind = _KINDS[number % len(_KINDS)]
        made = Entry(number, digest, AT.isoformat(), kind, f"{kind}/{number}", content).signed(key)
        lines.append(made.line)
        size, digest = size + len(made.line), made.digest
        heads.append(head_of(number, size, digest, key=key))
    return lines, heads


@pytest.fixture(scope="module")
def owner() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="module")
def chain(owner: Ed25519PrivateKey) -> Chain:
    lines, heads = _signed(owner, [{"rows_in": 7 * number, "source": "web_events"} for number in range(1, 11)])
    anchored = tuple(heads[number].line for number in (3, 6, 9))
    return Chain(tuple(lines), heads[-1].line, anchored, tuple(head.line for head in heads[:-1]))


def _is_sound(chain: Chain, owner: Ed25519PrivateKey) -> bool:
    # As a file is read: what bears no line's end runs into the next line.
    lines = b"".join(chain.lines).splitlines(keepends=True)
    verdict = evidence.verify(lines, chain.head, key=owner.public_key(), anchored=chain.anchored)
    return verdict.is_sound and not verdict.unfinished_bytes


def _with(lines: tuple[bytes, ...], at: int, new: bytes) -> tuple[bytes, ...]:
    return (*lines[:at], new, *lines[at + 1 :])


def _rechained(lines: list[bytes], first: int, key: Ed25519PrivateKey | None) -> list[bytes]:
    """Let each line from `first` on bear number and digest that fit again, and the signature of a key that is not the owner's."""
    for at in range(first, len(lines)):
        entry = read_entry(lines[at])
        before = read_entry(lines[at - 1]).digest if at else NOTHING_BEFORE
        made = replace(entry, number=at + 1, previous=before)
        lines[at] = (made.signed(key) if key else made).line
    return lines


def _bytes_flipped(chain: Chain, draw: random.Random) -> Chain:
    at = draw.randrange(len(chain.lines))
    line = bytearray(chain.lines[at])
    line[draw.randrange(len(line))] ^= 1 << draw.randrange(8)
    return replace(chain, lines=_with(chain.lines, at, bytes(line)))


def _rewritten(chain: Chain, draw: random.Random) -> Chain:
    """The same content in other bytes: order, blanks, case."""
    at = draw.randrange(len(chain.lines))
    found = json.loads(chain.lines[at])
    other = draw.choice(
        [
            lambda: json.dumps(found, sort_keys=True).encode() + b"\n",
            lambda: json.dumps(dict(reversed(found.items())), separators=(",", ":")).encode() + b"\n",
            lambda: chain.lines[at].upper(),
            lambda: b" " + chain.lines[at],
            lambda: chain.lines[at].replace(b'"number":', b'"number":1,"number":', 1),
        ]
    )
    return replace(chain, lines=_with(chain.lines, at, other()))


def _field_changed(chain: Chain, draw: random.Random) -> Chain:
    """One field of an entry, in canonical form, its signature kept; the chain behind it made to fit, or not."""
    lines = list(chain.lines)
    at = draw.randrange(len(lines))
    entry = read_entry(lines[at])
    changes = {
        "number": entry.number + draw.choice([1, 10]),
        "previous": f"{draw.getrandbits(256):064x}",
        "recorded_at": f"2031-01-{draw.randrange(10, 28)}T00:00:00.000+00:00",
        "kind": draw.choice([kind for kind in evidence.KINDS if kind != entry.kind]),
        "of": f"batch/{draw.getrandbits(32)}",
        "content": {**entry.content, "rows_in": draw.randrange(1_000, 10_000)},
        "signature": f"{draw.getrandbits(512):0128x}",
    }
    name = draw.choice(sorted(changes))
    lines[at] = replace(entry, **{name: changes[name]}).line
    return replace(chain, lines=tuple(_rechained(lines, at + 1, None) if draw.random() < 0.5 else lines))


def _dropped(chain: Chain, draw: random.Random) -> Chain:
    lines = list(chain.lines)
    first = draw.randrange(len(lines) - 1)
    del lines[first : first + draw.randrange(1, len(lines) - first)]
    return replace(chain, lines=tuple(_rechained(lines, first, None) if draw.random() < 0.5 else lines))


def _reordered(chain: Chain, draw: random.Random) -> Chain:
    lines = list(chain.lines)
    one, other = draw.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]
    return replace(chain, lines=tuple(_rechained(lines, min(one, other), None) if draw.random() < 0.5 else lines))


def _doubled(chain: Chain, draw: random.Random) -> Chain:
    lines = list(chain.lines)
    lines.insert(draw.randrange(len(lines) + 1), draw.choice(lines))
    return replace(chain, lines=tuple(lines))


def _truncated(chain: Chain, draw: random.Random) -> Chain:
    whole = b"".join(chain.lines)
    left = whole[: draw.randrange(len(whole))]
    return replace(chain, lines=tuple(left.splitlines(keepends=True)))


def _put_back(chain: Chain, draw: random.Random) -> Chain:
    """Old copies of both files, as genuine as they were: nothing but the anchor knows better."""
    entries = draw.randrange(1, len(chain.lines))
    return replace(chain, lines=chain.lines[:entries], head=chain.old[entries - 1])


def _forged(chain: Chain, draw: random.Random) -> Chain:
    """One more entry, another end, or all of it, by somebody with another key; head and anchor forged with it, or not."""
    key, lines = Ed25519PrivateKey.generate(), list(chain.lines)
    first = draw.choice([0, draw.randrange(len(lines)), len(lines)])
    more = Entry(len(lines) + 1, read_entry(lines[-1]).digest, AT.isoformat(), "release", "release/x", {}).signed(key)
    lines = _rechained([*lines, more.line] if draw.random() < 0.5 or first == len(lines) else lines, first, key)
    size = sum(map(len, lines))
    head = head_of(len(lines), size, read_entry(lines[-1]).digest, key=key).line
    anchored = (*chain.anchored, head) if draw.random() < 0.3 else chain.anchored
    return replace(chain, lines=tuple(lines), head=head if draw.random() < 0.7 else chain.head, anchored=anchored)


def _another_head(chain: Chain, draw: random.Random) -> Chain:
    found = json.loads(chain.head)
    name = draw.choice(["entries", "size", "digest", "signature", "gone", "more"])
    if name == "gone":
        return replace(chain, head=b"")
    if name == "more":
        return replace(chain, head=chain.head + b" ")
    found[name] = found[name] + 1 if isinstance(found[name], int) else f"{draw.getrandbits(256):064x}"
    return replace(chain, head=json.dumps(found, sort_keys=True, separators=(",", ":")).encode() + b"\n")


def _rewritten_by_the_owner(chain: Chain, draw: random.Random, *, key: Ed25519PrivateKey) -> Chain:
    """All that comes after some entry written anew, by somebody who holds the home's own key."""
    first = draw.randrange(9)
    contents = [dict(read_entry(line).content) for line in chain.lines]
    contents[first]["rows_in"] = draw.randrange(1_000, 10_000)
    lines, heads = _signed(key, contents)
    return replace(chain, lines=tuple(lines), head=heads[-1].line)


def _another_anchor(chain: Chain, draw: random.Random) -> Chain:
    at = draw.randrange(len(chain.anchored))
    found = json.loads(chain.anchored[at])
    found[draw.choice(["entries", "size"])] += draw.randrange(1, 9)
    line = json.dumps(found, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    return replace(chain, anchored=_with(chain.anchored, at, line))


def _emptied_anchor(chain: Chain, _draw: random.Random) -> Chain:
    return replace(chain, anchored=())


TAMPERS: tuple[Callable[[Chain, random.Random], Chain], ...] = (
    _bytes_flipped,
    _rewritten,
    _field_changed,
    _dropped,
    _reordered,
    _doubled,
    _truncated,
    _put_back,
    _forged,
    _another_head,
    _another_anchor,
    _emptied_anchor,
)


def test_the_chain_as_it_was_written_is_sound(chain: Chain, owner: Ed25519PrivateKey) -> None:
    assert _is_sound(chain, owner)
    assert _is_sound(replace(chain, anchored=None), owner)


def test_every_random_change_is_seen(chain: Chain, owner: Ed25519PrivateKey) -> None:
    draw = random.Random(20260630)
    tampers = (*TAMPERS, update_wrapper(partial(_rewritten_by_the_owner, key=owner), _rewritten_by_the_owner))
    unseen = []
    for number in range(TAMPERINGS):
        tamper = tampers[number % len(tampers)]
        changed = tamper(chain, draw)
        if changed != chain and _is_sound(changed, owner):
            unseen.append((number, tamper.__name__))
    assert unseen == []


def test_what_nobody_anchored_can_be_taken_back_to_an_old_copy(chain: Chain, owner: Ed25519PrivateKey) -> None:
    # Why an anchor is needed, and how far it reaches: said by `crosslife evidence verify`, too.
    old = replace(chain, lines=chain.lines[:9], head=chain.old[8], anchored=chain.anchored[:2])
    assert _is_sound(old, owner)
    assert not _is_sound(replace(old, anchored=chain.anchored), owner)


@pytest.fixture
def home(tmp_path: Path) -> settings.Home:
    made = settings.Home(tmp_path / "home").prepare()
    keys.init(made)
    return made


def _append(home: settings.Home, *names: str) -> None:
    with open_ledger(home, keys.open_keyring(home), at=AT) as ledger:
        ledger.append([Happening("batch", name, {"rows_in": 1}) for name in names], at=AT)


def _verdict(home: settings.Home) -> evidence.Verdict:
    return evidence.look_with_keys(home, keys.open_keyring(home))


def _names(home: settings.Home) -> list[str]:
    return [entry.of for entry in evidence.read(home) if entry.kind == "batch"]


_CALLS = (
    (os, "write"),
    (os, "fsync"),
    (os, "ftruncate"),
    (os, "open"),
    (os, "replace"),
    (os, "rename"),
    (Path, "replace"),
)


def _dying_at(call: int, home: settings.Home) -> None:
    """Die, as by a power cut, before the n-th call that touches the disk; of a write a part is done."""
    left = [call]

    def dying(original: Callable) -> Callable:
        def called(*args, **kwargs):
            left[0] -= 1
            if left[0] == 0:
                if original is os_write:
                    os_write(args[0], bytes(args[1])[: left_of(args[1])])
                os._exit(9)
            return original(*args, **kwargs)

        return called

    def left_of(content: bytes) -> int:
        # One whole line, and some of the next.
        return 2 * len(content) // 3

    os_write = os.write
    for owner, name in _CALLS:
        setattr(owner, name, dying(getattr(owner, name)))
    _append(home, "a", "b")
    os._exit(0)


def _killed(home: settings.Home) -> Iterator[int]:
    """Yield the exit codes of processes that append and die, one call later each time, until one lives."""
    for call in range(1, 200):
        process = multiprocessing.get_context("fork").Process(target=_dying_at, args=(call, home))
        process.start()
        process.join()
        assert process.exitcode in (0, 9)
        yield process.exitcode
        if process.exitcode == 0:
            return


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
@pytest.mark.parametrize("has_begun", [False, True])
def test_killed_anywhere_what_counted_is_there_and_the_next_writer_goes_on(
    home: settings.Home, has_begun: bool
) -> None:
    if has_begun:
        _append(home, "first")
    deaths = 0
    for code in _killed(home):
        deaths += code == 9
        counted = _names(home) if _verdict(home).is_sound or not has_begun else None
        assert counted is not None, "a kill looks like a change"
        _append(home, f"after {deaths}")
        assert _verdict(home).is_sound
        assert _verdict(home).unfinished_bytes == 0
        assert _names(home) == [*counted, f"after {deaths}"]
    assert deaths >= 8


def test_a_chain_that_was_changed_takes_no_more_entries(home: settings.Home) -> None:
    _append(home, "a", "b", "c")
    whole = entries_file(home).read_bytes()
    last = [*evidence.read(home)][-1]
    forged = Entry(last.number + 1, last.digest, AT.isoformat(), "batch", "x", {}).signed(Ed25519PrivateKey.generate())
    of_one_length = [whole.replace(b'"rows_in":1', b'"rows_in":7', 1), b"7".join(whole.rsplit(b"1", 1))]
    other = [whole[:-10], whole + b'{"x":1}\n', whole + forged.line, b"", whole + b"x" * 1_500_000]
    for damage in (*of_one_length, *other):
        entries_file(home).write_bytes(damage)
        with pytest.raises(evidence.LedgerBroken, match="evidence verify"):
            _append(home, "d")
        assert entries_file(home).read_bytes() == damage
    entries_file(home).write_bytes(whole)
    head = head_file(home).read_bytes()
    head_file(home).unlink()
    with pytest.raises(evidence.LedgerBroken):
        _append(home, "d")
    head_file(home).write_bytes(head)
    head_file(home).chmod(0o600)
    _append(home, "d")
    assert _names(home) == ["a", "b", "c", "d"]
    assert _verdict(home).is_sound


def test_a_ledger_that_is_gone_is_missed(home: settings.Home) -> None:
    _append(home, "a")
    entries_file(home).unlink()
    head_file(home).unlink()
    assert not _verdict(home).is_sound
    with pytest.raises(evidence.LedgerBroken):
        _append(home, "b")


def _writing(home: settings.Home, name: str, count: int) -> None:
    for number in range(count):
        _append(home, f"{name}/{number}")
    os._exit(0)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_writers_at_once_lose_nothing(home: settings.Home) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_writing, args=(home, name, 15)) for name in "abcd"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(_names(home)) == sorted(f"{name}/{number}" for name in "abcd" for number in range(15))
    assert _verdict(home).is_sound


def test_a_full_disk_leaves_nothing_half_written(home: settings.Home, monkeypatch: pytest.MonkeyPatch) -> None:
    _append(home, "a")
    before, write = entries_file(home).read_bytes(), os.write

    def full(descriptor: int, content: bytes) -> int:
        if len(content) < 100:
            raise OSError(28, "no space")
        return write(descriptor, bytes(content)[: len(content) - 50])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(evidence.LedgerUnwritable, match="space"):
        _append(home, "b")
    monkeypatch.undo()
    assert entries_file(home).read_bytes() == before
    _append(home, "c")
    assert _names(home) == ["a", "c"]


def test_nothing_is_begun_over_a_chain_though_the_keyring_says_that_there_was_none(home: settings.Home) -> None:
    _append(home, "a")
    whole, ring = entries_file(home).read_bytes(), keys.open_keyring(home)
    ring.change(states={"evidence/1": "planned"})
    with pytest.raises(evidence.LedgerBroken, match="a chain already"):
        _append(home, "b")
    ring.change(remove=["evidence/1"])
    with pytest.raises(evidence.LedgerBroken, match="no key that began it"):
        _append(home, "b")
    assert entries_file(home).read_bytes() == whole
