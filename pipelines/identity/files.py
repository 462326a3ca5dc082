"""Private files: written whole or not at all, readable by the owner only, and locks between processes.

What stands in the files does not belong here.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.identity.errors import LooseKeyFile, VaultBusy

PRIVATE = 0o600


def write_private(path: Path, *, content: bytes) -> None:
    """Replace the file atomically and durably, mode 0600."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.tmp")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    put_in_place(beside, path=path)


def put_in_place(beside: Path, *, path: Path) -> None:
    """Rename `beside` to `path` so that content and name survive a power cut."""
    _sync(beside)
    beside.replace(path)
    _sync(path.parent)


def read_private(path: Path) -> bytes:
    """Return the content; raise LooseKeyFile when group or others have any right on the file."""
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        message = f"{path} has mode {mode:04o}, others could read it: run `chmod 600 {path}`"
        raise LooseKeyFile(message)
    return path.read_bytes()


@contextmanager
def locked(path: Path, *, is_patient: bool = False) -> Iterator[None]:
    """Hold the lock file; when it is taken, wait if patient, else raise VaultBusy."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if is_patient else fcntl.LOCK_NB))
        except BlockingIOError as taken:
            message = f"{path.parent} is in use by another run: wait until it has ended, then try again"
            raise VaultBusy(message) from taken
        yield
    finally:
        os.close(descriptor)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
