"""What is wrong with an entry of the clause matrix, in words; nothing where it is sound.

Whether an obligation is covered is for `pipelines.evidence.clauses` to say; planting its faults is `tests.planting`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from pipelines import settings
from pipelines.evidence import KINDS, clauses
from pipelines.evidence.clauses import Fault, Obligation
from pipelines.evidence.latest import kind_of

_FILE_OF_A_HOME = re.compile(r"[a-z_]+(/[a-z_]+)+\.[a-z]+")
_POLICY = "data_contracts/policy.yaml"


def unknown_rules(obligation: Obligation) -> Iterator[str]:
    """Yield rules whose file is not there, or that their file does not hold; of the policy its newest version counts."""
    for rule in obligation.rules:
        name, _, path = rule.partition("#")
        file = settings.PROJECT_ROOT / name
        if not name.startswith("data_contracts/") or not file.exists():
            yield f"{rule}: there is no such file of data_contracts"
        elif path and not _is_held(_content(name), path.split(".")):
            yield f"{rule}: the file does not hold it"


def unknown_modules(obligation: Obligation) -> Iterator[str]:
    """Yield modules that are not there; looked for as files, since some import slowly."""
    for name in obligation.code:
        place = settings.PROJECT_ROOT.joinpath(*name.split("."))
        if not place.with_suffix(".py").exists() and not (place / "__init__.py").exists():
            yield f"{name}: there is no such module"


def unknown_evidence(obligation: Obligation) -> Iterator[str]:
    """Yield evidence that is neither a kind of entry nor a file of a home."""
    for name in obligation.evidence:
        if kind_of(name) not in KINDS and not _FILE_OF_A_HOME.fullmatch(name):
            yield f"{name}: neither a kind of entry of the evidence ledger nor a file of a home"


def unfit_faults(obligation: Obligation) -> Iterator[str]:
    """Yield faults that change nothing, that fit the code no more, or whose test is gone."""
    for fault in obligation.faults:
        if fault.old == fault.new:
            yield f"{_shown(fault)}: changes nothing"
        elif clauses.digest_of(fault) is None:
            yield f"{_shown(fault)}: its test is gone, or its text does not stand once in the file"


def faults_not_seen_red(obligation: Obligation) -> Iterator[str]:
    """Yield faults of which no note says that their test, as it is today, turned red."""
    seen = clauses.seen_red()
    for fault in obligation.faults:
        if clauses.digest_of(fault) not in seen:
            yield f"{_shown(fault)}: not seen red as it is today; run make plant"


def silences(obligation: Obligation) -> Iterator[str]:
    """Yield what an entry keeps to itself: what is missing where nothing is proven, and all else where nothing is missing."""
    if not obligation.faults and not obligation.missing:
        yield "says neither what proves it nor what is missing"
    if obligation.faults and not (obligation.rules and obligation.code and obligation.evidence):
        yield "is kept in part, and does not say by which rule, by which code and where that is recorded"


def _shown(fault: Fault) -> str:
    return f"the fault in {fault.file} for {fault.test}"


def _content(name: str) -> Any:
    found = yaml.safe_load((settings.PROJECT_ROOT / name).read_text(encoding="utf-8"))
    return found["versions"][-1] if name == _POLICY else found


def _is_held(content: Any, path: list[str]) -> bool:
    for part in path:
        if not isinstance(content, dict) or part not in content:
            return False
        content = content[part]
    return True
