"""The cross-checks between contracts, and between a contract and its own parts.

Words of single fields are checked in `checks`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipelines.contracts import metrics, odcs, sealing
from pipelines.contracts.documents import Findings, Node
from pipelines.contracts.extracts import check_extract
from pipelines.contracts.interactions import check_interactions, check_owner
from pipelines.contracts.models import ConsentRule, Field, InboundContract, InternalContract
from pipelines.contracts.outbound import OutboundContract
from pipelines.contracts.registers import Policy, Recipients, Taxonomy
from pipelines.contracts.traffic import COLUMN as BOT_REASON
from pipelines.contracts.traffic import TrafficRule
from pipelines.contracts.versions import PolicyVersions


def check_inbound(contracts: Mapping[str, InboundContract], nodes: Mapping[str, Node], findings: Findings) -> None:
    """Check what an inbound contract says of its own fields, and of other contracts."""
    check_columns(contracts, nodes, findings)
    for name, contract in contracts.items():
        root = nodes[name]
        _own_fields(contract, root, findings)
        check_extract(contract, root, findings)
        check_interactions(contract, root, findings)
        check_owner(contract, contracts, root, findings)
        if contract.traffic:
            _traffic(contract, contract.traffic, root, findings)
        if contract.consent:
            _consent(contract, contract.consent, root, findings)
            _ledger(contract.consent, contracts, root, findings)
        _references(contract, contracts, root, findings)


def check_internal(
    contracts: Mapping[str, InternalContract],
    inbound: Mapping[str, InboundContract],
    nodes: Mapping[str, Node],
    findings: Findings,
) -> None:
    """Check that a dataset of our own making comes from inbound fields that are there; projections apart."""
    check_columns(contracts, nodes, findings)
    fields = {f"{name}.{field.path}" for name, contract in inbound.items() for field in contract.fields}
    for name, contract in contracts.items():
        if contract.projects or contract.query:
            continue
        for source in sorted({source for column in contract.lake_columns for source in column.sources} - fields):
            what = f"transformSourceObjects names `{source}`, which is no inbound field"
            findings.add(_place(nodes[name], source), what, mend="write it as source.field")


def check_columns(
    contracts: Mapping[str, InboundContract] | Mapping[str, InternalContract],
    nodes: Mapping[str, Node],
    findings: Findings,
) -> None:
    """Check that no lake column is filled twice and that the sort column is one of them."""
    for name, contract in contracts.items():
        names = [column.name for column in contract.lake_columns]
        for twice in sorted({each for each in names if names.count(each) > 1}):
            place = _place(nodes[name], twice)
            findings.add(place, f"lake column `{twice}` is filled twice", mend="give one of them another storedAs")
        if contract.sort_by not in names:
            place = odcs.custom_property(nodes[name], "sortBy")
            findings.add(place, f"sortBy `{contract.sort_by}` is no lake column", mend=f"use one of {', '.join(names)}")


def check_outbound(
    contracts: Mapping[str, OutboundContract],
    sources: Mapping[str, InboundContract],
    nodes: Mapping[str, Node],
    findings: Findings,
    *,
    internal: Mapping[str, InternalContract],
) -> None:
    """Check that disclosure names columns that are there, that the sources are known, and that the grain is said."""
    for name, contract in contracts.items():
        rule, root = contract.disclosure, nodes[name]
        wanted = [(each, "measure") for each in (rule.population, *rule.parts, *rule.at_least)]
        wanted += [(rule.closed_window, "flag")] if rule.closed_window else []
        roles = {column.name: column.role for column in contract.columns}
        for column, role in wanted:
            if roles.get(column) != role:
                what = f"disclosure names `{column}`, which is no {role} of the table"
                findings.add(
                    _place(odcs.custom_property(root, "disclosure"), column),
                    what,
                    mend=f"use one of {', '.join(contract.named(role))}",
                )
        for unknown in sorted(set(contract.made_of) - sources.keys()):
            place = _place(odcs.custom_property(root, "madeOf"), unknown)
            findings.add(place, f"`{unknown}` is no source", mend=f"use one of {', '.join(sources)}")
        metrics.check(contract, root, findings)
        sealing.check(contract, root, findings, internal=internal)
        if not contract.grain.startswith("One row per "):
            place = _place(root, contract.grain)
            findings.add(place, "the grain does not say what a row is", mend="begin it with `One row per `")


def check_registers(
    taxonomy: Taxonomy,
    policies: PolicyVersions,
    recipients: Recipients,
    nodes: Mapping[str, Node],
    findings: Findings,
) -> None:
    """Check the words of the registers against the taxonomy."""
    for policy in policies.versions:
        for category in sorted(set(taxonomy.categories) - set(policy.windows)):
            findings.add(
                nodes["policy"], f"version {policy.version} has no window for `{category}`", mend="add it to windows"
            )
        named = [*policy.windows, *(each for floor in policy.floors for each in floor.categories)]
        named += [each.category for floor in policy.floors for each in floor.decisions]
        _known(named, taxonomy.categories, "category", nodes["policy"], findings)
        _decisions(policy, nodes["policy"], findings)
        _defaults(policy, taxonomy, nodes["policy"], findings)
        _known(policy.browser_refusals.purposes, taxonomy.purposes, "purpose", nodes["policy"], findings)
    for treatment in taxonomy.treatments.values():
        _known(treatment.sufficient_for, taxonomy.identifiers, "identifier", nodes["taxonomy"], findings)
    for recipient in recipients.recipients.values():
        _known(recipient.purposes, taxonomy.purposes, "purpose", nodes["recipients"], findings)


def _decisions(policy: Policy, root: Node, findings: Findings) -> None:
    for floor in policy.floors:
        decided = [each.category for each in floor.decisions]
        for category in sorted({each for each in decided if each not in floor.categories or decided.count(each) > 1}):
            what = f"version {policy.version} decides about `{category}` and floor `{floor.id}` twice, or where they do not meet"
            findings.add(root, what, mend="write one decision for each category that the floor covers")


def _defaults(policy: Policy, taxonomy: Taxonomy, root: Node, findings: Findings) -> None:
    defaults = policy.default_consent.values()
    _known([each.purpose for each in defaults], taxonomy.purposes, "purpose", root, findings)
    _known([each.lawful_basis for each in defaults], taxonomy.lawful_bases, "lawful basis", root, findings)
    for name, each in policy.default_consent.items():
        # Silence is no consent (UU PDP Art. 20(2)a asks for an explicit one).
        if each.state == "granted" and each.lawful_basis == "consent":
            mend = "write denied, or name the lawful basis it rests on"
            findings.add(root, f"default_consent `{name}` takes silence for consent", mend=mend)


def _own_fields(contract: InboundContract, root: Node, findings: Findings) -> None:
    paths = {field.path: field for field in contract.fields}
    named = {
        "eventTime": contract.event_time,
        "tieField": contract.tie_field,
    }
    wanted = [(name, path) for name, path in named.items() if path]
    wanted += [("versionField", path) for path in contract.version_fields if not _is_status(contract, paths.get(path))]
    wanted += [("atLeastOne", path) for paths in contract.at_least_one for path in paths]
    for name, path in wanted:
        place = odcs.custom_property(root, name)
        if path not in paths:
            findings.add(place, f"{name} names `{path}`, which is no field", mend="name a field of the contract")
        elif name != "atLeastOne" and paths[path].sql_type != "TIMESTAMP":
            findings.add(place, f"{name} names `{path}`, which is no timestamp", mend="name a timestamp")
    if contract.kind == "event" and not contract.event_time:
        findings.add(root, "an event has no eventTime", mend="add eventTime: the field with the event's own instant")
    _keys_and_stand_ins(contract, root, findings)
    _mapping(contract, root, findings)
    if contract.has_ids != bool(contract.key):
        mend = "add primaryKey: true to the fields that do, or for events without ids hasIds: false"
        findings.add(
            root, "no field identifies a row" if contract.has_ids else "hasIds is false beside a key", mend=mend
        )
    kept = odcs.service_level(root, "retention")
    element = kept.value("element") if kept else None
    if element is not None and element not in {f"{contract.name}.{path}" for path in paths}:
        findings.add(_place(root, element), f"retention runs from `{element}`, which is no field", mend="correct it")
    names = [name for field in contract.fields for name in (field.path, *field.aliases)]
    for twice in sorted({name for name in names if names.count(name) > 1}):
        findings.add(_place(root, twice), f"field `{twice}` stands twice", mend="remove one of them")


def _mapping(contract: InboundContract, root: Node, findings: Findings) -> None:
    if contract.mapping is None:
        return
    allowed = {value for field in contract.fields for value in field.allowed}
    led_to = {event_type for rule in contract.mapping.rules for event_type in rule.event_types}
    for unknown in sorted(led_to - allowed):
        what = f"the mapping leads to `{unknown}`, which no field allows"
        findings.add(_place(root, unknown), what, mend="add it to the field's validValues, or correct the mapping")


def _keys_and_stand_ins(contract: InboundContract, root: Node, findings: Findings) -> None:
    paths = {field.path: field for field in contract.fields}
    for field in contract.fields:
        other = paths.get(field.instead_of) if field.instead_of else None
        if field.instead_of and (other is None or not other.stored_as or other.treatment != "pseudonymise"):
            what = f"`{field.path}` stands in for `{field.instead_of}`, which is no pseudonymised field"
            findings.add(_place(root, field.instead_of), what, mend="name a field with pseudonymise and storedAs")
        if field.key_space and field.treatment != "event_key":
            what = f"`{field.path}` has a key space, and no key is made of it"
            findings.add(_place(root, field.key_space), what, mend="use event_key, or remove keySpace")


def _is_status(contract: InboundContract, field: Field | None) -> bool:
    """Say whether a field alone tells a state's version by the order of its allowed values."""
    return field is not None and bool(field.allowed) and contract.version_fields == (field.path,)


