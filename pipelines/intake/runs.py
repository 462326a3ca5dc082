"""One run of intake over everything that has landed. Here: which sources, in which order. Not here: one source's batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import duckdb

from pipelines.contracts import Contracts
from pipelines.contracts.models import InboundContract
from pipelines.identity.keyring import Keyring
from pipelines.intake import files
from pipelines.intake.batches import Intake
from pipelines.intake.chunks import Progress
from pipelines.intake.reports import BatchReport
from pipelines.lake import open_manifest
from pipelines.settings import Home


class IntakeFailure(RuntimeError):
    """A source could not be taken in; what had landed of it is untouched."""


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
    progress: Progress = lambda _source, _rows: None,
) -> tuple[BatchReport, ...]:
    """Take in all that has landed and is settled, each source as one batch; return what each did.

    Sources that others refer to come first, so that the order of files does not matter. The caller holds the writer lock.
    Raises BalanceError or IntakeFailure (nothing of that source's batch is kept), LakeDamaged, IdentityProblem, OSError.
    """
    with open_manifest(home) as manifest:
        manifest.recover()
        manifest.check_stored()
        intake = Intake(home, ring, contracts, manifest, as_of=as_of, progress=progress)
        wanted = [name for name in _in_order(contracts) if sources is None or name in sources]
        reports = [_take_in(intake, contracts.inbound[name]) for name in wanted]
    return tuple(report for report in reports if report is not None)


def _take_in(intake: Intake, contract: InboundContract) -> BatchReport | None:
    try:
        return intake.take_in(contract)
    except duckdb.Error as error:
        # Its message may quote a row: the kind of error says enough, the landed files still lie there.
        kind = type(error).__name__
        raise IntakeFailure(f"{contract.name}: the engine gave up ({kind}); nothing of this batch was kept") from None


def _in_order(contracts: Contracts) -> list[str]:
    """Return the sources, each after those it refers to."""
    ordered: list[str] = []

    def visit(name: str) -> None:
        contract = contracts.inbound[name]
        needed = {
            *(reference.source for reference in contract.references),
            *(source for source, _ in contract.shown_ids),
            *((contract.consent.ledger,) if contract.consent and contract.consent.ledger else ()),
        }
        for source in sorted(needed - {name}):
            if source not in ordered:
                visit(source)
        if name not in ordered:
            ordered.append(name)

    for name in sorted(contracts.inbound):
        visit(name)
    return ordered
