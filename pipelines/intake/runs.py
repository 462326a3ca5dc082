"""One run of intake over everything that has landed. Here: which sources, in which order. Not here: one source's batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

import duckdb

from pipelines.contracts import Contracts
from pipelines.contracts.models import InboundContract
from pipelines.identity.errors import MissingSecret
from pipelines.identity.keyring import Keyring
from pipelines.intake import files
from pipelines.intake.batches import Intake
from pipelines.intake.chunks import Progress
from pipelines.intake.quarantine import Selection
from pipelines.intake.reasons import is_matched
from pipelines.intake.reports import BatchReport
from pipelines.lake import Manifest, open_manifest
from pipelines.settings import Home


class IntakeFailure(RuntimeError):
    """A source could not be taken in; what had landed of it is untouched."""


class SourcesWait(RuntimeError):
    """Sources were left out because a secret is not there: what has landed of them is untouched, and read once it is.

    `reports` are those of all the others, which were taken in; `problems` say by source what is missing.
    """

    def __init__(self, problems: Mapping[str, str], *, reports: Sequence[BatchReport]) -> None:
        super().__init__(_told(problems))
        self.problems = dict(problems)
        self.reports = tuple(reports)


def _told(problems: Mapping[str, str]) -> str:
    """Return what is missing, and that nothing is lost by it."""
    listed = "; ".join(f"{source}: {problem}" for source, problem in sorted(problems.items()))
    return f"{listed}. Its files wait in landing; everything else was taken in"


def pending(home: Home, contracts: Contracts) -> bool:
    """Say whether a run would find anything to do: unread files, or work that a dead process left behind."""
    if not home.manifest_file.exists():
        return any(next(files.settled_files(home, source), None) for source in contracts.inbound)
    with open_manifest(home) as manifest:
        return manifest.has_unfinished() or any(
            manifest.is_due(source) or files.unread_files(home, source, manifest) for source in contracts.inbound
        )


def run(
    home: Home,
    ring: Keyring,
    contracts: Contracts,
    *,
    as_of: datetime,
    sources: Sequence[str] | None = None,
    expiry_is_right: bool = False,
    progress: Progress = lambda _source, _rows: None,
) -> tuple[BatchReport, ...]:
    """Take in all that has landed and is settled, each source as one batch; return what each did.

    Sources that others refer to come first, so that the order of files does not matter. The caller holds the writer lock.
    With `expiry_is_right` somebody has looked at clock and windows, and what they let expire is refused whatever it is.
    Raises BalanceError, ExpiryInDoubt or IntakeFailure (nothing of that source's batch is kept, later ones wait), LakeDamaged,
    IdentityProblem, OSError; and, after all that could be taken in, SourcesWait.
    """
    opened = _opened(home, ring, contracts, as_of=as_of, progress=progress, expiry_is_right=expiry_is_right)
    with opened as (intake, _):
        wanted = ((name, None) for name in _in_order(contracts) if sources is None or name in sources)
        return _take_in_each(intake, contracts, wanted)


def replay(
    home: Home,
    ring: Keyring,
    contracts: Contracts,
    chosen: Selection,
    *,
    as_of: datetime,
    progress: Progress = lambda _source, _rows: None,
) -> tuple[BatchReport, ...]:
    """Judge the chosen quarantined rows again under these contracts, as if each came for the first time when it did.

    What had landed meanwhile waits. Rows of other sources that are cured by it are taken in too. The caller holds the
    writer lock. Raises what `run` raises.
    """
    with _opened(home, ring, contracts, as_of=as_of, progress=progress) as (intake, manifest):
        return _take_in_each(intake, contracts, _chosen_or_due(contracts, manifest, chosen))


def _chosen_or_due(
    contracts: Contracts, manifest: Manifest, chosen: Selection
) -> Iterator[tuple[str, Selection | None]]:
    """Yield the sources to judge again. Asked one by one: what one brings can make a later one due."""
    for name in _in_order(contracts):
        if chosen.source in (None, name):
            yield name, chosen
        elif manifest.is_due(name):
            yield name, Selection(source="")


@contextmanager
def _opened(
    home: Home,
    ring: Keyring,
    contracts: Contracts,
    *,
    as_of: datetime,
    progress: Progress,
    expiry_is_right: bool = False,
) -> Iterator[tuple[Intake, Manifest]]:
    """Complete what a dead process had begun, check that the lake is whole, and be ready to take in."""
    with open_manifest(home) as manifest:
        manifest.recover()
        manifest.stored().check()
        intake = Intake(
            home, ring, contracts, manifest, as_of=as_of, progress=progress, expiry_is_right=expiry_is_right
        )
        yield intake, manifest


def _take_in_each(
    intake: Intake, contracts: Contracts, wanted: Iterable[tuple[str, Selection | None]]
) -> tuple[BatchReport, ...]:
    reports: list[BatchReport] = []
    problems: dict[str, str] = {}
    for name, chosen in wanted:
        try:
            report = _take_in(intake, contracts.inbound[name], chosen=chosen)
        except MissingSecret as error:
            problems[name] = str(error)
        else:
            reports += [report] if report else []
    if problems:
        raise SourcesWait(problems, reports=reports)
    return tuple(reports)


def _take_in(intake: Intake, contract: InboundContract, *, chosen: Selection | None = None) -> BatchReport | None:
    try:
        return intake.take_in(contract, chosen=chosen)
    except duckdb.Error as error:
        # Its message may quote a row: the kind of error says enough, the landed files still lie there.
        kind = type(error).__name__
        raise IntakeFailure(f"{contract.name}: the engine gave up ({kind}); nothing of this batch was kept") from None


def _making_known(contracts: Contracts) -> list[str]:
    """Return the sources that make subjects known by what others name by its hash."""
    others = [each for each in contracts.inbound.values() if not any(is_matched(field) for field in each.fields)]
    return [each.name for each in others if each.makes_subjects]


def _in_order(contracts: Contracts) -> list[str]:
    """Return the sources, each after those it refers to."""
    ordered: list[str] = []

    def visit(name: str) -> None:
        contract = contracts.inbound[name]
        needed = {
            *(reference.source for reference in contract.references),
            *(source for source, _ in contract.shown_ids),
            *((contract.consent.ledger,) if contract.consent and contract.consent.ledger else ()),
            *(_making_known(contracts) if any(is_matched(field) for field in contract.fields) else ()),
        }
        for source in sorted(needed - {name}):
            if source not in ordered:
                visit(source)
        if name not in ordered:
            ordered.append(name)

    for name in sorted(contracts.inbound):
        visit(name)
    return ordered
