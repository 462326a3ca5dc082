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
        "learner_attributes",
        "newsletter_subscribers",
        "courses",
        "course_modules",
        "cohorts",
        "course_progress",
        "course_progress_xapi",
        "web_events",
        "web_access_log",
        "meta_pixel",
        "payments",
        "orders",
        "ad_insights",
        "support_tickets",
        "consents",
        "rights_requests",
    }
    assert set(contracts.outbound) == {
        "agg_active_learners",
        "agg_assessments",
        "agg_campaigns",
        "agg_channels_daily",
        "agg_completion_rates",
        "agg_completion_segments",
        "agg_consents_monthly",
        "agg_entry_pages_daily",
        "agg_module_funnel",
        "agg_newsletter_monthly",
        "agg_re_enrolments",
        "agg_retention_weekly",
        "agg_revenue_monthly",
        "agg_traffic_daily",
    }
    assert set(contracts.internal) == {"identity_links", "order_payments", "learner_payments"}


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
            " utm_term utm_content is_consented bot_reason policy_version",
        ),
        (
            "meta_pixel",
            "told_by event_name event_key occurred_at person_pseudonym value currency course_id page_path action_source"
            " is_consented policy_version",
        ),
        (
            "consents",
            "event_key user_key browser_key email_key purpose is_granted occurred_at stated_under stated_in evidence_key"
            " policy_version",
        ),
        (
            "web_access_log",
            "ip_network requested_at method page_path status response_bytes referrer_host browser_family os_family"
            " device_family bot_reason policy_version",
        ),
        (
            "course_progress_xapi",
            "event_key learner_pseudonym event_type course_id module_id voids_key score max_score is_successful occurred_at"
            " policy_version",
        ),
        (
            "payments",
            "order_key transaction_key transaction_status status_code fraud_status gross_amount_idr currency occurred_at"
            " event_key refunded_amount_idr refunded_at payment_type policy_version",
        ),
        ("orders", "order_key buyer_pseudonym course_id created_at amount_idr discount_idr status policy_version"),
        (
            "ad_insights",
            "report_date campaign_id campaign_name adset_id ad_id impressions clicks spend currency utm_campaign"
            " policy_version",
        ),
        (
            "learner_attributes",
            "learner_pseudonym gender region highest_education age_band disability updated_at is_consented"
            " policy_version",
        ),
        ("newsletter_subscribers", "subscriber_pseudonym subscribed_at unsubscribed_at subscribed_in policy_version"),
        (
            "rights_requests",
            "request_key request_kind subject_pseudonym received_at identity_verified_at policy_version",
        ),
        ("support_tickets", "event_key ticket_key customer_pseudonym channel author created_at policy_version"),
    ],
)
def test_the_lake_holds_exactly_these_columns(contracts: Contracts, name: str, expected: str):
    assert columns(contracts, name) == expected


def test_no_direct_identifier_reaches_a_lake_column_but_as_a_pseudonym(contracts: Contracts):
    for contract in contracts.inbound.values():
        fields = {field.path: field for field in contract.fields}
        for column in contract.lake_columns:
            if any(fields[path].identifier == "direct" for path in column.sources):
                if column.treatment == "holder_key":
                    # The consent ledger remembers who refused, and makes nobody a subject by it.
                    assert (contract.name, column.pii, column.sql_type) == ("consents", "key", "BIGINT")
                    continue
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
    assert set(contract.consent.denied_keeps) == {"event_key", "event_type", "event_name", "page_path", "bot_reason"}
    assert contract.consent.default == "denied"
    assert contract.consent.category_fields == ("context.consent.categoryPreferences.analytics",)


def test_holders_of_statements_are_known_by_keys_in_the_ledger_alone(contracts: Contracts):
    held = {
        (name, column.name)
        for name, contract in contracts.inbound.items()
        for column in contract.lake_columns
        if column.treatment == "holder_key"
    }

    assert held == {("consents", "user_key"), ("consents", "browser_key"), ("consents", "email_key")}
    assert not any(column.pii == "pseudonym" for column in contracts.inbound["consents"].lake_columns)


