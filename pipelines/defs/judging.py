"""Checks of what arrived against its contract, within the step that put it into the lake: who builds next finds the verdicts.

A dataset that misses its contract holds back what is made of it, and nothing else. Not here: what is expected (contracts), how
it is judged (quality), what holding back means (warehouse).
"""

from collections.abc import Callable, Iterator, Mapping

import dagster as dg

from pipelines import lake, quality
from pipelines.contracts import Contracts
from pipelines.defs.site import Site

CHECK = "meets_its_contract"
DESCRIPTION = "Great Expectations, derived from the contract, on the days that changed."


def judged(site: Site, asset_of: Callable[[str], dg.AssetKey]) -> Iterator[dg.AssetCheckResult]:
    """Judge the stale days of every dataset with a contract, and note whether models may be built from them."""
    stale = lake.stale_days(site.home)
    for dataset in site.contracts.inbound:
        days = stale.get(dataset, ())
        if days:
            site.say(f"checking what arrived in {dataset}, {len(days)} days")
        facts: Mapping[str, int] = {}
        try:
            result = quality.check_arrivals(
                site.home, site.ring, site.contracts, dataset=dataset, days=days, as_of=site.as_of
            )
        except quality.QualityError as error:
            missed = str(error)
        else:
            missed = "; ".join(result.failed)
            facts = {"expectations": result.expectations, "partitions": result.partitions, "rows": result.rows}
        lake.note_judged(site.home, dataset, days, is_met=not missed)
        yield dg.AssetCheckResult(
            asset_key=asset_of(dataset),
            check_name=CHECK,
            passed=not missed,
            description=missed or None,
            metadata=dict(facts),
        )


def held_back(site: Site) -> dict[str, str]:
    """Return the datasets that no model may read, each with the reason: it misses its contract, or is made of one that does.

    A dataset with a day that nobody has judged since it changed is among them.
    """
    unmet = lake.unmet(site.home)
    verdicts = {each.dataset: each.failed for each in quality.verdicts(site.home.data_docs)}
    found = {name: _reason(name, verdicts.get(name, ())) for name in site.contracts.inbound if name in unmet}
    return found | _projected(site.contracts, found)


def _reason(dataset: str, failed: tuple[str, ...]) -> str:
    return f"lake/{dataset} misses its contract: {'; '.join(failed) or 'it could not be judged'}"


def _projected(contracts: Contracts, found: Mapping[str, str]) -> dict[str, str]:
    held = dict(found)
    # A projection can be made of another one.
    for _ in contracts.internal:
        for name, contract in contracts.internal.items():
            named = (source.partition(".")[0] for column in contract.lake_columns for source in column.sources)
            source = next((each for each in (*contract.projects, *named) if each in held), None)
            if source is not None:
                held.setdefault(name, held[source])
    return held
