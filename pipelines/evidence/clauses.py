"""The clause matrix: for each obligation of the policy its rule, its code, its tests, and the latest evidence of a home.

An obligation is covered by a test alone that was seen to fail: for each there is a fault that was planted into the code, and
a note that its test turned red then. The note holds as long as fault and test are those of that day. What the product does
not do yet is said, and shown. Planting itself (a task of developers) does not belong here.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import yaml
from pydantic import Field as Setting

from pipelines import settings
from pipelines.contracts.strict import Frozen, Strict

OBLIGATIONS_FILE = settings.CONTRACTS_DIR / "obligations.yaml"
SEEN_RED_FILE = settings.CONTRACTS_DIR / "seen_red.json"
Status: TypeAlias = Literal["covered", "in part", "not covered"]


class Fault(Strict):
    """A fault to plant: `old` stands once in the file and becomes `new`; then the test has to fail.

    A test is `tests/…/test_x.py::test_name`, without its parameters: it fails as soon as one of its cases does.
    """

    file: str
    old: str
    new: str
    test: str


class Obligation(Strict):
    """What must hold, and what keeps it.

    `rules` are places of `data_contracts/` (folder, file, or file#name.name; of the policy without its version), `code` are
    modules, `evidence` are kinds of entries of the evidence ledger or files of a home. `missing` says what is not built.
    """

    clause: str
    holds: str
    rules: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    missing: str = ""
    faults: tuple[Fault, ...] = ()


class Obligations(Strict):
    """Every obligation by its id."""

    obligations: Annotated[Mapping[str, Obligation], Frozen] = Setting(min_length=1)


@dataclass(frozen=True)
class Clause:
    """One line of the matrix; `proven` are the tests that were seen red, `unproven` those whose note is missing or old."""

    id: str
    obligation: Obligation
    proven: tuple[str, ...]
    unproven: tuple[str, ...]

    @property
    def status(self) -> Status:
        """Whether the obligation is kept, as far as a test says that was seen red."""
        if not self.proven:
            return "not covered"
        return "in part" if self.obligation.missing or self.unproven else "covered"


def matrix() -> tuple[Clause, ...]:
    """Return every obligation with its status, in the order of their ids."""
    seen = seen_red()
    return tuple(_clause(name, each, seen) for name, each in obligations().items())


@cache
def obligations() -> Mapping[str, Obligation]:
    """Return the obligations as their file has them."""
    text = OBLIGATIONS_FILE.read_text(encoding="utf-8")
    return Obligations.model_validate(yaml.safe_load(text)).obligations


def digest_of(fault: Fault) -> str | None:
    """Return the digest of a fault and of its test, None where the test is gone or the fault fits the code no more.

    Of its test the whole module counts, and every conftest.py on the way to it: a mark, a constant or a fixture can empty it.
    """
    file = settings.PROJECT_ROOT / fault.file
    body = _test(fault.test)
    if body is None or not file.exists() or file.read_text(encoding="utf-8").count(fault.old) != 1:
        return None
    return hashlib.sha256(f"{fault.model_dump_json()}\n{body}".encode()).hexdigest()


def seen_red() -> Mapping[str, str]:
    """Return the days on which faults turned their tests red, by the digests of fault and test."""
    if not SEEN_RED_FILE.exists():
        return {}
    found: Mapping[str, str] = json.loads(SEEN_RED_FILE.read_bytes())
    return found


def note_seen_red(notes: Mapping[str, str]) -> None:
    """Write these days in the place of all that were known."""
    SEEN_RED_FILE.write_text(json.dumps(dict(notes), indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _clause(name: str, obligation: Obligation, seen: Mapping[str, str]) -> Clause:
    by_test: dict[str, bool] = {}
    for fault in obligation.faults:
        by_test[fault.test] = by_test.get(fault.test, True) and digest_of(fault) in seen
    return Clause(
        name,
        obligation,
        proven=tuple(test for test, is_proven in by_test.items() if is_proven),
        unproven=tuple(test for test, is_proven in by_test.items() if not is_proven),
    )


def _test(test: str) -> str | None:
    """Return the text of a test's module, and of what pytest reads before it; None where the test is not there."""
    place, _, name = test.partition("::")
    file = settings.PROJECT_ROOT / place
    return _with_conftests(file) if name in _functions(file) else None


@cache
def _functions(file: Path) -> frozenset[str]:
    if not file.exists():
        return frozenset()
    body = ast.parse(file.read_text(encoding="utf-8")).body
    return frozenset(node.name for node in body if isinstance(node, ast.FunctionDef))


@cache
def _with_conftests(file: Path) -> str:
    root = settings.PROJECT_ROOT
    around = [folder / "conftest.py" for folder in file.parents if folder == root or root in folder.parents]
    return "\n".join(f"{each.relative_to(root)}\n{each.read_text()}" for each in (file, *around) if each.exists())
