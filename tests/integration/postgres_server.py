"""A real PostgreSQL server of one test session on loopback, and the platform's tables in a database of one test."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

REQUIRED = "CROSSLIFE_REQUIRE_POSTGRES"
PASSWORD = "sandi-rahasia-uji-7319"
_SECONDS = 60

TABLES = """
create table accounts (
    user_id text primary key, email text not null, name text, phone text, birth_date text, city text, country text,
    registered_at timestamptz not null, last_login_at timestamptz, updated_at timestamptz, deleted boolean,
    password_hash text);
create table courses (
    course_id text primary key, title text, category text, price_idr numeric, published_at timestamptz);
create table course_progress (
    event_id text primary key, user_id text not null, course_id text not null, cohort text, enrolment_id text,
    module_id text, event_type text not null, occurred_at timestamptz, progress_percent numeric, score double precision,
    max_score numeric, attempt integer);
create index on accounts (updated_at);
create index on course_progress (occurred_at);
insert into courses values ('web-1', 'Situs pertama', 'web', 250000, null);
"""


@dataclass(frozen=True)
class Server:
    """A running server; `url` names one of its databases."""

    port: int

    def url(self, database: str, *, user: str = "platform", password: str = PASSWORD) -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"


def binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[4]))
    on_path = shutil.which("postgres")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@contextmanager
def running() -> Iterator[Server]:
    """Start a server that forgets everything; skips where there is none, unless it is required."""
    where = binaries()
    if where is None:
        message = "no PostgreSQL server is installed (Debian: apt-get install postgresql)"
        if os.environ.get(REQUIRED) == "1":
            pytest.fail(f"{message}, and {REQUIRED}=1 asks for it")
        pytest.skip(message)
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        with _started(where, folder) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _started(where: Path, folder: Path) -> Iterator[Server]:
    as_user = _unprivileged()
    if as_user:
        shutil.chown(folder, as_user["user"], as_user["group"])
    secret = folder / "password"
    secret.write_text(PASSWORD)
    if as_user:
        shutil.chown(secret, as_user["user"], as_user["group"])
    data = folder / "data"
    make = [where / "initdb", "-D", data, "-U", "platform", "--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync"]
    made = subprocess.run([*make, "-E", "UTF8", "--locale=C"], capture_output=True, text=True, cwd=folder, **as_user)
    assert made.returncode == 0, made.stderr
    server = Server(_free_port())
    options = ["-c", "fsync=off", "-c", "shared_buffers=32MB", "-c", "max_connections=30", "-k", str(folder)]
    command = [where / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(server.port), *options]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **as_user)
    try:
        _wait_for(server, process, log=folder / "log")
        yield server
    finally:
        process.terminate()
        try:
            process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_for(server: Server, process: subprocess.Popen[bytes], *, log: Path) -> None:
    deadline = time.monotonic() + _SECONDS
    while True:
        try:
            psycopg.connect(server.url("postgres")).close()
        except psycopg.OperationalError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        else:
            return


def _unprivileged() -> dict:
    """The server refuses to be root."""
    if os.geteuid() != 0:
        return {}
    names = {each.pw_name: each for each in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    return {"user": user.pw_name, "group": user.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
