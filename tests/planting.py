"""Plants each fault of the clause matrix into a copy of this project and notes which tests turned red.

`make plant` (`python -m tests.planting [O1 O2 …]`): only faults without a note that still holds are planted, unless ids are
given. A note is taken only where the test runs and is green without the fault and fails with it; a test that is skipped,
cannot be collected or set up, or a fault that does not fit, is no proof. By what a test failed is printed: whoever plants
looks whether it is the broken promise. Not part of the suite: it takes as long as its tests, twice.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from pipelines import settings
from pipelines.evidence import clauses
from pipelines.evidence.clauses import Fault

_LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".uv", "home", "__pycache__", "*_cache", "target", "logs")
_GREEN, _RED = 0, 1
_STANDS, _BROKEN, _SKIPPED = "STAYS GREEN", "red", "is skipped"
_WIDTH = "320"  # of the line that says by what a test failed


def main(chosen: Iterable[str]) -> int:
    """Plant, print two lines a fault, write the notes; return 1 where a test stayed green."""
    names, current, today = set(chosen), _digests(), f"{datetime.now(UTC):%Y-%m-%d}"
    known = {digest: day for digest, day in clauses.seen_red().items() if digest in current}
    wanted = {
        fault: name
        for name, each in clauses.obligations().items()
        for fault in each.faults
        if name in names or (not names and clauses.digest_of(fault) not in known)
    }
    # Of what is copied now: a test that is written otherwise meanwhile is planted against again.
    digests = {fault: clauses.digest_of(fault) for fault in wanted}
    failed = 0
    for fault, outcome, why in _outcomes(tuple(wanted)):
        click.echo(f"{wanted[fault]:<4} {outcome:<28} {fault.test}\n     {fault.file}: {why}")
        digest = digests[fault]
        if outcome == _BROKEN and digest:
            known[digest] = today
        else:
            known.pop(digest or "", None)
            failed += 1
        clauses.note_seen_red(known)
    return 1 if failed else 0


def judged(code: int, said: str) -> tuple[str, str]:
    """Return the outcome that pytest's exit code and summary tell: only a test that began and failed is red."""
    if code == _GREEN:
        counts = re.findall(r"(\d+) (\w+)", said.strip().rpartition("\n")[2])
        # A case that does not run proves nothing, before the fault or under it.
        return _STANDS if {word for _, word in counts} <= {"passed", "warning", "warnings"} and counts else _SKIPPED, ""
    failed = [line for line in said.splitlines() if line.startswith("FAILED ")]
    if code != _RED or not failed:
        return f"cannot be run ({code})", ""
    return _BROKEN, failed[0].partition(" - ")[2]


def _outcomes(faults: Sequence[Fault]) -> Iterator[tuple[Fault, str, str]]:
    """Yield each fault with what became of its test, and by what it failed."""
    with tempfile.TemporaryDirectory() as folder:
        copy = _copied(Path(folder))
        before = {test: judged(*_run(copy, test)) for test in sorted({fault.test for fault in faults})}
        for fault in faults:
            outcome, why = before[fault.test]
            if outcome == _STANDS:
                yield fault, *_planted(copy, fault)
            else:
                yield fault, outcome if outcome == _SKIPPED else "fails without the fault, too", why or outcome


def _digests() -> set[str | None]:
    return {clauses.digest_of(fault) for each in clauses.obligations().values() for fault in each.faults}


def _copied(folder: Path) -> Path:
    copy = folder / "project"
    shutil.copytree(settings.PROJECT_ROOT, copy, ignore=_LEFT_OUT)
    shared = settings.PROJECT_ROOT.parent / "shared"
    if shared.exists():
        (folder / "shared").symlink_to(shared)
    return copy


def _planted(copy: Path, fault: Fault) -> tuple[str, str]:
    """Return what became of the test under a fault, and by what it failed."""
    file = copy / fault.file
    text = file.read_text(encoding="utf-8")
    if text.count(fault.old) != 1:
        return "does not fit the code", ""
    file.write_text(text.replace(fault.old, fault.new), encoding="utf-8")
    try:
        code, said = _run(copy, fault.test)
    finally:
        file.write_text(text, encoding="utf-8")
    return judged(code, said)


def _run(copy: Path, test: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-x", "-n", "0", "-p", "no:cacheprovider", "--tb=no", "-rf", test]
    environment: Mapping[str, str] = {
        **os.environ,
        "PYTHONPATH": str(copy),
        "PYTHONDONTWRITEBYTECODE": "1",
        "COLUMNS": _WIDTH,
    }
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