def _consent(contract: InboundContract, rule: ConsentRule, root: Node, findings: Findings) -> None:
    paths = {field.path: field for field in contract.fields}
    read = [*(f"{rule.preferences}.{name}" for name in rule.categories), *rule.refusals]
    read += [rule.gpc] if rule.gpc else []
    for path in read:
        if path not in paths or paths[path].treatment != "consent":
            what = f"the consent rule reads `{path}`, which is no field with treatment consent"
            findings.add(
                odcs.custom_property(root, "consent"), what, mend="declare the field, or remove it from the rule"
            )
    columns = {column.name: column for column in contract.lake_columns}
    if bool(rule.denied_keeps) == bool(rule.denied_drops):
        what = "the consent rule must say either what denied rows keep or what they drop"
        findings.add(odcs.custom_property(root, "consent"), what, mend="write deniedKeeps or deniedDrops")
    telling = {name for name, column in columns.items() if column.pii in ("pseudonym", "quasi")}
    for name in sorted(telling & set(rule.denied_keeps)):
        what = f"deniedKeeps names `{name}`, which still tells of a person"
        findings.add(_place(odcs.custom_property(root, "consent"), name), what, mend="remove it")
    for part, listed in (("deniedKeeps", rule.denied_keeps), ("deniedDrops", rule.denied_drops)):
        for name in sorted(set(listed) - set(columns)):
            what = f"{part} names `{name}`, which is no lake column"
            findings.add(_place(odcs.custom_property(root, "consent"), name), what, mend="correct or remove it")
    keys = {paths[path].stored_as[0] for path in contract.key if path in paths and paths[path].stored_as}
    for name in sorted(keys & set(rule.denied_drops)):
        what = f"deniedDrops names `{name}`, which identifies the row"
        findings.add(_place(odcs.custom_property(root, "consent"), name), what, mend="remove it")
    is_stated = rule.purpose in rule.categories.values() or rule.ledger is not None
    if rule.purpose not in contract.purposes or not is_stated:
        what = f"the consent rule decides on `{rule.purpose}`, which no purpose or category of the contract names"
        findings.add(
            odcs.custom_property(root, "consent"), what, mend="add it to purposes and to the rule's categories"
        )


