"""One writer at a time. Here: the lock of a home. Not here: what is written under it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.settings import Home

_PAUSE_SECONDS = 0.2


class AnotherWriter(RuntimeError):
    """Another process writes to this home."""

    def __init__(self, holder: str) -> None:
        super().__init__(
            f"another run is writing to this home (process {holder}); wait for it, or stop it, and try again"
        )
        self.holder = holder


@contextmanager
def writer_lock(home: Home, *, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the home's writer lock; the operating system frees it if the process dies.

    Raises AnotherWriter, naming the holder's process id, when it is not free within `wait_seconds`.
    """
    home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    with home.lock_file.open("a+", encoding="utf-8") as handle:
        _acquire(handle.fileno(), deadline=time.monotonic() + wait_seconds, holder=lambda: _holder(handle.name))
        handle.seek(0)
        handle.truncate()
        handle.write(str(os.getpid()))
        handle.flush()
        try:
            yield
        finally:
            fcntl.flock(handle.fileno(), fcntl.LOCK_UN)


def _acquire(descriptor: int, *, deadline: float, holder: Callable[[], str]) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise AnotherWriter(holder()) from None
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _holder(name: str) -> str:
    return Path(name).read_text(encoding="utf-8").strip() or "unknown"
