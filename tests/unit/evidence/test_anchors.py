from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pipelines import evidence, settings
from pipelines.evidence.anchors import keep
from pipelines.evidence.entries import read_head
from pipelines.evidence.ledger import Happening, open_ledger
from pipelines.evidence.places import entries_file, folder_of, head_file
from pipelines.identity import keys
from pipelines.identity.keyring import Keyring
from pipelines.notices import posting

AT = datetime(2026, 6, 30, 17, tzinfo=UTC)


@dataclass
class Server:
    """A web server that keeps what is posted and gives it back; `post` and `get` are the codes with which it answers."""

    url: str = ""
    kept: bytes = b""
    post: int = 201
    get: int = 200
    requests: list[str] = field(default_factory=list)


@contextmanager
def served() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            state.requests.append("post")
            state.kept += content if state.post < 300 else b""
            self.send_response(state.post)
            self.end_headers()

        def do_GET(self) -> None:
            state.requests.append("get")
            self.send_response(state.get)
            self.end_headers()
            self.wfile.write(state.kept)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_address[1]}/heads/rahasia-4471"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def home(tmp_path: Path) -> settings.Home:
    made = settings.Home(tmp_path / "home").prepare()
    keys.init(made)
    return made


def ring(home: settings.Home) -> Keyring:
    return keys.open_keyring(home)


def happen(home: settings.Home, name: str) -> None:
    with open_ledger(home, ring(home), at=AT) as ledger:
        ledger.append([Happening("batch", name, {})], at=AT)


def anchor(home: settings.Home) -> int | None:
    return evidence.anchor(home, ring(home), at=AT)


def give(home: settings.Home, address: object) -> None:
    keys.keep_secret(home, settings.ANCHOR_URL, str(address))


def cut(home: settings.Home, old: dict[str, bytes]) -> None:
    """Put back the ledger as it was, both files."""
    for name, content in old.items():
        (folder_of(home) / name).write_bytes(content)


def copied(home: settings.Home) -> dict[str, bytes]:
    return {name: (folder_of(home) / name).read_bytes() for name in ("entries.jsonl", "head.json")}


@pytest.mark.parametrize("form", ["path", "url"])
def test_an_old_copy_of_the_ledger_is_seen_by_the_file_outside(home: settings.Home, tmp_path: Path, form: str) -> None:
    place = tmp_path / "elsewhere.jsonl"
    give(home, place if form == "path" else place.as_uri())
    happen(home, "a")
    old = copied(home)
    happen(home, "b")
    assert anchor(home) == 3
    assert anchor(home) == 3
    assert len(place.read_bytes().splitlines()) == 1
    assert evidence.look_with_keys(home, ring(home)).anchored_entries == 3
    cut(home, old)
    found = evidence.look_with_keys(home, ring(home))
    assert [each.what for each in found.findings] == ["the anchor knows 3 entries, 2 are here: its end is missing"]


def test_an_old_copy_of_the_ledger_is_seen_by_the_server(home: settings.Home) -> None:
    with served() as server:
        give(home, server.url)
        happen(home, "a")
        old = copied(home)
        happen(home, "b")
        assert anchor(home) == 3
        assert evidence.look_with_keys(home, ring(home)).is_sound
        cut(home, old)
        assert not evidence.look_with_keys(home, ring(home)).is_sound


def test_a_ledger_without_key_and_files_is_missed_by_its_anchor(home: settings.Home, tmp_path: Path) -> None:
    give(home, tmp_path / "elsewhere.jsonl")
    happen(home, "a")
    anchor(home)
    ring(home).change(remove=["evidence/1"])
    entries_file(home).unlink()
    assert not evidence.look_with_keys(home, ring(home)).is_sound


def test_a_server_that_gives_nothing_back_is_still_given_every_head(home: settings.Home) -> None:
    with served() as server:
        server.get = 405
        give(home, server.url)
        happen(home, "a")
        assert anchor(home) == 2
        assert server.kept.count(b"\n") == 1
        with pytest.raises(evidence.AnchorUnusable, match="405") as refused:
            evidence.look_with_keys(home, ring(home))
        assert "rahasia" not in str(refused.value)


def test_a_server_that_takes_nothing_is_told_of_and_named_nowhere(home: settings.Home) -> None:
    with served() as server:
        server.post = 503
        give(home, server.url)
        happen(home, "a")
        with pytest.raises(evidence.AnchorUnusable, match="503") as refused:
            anchor(home)
        assert "rahasia" not in str(refused.value)
        assert server.requests.count("post") == 1


