"""Reads one contract: ODCS entries into frozen models, with the lake columns they lead to.

Checks of the words and between contracts do not belong here (see `checks`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pipelines.contracts import columns, odcs, projections
from pipelines.contracts.checks import Vocabulary
from pipelines.contracts.documents import Findings, Node
from pipelines.contracts.extracts import Extract
from pipelines.contracts.interactions import OwnedThrough
from pipelines.contracts.models import (
    POLICY_VERSION,
    ConsentRule,
    Field,
    InboundContract,
    InternalContract,
    LakeColumn,
    Reference,
    Retention,
)
from pipelines.contracts.odcs import Entry
from pipelines.contracts.outbound import Disclosure, Exposure, OutboundColumn, OutboundContract
from pipelines.contracts.traffic import TrafficRule
from pipelines.contracts.versions import PolicyInForce

_Part = TypeVar("_Part", Disclosure, Exposure, Extract, OwnedThrough, TrafficRule)

_DATASET = {"category", "purposes", "lawfulBasis"}
_INBOUND = _DATASET | {
    "kind",
    "family",
    "hasIds",
    "dialect",
    "mapping",
    "eventTime",
    "versionField",
    "tieField",
    "sortBy",
    "atLeastOne",
    "consent",
    "traffic",
    "extract",
    "interactions",
    "ownedThrough",
}
_TREATED = {"category", "treatment", "purposes"}
_FIELD = _TREATED | {
    "identifier",
    "identifierKind",
    "storedAs",
    "insteadOf",
    "keySpace",
    "aliases",
    "allowedValues",
    "allowedFrom",
    "pathTemplates",
    "pathTemplatesFrom",
}
_PUBLISHED = frozenset({"role", "unit", "formula", "caveat"})
_OUTBOUND = {"purposes", "lawfulBasis", "madeOf", "disclosure", "sealing", "exposure"}

_SQL_TYPES = {
    "string": "VARCHAR",
    "partial_date": "VARCHAR",
    "timestamp": "TIMESTAMP",
    "unix_seconds": "TIMESTAMP",
    "date": "DATE",
    "integer": "INTEGER",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
}


@dataclass(frozen=True)
class Reader:
    """What is needed to read a contract: the words, the policy in force, and where findings go.

    `registers` are lists of words that a field may take its allowed values from, by name.
    """

    words: Vocabulary
    policy: PolicyInForce
    registers: Mapping[str, tuple[str, ...]]
    findings: Findings

    def inbound(self, root: Node, *, file: Path) -> InboundContract | None:
        """Return an inbound contract, or None and findings."""
        entry = odcs.document(root, allowed=frozenset(_INBOUND), findings=self.findings)
        self.words.check_dataset(entry)
        rows = list(odcs.properties(root, allowed=frozenset(_FIELD), findings=self.findings))
        pairs = [(row, field) for row in rows if (field := self._field(row, entry)) is not None]
        consent = self._consent(entry)
        return entry.build(
            InboundContract,
            self.findings,
            file=file,
            key=_key(rows),
            version_fields=entry.names("version_field"),
            fields=tuple(field for _, field in pairs),
            references=tuple(self._references(rows)),
            consent=consent,
            traffic=self._nested(entry, "traffic", TrafficRule),
            owned_through=self._nested(entry, "owned_through", OwnedThrough),
            extract=self._nested(entry, "extract", Extract),
            interval_days=self._interval(root),
            retention=self._retention(root, entry),
            lake_columns=tuple(self._lake_columns(pairs, entry, consent)),
        )

    def internal(self, root: Node, *, file: Path) -> InternalContract | None:
        """Return a contract of a dataset of our own making, or None and findings."""
        entry = odcs.document(root, allowed=frozenset(_DATASET | {"sortBy", "projects"}), findings=self.findings)
        self.words.check_dataset(entry)
        own = [
            self._own_column(row) for row in odcs.properties(root, allowed=frozenset(_TREATED), findings=self.findings)
        ]
        return entry.build(
            InternalContract,
            self.findings,
            file=file,
            projects=entry.names("projects"),
            query=projections.query_beside(file),
            retention=self._retention(root, entry),
            lake_columns=tuple(column for column in own if column),
        )

    def outbound(self, root: Node, *, file: Path) -> OutboundContract | None:
        """Return the contract of a published dataset, or None and findings."""
        entry = odcs.document(root, allowed=frozenset(_OUTBOUND), findings=self.findings)
        self.words.check_purposes(entry)
        rows = odcs.properties(root, allowed=_PUBLISHED, findings=self.findings)
        published = [self._outbound_column(row) for row in rows]
        disclosure = self._nested(entry, "disclosure", Disclosure)
        exposure = self._nested(entry, "exposure", Exposure)
        return entry.build(
            OutboundContract,
            self.findings,
            file=file,
            **({"made_of": entry.names("made_of")} if entry.value("made_of") else {}),
            columns=tuple(column for column in published if column),
            **{name: value for name, value in (("disclosure", disclosure), ("exposure", exposure)) if value},
        )

    def _field(self, row: Entry, contract: Entry) -> Field | None:
        row = _typed(row)
        if row.value("default_timezone") not in (None, self.policy.timezone):
            mend = f"write {self.policy.timezone}"
            self.findings.add(row.place("default_timezone"), "the time zone is not that of the policy", mend=mend)
        self.words.check_field(row, contract)
        register = row.value("allowed_from")
        if register and register not in self.registers:
            mend = f"use one of {', '.join(self.registers)}"
            self.findings.add(row.place("allowed_from"), f"`{register}` is no register", mend=mend)
        listed = {"allowed": self.registers.get(str(register), ())} if register else {}
        return row.build(
            Field,
            self.findings,
            stored_as=tuple(name for name, _ in columns.stored(row)),
            aliases=row.names("aliases"),
            purposes=row.names("purposes") or contract.names("purposes"),
            **listed,
        )

    def _lake_columns(
        self, pairs: Iterable[tuple[Entry, Field]], contract: Entry, consent: ConsentRule | None
    ) -> Iterable[LakeColumn]:
        pairs = list(pairs)
        for row, field in pairs:
            sources = (field.path, *(other.path for _, other in pairs if other.instead_of == field.path))
            if treatment := self.words.taxonomy.treatments.get(field.treatment):
                for name, description in columns.stored(row):
                    found = columns.column(name, description, field, treatment, consent)
                    yield found.model_copy(update={"sources": sources})
        if consent:
            yield columns.consent_column(consent, contract)
        if rule := self._nested(contract, "traffic", TrafficRule):
            yield columns.traffic_column(rule, contract)
        yield POLICY_VERSION

    def _own_column(self, row: Entry) -> LakeColumn | None:
        self.words.check_words(row, "category", "classification", "treatment")
        treatment = self.words.taxonomy.treatments.get(str(row.value("treatment")))
        named = {"name": row.value("path"), "sql_type": row.value("physical_type")}
        derived = {"pattern": treatment.pattern, "pii": treatment.leaves} if treatment else {}
        return row.build(
            LakeColumn,
            self.findings,
            nullable=not row.value("required"),
            sources=row.names("transform_source_objects"),
            **derived,
            **{name: value for name, value in named.items() if value},
        )

    def _outbound_column(self, row: Entry) -> OutboundColumn | None:
        self.words.check_words(
            row, "classification", *(["unit"] if row.value("role") in ("measure", "derived") else [])
        )
        named = {"name": row.value("path"), "sql_type": row.value("physical_type")}
        return row.build(OutboundColumn, self.findings, **{name: value for name, value in named.items() if value})

    def _consent(self, contract: Entry) -> ConsentRule | None:
        if "consent" not in contract.parts:
            return None
        node = contract.parts["consent"]
        entry = Entry(node, {odcs.snake(name): below for name, below in node.items()})
        self.words.check_consent(entry)
        default = self.policy.default_consent.get(str(entry.value("default")))
        if default is None:
            mend = f"name one of default_consent in the policy: {', '.join(self.policy.default_consent)}"
            self.findings.add(entry.place("default"), "the consent rule names no default of the policy", mend=mend)
            return None
        return entry.build(
            ConsentRule,
            self.findings,
            default=default.state,
            default_lawful_basis=default.lawful_basis,
            stored_as=next((name for name, _ in columns.stored(entry)), None),
        )

    def _references(self, rows: Iterable[Entry]) -> Iterable[Reference]:
        for row in rows:
            for each in row.place("relationships").members() if "relationships" in row.parts else ():
                target = str(each.plain().get("to", "")).split(".")
                unknown = [node.plain() for node in (each.get("customProperties") or each).members()]
                policy = next((item.get("value") for item in unknown if item.get("property") == "unknown"), None)
                if len(target) != 2 or policy not in ("quarantine", "accept", "drop"):
                    mend = "write `to: source.field` and a custom property unknown: quarantine, accept or drop"
                    self.findings.add(each, "the reference is incomplete", mend=mend)
                    continue
                yield Reference(field=str(row.value("path")), source=target[0], source_field=target[1], unknown=policy)

    def _interval(self, root: Node) -> float | None:
        """Return in days how often a source is expected: ODCS' `frequency`, in hours or days."""
        found = odcs.service_level(root, "frequency")
        if found is None:
            return None
        days, count = {"h": 1 / 24, "d": 1.0}.get(str(found.value("unit"))), found.value("value")
        if days is None or isinstance(count, bool) or not isinstance(count, int | float) or count <= 0:
            mend = "write {property: frequency, value: 1, unit: d} (or h)"
            self.findings.add(found.place("value"), "the frequency is no number of hours or days", mend=mend)
            return None
        return float(count * days)

    def _retention(self, root: Node, contract: Entry) -> Retention | None:
        found = odcs.service_level(root, "retention")
        named = str(found.value("value")) if found else ""
        reason = str(found.value("description") or "") if found else ""
        if found and named == "none":
            return Retention(category=str(contract.value("category")), anchor="none", period=None, reason=reason)
        window = self.policy.windows.get(named)
        if found is None or window is None:
            mend = f"add slaProperties retention with one of {', '.join(self.policy.windows)}, none"
            self.findings.add(found.place("value") if found else root, "the retention names no window", mend=mend)
            return Retention(category=named, anchor="none", period=None)
        other = window.otherwise
        return Retention(
            category=named,
            anchor=window.anchor,
            period=window.period,
            element=found.value("element"),
            otherwise_anchor=other.anchor if other else None,
            otherwise_period=other.period if other else None,
            reason=reason,
        )

    def _nested(self, contract: Entry, name: str, model: type[_Part]) -> _Part | None:
        node = contract.parts.get(name)
        if node is None:
            return None
        entry = Entry(node, {odcs.snake(key): below for key, below in node.items()})
        for key in entry.parts.keys() - model.model_fields.keys():
            mend = f"use one of {', '.join(model.model_fields)}"
            self.findings.add(entry.place(key), f"`{key}` is not known in {name}", mend=mend)
        return entry.build(model, self.findings)


def _typed(row: Entry) -> Entry:
    logical = str(row.value("logical_type"))
    if row.value("format") in ("partial_date", "unix_seconds"):
        logical = str(row.value("format"))
    wide = logical == "integer" and row.value("format") == "i64"
    sql_type = "BIGINT" if wide else _SQL_TYPES.get(logical, "VARCHAR")
    return row.having(logical_type=logical, sql_type=sql_type)


def _key(rows: Iterable[Entry]) -> tuple[str, ...]:
    keys = [row for row in rows if row.value("primary_key")]
    return tuple(
        str(row.value("path")) for row in sorted(keys, key=lambda row: int(row.value("primary_key_position") or 0))
    )
