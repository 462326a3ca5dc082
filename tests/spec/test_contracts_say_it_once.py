"""Promise: what the contracts say is ODCS, belongs to the policy's categories, and stands nowhere a second time."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft201909Validator

from pipelines import settings
from pipelines.contracts import load, render

DOCUMENTS = sorted(settings.CONTRACTS_DIR.glob("*/*.odcs.yaml"))


@pytest.fixture(scope="module")
def standard() -> Draft201909Validator:
    text = (resources.files("open_data_contract_standard") / "schema.json").read_text()
    return Draft201909Validator(json.loads(text))


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
def test_every_contract_is_a_document_of_the_open_standard(file: Path, standard: Draft201909Validator):
    document = yaml.safe_load(file.read_text())

    assert [error.message for error in standard.iter_errors(document)] == []
    assert document["apiVersion"] == "v3.1.0"


def test_the_standard_refuses_a_document_with_a_fault(standard: Draft201909Validator):
    document = yaml.safe_load(DOCUMENTS[0].read_text())
    document["schema"][0]["properties"][0]["logicalType"] = "text"

    assert not standard.is_valid(document)


def test_dbt_sources_and_exposures_are_those_of_the_contracts():
    assert render.differences(load(settings.CONTRACTS_DIR), settings.DBT_PROJECT_DIR) == []


def test_every_inbound_field_belongs_to_a_category_of_the_policy():
    contracts = load(settings.CONTRACTS_DIR)

    assert set(contracts.taxonomy.categories) == {"identity", "course", "automatic", "communication"}
    for contract in contracts.inbound.values():
        assert {field.category for field in contract.fields} <= set(contracts.taxonomy.categories)


def test_address_browser_and_query_string_never_pass_as_they_are():
    fields = {field.path: field.treatment for field in load(settings.CONTRACTS_DIR).inbound["web_events"].fields}

    assert fields["context.ip"] == "truncate_ip"
    assert fields["context.userAgent"] == "user_agent_families"
    assert fields["context.page.url"] == "url_path"
    assert {fields[f"context.page.{name}"] for name in ("path", "search", "title")} == {"drop"}


def test_every_figure_of_the_policy_bears_clause_source_and_whether_it_was_verified():
    policy = load(settings.CONTRACTS_DIR).policy
    figures = [policy.threshold, policy.landing_days, policy.quarantine_days, policy.backup_days]
    figures += [*policy.windows.values(), *policy.floors, *policy.deadlines.values(), *policy.default_consent.values()]

    assert all(figure.clause.startswith("§") and figure.source for figure in figures)
    assert policy.threshold.value == 10
    assert not next(floor for floor in policy.floors if "20/2016" in floor.source).verified
    assert {deadline.hours for deadline in policy.deadlines.values()} == {72}


def test_recipients_are_seeded_and_hashes_go_to_meta_alone():
    recipients = load(settings.CONTRACTS_DIR).recipients

    assert set(recipients) == {"midtrans", "meta"}
    assert {name: recipient.fields for name, recipient in recipients.items() if recipient.is_sending} == {
        "meta": ("email_sha256", "phone_sha256")
    }
