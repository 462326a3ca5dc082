"""Processes that are killed before their n-th call that touches the disk, as by a power cut.

One process reads all modules, and a copy of it is made for each that is to die: cheap enough for many deaths. What it does
until then is the nightly drops of retention, with what is recorded of them before and after. Not here: what must be true then.
"""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines import backup, contracts, engine, evidence, lake, retention, settings
from pipelines.identity import keys

# A process that is killed loses nothing that it wrote: whether it was synced makes no difference to what is left.
_CALLS = ("replace", "rename", "link", "unlink", "rmdir", "open", "write", "ftruncate", "chmod")
_STATEMENT = re.compile(r"\s*(copy|commit|checkpoint|attach|detach|insert into (?:fresh|vault))\b", re.IGNORECASE)


@dataclass(frozen=True)
class Died:
    """What became of a process: whether it was killed, and every call of it that touched the disk, the last one undone."""

    is_killed: bool
    calls: list[str]


class Server:
    """Lets processes live and die, one at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def live(self, home: settings.Home, *, as_of: datetime, until: int = 0, after_seconds: float = 0) -> Died:
        """Let the drops of a day be done in a process that dies before its call number `until`, or after so many seconds.

        With neither, it ends as it should; raises RuntimeError where it fails of itself.
        """
        log = home.root.with_name(f"{home.root.name}.calls")
        assert self._process.stdin
        assert self._process.stdout
        print(home.root, as_of.isoformat(), until, after_seconds, log, sep="\t", file=self._process.stdin, flush=True)
        code = int(self._process.stdout.readline())
        if code not in (0, -signal.SIGKILL):
            raise RuntimeError(f"the process ended with {code}")
        return Died(code != 0, log.read_text().splitlines())


@contextmanager
def server() -> Iterator[Server]:
    """Start the process that is copied, and end it."""
    command = [sys.executable, "-m", "tests.dying"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CROSSLIFE_", "DAGSTER_"))}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, cwd=settings.PROJECT_ROOT, env=environment, **pipes) as process:
        try:
            yield Server(process)
        finally:
            assert process.stdin
            process.stdin.close()


def _serve() -> None:
    # Once for all: DuckDB verifies its extension's signature at the first connection of a process.
    engine.connect().close()
    terms = contracts.load(settings.CONTRACTS_DIR)
    for line in sys.stdin:
        root, as_of, until, after_seconds, log = line.rstrip("\n").split("\t")
        child = os.fork()
        if child == 0:
            code = 1
            try:
                _count_calls(int(until), log)
                if float(after_seconds):
                    _die_after(float(after_seconds))
                _live(settings.Home(Path(root)), terms, as_of=datetime.fromisoformat(as_of))
                code = 0
            except BaseException:  # noqa: BLE001 - told, and then it ends
                traceback.print_exc()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 - what the server says


def _live(home: settings.Home, terms: contracts.Contracts, *, as_of: datetime) -> None:
    ring = keys.open_keyring(home)
    with lake.writer_lock(home):
        evidence.record(home, ring, policy=None, at=as_of)
        try:
            retention.apply(home, ring, terms, as_of=as_of)
        finally:
            with lake.open_manifest(home) as manifest:
                told = {"/".join(name): day.isoformat() for name, day in manifest.horizons().all().items() if name[0]}
            backup.note_drops(home, told)
        evidence.record(home, ring, policy=None, at=as_of)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _die_after(seconds: float) -> None:
    # Of itself the signal of a timer ends a process at once, wherever it is, too; but whoever waits could not tell why.
    killer = threading.Timer(seconds, _die)
    killer.daemon = True
    killer.start()


def _count_calls(until: int, log: str) -> None:
    """Die before the call number `until`; each call is noted."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    write, count = os.write, 0

    def touch(name: str) -> None:
        nonlocal count
        count += 1
        write(descriptor, f"{name}\n".encode())
        if count == until:
            _die()

    def counted(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any, **options: Any) -> Any:
            if name != "open" or arguments[1] & (os.O_WRONLY | os.O_RDWR):
                touch(name)
            return original(*arguments, **options)

        return called

    for name in _CALLS:
        setattr(os, name, counted(name, getattr(os, name)))
    execute = duckdb.DuckDBPyConnection.execute

    def executed(self: Any, query: Any, *arguments: Any, **options: Any) -> Any:
        if found := _STATEMENT.match(str(query)):
            touch(f"duckdb {found[1].lower()}")
        return execute(self, query, *arguments, **options)

    setattr(duckdb.DuckDBPyConnection, "execute", executed)  # noqa: B010 - no method to its type checker

    class Counted(sqlite3.Connection):
        def __exit__(self, *raised: Any) -> Any:
            touch("sqlite commit")
            return super().__exit__(*raised)

    connect = sqlite3.connect
    setattr(sqlite3, "connect", lambda *arguments: connect(*arguments, factory=Counted))  # noqa: B010


if __name__ == "__main__":
    _serve()
