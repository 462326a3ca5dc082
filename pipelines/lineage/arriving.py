"""What the steps in Python make of what arrives, as declared: fields as they land, who is whom in the vault, the lake's datasets.

All of it follows from the contracts and from what a dialect says it reads; a test holds it against what the steps really
read and write. Not here: what is made of the lake (assembling), what may come of what (taint).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipelines.consent import deciding_columns
from pipelines.contracts import Contracts, InboundContract, LakeColumn
from pipelines.contracts.models import ConsentRule, Field
from pipelines.intake.dialects import dialect_of
from pipelines.intake.reasons import judged_fields
from pipelines.intake.storing import states_links
from pipelines.lineage.dependencies import Column, Dependency, Operation
from pipelines.lineage.graph import AS_WRITTEN, LANDING, VAULT, Dataset
from pipelines.lineage.operations import CUT, Part

SUBJECT, LINK = Column(VAULT, "subject"), Column(VAULT, "link")
JUDGE, SETTLE, READ_OUT, CONSENT, PSEUDONYMISE = "judge", "settle", "read_out", "consent", "pseudonymise"

_Found = frozenset[Dependency]


def of(column: Column, through: str, part: Part = "value") -> Dependency:
    """Return the dependency on a column through one operation."""
    return Dependency(column, part, (Operation(through),))


def landed(contract: InboundContract) -> Dataset:
    """Return a source as it lands; a field that its tool writes otherwise is read out of the texts of others, or its own."""
    dialect, name = dialect_of(contract), LANDING + contract.name
    read = {field.path: dialect.read_for(field.path) for field in contract.fields}
    texts = {path: path + AS_WRITTEN for path, own in read.items() if path in dialect.reads and own != (path,)}
    columns: dict[str, _Found] = {text: frozenset() for text in texts.values()}
    for path, own in read.items():
        told = own if own != (path,) else ()
        columns[path] = frozenset(of(Column(name, texts.get(each, each)), READ_OUT) for each in told)
    return Dataset(name, "landing", columns, domain=contract.domain)


def vault(contracts: Contracts) -> Dataset:
    """Return who is whom, as every source that makes somebody known states it."""
    kinds = {kind for each in contracts.taxonomy.identifier_kinds.values() for kind in each.stands_for}
    subject, link = set[Dependency](), set[Dependency]()
    for contract in contracts.inbound.values():
        if not contract.makes_subjects:
            continue
        stated = [each for each in _sealed(contract) if each.identifier_kind in kinds]
        known = {of(_field(contract, each.path), VAULT) for each in stated}
        # Whoever is refused is nobody's subject, but where a denial leaves single columns empty.
        if contract.consent and not contract.consent.denied_drops:
            known |= set(_asked(contract.consent, contract, contracts))
        subject |= known
        if states_links(contract):
            link |= known | {of(_field(contract, path), VAULT) for path in _instants(contract)}
    return Dataset(VAULT, "vault", {SUBJECT.name: frozenset(subject), LINK.name: frozenset(link)})


def stored(contract: InboundContract, contracts: Contracts) -> Dataset:
    """Return a dataset of the lake: what each column is made of, and what decides which rows there are."""
    columns = {column.name: frozenset(_made_of(column, contract, contracts)) for column in contract.table_columns}
    family = [each for each in contracts.inbound.values() if each.family == contract.family]
    rows = frozenset(each for member in family for each in _row_decisions(member, contracts))
    purposes = frozenset(contract.purposes)
    return Dataset(contract.name, "lake", columns, rows, domain=contract.domain, purposes=purposes)


def statements(ledger: InboundContract) -> Iterator[Column]:
    """Yield the columns of the consent ledger by which somebody is found to have granted or refused."""
    yield from (Column(ledger.name, name) for name in deciding_columns(ledger))


def _made_of(column: LakeColumn, contract: InboundContract, contracts: Contracts) -> Iterator[Dependency]:
    rule = contract.consent
    if rule and column.name == rule.stored_as:
        yield from _asked(rule, contract, contracts)
        # A withdrawal reaches stored rows by whoever the vault takes for one person.
        yield from (of(each, CONSENT, "condition") for each in (SUBJECT, LINK) if rule.ledger)
    elif rule and rule.withholds(column.name) and column.sources:
        yield of(Column(contract.name, rule.stored_as), CONSENT, "condition")
    if column.name == "dt" and contract.event_time:
        yield of(_field(contract, contract.event_time), CUT)
    for path in _sources(column, contract):
        yield of(_field(contract, path), column.treatment)
    if column.treatment == PSEUDONYMISE:
        yield of(SUBJECT, PSEUDONYMISE, "condition")
    if any(contract.field(path).path_templates for path in column.sources):
        for source, field in contract.shown_ids:
            yield of(_stored_at(source, field, contracts), column.treatment, "condition")
    for each in contract.references:
        if each.unknown == "drop" and each.field in column.sources:
            yield of(_stored_at(each.source, each.source_field, contracts), JUDGE, "condition")


def _sources(column: LakeColumn, contract: InboundContract) -> Iterable[str]:
    """Return the fields whose values a column holds; an id of a row is made of its whole key."""
    is_id = column.treatment == "event_key" and set(column.sources) & set(contract.key)
    return dict.fromkeys((*column.sources, *(contract.key if is_id else ())))


def _asked(rule: ConsentRule, contract: InboundContract, contracts: Contracts) -> Iterator[Dependency]:
    """Yield what is asked for consent: the row's own statement; in the ledger whose row it is, of when, and what they stated."""
    for path in (*rule.category_fields, *((rule.gpc,) if rule.gpc else ()), *rule.refusals):
        yield of(_field(contract, path), CONSENT)
    if not rule.ledger:
        return
    named = [each.path for each in _sealed(contract) if each.treatment == PSEUDONYMISE]
    for path in (*named, *_instants(contract)):
        yield of(_field(contract, path), CONSENT, "condition")
    for column in statements(contracts.inbound[rule.ledger]):
        yield of(column, CONSENT, "condition")


def _row_decisions(contract: InboundContract, contracts: Contracts) -> Iterator[Dependency]:
    """Yield what holds rows back, and what decides which of several stays: of two that tell one version, their content."""
    for path in sorted(judged_fields(contract)):
        yield of(_field(contract, path), JUDGE, "filter")
    for each in contract.references:
        if each.unknown == "quarantine":
            yield of(_stored_at(each.source, each.source_field, contracts), JUDGE, "filter")
    if not contract.key:
        return
    # Of two states without an instant the last to arrive stays, whatever it holds.
    tells = contract.kind == "event" or contract.version_instants
    content = [path for column in contract.lake_columns for path in column.sources if tells]
    tie = (contract.tie_field,) if contract.tie_field else ()
    for path in dict.fromkeys((*contract.key, *contract.version_fields, *tie, *content)):
        yield of(_field(contract, path), SETTLE, "filter")


def _sealed(contract: InboundContract) -> list[Field]:
    """Return the fields by which the vault knows somebody, or finds them."""
    return [each for each in contract.fields if each.treatment in (PSEUDONYMISE, VAULT)]


def _instants(contract: InboundContract) -> tuple[str, ...]:
    return (contract.event_time,) if contract.event_time else contract.version_fields


def _field(contract: InboundContract, path: str) -> Column:
    return Column(LANDING + contract.name, path)


def _stored_at(source: str, field: str, contracts: Contracts) -> Column:
    return Column(source, contracts.inbound[source].field(field).stored_as[0])
