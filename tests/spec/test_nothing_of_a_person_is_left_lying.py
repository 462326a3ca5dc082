"""What sending leaves behind: whoever searches everything that was written or said finds nobody, but on lists for upload by hand.

Everything: the home with Dagster's storage, runs that failed and ticks that were skipped; what the commands printed and every
library logged; the addresses that were asked for at the recipient, whose answers quote what they were sent.
"""

from __future__ import annotations

import base64
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.audiences.books import KEY
from pipelines.cli import main
from pipelines.identity import keys
from tests.canary import Finding, Zones, search
from tests.nights import AGREED, REFUSED, SILENT, Nights, email, nights, phone, user
from tests.outside.meta_api import TOKEN, Fault
from tests.recipient import sha256

pytestmark = pytest.mark.slow
LISTS = "lists"
EVERYBODY = (*AGREED, *REFUSED, *SILENT)


@dataclass
class Witness:
    """A home that is sent from, and everything that was said meanwhile."""

    home: Nights
    said: Path
    capture: pytest.CaptureFixture[str]
    log: pytest.LogCaptureFixture

    def crosslife(self, *words: str) -> int:
        """Do what a command does; keep what it printed, and whatever hangs on its error."""
        done = CliRunner().invoke(main, [*words, "--home", str(self.home.desk.home.root)])
        self._keep("command", f"{done.output}\n{done.exception!r}")
        return done.exit_code

    def found(self) -> list[Finding]:
        """Search the home as somebody with every key but the vault's, and what was said."""
        self._keep("printed", "".join(self.capture.readouterr()))
        # A record's arguments are what a handler could show, whatever the message shows today.
        records = [f"{each.name} {each.getMessage()} {each.args!r} {each.exc_text}" for each in self.log.records]
        self._keep("logged", "\n".join(records))
        self._keep("asked for", "\n".join(self.home.api.log))
        ring = keys.open_keyring(self.home.desk.home)
        opened = {"warehouse": ring.warehouse_key(), KEY: ring.key(KEY)}
        zones = Zones(sealed=frozenset({"vault", "quarantine"}), skipped=frozenset({"landing"}))
        stands = search(
            self.home.desk.home.root, traces(), parquet_keys=ring.parquet_keys(), duckdb_keys=opened, allow=zones
        )
        return [*stands, *search(self.said, traces())]

    def _keep(self, what: str, text: str) -> None:
        with (self.said / f"{what}.txt").open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")


def traces() -> list[tuple[str, str]]:
    """What leads to anybody: what they stated, what is sent of it in every spelling of a hash, and the key to the account."""
    stated = [
        each
        for number in EVERYBODY
        for each in (("user_id", user(number)), ("email", email(number)), ("phone", phone(number)))
    ]
    contacts = [text for n in EVERYBODY for text in (email(n).lower(), normal(phone(n)), f"+{normal(phone(n))}")]
    hashes = [("hash", sha256(each)) for each in contacts]
    packed = [("hash", base64.b64encode(bytes.fromhex(digest)).decode().rstrip("=")) for _, digest in hashes]
    return [*stated, *hashes, *packed, ("token", TOKEN)]


def normal(written: str) -> str:
    return f"62{written[1:].replace('-', '')}"


@pytest.fixture
def witness(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Witness]:
    said = tmp_path / "said"
    said.mkdir()
    with nights(tmp_path / "home", monkeypatch) as home, caplog.at_level(logging.DEBUG):
        for name in ("urllib3", "dagster", "pipelines", "facebook_business"):
            logging.getLogger(name).setLevel(logging.DEBUG)
        home.schedules()
        yield Witness(home, said, capfd, caplog)


def test_nobody_is_found_in_anything_that_sending_leaves_but_on_lists(witness: Witness) -> None:
    home, lists = witness.home, str(witness.home.desk.home.root / LISTS)
    # A night that Meta refuses in the middle, with an answer that quotes the request: a session is left open.
    home.api.faults = [None, None, Fault(code=200)]
    home.goes_on(days=1)
    home.schedules()
    assert home.ended() == [("audiences", "FAILURE")]
    assert list((home.desk.home.audiences / "sessions").iterdir())
    assert witness.found() == []
    assert witness.crosslife("audience", "sync") == 0
    assert {len(each.members) for each in home.api.audiences.values()} == {len(AGREED)}

    # A withdrawal: its request quoted and refused, carried out by the command, and by Dagster once more.
    home.says_no(7)
    home.api.faults = [Fault(code=100)]
    assert witness.crosslife("audience", "withdraw", "--debug") == 1
    assert witness.crosslife("audience", "withdraw") == 0
    home.says_no(8)
    home.goes_on(minutes=6)
    home.looks()
    home.runs()
    home.goes_on(minutes=6)
    home.looks()
    assert home.ended()[1:] == [("withdrawals", "SUCCESS")]
    home.goes_on(days=1)
    home.schedules()
    assert home.ended()[2:] == [("audiences", "SUCCESS")]
    assert {len(each.members) for each in home.api.audiences.values()} == {len(AGREED) - 2}
    assert witness.found() == []

    # Lists for upload by hand are made of hashes; they lead to people, and are the one thing that does.
    assert witness.crosslife("audience", "build", "inactive_learners", "--to", lists) == 0
    home.says_no(9)
    assert witness.crosslife("audience", "withdraw", "--to", lists) == 0
    found = witness.found()
    assert {each.file.partition("/")[0] for each in found} == {LISTS}
    assert {(each.kind, each.form) for each in found} <= {
        ("email", "sha256 hex"),
        ("phone", "sha256 hex"),
        ("hash", "plain"),
    }
    assert len({each.canary for each in found if each.kind == "email"}) == len(AGREED) - 2


def test_the_same_search_finds_what_is_put_where_it_must_not_be(witness: Witness) -> None:
    assert witness.crosslife("audience", "list") == 0
    kinds = sorted({kind for kind, _ in traces()})
    for kind in kinds:
        planted = next(value for name, value in traces() if name == kind)
        sys.stdout.write(f"{planted}\n")
        logging.getLogger("urllib3").debug("sent %s", planted)
        (witness.home.desk.home.dagster / f"{kind}.log").write_text(planted.upper())
        witness.home.api.log.append(f"GET /v1.0/{planted}")
    found = {(each.kind, each.file) for each in witness.found()}
    said = ("printed.txt", "logged.txt", "asked for.txt")
    assert found >= {(kind, file) for kind in kinds for file in (f"dagster/{kind}.log", *said)}
