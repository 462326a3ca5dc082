"""What happens, brought into the evidence ledger: before anything is published, at the end of each run, and at each refusal.

Not here: what an entry says (evidence), or the asset that Dagster shows (defs.evidence).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from pipelines import evidence
from pipelines.defs.site import Site
from pipelines.defs.unexpected import named_errors


def record(site: Site) -> int:
    """Record what has happened and is not recorded yet; return how many entries that took. Raises LedgerProblem."""
    return evidence.record(site.home, site.ring, policy=site.policy, at=datetime.now(UTC))


def anchor(site: Site) -> str:
    """Keep the ledger's head at the anchor; return in words how far it covers the ledger. Where it fails, nothing stops.

    Raises LedgerBroken where the anchor knows another chain.
    """
    try:
        covered = evidence.anchor(site.home, site.ring, at=datetime.now(UTC))
    except evidence.AnchorUnusable as error:
        # What was recorded stands; the next command that records anchors it.
        site.say(f"evidence: not anchored, {error}")
        return f"not anchored, {error}"
    return "no anchor was given" if covered is None else f"given to the anchor up to entry {covered:,}"


@contextmanager
def denials(site: Site, step: str) -> Iterator[None]:
    """Record whatever refuses the step, and let it go on; where it cannot be recorded, the refusal stands all the same."""
    try:
        yield
    except tuple(kind for kind, ending in named_errors().items() if ending == "refused") as error:
        if failure := evidence.note_refusal(site.home, error, step=step, at=datetime.now(UTC)):
            site.say(f"evidence: the refusal was not recorded ({failure})")
        raise