def test_free_text_leads_to_no_lake_column(contracts: Contracts):
    texts = {
        (name, field.path)
        for name, contract in contracts.inbound.items()
        for field in contract.fields
        if field.treatment == "hold_back"
    }
    stored = {(name, path) for name, each in contracts.inbound.items() for c in each.lake_columns for path in c.sources}

    assert texts >= {("support_tickets", "subject"), ("support_tickets", "body"), ("rights_requests", "details")}
    assert not texts & stored


def test_a_denial_on_statistics_takes_the_special_category_and_nothing_else(contracts: Contracts):
    rule = contracts.inbound["learner_attributes"].consent
    assert rule is not None

    assert (rule.purpose, rule.ledger, rule.default) == ("aggregate_statistics", "consents", "denied")
    held = [column.name for column in contracts.inbound["learner_attributes"].lake_columns]
    assert [name for name in held if rule.withholds(name)] == ["disability"]


def test_a_pseudonym_descends_from_every_identifier_that_names_its_subject(contracts: Contracts):
    held = {column.name: column.sources for column in contracts.inbound["support_tickets"].lake_columns}

    assert held["customer_pseudonym"] == ("user_id", "email")


def test_only_a_state_that_tells_of_the_last_interaction_has_its_clock_in_itself(contracts: Contracts):
    states = [each for each in contracts.inbound.values() if each.kind == "state" and each.retention.period]

    assert {each.name for each in states if each.retention.element} == {"accounts"}


def test_orders_and_payments_know_an_order_by_one_key(contracts: Contracts):
    order, payment = (contracts.inbound[name].field("order_id") for name in ("orders", "payments"))

    assert contracts.inbound["orders"].key == ("order_id",)
    assert (order.treatment, order.key_space or contracts.inbound["orders"].family) == ("event_key", payment.key_space)


def test_orders_and_payments_are_a_domain_of_their_own_and_rest_on_a_duty_too(contracts: Contracts):
    money = {each.name: each for each in contracts.inbound.values() if each.domain == "payments"}

    assert set(money) == {"orders", "payments"}
    assert {each.lawful_basis["legal_compliance"] for each in money.values()} == {"legal_obligation"}


def test_versions_are_instants_or_the_order_of_an_orders_life(contracts: Contracts):
    versions = {name: each.version_fields for name, each in contracts.inbound.items() if each.version_fields}

    assert versions["accounts"] == versions["learner_attributes"] == ("updated_at",)
    assert versions["newsletter_subscribers"] == ("subscribed_at", "unsubscribed_at")
    status = contracts.inbound["orders"].field(*versions["orders"])
    assert status.allowed == ("pending", "denied", "expired", "cancelled", "paid", "refunded")


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
    others = [contracts.outbound[name].disclosure for name in ("agg_completion_rates", "agg_module_funnel")]
    assert [(rule.at_least, rule.omit_withheld) for rule in others] == [((), False)] * 2


def test_campaigns_rest_every_cost_on_enough_learners_and_cost_follows_from_what_is_published(contracts: Contracts):
    campaigns = contracts.outbound["agg_campaigns"]
    rule = campaigns.disclosure
    assert (rule.population, rule.omit_withheld) == ("reached_learners", True)
    assert rule.at_least == ("registered", "paid", "started", "completed")
    costs = ("cost_per_registration", "cost_per_paid_enrolment", "cost_per_completion")
    assert campaigns.named("derived") == ("click_rate", *costs)


def test_the_platforms_own_site_is_in_the_register(contracts: Contracts):
    assert contracts.traffic.own_sites == ("crosslife.example",)


def test_statements_and_the_platforms_events_are_one_family_with_one_key(contracts: Contracts):
    native, told = contracts.inbound["course_progress"], contracts.inbound["course_progress_xapi"]

    assert told.family == native.family == told.field("voids").key_space
    assert told.mapping is not None
    led_to = {event_type for rule in told.mapping.rules for event_type in rule.event_types}
    assert led_to - {"voided"} <= set(native.field("event_type").allowed)
    assert told.at_least_one == (("actor.account.name", "actor.mbox"), ("course_id", "voids"))


def test_of_a_payment_neither_card_nor_account_nor_name_is_kept(contracts: Contracts):
    dropped = {field.path for field in contracts.inbound["payments"].fields if field.treatment == "drop"}

    assert {"masked_card", "va_numbers", "permata_va_number", "bill_key", "payment_code", "customer_details"} <= dropped
    assert not any(column.pii == "pseudonym" for column in contracts.inbound["payments"].lake_columns)
