"""Plants each fault of the clause matrix into a copy of this project and notes which tests turned red.

`make plant` (`python -m tests.planting [O1 O2 …]`): only faults without a note that still holds are planted, unless ids are
given. A note is taken only where the test is green without the fault and fails with it; a test that cannot be collected, or a
fault that does not fit, is no proof. Not part of the suite: it takes as long as its tests, twice.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from pipelines import settings
from pipelines.evidence import clauses
from pipelines.evidence.clauses import Fault

_LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".uv", "home", "__pycache__", "*_cache", "target", "logs")
_GREEN, _RED = 0, 1


def main(chosen: Iterable[str]) -> int:
    """Plant, print a line a fault, write the notes; return 1 where a test stayed green."""
    names = set(chosen)
    notes = dict(clauses.seen_red())
    known = {digest: day for digest, day in notes.items() if digest in _digests()}
    wanted = {
        fault: name
        for name, each in clauses.obligations().items()
        for fault in each.faults
        if name in names or (not names and clauses.digest_of(fault) not in known)
    }
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = _copied(Path(folder))
        greens = {test: _run(copy, test) == _GREEN for test in sorted({fault.test for fault in wanted})}
        for fault, name in wanted.items():
            outcome = _planted(copy, fault) if greens[fault.test] else "fails without the fault, too"
            click.echo(f"{name:<4} {outcome:<28} {fault.test}")
            digest = clauses.digest_of(fault)
            if outcome == "red" and digest:
                known[digest] = today
            else:
                known.pop(digest or "", None)
                failed += 1
            clauses.note_seen_red(known)
    return 1 if failed else 0


def _digests() -> set[str | None]:
    return {clauses.digest_of(fault) for each in clauses.obligations().values() for fault in each.faults}


def _copied(folder: Path) -> Path:
    copy = folder / "project"
    shutil.copytree(settings.PROJECT_ROOT, copy, ignore=_LEFT_OUT)
    shared = settings.PROJECT_ROOT.parent / "shared"
    if shared.exists():
        (folder / "shared").symlink_to(shared)
    return copy


def _planted(copy: Path, fault: Fault) -> str:
    file = copy / fault.file
    text = file.read_text(encoding="utf-8")
    if text.count(fault.old) != 1:
        return "does not fit the code"
    file.write_text(text.replace(fault.old, fault.new), encoding="utf-8")
    try:
        code = _run(copy, fault.test)
    finally:
        file.write_text(text, encoding="utf-8")
    return {_GREEN: "STAYS GREEN", _RED: "red"}.get(code, f"cannot be run ({code})")


def _run(copy: Path, test: str) -> int:
    command = [sys.executable, "-m", "pytest", "-x", "-n", "0", "-p", "no:cacheprovider", test]
    environment: Mapping[str, str] = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, check=False)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
