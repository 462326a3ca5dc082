"""What a contract would have to say so that a drift is none any more, as a diff. Not here: finding drift (`drifts`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.contracts import proposals
from pipelines.contracts.models import InboundContract
from pipelines.contracts.proposals import NoProposal
from pipelines.intake.dialects import dialect_of
from pipelines.lake.drifts import Drift


@dataclass(frozen=True)
class Proposal:
    """What to do about a drift, in words; `is_open` while the contract does not provide for it."""

    drift: Drift
    words: str
    is_open: bool = True


@dataclass(frozen=True)
class Proposed:
    """The proposals for some drifts, and all changes of the contracts together as one unified diff."""

    proposals: tuple[Proposal, ...]
    diff: str


def propose(drifts: Iterable[Drift], contracts: Mapping[str, InboundContract], *, root: Path) -> Proposed:
    """Return what to change for each drift; paths of the diff are relative to `root`, the folder of the project."""
    before: dict[Path, str] = {}
    after: dict[Path, str] = {}
    listed = []
    for drift in drifts:
        contract = contracts.get(drift.source)
        if contract is None or not _is_open(drift, contract):
            listed.append(
                Proposal(
                    drift, "the contract provides for it; `crosslife quarantine replay` judges again", is_open=False
                )
            )
            continue
        text = after.setdefault(contract.file, before.setdefault(contract.file, contract.file.read_text("utf-8")))
        try:
            changed, words = _change(text, drift, contract)
        except NoProposal as nothing:
            listed.append(Proposal(drift, str(nothing)))
            continue
        after[contract.file] = changed
        listed.append(Proposal(drift, words))
    texts = [proposals.diff(before[file], after[file], file=_within(file, root)) for file in sorted(after)]
    return Proposed(tuple(listed), "".join(texts))


def _change(text: str, drift: Drift, contract: InboundContract) -> tuple[str, str]:
    """Return the contract's text that provides for a drift, and what it says. Raises NoProposal."""
    if drift.kind == "new_field":
        kind = drift.becomes
        changed = proposals.with_field(text, path=drift.name, kind=kind, category=contract.category)
        return changed, f"declare `{drift.name}`, dropped and restricted until somebody decides what it is"
    if drift.kind == "renamed_field":
        return proposals.with_alias(
            text, path=drift.name, alias=drift.becomes
        ), f"take `{drift.becomes}` for another name of `{drift.name}`"
    if drift.kind == "changed_type":
        return proposals.with_type(text, path=drift.name, kind=drift.becomes), f"read `{drift.name}` as {drift.becomes}"
    message = f"nothing: `{drift.name}` is optional. Ask the sender whether it was meant to go"
    raise NoProposal(message)


def _is_open(drift: Drift, contract: InboundContract) -> bool:
    fields = {field.path: field for field in contract.fields}
    names = {name for field in contract.fields for name in (field.path, *field.aliases)}
    if drift.kind == "new_field":
        return drift.name not in names
    if drift.kind == "renamed_field":
        return drift.becomes not in names
    if drift.kind == "changed_type":
        # What a dialect reads of a field, no type of the contract changes; what has members needs fields of its own.
        if drift.becomes == "object" or drift.name in dialect_of(contract).leaves:
            return drift.name in fields
        held = fields[drift.name].logical_type if drift.name in fields else ""
        return held != ("string" if drift.becomes == "label" else drift.becomes)
    return drift.name in fields


def _within(file: Path, root: Path) -> Path:
    return file.relative_to(root) if file.is_relative_to(root) else Path("data_contracts", *file.parts[-2:])
