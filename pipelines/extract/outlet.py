"""Rows become files of the landing zone: gzipped JSON lines, complete once they bear their name. Not here: which rows.

Gzip, because its header bears the file's name: rows that are again as they were in an earlier file must not be taken for
that file, whose content intake has read.
"""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from pipelines.lake.placing import sync_folder
from pipelines.settings import Home

FILE_BYTES = 64 << 20
_FASTEST = 1


class Outlet:
    """The files of one read of one source, `file_bytes` of rows each (and at most one batch more)."""

    def __init__(self, home: Home, source: str, *, as_of: datetime, file_bytes: int = FILE_BYTES) -> None:
        self._folder = home.landing / source
        self._source = source
        self._as_of = f"{as_of.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        self._file_bytes = file_bytes
        self._part: Path | None = None
        self._raw: BinaryIO | None = None
        self._stream: gzip.GzipFile | None = None
        self._bytes = 0
        self.run = 0
        self.files = 0

    def last_run(self) -> int:
        """Return the number of the latest read whose files still lie in landing."""
        pattern = re.compile(rf"{re.escape(self._source)}-(\d{{8,}})-\d{{8}}T\d{{6}}Z-\d+\.jsonl\.gz")
        names = (pattern.fullmatch(path.name) for path in self._folder.glob("*.jsonl.gz"))
        return max((int(found[1]) for found in names if found), default=0)

    def sweep(self) -> None:
        """Remove what a dead read left unfinished: it is raw, and nobody would ever read it."""
        pattern = re.compile(rf"{re.escape(self._source)}-\d{{8,}}-\d{{8}}T\d{{6}}Z-\d+\.jsonl\.gz\.part")
        for path in self._folder.glob("*.part"):
            if pattern.fullmatch(path.name):
                path.unlink()

    @property
    def is_full(self) -> bool:
        """Say whether the file has its size."""
        return self._bytes >= self._file_bytes

    def write(self, rows: Sequence[bytes]) -> None:
        """Write rows, each one line; the first opens a file."""
        if not rows:
            return
        stream = self._stream or self._open()
        lines = b"\n".join(rows) + b"\n"
        stream.write(lines)
        self._bytes += len(lines)

    def put(self) -> None:
        """Sync the file and give it its name, by which it is complete; without rows nothing is there to put."""
        if self._stream is None or self._raw is None or self._part is None:
            return
        self._stream.close()
        self._raw.flush()
        os.fsync(self._raw.fileno())
        self._raw.close()
        self._part.rename(self._part.with_suffix(""))
        sync_folder(self._folder)
        self._stream, self._raw, self._part, self._bytes = None, None, None, 0
        self.files += 1

    def discard(self) -> None:
        """Remove the file that is not complete."""
        if self._raw is not None and self._part is not None:
            self._raw.close()
            self._part.unlink()
            self._stream, self._raw, self._part, self._bytes = None, None, None, 0

    def _open(self) -> gzip.GzipFile:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{self._source}-{self.run:08d}-{self._as_of}-{self.files + 1:05d}.jsonl.gz"
        self._part = self._folder / f"{name}.part"
        descriptor = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._raw = os.fdopen(descriptor, "wb")
        self._stream = gzip.GzipFile(name, "wb", compresslevel=_FASTEST, fileobj=self._raw, mtime=0)
        return self._stream