def _traffic(contract: InboundContract, rule: TrafficRule, root: Node, findings: Findings) -> None:
    """Check that the rule reads fields that bear what they are read for, and that refused rows keep their reason."""
    place = odcs.custom_property(root, "traffic")
    treatments = {field.path: field.treatment for field in contract.fields}
    for name, treatment in (("user_agent", "user_agent_families"), ("ip", "truncate_ip"), ("declared", "label")):
        path = getattr(rule, name)
        if path is not None and treatments.get(path) != treatment:
            what = f"the traffic rule reads `{path}`, which is no field with treatment {treatment}"
            findings.add(place, what, mend="name such a field, or leave it out")
    if contract.consent and contract.consent.withholds(BOT_REASON):
        what = f"rows without consent lose `{BOT_REASON}`, and would count as visitors"
        findings.add(odcs.custom_property(root, "consent"), what, mend=f"add {BOT_REASON} to deniedKeeps")


def _ledger(rule: ConsentRule, contracts: Mapping[str, InboundContract], root: Node, findings: Findings) -> None:
    if rule.ledger is None:
        return
    ledger = contracts.get(rule.ledger)
    needed = {"purpose", "granted", "policy_version", "evidence"}
    if ledger is None or not needed <= {field.path for field in ledger.fields} or ledger.kind != "event":
        place = _place(odcs.custom_property(root, "consent"), rule.ledger)
        what = f"the consent rule asks `{rule.ledger}`, which is no source of statements"
        findings.add(place, what, mend=f"name a source of events with the fields {', '.join(sorted(needed))}")


def _references(
    contract: InboundContract, contracts: Mapping[str, InboundContract], root: Node, findings: Findings
) -> None:
    for reference in contract.references:
        target = contracts.get(reference.source)
        shown = f"{reference.source}.{reference.source_field}"
        if target is None or reference.source_field not in {field.path for field in target.fields}:
            what = f"`{reference.field}` refers to `{shown}`, which is not there"
            findings.add(_place(root, shown), what, mend="declare it, or correct the relationship's `to`")
        if reference.unknown == "drop" and contract.field(reference.field).treatment != "keep":
            what = f"`{reference.field}` is to be dropped where it is unknown, and is not kept where it is known"
            findings.add(_place(root, shown), what, mend="use treatment keep, or unknown: quarantine or accept")


def _known(words: Iterable[str], known: Mapping[str, object], kind: str, root: Node, findings: Findings) -> None:
    for word in sorted(set(words) - set(known)):
        findings.add(
            _place(root, word), f"{kind} `{word}` is not in the taxonomy", mend=f"use one of {', '.join(known)}"
        )


def _place(root: Node, text: str) -> Node:
    """Return the last node below `root` that says `text`, or `root`: later mentions repeat an earlier one."""
    return next((node for node in reversed(list(odcs.walk(root))) if node.content == text), root)
