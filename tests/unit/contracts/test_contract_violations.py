"""Every planted fault is told with its file, its line and how to mend it."""

from __future__ import annotations

import pytest

from tests.unit.contracts.conftest import Copy

ACCOUNTS = "inbound/accounts.odcs.yaml"
PROGRESS = "inbound/course_progress.odcs.yaml"
WEB = "inbound/web_events.odcs.yaml"
PIXEL = "inbound/meta_pixel.odcs.yaml"
ATTRIBUTES = "inbound/learner_attributes.odcs.yaml"
ORDERS = "inbound/orders.odcs.yaml"
XAPI = "inbound/course_progress_xapi.odcs.yaml"
PAYMENTS = "inbound/payments.odcs.yaml"
RATES = "outbound/agg_completion_rates.odcs.yaml"
TRAFFIC = "outbound/agg_traffic_daily.odcs.yaml"
FUNNEL = "outbound/agg_module_funnel.odcs.yaml"
LINKS = "internal/identity_links.odcs.yaml"
LEARNER_PAYMENTS = "internal/learner_payments.odcs.yaml"
ORDER_PAYMENTS = "internal/order_payments.odcs.yaml"
QUERY = "internal/learner_payments.sql"

EMAIL = """        description: The learner's e-mail address.
        customProperties:
          - {property: category, value: identity}
          - {property: identifier, value: direct}
          - {property: identifierKind, value: email}
          - {property: treatment, value: vault}
"""


def without(line: str) -> str:
    return "".join(each for each in EMAIL.splitlines(keepends=True) if line not in each)


