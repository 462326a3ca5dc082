"""Checks on arrivals, as Dagster sees them: one blocking check a dataset of the lake, on the days that changed.

Models of a bad dataset are not built. Not here: what is expected (contracts) and how it is judged (quality).
"""

import dagster as dg

from pipelines import lake, quality
from pipelines.defs import intake
from pipelines.defs.site import Site, contracts_in_force
from pipelines.defs.unexpected import by_kind

CHECK = "meets_its_contract"


def checks() -> list[dg.AssetChecksDefinition]:
    """Return one blocking check for each dataset with a contract."""
    return [_check(name) for name in contracts_in_force().inbound]


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
        result = quality.check_arrivals(site.home, site.ring, site.contracts, dataset=dataset, days=days)
        return dg.AssetCheckResult(
            passed=result.success,
            description="; ".join(result.failed) or None,
            metadata={"expectations": result.expectations, "partitions": result.partitions, "rows": result.rows},
        )

    return meets_its_contract
