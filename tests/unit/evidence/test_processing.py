from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache

import pytest

from pipelines import contracts, settings
from pipelines.contracts import Contracts
from pipelines.evidence.processing import ProcessingDrift, drift, record_of, refuse_drift
from pipelines.lineage import LANDING, RELEASE, Column, Dataset, Dependency, Graph


@cache
def terms() -> Contracts:
    return contracts.load(settings.CONTRACTS_DIR)


def value(dataset: str, name: str) -> frozenset[Dependency]:
    return frozenset({Dependency(Column(dataset, name), "value", ())})


def graph(*sources: str) -> Graph:
    """A graph in which the published table of the newsletter is made of these sources, over a dataset of the lake and a model."""
    landed = [Dataset(LANDING + name, "landing", {"x": frozenset()}) for name in sources]
    lake = [Dataset(name, "lake", {"x": value(LANDING + name, "x")}) for name in sources]
    model = Dataset("m", "model", {"x": value(sources[0], "x")}, reads=frozenset(sources))
    released = Dataset(f"{RELEASE}agg_newsletter_monthly", "release", {"x": value("m", "x")})
    return Graph([*landed, *lake, model, released])


def test_what_the_contract_says_is_no_drift() -> None:
    assert drift(terms(), graph("newsletter_subscribers")) == ()
    refuse_drift(terms(), graph("newsletter_subscribers"))


def test_a_source_that_the_contract_does_not_name_is_drift_though_rows_alone_are_counted() -> None:
    found = drift(terms(), graph("newsletter_subscribers", "accounts"))
    assert len(found) == 1
    assert found[0].startswith("agg_newsletter_monthly is made of accounts")


def test_a_source_that_is_named_and_not_read_is_drift() -> None:
    found = drift(terms(), graph("accounts"))
    assert any("is not made of newsletter_subscribers" in each for each in found)


def test_a_purpose_that_is_none_of_the_source_is_drift() -> None:
    found = drift(terms(), graph("newsletter_subscribers", "support_tickets"))
    assert any("processes support_tickets for aggregate_statistics" in each for each in found)
    with pytest.raises(ProcessingDrift, match="support_tickets"):
        refuse_drift(terms(), graph("newsletter_subscribers", "support_tickets"))


def test_the_record_tells_of_every_source_what_the_law_asks_for() -> None:
    record = record_of(terms())
    held = {each.dataset: each for each in record.datasets}
    assert held.keys() == terms().inbound.keys() | terms().internal.keys()
    accounts = held["accounts"]
    assert "learner" in accounts.subjects
    assert "email (direct): vault" in accounts.identifiers
    assert ("service", "contract") in accounts.purposes
    assert accounts.retention.startswith("P5Y from last interaction: ")
    assert held["course_progress"].retention.startswith("P1Y from completion, else P5Y from last interaction: ")
    assert held["consents"].retention.startswith("P5Y from last interaction: As long as anything rests on it")
    assert "disability (quasi): label, only with consent" in held["learner_attributes"].identifiers
    assert "aggregate_statistics; without it disability is not stored" in held["learner_attributes"].consent
    assert "agg_completion_rates" in held["course_progress"].published_in
    json.dumps(asdict(record))


def test_every_purpose_is_an_activity_with_its_basis_and_its_recipients() -> None:
    activities = {each.purpose: each for each in record_of(terms()).activities}
    assert activities.keys() == terms().taxonomy.purposes.keys()
    assert activities["ads_retargeting"].lawful_bases == ("consent",)
    assert activities["ads_retargeting"].recipients == ("Meta Platforms (processor, US; transfer: safeguards)",)
    assert all(each.datasets and each.lawful_bases for each in activities.values())


def test_a_change_of_a_contract_changes_the_record() -> None:
    accounts = terms().inbound["accounts"].model_copy(update={"domain": "ads"})
    changed = terms().model_copy(update={"inbound": {**terms().inbound, "accounts": accounts}})
    assert record_of(changed) != record_of(terms())
