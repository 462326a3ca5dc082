"""Whether sources arrive in their rhythm, as Dagster sees it: a check that warns, with its history; a late source stops nothing.

Not here: arrivals against their contracts (judging), how a rhythm is told (quality).
"""

import dagster as dg

from pipelines import quality
from pipelines.defs import intake
from pipelines.defs.site import Site, contracts_in_force
from pipelines.defs.unexpected import by_kind

RHYTHM = "arrives_in_its_rhythm"


def checks() -> list[dg.AssetChecksDefinition]:
    """Return a warning for each dataset that is expected to arrive."""
    inbound = contracts_in_force().inbound
    return [_rhythm(name) for name, contract in inbound.items() if contract.interval_days is not None]


def _rhythm(dataset: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=intake.key(dataset),
        name=RHYTHM,
        description="Whether the source has arrived lately enough, and about as much as usual.",
    )
    @by_kind(f"the rhythm of {dataset}")
    def arrives_in_its_rhythm(site: dg.ResourceParam[Site]) -> dg.AssetCheckResult:
        found = quality.rhythms(site.home, site.contracts, as_of=site.as_of)
        own = next((each for each in found if each.source == dataset), None)
        told = own.told() if own else ""
        facts = {"rows": own.rows, "usual_rows": own.usual_rows, "days_since": own.days_since} if own else {}
        return dg.AssetCheckResult(
            passed=not told,
            severity=dg.AssetCheckSeverity.WARN,
            description=told or None,
            metadata={name: value for name, value in facts.items() if value is not None},
        )

    return arrives_in_its_rhythm
