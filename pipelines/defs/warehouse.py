"""The models, as Dagster sees them: one asset a dbt model, built together, in this process, by the warehouse room.

Assets, descriptions and their graph come from dbt's manifest; sources are the lake's assets. Not here: how models are
built beside the old warehouse and swapped in (warehouse), what a model says (dbt_project).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from graphlib import TopologicalSorter
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, build_dbt_asset_specs

from pipelines import lake, warehouse
from pipelines.defs import intake, waiting
from pipelines.defs.dbt_manifest import prepared_manifest
from pipelines.defs.partitions import DAYS, ONE_RUN, asked_days, keys_within
from pipelines.defs.site import Site
from pipelines.defs.unexpected import each_by_kind

GROUP = "warehouse"


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
        return DAYS if dbt_resource_props["config"].get("materialized") == "partitioned" else None


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

    @dg.multi_asset(
        name="models",
        specs=described,
        can_subset=True,
        backfill_policy=ONE_RUN,
        description="Builds the models of the days that changed beside the old warehouse, tests them, and swaps.",
    )
    @each_by_kind("building the models")
    def models(context: dg.AssetExecutionContext, site: dg.ResourceParam[Site]) -> Iterator[dg.MaterializeResult[Any]]:
        site.say("models: building")
        stale = lake.stale_days(site.home)
        days = days_to_build(site, stale=stale, asked=asked_days(context))
        result = warehouse.build(site.home, site.ring, site.contracts, days=days, as_of=site.as_of)
        waiting.note_models(site.home)
        lake.clear_stale(site.home, stale)
        site.say(f"models: {result.models} built, {result.tests} tests passed, {len(result.days)} days of facts")
        for spec in described:
            for day in keys_within(result.days) if spec.partitions_def else ():
                context.log_event(dg.AssetMaterialization(spec.key, partition=day))
            if spec.key in context.selected_asset_keys:
                yield dg.MaterializeResult(spec.key, metadata={"days": len(result.days), "tests": result.tests})

    return models


def days_to_build(site: Site, *, stale: Mapping[str, Iterable[date]], asked: Iterable[date]) -> list[date] | None:
    """Return the days whose events changed, with those that were asked for; None where everything must be built."""
    if waiting.has_other_models(site.home):
        return None
    return sorted({*stale.get(warehouse.BY_DAY, ()), *asked})
