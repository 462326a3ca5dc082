"""The models, as Dagster sees them: one asset a dbt model, built together, in this process, by the warehouse room.

Assets, descriptions and their graph come from dbt's manifest; sources are the lake's assets. Not here: how models are
built beside the old warehouse and swapped in (warehouse), what a model says (dbt_project).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from graphlib import TopologicalSorter
from typing import Any, TypeAlias

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, build_dbt_asset_specs

from pipelines import lake, warehouse
from pipelines.defs import intake, judging, recording, tracing, waiting
from pipelines.defs.dbt_manifest import prepared_manifest
from pipelines.defs.partitions import DAYS, ONE_RUN, asked_days, goes_whole, keys_within
from pipelines.defs.site import Site
from pipelines.defs.unexpected import each_by_kind

GROUP = "warehouse"
_BUILT = "Whether the table was built from all that has arrived, or stands as before since something that it is made of failed."
_Results: TypeAlias = Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]
BUILT = "is_built_from_all_that_arrived"
HELD_BACK = "held_back"
"""Why a model stands as before: among its facts, where it does."""


class Translator(DagsterDbtTranslator):
    """Names dbt's models after their folder, and dbt's sources after the lake's datasets."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Return `lake/<dataset>` for a source and `<layer>/<model>` for a model."""
        name = str(dbt_resource_props["name"])
        return intake.key(name) if dbt_resource_props["resource_type"] == "source" else key(name)

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """Return the one group of all models."""
        return GROUP

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """Return the model's own description, without its SQL."""
        return str(dbt_resource_props.get("description") or dbt_resource_props["name"])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """Return the team that keeps the models."""
        return ["team:analytics_engineering"]

    def get_partitions_def(self, dbt_resource_props: Mapping[str, Any]) -> dg.PartitionsDefinition[str] | None:
        """Return days for the facts that are kept by day."""
        config = dbt_resource_props["config"]
        is_by_day = config.get("materialized") == "partitioned" and "partition_by" not in config
        return DAYS if is_by_day else None


def key(model: str) -> dg.AssetKey:
    """Return the asset key of a model: `staging`, `intermediate` or `marts`, then its name."""
    layers = {"stg": "staging", "int": "intermediate"}
    return dg.AssetKey([layers.get(model.partition("_")[0], "marts"), model])


def specs() -> list[dg.AssetSpec]:
    """Return one asset for each model of dbt's manifest, each after those it reads."""
    found = build_dbt_asset_specs(manifest=prepared_manifest(), dagster_dbt_translator=Translator())
    by_key = {spec.key: spec for spec in found}
    order = TopologicalSorter({spec.key: {dep.asset_key for dep in spec.deps} & by_key.keys() for spec in found})
    return [by_key[each] for each in order.static_order()]


def models() -> dg.AssetsDefinition:
    """Return the one step that builds every model of the stale days, and of the days a person asked for."""
    described = specs()
    built = {spec.key.path[-1]: spec.key for spec in described}

    def asset_of(dataset: str) -> dg.AssetKey:
        return built.get(dataset) or intake.key(dataset)

    @dg.multi_asset(
        name="models",
        specs=described,
        check_specs=[
            dg.AssetCheckSpec(BUILT, asset=spec.key, description=_BUILT) for spec in described if _is_mart(spec)
        ],
        can_subset=True,
        backfill_policy=ONE_RUN,
        description="Builds the models of the days that changed beside the old warehouse, tests them, and swaps.",
    )
    @each_by_kind("building the models")
    def models(context: dg.AssetExecutionContext, site: dg.ResourceParam[Site]) -> _Results:
        with recording.denials(site, "models"):
            asked = asked_days(context, site, of=_go_whole(site))
        with recording.denials(site, "lineage"):
            checked = tracing.trace(site)
        site.say("models: building")
        stale = lake.stale_days(site.home)
        days = days_to_build(site, stale=stale, asked=asked)
        without = judging.held_back(site)
        with recording.denials(site, "models"):
            result = warehouse.build(
                site.home,
                site.ring,
                site.contracts,
                days=days,
                as_of=site.as_of,
                without=without,
                judge=checked.refuse_other,
            )
        waiting.note_models(site.home, is_whole=days is not None or not result.held_back)
        if not result.held_back:
            # What misses its contract is judged again, though no model reads it today.
            lake.clear_stale(site.home, {name: own for name, own in stale.items() if name not in without})
        held = f", {len(result.held_back)} held back" if result.held_back else ""
        site.say(f"models: {result.models} built{held}, {result.tests} tests passed, {len(result.days)} days of facts")
        for spec in described:
            reason = result.held_back.get(spec.key.path[-1], "")
            for day in keys_within(result.days) if spec.partitions_def and not reason else ():
                context.log_event(dg.AssetMaterialization(spec.key, partition=day))
            if spec.key in context.selected_asset_keys:
                facts: dict[str, Any] = (
                    {HELD_BACK: reason} if reason else {"days": len(result.days), "tests": result.tests}
                )
                facts |= tracing.shown(checked.edges, spec.key.path[-1], asset_of)
                yield dg.MaterializeResult(spec.key, metadata=facts)
            if dg.AssetCheckKey(spec.key, BUILT) in context.selected_asset_check_keys:
                yield dg.AssetCheckResult(
                    asset_key=spec.key, check_name=BUILT, passed=not reason, description=_held_back(reason)
                )

    return models


def _go_whole(site: Site) -> list[str]:
    """Return the datasets whose days go whole: facts are kept by day of no others."""
    return [name for name, contract in site.contracts.inbound.items() if goes_whole(contract)]


def _is_mart(spec: dg.AssetSpec) -> bool:
    return spec.key.path[0] == "marts"


def _held_back(reason: str) -> str | None:
    return f"held back, stands as before: {reason}" if reason else None


def days_to_build(
    site: Site, *, stale: Mapping[str, Iterable[date]], asked: Iterable[date]
) -> dict[str, list[date]] | None:
    """Return for each dataset of events the days that changed or were asked for; None where everything must be built."""
    if waiting.has_other_models(site.home):
        return None
    wanted = set(asked)
    events = (name for name, contract in site.contracts.inbound.items() if contract.kind == "event")
    return {name: sorted({*stale.get(name, ()), *wanted}) for name in events}
