"""Checks on arrivals, as Dagster sees them: against the contract, which blocks, and in their rhythm, which warns.

Models of a bad dataset are not built; a late one stops nothing. Dagster keeps the history of both. Not here: what is
expected (contracts) and how it is judged (quality).
"""

import dagster as dg

from pipelines import lake, quality
from pipelines.defs import intake
from pipelines.defs.site import Site, contracts_in_force
from pipelines.defs.unexpected import by_kind

CHECK = "meets_its_contract"
RHYTHM = "arrives_in_its_rhythm"


def checks() -> list[dg.AssetChecksDefinition]:
    """Return one blocking check for each dataset with a contract, and a warning for each that is expected to arrive."""
    inbound = contracts_in_force().inbound
    expected = [name for name, contract in inbound.items() if contract.interval_days is not None]
    return [*(_check(name) for name in inbound), *(_rhythm(name) for name in expected)]


def _check(dataset: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=intake.key(dataset),
        name=CHECK,
        blocking=True,
        description="Great Expectations, derived from the contract, on the days that changed.",
    )
    @by_kind(f"the check of {dataset}")
    def meets_its_contract(site: dg.ResourceParam[Site]) -> dg.AssetCheckResult:
        days = lake.stale_days(site.home).get(dataset, ())
        if days:
            site.say(f"checking what arrived in {dataset}, {len(days)} days")
        result = quality.check_arrivals(
            site.home, site.ring, site.contracts, dataset=dataset, days=days, as_of=site.as_of
        )
        return dg.AssetCheckResult(
            passed=result.success,
            description="; ".join(result.failed) or None,
            metadata={"expectations": result.expectations, "partitions": result.partitions, "rows": result.rows},
        )

    return meets_its_contract


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