@pytest.mark.parametrize("address", ["beside.jsonl", "ftp://host/x", "file://relative"])
def test_an_address_that_is_no_place_is_refused(home: settings.Home, address: str) -> None:
    give(home, address)
    happen(home, "a")
    with pytest.raises(evidence.AnchorUnusable, match="absolute path"):
        anchor(home)


def test_a_head_of_another_chain_is_never_kept_beside_it(home: settings.Home, tmp_path: Path) -> None:
    place = tmp_path / "elsewhere.jsonl"
    give(home, place)
    happen(home, "a")
    old = copied(home)
    happen(home, "b")
    anchor(home)
    cut(home, old)
    happen(home, "c")
    before = place.read_bytes()
    with pytest.raises(evidence.AnchorDenies, match="the anchor knows another entry 3"):
        anchor(home)
    assert place.read_bytes() == before


def test_a_torn_line_of_the_anchor_counts_for_nothing_and_is_cut_off(
    home: settings.Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "elsewhere.jsonl"
    give(home, place)
    happen(home, "a")
    anchor(home)
    whole = place.read_bytes()
    place.write_bytes(whole + whole[:40])
    assert evidence.look_with_keys(home, ring(home)).is_sound
    happen(home, "b")
    write = os.write

    def full(descriptor: int, content: bytes) -> int:
        return write(descriptor, bytes(content)[:30])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(evidence.AnchorUnusable):
        keep(home, str(place), read_head(head_file(home).read_bytes()))
    monkeypatch.undo()
    assert place.read_bytes() == whole
    assert anchor(home) == 3
    assert place.read_bytes().count(b"\n") == 2
    assert evidence.look_with_keys(home, ring(home)).is_sound


def test_an_anchor_that_was_emptied_is_missed(home: settings.Home, tmp_path: Path) -> None:
    place = tmp_path / "elsewhere.jsonl"
    give(home, place)
    happen(home, "a")
    anchor(home)
    place.unlink()
    assert not evidence.look_with_keys(home, ring(home)).is_sound


@pytest.mark.parametrize("answer", [b"<html>log in</html>\n", b"x" * 2_000_000])
def test_what_is_no_list_of_heads_says_nothing_of_the_ledger(
    home: settings.Home, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    monkeypatch.setattr("pipelines.evidence.anchors._MOST_BYTES", 1_000_000)
    with served() as server:
        give(home, server.url)
        happen(home, "a")
        server.kept = answer
        with pytest.raises(evidence.AnchorUnusable, match="cannot be read"):
            evidence.look_with_keys(home, ring(home))


def test_a_server_that_drips_is_left(home: settings.Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.evidence.anchors._SECONDS", 0)
    with served() as server:
        give(home, server.url)
        happen(home, "a")
        server.kept = b"{}\n"
        asked, get = threading.Event(), posting.get_once
        monkeypatch.setattr(posting, "get_once", lambda *given, **named: asked.wait(5) and get(*given, **named))
        with pytest.raises(evidence.AnchorUnusable, match="too slow"):
            evidence.look_with_keys(home, ring(home))
        asked.set()


def test_an_anchor_inside_the_home_is_none(home: settings.Home) -> None:
    give(home, home.evidence / "anchor.jsonl")
    happen(home, "a")
    with pytest.raises(evidence.AnchorUnusable, match="inside the home"):
        anchor(home)


def test_a_file_that_cannot_be_written_is_told_of_without_its_name(home: settings.Home, tmp_path: Path) -> None:
    give(home, tmp_path / "rahasia" / "anchor.jsonl")
    happen(home, "a")
    with pytest.raises(evidence.AnchorUnusable) as refused:
        anchor(home)
    assert "rahasia" not in str(refused.value)


@pytest.mark.parametrize("address", ["http://[::1/x", "file:///tmp/a%00b"])
def test_an_address_that_cannot_be_read_is_refused_in_words(home: settings.Home, address: str) -> None:
    with pytest.raises(evidence.AnchorUnusable, match="absolute path"):
        evidence.refuse_unusable(home, address)


@pytest.mark.parametrize("content", [b'{"important":"thesis"}', b"thesis\n", None])
def test_a_file_of_somebody_else_is_no_anchor_and_stays_as_it_is(
    home: settings.Home, tmp_path: Path, content: bytes | None
) -> None:
    place = tmp_path / "thesis"
    place.mkdir() if content is None else place.write_bytes(content)
    if content != b'{"important":"thesis"}':
        with pytest.raises(evidence.AnchorUnusable, match=r"something else|cannot be read"):
            evidence.refuse_unusable(home, str(place))
    give(home, place)
    happen(home, "a")
    if content == b'{"important":"thesis"}':
        with pytest.raises(evidence.AnchorUnusable, match="no head"):
            anchor(home)
        assert place.read_bytes() == content
