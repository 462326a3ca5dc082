"""A quarter of a million people through intake, vault, consent and Meta's own client over HTTP, by a process that is killed."""

from __future__ import annotations

import hashlib
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines import audiences, settings
from tests.desk import COURSES, Desk, make_desk, noon
from tests.outside.meta_api import ACCOUNT, TOKEN, MetaApi, Row, meta_api

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("quarter_million")]

AGREED, REFUSED, WITHDRAWN, SILENT = (
    range(250_000),
    range(250_000, 254_000),
    range(254_000, 257_000),
    range(257_000, 259_000),
)
LEAVING = 1_000
SEGMENT, BATCHES = "inactive_learners", 25
AT, LATER = noon("2026-06-30"), noon("2026-07-01")
MOST_BYTES = 3 << 30


@dataclass(frozen=True)
class Ended:
    """How a process of the command line ended, how long it took and how much of that it worked, and the most memory it held."""

    code: int
    seconds: float
    worked_seconds: float
    most_bytes: int


def email(number: int) -> str:
    return f"orang{number}@contoh.example"


def phone(number: int) -> str:
    return f"0812{number:08d}"


def land(desk: Desk) -> None:
    """Accounts, a course begun and left off by all of them, and what those said who said something."""
    everybody = range(SILENT.stop)
    changed = '"registered_at": "2026-05-01T09:00:00+07:00", "updated_at": "2026-05-01T09:00:00+07:00"'
    began = '"course_id": "web-1", "event_type": "enrolled", "occurred_at": "2026-05-20T09:00:00+07:00"'
    desk.land("courses", "c.jsonl", COURSES)
    desk.land(
        "accounts",
        "a.jsonl",
        (f'{{"user_id": "learner-{n}", "email": "{email(n)}", "phone": "{phone(n)}", {changed}}}' for n in everybody),
    )
    desk.land(
        "course_progress",
        "p.jsonl",
        (f'{{"event_id": "e{n}", "user_id": "learner-{n}", {began}}}' for n in everybody),
    )
    says(desk, "yes.jsonl", [*AGREED, *WITHDRAWN], is_yes=True, at="2026-05-21T09:00:00+07:00")
    says(desk, "no.jsonl", [*REFUSED, *WITHDRAWN], is_yes=False, at="2026-05-22T09:00:00+07:00")


def says(desk: Desk, file: str, numbers: Iterable[int], *, is_yes: bool, at: str) -> None:
    told = (
        f'"purpose": "ads_retargeting", "granted": {str(is_yes).lower()}, "occurred_at": "{at}", "policy_version": "1"'
    )
    desk.land(
        "consents",
        file,
        (
            f'{{"event_id": "{file}-{n}", "user_id": "learner-{n}", {told}, "source": "settings", "evidence": "{file} {n}"}}'
            for n in numbers
        ),
    )


def rows(numbers: Iterable[int]) -> set[Row]:
    """What Meta has to hold of these people, by its own words: SHA-256 of the address and of the digits with their country."""
    told = ((email(n), f"62{phone(n)[1:]}") for n in numbers)
    return {tuple(hashlib.sha256(text.encode()).hexdigest() for text in each) for each in told}


def crosslife(
    desk: Desk, api: MetaApi, *words: str, as_of: str, is_to_die: Callable[[], bool] = lambda: False
) -> Ended:
    """Run a command in a process of its own, and kill it once it is to die."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CROSSLIFE_", "DAGSTER_"))}
    account = {
        settings.secret_variable(settings.META_TOKEN): TOKEN,
        "CROSSLIFE_META_ACCOUNT": ACCOUNT,
        "CROSSLIFE_META_ENDPOINT": api.url,
    }
    command = [
        sys.executable,
        "-m",
        "pipelines.cli",
        "audience",
        *words,
        "--home",
        str(desk.home.root),
        "--as-of",
        as_of,
    ]
    began, most_bytes = time.monotonic(), 0
    process = subprocess.Popen(command, cwd=settings.PROJECT_ROOT, env={**environment, **account})
    ended, status, used = os.wait4(process.pid, os.WNOHANG)
    while not ended:
        if is_to_die():
            # Popen's own `kill` would look whether it has ended, and take its figures.
            os.kill(process.pid, signal.SIGKILL)
        most_bytes = max(most_bytes, held_bytes(process.pid))
        time.sleep(0.005)
        ended, status, used = os.wait4(process.pid, os.WNOHANG)
    process.returncode = os.waitstatus_to_exitcode(status)
    worked = used.ru_utime + used.ru_stime
    return Ended(process.returncode, time.monotonic() - began, worked, most_bytes)


def held_bytes(pid: int) -> int:
    """The most memory that a process has held so far; what `wait4` says of it counts what its parent held."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) << 10 if found else 0


@pytest.mark.parametrize("seed", [4471])
def test_whoever_consents_and_nobody_else_stands_at_meta_though_the_process_was_killed(tmp_path: Path, seed: int):
    chance = random.Random(seed)
    desk = make_desk(tmp_path / "home")
    land(desk)
    began = time.monotonic()
    desk.run(as_of=AT)
    figures = [f"intake {time.monotonic() - began:.0f} s"]
    with meta_api() as api:
        api.now = AT
        dies_after, waits_seconds = chance.randrange(2, BATCHES - 1), chance.uniform(0, 0.3)

        def is_to_die() -> bool:
            is_time = sum("usersreplace" in line for line in api.log[:]) >= dies_after
            if is_time:
                time.sleep(waits_seconds)
            return is_time

        killed = crosslife(desk, api, "sync", SEGMENT, as_of=AT.isoformat(), is_to_die=is_to_die)
        (audience,) = api.audiences.values()
        assert (killed.code, audience.members) == (-9, set())
        (upload,) = audience.uploads.values()
        assert 0 < upload.received < len(AGREED)
        requests = api.requests

        resumed = crosslife(desk, api, "sync", SEGMENT, as_of=AT.isoformat())
        assert resumed.code == 0
        assert audience.members == rows(AGREED)
        # The same session, from where it was broken off.
        assert len(audience.uploads) == 1
        assert api.requests - requests <= BATCHES - dies_after + 3

        leaving = set(chance.sample(AGREED, LEAVING))
        says(desk, "leaving.jsonl", sorted(leaving), is_yes=False, at="2026-07-01T08:00:00+07:00")
        began = time.monotonic()
        desk.run(as_of=LATER)
        figures.append(f"intake of withdrawals {time.monotonic() - began:.0f} s")
        api.now = LATER
        withdrawn = crosslife(desk, api, "withdraw", as_of=LATER.isoformat())
        assert withdrawn.code == 0
        assert audience.members == rows(set(AGREED) - leaving)
        again = crosslife(desk, api, "sync", SEGMENT, as_of=LATER.isoformat())
        assert again.code == 0
        assert audience.members == rows(set(AGREED) - leaving)
        api.nothing_unknown()
    told = audiences.withdrawals(desk.home, desk.ring, at=LATER)
    assert told.select("reason", "state", "withdrawals").rows() == [("withdrawn", "confirmed", LEAVING)]
    processes = {"killed": killed, "resumed": resumed, "withdrawn": withdrawn, "again": again}
    figures += [f"{name} {each.seconds:.0f} s ({each.worked_seconds:.0f} s)" for name, each in processes.items()]
    most_bytes = max(each.most_bytes for each in processes.values())
    # What it is run for, with -s.
    print(*figures, f"{most_bytes >> 20:,} MiB", sep=", ")  # noqa: T201
    assert most_bytes < MOST_BYTES