# file, what stands there, the fault, how many lines below the change it is told (None: elsewhere), what, mend
FAULTS = {
    "paths of a field that has none": (
        PIXEL,
        "value: web_events.context.page.url}",
        "value: web_events.context.page.title}",
        0,
        "takes its paths from `web_events.context.page.title`, which has none",
        "name a field with pathTemplates",
    ),
    "paths of a source that is not there": (
        PIXEL,
        "value: web_events.context.page.url}",
        "value: nowhere.url}",
        0,
        "takes its paths from `nowhere.url`, which has none",
        "name a field with pathTemplates",
    ),
    "dropped where unknown, and never kept": (
        PIXEL,
        "              - {property: treatment, value: keep}\n              - {property: storedAs, value: course_id}",
        "              - {property: treatment, value: drop}",
        None,
        "`custom_data.content_ids` is to be dropped where it is unknown",
        "use treatment keep",
    ),
    "a hash that is matched without consent": (
        ACCOUNTS,
        "{property: identifierKind, value: email}",
        "{property: identifierKind, value: hashed_email}",
        0,
        "`email` is matched by its hash, and nobody is asked",
        "add a consent rule",
    ),
    "missing category": (
        ACCOUNTS,
        EMAIL,
        without("category"),
        None,
        "`email` has no category",
        "one of identity, course",
    ),
    "missing treatment": (
        ACCOUNTS,
        EMAIL,
        without("treatment"),
        None,
        "`email` has no treatment",
        "one of keep, label",
    ),
    "missing identifier": (
        ACCOUNTS,
        EMAIL,
        without("identifier,"),
        None,
        "`email` has no identifier",
        "add identifier",
    ),
    "missing classification": (
        ACCOUNTS,
        "        classification: restricted\n",
        "",
        None,
        "has no classification",
        "one of",
    ),
    "missing purposes": (
        PROGRESS,
        "  - {property: purposes, value: [service, product_analytics, aggregate_statistics, ads_retargeting]}\n",
        "",
        None,
        "`course_progress` has no purposes",
        "some of service",
    ),
    "unknown category": (
        PROGRESS,
        "category, value: course}",
        "category, value: cours}",
        0,
        "`cours`",
        "one of identity",
    ),
    "unknown treatment": (WEB, "treatment, value: truncate_ip", "treatment, value: trim", 0, "`trim`", "truncate_ip"),
    "unknown purpose": (ACCOUNTS, "value: [service]", "value: [resale]", 0, "`resale` in purposes", "one of service"),
    "unknown identifier": (ACCOUNTS, "identifier, value: direct", "identifier, value: name", 0, "`name`", "direct"),
    "undeclared purpose": (
        PROGRESS,
        "          - {property: storedAs, value: score}\n",
        "          - {property: storedAs, value: score}\n          - {property: purposes, value: [newsletter]}\n",
        1,
        "the contract does not declare purpose `newsletter`",
        "add it to the contract's purposes",
    ),
    "missing lawful basis": (
        PROGRESS,
        "      service: contract\n",
        "",
        None,
        "`service` has no lawful basis",
        "contract",
    ),
    "unfit lawful basis": (
        PROGRESS,
        "service: contract",
        "service: consent",
        None,
        "no lawful basis that can",
        "contract",
    ),
    "identifier kept": (
        ACCOUNTS,
        "treatment, value: vault",
        "treatment, value: keep",
        0,
        "not sufficient for a direct",
        "vault",
    ),
    "quasi-identifier kept": (ACCOUNTS, "treatment, value: label", "treatment, value: keep", 0, "for a quasi", "label"),
    "address kept": (WEB, "treatment, value: url_path", "treatment, value: label", 0, "for a online", "url_path"),
    "vault without kind": (
        ACCOUNTS,
        "          - {property: identifierKind, value: email}\n",
        "",
        0,
        "`email` goes to the vault without an identifier kind",
        "one of user_id, email",
    ),
    "nothing stored, column named": (
        ACCOUNTS,
        "          - {property: treatment, value: vault}\n",
        "          - {property: treatment, value: vault}\n          - {property: storedAs, value: email}\n",
        1,
        "treatment `vault` of `email` stores 0 columns, storedAs names 1",
        "remove storedAs",
    ),
    "column not named": (PROGRESS, "          - {property: storedAs, value: score}\n", "", None, "stores 1", "name 1"),
    "column filled twice": (
        PROGRESS,
        "storedAs, value: score}",
        "storedAs, value: cohort}",
        0,
        "`cohort` is filled twice",
        "another",
    ),
    "missing reference": (
        PROGRESS,
        "to: courses.course_id",
        "to: catalogue.course_id",
        0,
        "`catalogue.course_id`",
        "correct",
    ),
    "half a reference": (
        PROGRESS,
        "to: courses.course_id",
        "to: courses",
        0,
        "the reference is incomplete",
        "source.field",
    ),
    "unknown custom property of a field": (
        WEB,
        "property: treatment",
        "property: treatmnt",
        0,
        "`treatmnt` is not",
        "treatment",
    ),
    "unknown custom property": (
        WEB,
        "property: sortBy",
        "property: sort",
        0,
        "custom property `sort` is not",
        "sortBy",
    ),
    "unknown part": (ACCOUNTS, "status: active", "state: active", 0, "`state` is not used", "status"),
    "custom property twice": (
        WEB,
        "property: tieField",
        "property: eventTime",
        0,
        "`eventTime` stands twice",
        "remove one",
    ),
    "key twice": (ACCOUNTS, "status: active", "name: other", 0, "`name` stands twice", "remove one"),
    "sort column that is not there": (
        PROGRESS,
        "sortBy, value: learner",
        "sortBy, value: person",
        0,
        "is no lake column",
        "use one",
    ),
    "event time that is not there": (
        PROGRESS,
        "value: occurred_at",
        "value: happened",
        0,
        "`happened`, which is no field",
        "name a",
    ),
    "retention without window": (
        PROGRESS,
        "    value: course\n",
        "    value: forever\n",
        0,
        "names no window",
        "identity",
    ),
    "retention of no field": (
        PROGRESS,
        "course_progress.occurred_at",
        "course_progress.at",
        0,
        "`course_progress.at`",
        "correct",
    ),
    "wrong time zone": (
        ACCOUNTS,
        "defaultTimezone: Asia/Jakarta",
        "defaultTimezone: Asia/Makassar",
        0,
        "time zone",
        "Asia/Jakarta",
    ),
    "wrong logical type": (ACCOUNTS, "logicalType: boolean", "logicalType: time", 0, "logicalType", "correct"),
    "consent on no field": (
        WEB,
        "        analytics: product",
        "        stats: product",
        None,
        "Preferences.stats",
        "declare",
    ),
    "denied rows keep too much": (
        WEB,
        "event_name, page_path, bot_reason]",
        "event_name, page, bot_reason]",
        0,
        "`page`, which is no lake",
        "correct",
    ),
    "denied rows keep a pseudonym": (
        WEB,
        "event_name, page_path, bot_reason]",
        "event_name, visitor_pseudonym, bot_reason]",
        0,
        "`visitor_pseudonym`, which still tells of a person",
        "remove it",
    ),
    "denied rows lose why they are no visitor's": (
        WEB,
        "event_name, page_path, bot_reason]",
        "event_name, page_path]",
        None,
        "lose `bot_reason`, and would count as visitors",
        "add bot_reason",
    ),
    "traffic told by a field that does not tell": (
        WEB,
        "{userAgent: context.userAgent, ip",
        "{userAgent: context.locale, ip",
        0,
        "`context.locale`, which is no field with treatment user_agent_families",
        "name such a field",
    ),
    "a network of our own that is none": (
        "traffic.yaml",
        "203.0.113.0/28",
        "203.0.113.0/99",
        0,
        "internal_networks",
        "",
    ),
    "a site of our own with more than its host": (
        "traffic.yaml",
        "  - crosslife.example",
        "  - https://crosslife.example/",
        0,
        "own_sites",
        "",
    ),
    "denied rows keep and drop": (
        ATTRIBUTES,
        "      deniedDrops: [disability]",
        "      deniedDrops: [disability]\n      deniedKeeps: [region]",
        None,
        "either what denied rows keep or what they drop",
        "deniedKeeps or deniedDrops",
    ),
    "denied rows drop what is not there": (
        ATTRIBUTES,
        "deniedDrops: [disability]",
        "deniedDrops: [disabled]",
        0,
        "deniedDrops names `disabled`, which is no lake column",
        "correct",
    ),
    "denied rows drop their key": (
        ATTRIBUTES,
        "deniedDrops: [disability]",
        "deniedDrops: [learner_pseudonym]",
        0,
        "`learner_pseudonym`, which identifies the row",
        "remove it",
    ),
    "version by a status and an instant": (
        ORDERS,
        "versionField, value: status",
        "versionField, value: [created_at, status]",
        0,
        "versionField names `status`, which is no timestamp",
        "name a",
    ),
    "version by words in no order": (
        ORDERS,
        "versionField, value: status",
        "versionField, value: course_id",
        0,
        "versionField names `course_id`, which is no timestamp",
        "name a",
    ),
    "version by no field": (
        ORDERS,
        "versionField, value: status",
        "versionField, value: state",
        0,
        "versionField names `state`, which is no field",
        "name a",
    ),
    "consent for an unknown purpose": (
        WEB,
        "advertising: ads_ret",
        "advertising: ads_",
        None,
        "is not in the tax",
        "use one",
    ),
    "denial of an unknown purpose": (
        WEB,
        "gpcDenies: [product_",
        "gpcDenies: [any_product_",
        0,
        "in gpc_denies",
        "use one",
    ),
    "consent without a default": (WEB, "default: web", "default: site", 0, "no default of the policy", "web"),
    "silence taken for consent": ("policy.yaml", "state: denied", "state: granted", None, "takes silence", "denied"),
    "version that is no timestamp": (
        ACCOUNTS,
        "versionField, value: updated_at",
        "versionField, value: city",
        0,
        "is no timestamp",
        "name a",
    ),
    "event without its time": (
        WEB,
        "  - {property: eventTime, value: timestamp}\n",
        "",
        None,
        "no eventTime",
        "add eventTime",
    ),
    "row without a key": (WEB, "        primaryKey: true\n", "", None, "no field identifies a row", "primaryKey"),
    "field twice": (ACCOUNTS, "      - name: country", "      - name: city", 0, "`city` stands twice", "remove one"),
    "field without a name": (
        ACCOUNTS,
        "      - name: city\n        logical",
        "      - logical",
        0,
        "has no name",
        "add `name`",
    ),
    "consent on another purpose": (
        WEB,
        "      purpose: product_",
        "      purpose: any_",
        None,
        "decides on `any_analytics`",
        "purposes",
    ),
    "half a custom property": (
        WEB,
        "{property: treatment, value: drop}",
        "{property: treatment}",
        0,
        "lacks its name or",
        "value",
    ),
    "basis without purpose": (
        PROGRESS,
        "      service: contract\n",
        "      service: contract\n      newsletter: consent\n",
        None,
        "which is no purpose here",
        "remove",
    ),
    "unknown part of the disclosure": (RATES, "      parts:", "      portions:", 0, "`portions` is not known", "parts"),
    "disclosure of no column": (
        RATES,
        "population: enrolled",
        "population: enroled",
        0,
        "`enroled`",
        "enrolled, completed",
    ),
    "count that must reach the threshold and is none": (
        TRAFFIC,
        "atLeast: [engaged_learners]",
        "atLeast: [page_path]",
        None,
        "`page_path`, which is no measure",
        "engaged_learners",
    ),
    "omission that is neither yes nor no": (
        TRAFFIC,
        "omitWithheld: true",
        "omitWithheld: 7",
        0,
        "`omitWithheld`: Input should be a valid boolean",
        "correct the value",
    ),
    "disclosure of a dimension": (
        RATES,
        "parts: [completed]",
        "parts: [cohort]",
        None,
        "`cohort`, which is no measure",
        "completed",
    ),
    "disclosure without flag": (
        RATES,
        "closedWindow: is_window",
        "closedWindow: window",
        0,
        "which is no flag",
        "is_window_closed",
    ),
    "disclosure missing": (
        RATES,
        "property: disclosure",
        "property: disclosing",
        0,
        "`disclosing` is not known",
        "disclosure",
    ),
    "grain that says nothing": (
        RATES,
        "One row per course",
        "Rows by course",
        0,
        "does not say what a row is",
        "One row per",
    ),
    "type missing": (
        RATES,
        "        physicalType: DOUBLE\n",
        "",
        None,
        "`physicalType` is missing",
        "add `physicalType`",
    ),
    "source of a projection": (
        LINKS,
        "[web_events.userId]",
        "[web_events.user]",
        0,
        "no inbound field",
        "source.field",
    ),
    "a figure without a unit": (
        RATES,
        ", {property: unit, value: days}",
        "",
        None,
        "`lower_quartile_days_to_complete` has no unit",
        "one of learners",
    ),
    "a formula that reads what is not published": (
        FUNNEL,
        "drop_off / nullif(completed_module + drop_off, 0)",
        "drop_off / nullif(completers, 0)",
        None,
        "the formula of `drop_off_rate` reads `completers`, which is no column before it",
        "completed_module",
    ),
    "a formula that reads another table": (
        FUNNEL,
        "drop_off / nullif(completed_module + drop_off, 0)",
        "(select max(enrolled) from other)",
        None,
        "`drop_off_rate` is derived, and its formula is no expression over the table's own columns",
        "write SQL over the columns before it",
    ),
    "a formula that reads a file": (
        FUNNEL,
        "drop_off / nullif(completed_module + drop_off, 0)",
        "(select count(*) from read_text('/etc/hostname'))",
        None,
        "is no expression over the table's own columns",
        "write SQL",
    ),
    "a formula that asks the rows beside it": (
        FUNNEL,
        "drop_off / nullif(completed_module + drop_off, 0)",
        "(select string_agg(cohort, ',') from published)",
        None,
        "is no expression over the table's own columns",
        "write SQL",
    ),
    "a formula that is never the same": (
        FUNNEL,
        "drop_off / nullif(completed_module + drop_off, 0)",
        "drop_off * random()",
        None,
        "is no expression over the table's own columns",
        "write SQL",
    ),
    "a derived column without a formula": (
        FUNNEL,
        '          - {property: formula, value: "drop_off / nullif(completed_module + drop_off, 0)"}\n',
        "",
        None,
        "`drop_off_rate` is derived, and its formula is no expression",
        "write SQL",
    ),
    "a frequency that is no time": (
        PAYMENTS,
        "{property: frequency, value: 1, unit: d,",
        "{property: frequency, value: often, unit: d,",
        0,
        "the frequency is no number of hours or days",
        "value: 1, unit: d",
    ),
    "projection of what is not declared": (
        QUERY,
        "from lake.order_payments",
        "from lake.order_payments left join lake.orders as orders using (buyer_pseudonym)",
        None,
        "the query reads `lake.orders`, which is not declared",
        "name the same",
    ),
    "projection of a dataset that its query leaves alone": (
        LEARNER_PAYMENTS,
        "value: [order_payments]",
        "value: [order_payments, orders]",
        0,
        "learner_payments.sql does not read `lake.orders`",
        "name the same",
    ),
    "a query whose own name hides a dataset": (
        QUERY,
        "select\n",
        'with "lake.orders" as (select 1) select (select max(order_key) from lake.orders),\n',
        None,
        "the query reads `lake.orders`, which is not declared",
        "name the same",
    ),
    "a query whose own name hides a function": (
        QUERY,
        "select\n",
        "with \"read_text()\" as (select 1) select (select max(content) from read_text('/etc/hostname')),\n",
        None,
        "the query reads `read_text()`, which is not declared",
        "name the same",
    ),
    "a query whose own name hides a file": (
        QUERY,
        "select\n",
        "select (with \"/a.csv\" as (select 1) select 1), (select max(x) from '/a.csv'),\n",
        None,
        "the query reads `/a.csv`, which is not declared",
        "name the same",
    ),
    "an instant that crosses domains as text": (
        LEARNER_PAYMENTS,
        "physicalType: DATE\n        classification: confidential\n        description: Day on which",
        "physicalType: VARCHAR\n        classification: confidential\n        description: Day on which",
        None,
        "takes the instant `order_payments.paid_at` into another domain",
        "cut_to_day",
    ),
    "a key that is called none": (
        ORDER_PAYMENTS,
        "{property: treatment, value: event_key}",
        "{property: treatment, value: keep}",
        None,
        "`order_key` is a key no more, but `orders.order_key` is one",
        "aggregate",
    ),
    "a value that is kept as another type": (
        ORDER_PAYMENTS,
        "physicalType: VARCHAR\n        classification: internal\n        description: Course that was ordered.",
        "physicalType: BIGINT\n        classification: internal\n        description: Course that was ordered.",
        None,
        "`course_id` is BIGINT and kept, but `orders.course_id` is VARCHAR",
        "keep its type",
    ),
    "projection of nothing": (
        LEARNER_PAYMENTS,
        "value: [order_payments]",
        "value: [order_paiments]",
        0,
        "`order_paiments` is no dataset",
        "name datasets",
    ),
    "projection whose query is no SQL": (QUERY, "select\n", "selekt\n", None, "cannot be read as SQL", "one SELECT"),
    "projection of a column that is not there": (
        LEARNER_PAYMENTS,
        "[order_payments.paid_at]",
        "[order_payments.payed_at]",
        0,
        "`order_payments.payed_at`, which is no column",
        "transformSourceObjects",
    ),
    "projection of a column from nowhere": (
        LEARNER_PAYMENTS,
        "        transformSourceObjects: [order_payments.paid_at]\n",
        "",
        None,
        "`paid_date` comes from ``",
        "transformSourceObjects",
    ),
    "projection for a purpose that its source does not bear": (
        LEARNER_PAYMENTS,
        "value: [aggregate_statistics]}\n  - property: lawfulBasis\n    value: {aggregate_statistics: legitimate_interest}",
        "value: [product_analytics]}\n  - property: lawfulBasis\n    value: {product_analytics: consent}",
        0,
        "`order_payments` may not be used for `product_analytics`",
        "at the source",
    ),
    "an instant that crosses domains": (
        LEARNER_PAYMENTS,
        "physicalType: DATE\n        classification: confidential\n        description: Day on which",
        "physicalType: TIMESTAMP\n        classification: confidential\n        description: Day on which",
        None,
        "takes the instant `order_payments.paid_at` into another domain",
        "cut_to_day",
    ),
    "a key that crosses domains": (
        LEARNER_PAYMENTS,
        "[order_payments.course_id]",
        "[order_payments.course_id, order_payments.order_key]",
        None,
        "takes the key `order_payments.order_key` into another domain",
        "leave it out",
    ),
    "a pseudonym that crosses domains as it is": (
        LEARNER_PAYMENTS,
        "{property: treatment, value: pseudonymise}",
        "{property: treatment, value: keep}",
        None,
        "and `order_payments.buyer_pseudonym` are not both pseudonyms",
        "pseudonymise",
    ),
    "a state that is told as if it were nobody's": (
        LEARNER_PAYMENTS,
        "        classification: confidential\n        description: paid, partially",
        "        classification: internal\n        description: paid, partially",
        None,
        "is internal, but `order_payments.payment_state` is confidential",
        "write confidential",
    ),
    "projections in a circle": (
        LEARNER_PAYMENTS,
        "value: [order_payments]",
        "value: [order_payments, learner_payments]",
        None,
        "in a circle",
        "before both",
    ),
    "file and name differ": (LINKS, "name: identity_links", "name: links", 0, "not that of the file", "links"),
    "other standard": (LINKS, "apiVersion: v3.1.0", "apiVersion: v2.2.2", 0, "not ODCS 3.1", "v3.1.0"),
    "broken YAML": (LINKS, "status: active", "status: [active", None, "this is not YAML", ""),
    "policy without window": (
        "policy.yaml",
        "      communication:\n",
        "      communications:\n",
        None,
        "no window for `comm",
        "windows",
    ),
    "mapping to a type that no field allows": (
        XAPI,
        "eventType: enrolled",
        "eventType: enroled",
        0,
        "`enroled`, which no field allows",
        "validValues",
    ),
    "mapping that leaves open what becomes of a verb": (
        XAPI,
        ", inside: module_completed",
        "",
        None,
        "onCourse",
        "correct",
    ),
    "mapping with an unknown part": (XAPI, "courseTypes: [course]", "kursus: [course]", None, "mapping", ""),
    "key space of what is no key": (
        PAYMENTS,
        "{property: storedAs, value: currency}",
        "{property: keySpace, value: coins}",
        0,
        "has a key space",
        "event_key",
    ),
    "policy with a wrong period": ("policy.yaml", "period: P1Y", "period: one year", 0, "period", "correct the value"),
    "policy with an unknown setting": ("policy.yaml", "    timezone:", "    time_zone:", 0, "is not known", "spelling"),
    "policy without clause": (
        "policy.yaml",
        '        clause: "§9 Data kursus"\n',
        "",
        None,
        "is missing",
        "add `clause`",
    ),
    "recipient for an unknown purpose": (
        "recipients.yaml",
        "[ads_retargeting]",
        "[resale]",
        0,
        "purpose `resale`",
        "use one of",
    ),
    "treatment for an unknown identifier": ("taxonomy.yaml", "[none, quasi]", "[none, near]", 0, "`near`", "direct"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_told_with_file_line_and_mend(copy: Copy, fault: str):
    file, stands, planted, below, what, mend = FAULTS[fault]
    line = copy.change(file, stands, planted)

    findings = [each for each in copy.findings() if what in each.what]

    assert findings, f"nothing said {what!r}"
    assert findings[0].file == f"data_contracts/{file}"
    assert mend in findings[0].mend
    assert findings[0].line > 0
    if below is not None:
        assert findings[0].line == line + below


def test_a_missing_part_is_told_at_the_property_that_lacks_it(copy: Copy):
    line = copy.change(ACCOUNTS, "      - name: email\n", "      - name: email\n")
    copy.change(ACCOUNTS, EMAIL, without("treatment"))

    assert [each.line for each in copy.findings()] == [line]


def test_every_fault_is_told_at_once(copy: Copy):
    copy.change(ACCOUNTS, EMAIL, without("category"))
    copy.change(WEB, "treatment, value: truncate_ip", "treatment, value: trim")
    copy.change(RATES, "population: enrolled", "population: enroled")

    assert {each.file.split("/")[-1] for each in copy.findings()} == {
        "accounts.odcs.yaml",
        "web_events.odcs.yaml",
        "agg_completion_rates.odcs.yaml",
    }


def test_a_missing_register_is_told(copy: Copy):
    (copy.folder / "recipients.yaml").unlink()

    assert "the file is not there" in {each.what for each in copy.findings()}


def test_a_column_of_no_category_of_the_policy_is_refused(copy: Copy):
    copy.change(ACCOUNTS, EMAIL, EMAIL.replace("category, value: identity}", "category, value: hobby}"))

    assert [each.what for each in copy.findings()] == ["category `hobby` of `email` is not in the taxonomy"]


def test_a_purpose_on_a_lawful_basis_that_cannot_bear_it_is_refused(copy: Copy):
    copy.change(PROGRESS, "service: contract", "service: consent")

    assert [each.what for each in copy.findings()] == ["purpose `service` has no lawful basis that can bear it"]


def test_silence_is_never_written_down_as_consent(copy: Copy):
    copy.change("policy.yaml", "state: denied", "state: granted")

    assert [each.what for each in copy.findings()] == ["default_consent `web` takes silence for consent"]


def test_a_recipient_on_no_rung_of_the_law_or_in_no_country_is_refused(copy: Copy):
    lines = {
        copy.change("recipients.yaml", "rung: safeguards", "rung: trusted"),
        copy.change("recipients.yaml", "country: US", "country: abroad"),
    }

    assert {each.line for each in copy.findings()} == lines


def test_a_category_that_has_no_longest_time_is_refused(copy: Copy):
    copy.change("policy.yaml", "      communication:\n", "      correspondence:\n")

    assert "version 1 has no window for `communication`" in {each.what for each in copy.findings()}
