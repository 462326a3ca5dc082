"""What the loaded contracts say, and that nobody can change it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipelines import settings
from pipelines.contracts import Contracts, load
from tests.unit.contracts.conftest import Copy


@pytest.fixture(scope="module")
def contracts() -> Contracts:
    return load(settings.CONTRACTS_DIR)


def columns(contracts: Contracts, name: str) -> str:
    return " ".join(column.name for column in contracts.inbound[name].lake_columns)


def test_every_source_of_this_product_has_a_contract(contracts: Contracts):
    assert set(contracts.inbound) == {
        "accounts",
        "courses",
        "course_modules",
        "cohorts",
        "course_progress",
        "web_events",
    }
    assert set(contracts.outbound) == {"agg_completion_rates", "agg_module_funnel", "agg_traffic_daily"}
    assert set(contracts.internal) == {"identity_links"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accounts", "learner_pseudonym city country registered_at last_login_at updated_at is_deleted policy_version"),
        ("courses", "course_id title category price_idr published_at policy_version"),
        ("course_modules", "course_id module_id title position is_required policy_version"),
        ("cohorts", "course_id cohort starts_at ends_at observation_days policy_version"),
        (
            "course_progress",
            "event_key learner_pseudonym course_id cohort enrolment_key module_id event_type occurred_at"
            " progress_percent score max_score attempt policy_version",
        ),
        (
            "web_events",
            "event_key visitor_pseudonym learner_pseudonym event_type event_name occurred_at page_view_key ip_network"
            " browser_family os_family device_family locale page_path referrer_host utm_source utm_medium utm_campaign"
            " utm_term utm_content is_consented policy_version",
        ),
    ],
)
def test_the_lake_holds_exactly_these_columns(contracts: Contracts, name: str, expected: str):
    assert columns(contracts, name) == expected


def test_no_direct_identifier_reaches_a_lake_column_but_as_a_pseudonym(contracts: Contracts):
    for contract in contracts.inbound.values():
        fields = {field.path: field for field in contract.fields}
        for column in contract.lake_columns:
            if any(fields[path].identifier == "direct" for path in column.sources):
                assert column.pii == "pseudonym"
                assert column.pattern == "^[0-9a-f]{32}$"


def test_types_follow_the_field_or_its_treatment(contracts: Contracts):
    types = {column.name: column.sql_type for column in contracts.inbound["course_progress"].table_columns}

    assert types["event_key"] == "BIGINT"
    assert types["occurred_at"] == "TIMESTAMP"
    assert types["score"] == "DOUBLE"
    assert types["attempt"] == "INTEGER"
    assert types["dt"] == "DATE"
    assert {c.name: c.sql_type for c in contracts.inbound["courses"].lake_columns}["price_idr"] == "BIGINT"


def test_a_lake_column_says_what_may_stand_in_it(contracts: Contracts):
    held = {column.name: column for column in contracts.inbound["course_progress"].lake_columns}

    assert "course_completed" in held["event_type"].allowed
    assert (held["progress_percent"].minimum, held["progress_percent"].maximum) == (0, 100)
    assert not held["learner_pseudonym"].nullable
    assert held["cohort"].nullable


def test_a_denied_row_may_leave_empty_all_but_what_it_keeps(contracts: Contracts):
    contract = contracts.inbound["web_events"]
    assert contract.consent is not None

    filled = {column.name for column in contract.lake_columns if not column.nullable}

    assert filled == {"event_key", "event_type", "is_consented", "policy_version"}
    assert set(contract.consent.denied_keeps) == {"event_key", "event_type", "event_name", "page_path"}
    assert contract.consent.default == "denied"
    assert contract.consent.category_fields == ("context.consent.categoryPreferences.analytics",)


def test_a_course_is_waited_for_and_a_module_is_not(contracts: Contracts):
    held = {each.field: (each.source, each.unknown) for each in contracts.inbound["course_progress"].references}

    assert held == {"course_id": ("courses", "quarantine"), "module_id": ("course_modules", "accept")}


def test_retention_is_that_of_the_policy(contracts: Contracts):
    held = {name: contract.retention for name, contract in contracts.inbound.items()}

    assert (held["course_progress"].anchor, held["course_progress"].period) == ("completion", "P1Y")
    assert held["course_progress"].otherwise_period == "P5Y"
    assert (held["accounts"].anchor, held["accounts"].period) == ("last_interaction", "P5Y")
    assert held["courses"].period is None


def test_another_policy_file_changes_the_windows(copy: Copy, tmp_path: Path):
    own = tmp_path / "archive.yaml"
    own.write_text((copy.folder / "policy.yaml").read_text().replace("period: P1Y", "period: P30Y"))

    assert load(copy.folder, policy_file=own).inbound["course_progress"].retention.period == "P30Y"


def test_the_policy_is_that_of_the_day_asked_for(copy: Copy):
    file = copy.folder / "policy.yaml"
    first = file.read_text()
    later = (
        first[first.index("  - version:") :].replace('version: "1"', 'version: "2"').replace("2020-01-01", "2030-01-01")
    )
    file.write_text(first + later)

    assert load(copy.folder, as_of=date(2029, 12, 31)).policy.version == "1"
    assert load(copy.folder, as_of=date(2030, 1, 1)).policy.version == "2"
    assert load(copy.folder).policies.on(date(2010, 1, 1)).version == "1"


def test_versions_of_the_policy_stand_oldest_first(copy: Copy):
    file = copy.folder / "policy.yaml"
    text = file.read_text()
    file.write_text(text + text[text.index("  - version:") :])

    assert "oldest first" in copy.findings()[0].what


def test_contracts_cannot_be_changed(contracts: Contracts):
    web = contracts.inbound["web_events"]
    assert web.consent is not None

    with pytest.raises(ValidationError):
        web.family = "other"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        contracts.policy.threshold.value = 2  # type: ignore[misc]
    with pytest.raises(TypeError):
        contracts.inbound["other"] = web  # type: ignore[index]
    with pytest.raises(TypeError):
        web.consent.categories["analytics"] = "newsletter"  # type: ignore[index]


def test_a_field_is_found_by_its_path(contracts: Contracts):
    assert contracts.inbound["web_events"].field("context.ip").treatment == "truncate_ip"
    with pytest.raises(KeyError):
        contracts.inbound["web_events"].field("context.fingerprint")


def test_traffic_counts_learners_rests_its_median_on_enough_of_them_and_leaves_withheld_rows_out(contracts: Contracts):
    rule = contracts.outbound["agg_traffic_daily"].disclosure
    assert (rule.population, rule.at_least, rule.omit_withheld) == ("learners", ("engaged_learners",), True)
    others = [contract.disclosure for name, contract in contracts.outbound.items() if name != "agg_traffic_daily"]
    assert [(rule.at_least, rule.omit_withheld) for rule in others] == [((), False)] * 2
