"""That a build begins with the check of its lineage, and that the check is done again for other models or contracts."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from pipelines import evidence, lineage, settings, warehouse
from pipelines.defs import fingerprints, tracing
from pipelines.defs.site import Site

AS_OF = datetime(2026, 6, 30, tzinfo=UTC)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(home=settings.home(tmp_path / "home").prepare(), policy=settings.policy_file(), as_of=AS_OF)


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """Count how often models are compiled, and let a test say what they are."""
    asked: list[dict[str, str]] = [dict(warehouse.compiled_models())]

    def compiled(_: settings.Home, **__: object) -> warehouse.Compiled:
        asked.append(asked[0])
        return warehouse.Compiled(asked[0], {})

    monkeypatch.setattr(warehouse, "compiled", compiled)
    return asked


@pytest.mark.slow
def test_lineage_is_checked_once_for_the_same_models_and_contracts(
    site: Site, compiled: list[dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = tracing.trace(site).edges
    again = tracing.trace(site).edges
    assert len(compiled) == 2
    assert [tuple(each) for each in again["fct_enrolments"]["cohort"]] == first["fct_enrolments"]["cohort"]
    told = tracing.shown(again, "fct_enrolments", lambda name: dg.AssetKey([name]))["dagster/column_lineage"]
    assert dg.TableColumnDep(dg.AssetKey(["int_learning_events_assigned"]), "cohort") in told.deps_by_column["cohort"]
    contracts = shutil.copytree(settings.CONTRACTS_DIR, tmp_path / "data_contracts")
    (contracts / "traffic.yaml").write_text((contracts / "traffic.yaml").read_text() + "\n# another\n")
    monkeypatch.setattr(settings, "CONTRACTS_DIR", contracts)
    fingerprints.models_fingerprint.cache_clear()
    try:
        tracing.trace(site)
    finally:
        fingerprints.models_fingerprint.cache_clear()
    assert len(compiled) == 3


@pytest.mark.slow
def test_the_graph_is_kept_whole_and_what_cannot_be_read_is_no_graph(
    site: Site, compiled: list[dict[str, str]]
) -> None:
    assert tracing.kept_graph(site.home) is None
    tracing.trace(site)
    kept = tracing.kept_graph(site.home)
    assert kept is not None
    assert kept.datasets == lineage.assemble(site.contracts, compiled[0]).datasets
    (site.home.dagster / "lineage.json").write_text("[1, 2]")
    assert tracing.kept_graph(site.home) is None
    tracing.trace(site)
    assert len(compiled) == 3


@pytest.mark.slow
def test_a_leak_ends_the_run_before_anything_is_built_and_is_found_again(
    site: Site, compiled: list[dict[str, str]]
) -> None:
    orders = compiled[0]["agg_newsletter_monthly"]
    compiled[0]["agg_newsletter_monthly"] = (
        "select o.month, o.is_month_over, s.session_key as joined, o.left_since"
        f" from ({orders}) as o cross join fct_sessions as s"
    )
    for _ in range(2):
        with pytest.raises(
            lineage.LineageLeak, match=r"release/agg_newsletter_monthly\.joined is published and stands for"
        ):
            tracing.trace(site)


@pytest.mark.slow
def test_a_record_of_processing_that_is_not_true_ends_the_run_before_anything_is_built(
    site: Site, compiled: list[dict[str, str]]
) -> None:
    joined = compiled[0]["agg_newsletter_monthly"]
    compiled[0]["agg_newsletter_monthly"] = (
        f"select o.* from ({joined}) as o cross join (select count(*) as n from lake.courses) as c"
    )
    with pytest.raises(evidence.ProcessingDrift, match="agg_newsletter_monthly is made of courses"):
        tracing.trace(site)
    assert tracing.kept_graph(site.home) is None
