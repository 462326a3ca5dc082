"""The frozen models of the contracts: what the other rooms read.

How they are read from YAML and checked does not belong here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BeforeValidator
from pydantic import Field as Setting

from pipelines.contracts.extracts import Extract
from pipelines.contracts.interactions import Interaction, OwnedThrough
from pipelines.contracts.statements import StatementMapping
from pipelines.contracts.strict import Frozen, Strict, each_listed
from pipelines.contracts.traffic import TrafficRule

_PLACEHOLDER = re.compile(r"\{([^}]+)\}")
LogicalType = Literal["string", "timestamp", "unix_seconds", "date", "partial_date", "integer", "number", "boolean"]
Anchor = Literal["event", "completion", "last_interaction", "none"]


class Field(Strict):
    """One inbound field: how it is read, what it is, and what becomes of it.

    `path` is dotted (`context.ip`); `stored_as` names lake columns; `sql_type` is the type of the value as typed.
    An identifier `instead_of` another field names the subject where that field is empty, in the other's column. Values
    outside `allowed` are quarantined; of a label, values outside `allowed_values` are dropped. `path_templates` are
    the paths that a `url_path` may show, taken over from another field (source.field) by `path_templates_from`. Ids of
    one `key_space` have one keyed hash, in whichever source they stand. `aliases` are other paths that it may stand at.
    """

    path: str
    logical_type: LogicalType
    sql_type: str
    required: bool = False
    category: str
    classification: str
    identifier: str = "none"
    identifier_kind: str | None = None
    treatment: str
    stored_as: tuple[str, ...] = ()
    instead_of: str | None = None
    key_space: str | None = None
    aliases: tuple[str, ...] = ()
    purposes: tuple[str, ...]
    description: str
    allowed: tuple[str, ...] = ()
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    max_length: int = 2000
    allowed_values: tuple[str, ...] = ()
    path_templates: tuple[str, ...] = ()
    path_templates_from: str | None = None


class LakeColumn(Strict):
    """One stored column, and what may stand in it.

    `pii` says what the treated value still is: none, quasi, key or pseudonym. `sources` are the field paths behind it.
    """

    name: str
    sql_type: str
    description: str
    nullable: bool = True
    category: str
    classification: str
    pii: Literal["none", "quasi", "key", "pseudonym"] = "none"
    treatment: str
    sources: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    max_length: int | None = None


class Reference(Strict):
    """A field that names a row of another source, and what happens where it is unknown: to the row, or to the name."""

    field: str
    source: str
    source_field: str
    unknown: Literal["quarantine", "accept", "drop"]


class ConsentRule(Strict):
    """How a row's own statement of consent is read.

    `categories` maps a category name below `preferences` to a purpose; a row is denied where a category of `purpose`
    is false, where `gpc` is true and `gpc_denies` holds the purpose, where one of the fields `refusals` is true, where
    the statements of the source `ledger` say so at the row's instant, or where nothing is stated and `default` says so.
    Either `denied_keeps` are the only lake columns a denied row fills, or `denied_drops` the only ones it leaves empty:
    then whoever denies is a subject all the same, and a state is judged at the instant of its version.
    """

    purpose: str
    preferences: str = ""
    categories: Annotated[Mapping[str, str], Frozen] = Setting(default_factory=lambda: MappingProxyType({}))
    gpc: str | None = None
    gpc_denies: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    ledger: str | None = None
    default: Literal["denied", "granted"]
    default_lawful_basis: str
    stored_as: str
    denied_keeps: tuple[str, ...] = ()
    denied_drops: tuple[str, ...] = ()

    def withholds(self, column: str) -> bool:
        """Say whether a denied row leaves a lake column of its fields empty."""
        return column in self.denied_drops if self.denied_drops else column not in self.denied_keeps

    @property
    def category_fields(self) -> tuple[str, ...]:
        """Return the field paths whose category decides on `purpose`."""
        return self.categories_of(self.purpose)

    def categories_of(self, purpose: str) -> tuple[str, ...]:
        """Return the field paths whose category decides on a purpose."""
        return tuple(f"{self.preferences}.{name}" for name, other in self.categories.items() if other == purpose)


class Retention(Strict):
    """How long a dataset is kept: `period` (ISO 8601, None: for ever) from `anchor`, else from `otherwise_anchor`.

    `element` is the contract's own field from which it runs; None where a row alone does not tell. `reason` is why so long.
    """

    category: str
    anchor: Anchor
    period: str | None
    element: str | None = None
    otherwise_anchor: Anchor | None = None
    otherwise_period: str | None = None
    reason: str = ""


class Dataset(Strict):
    """What every contract says."""

    name: str
    description: str
    grain: str
    owner: str
    domain: str
    purposes: tuple[str, ...]
    lawful_basis: Annotated[Mapping[str, str], Frozen]
    file: Path


class InboundContract(Dataset):
    """What a source lands, and what of it is stored in the lake.

    Events without ids (`has_ids` false) have no key, and none of them is ever a duplicate. `dialect` names how
    its tool writes a row where that is not the contract's own shape. Of two states of one key the newer stands: by the
    latest of the instants `version_fields`, of equal ones by the last that is listed; or by a field whose allowed values
    stand in the order of its life; without either by arrival.
    """

    kind: Literal["event", "state"]
    category: str
    family: str
    dialect: str | None = None
    mapping: StatementMapping | None = None
    event_time: str | None = None
    has_ids: bool = True
    key: tuple[str, ...]
    version_fields: tuple[str, ...] = ()
    tie_field: str | None = None
    sort_by: str
    at_least_one: Annotated[tuple[tuple[str, ...], ...], BeforeValidator(each_listed)] = ()
    retention: Retention
    consent: ConsentRule | None = None
    traffic: TrafficRule | None = None
    extract: Extract | None = None
    interactions: tuple[Interaction, ...] = ()
    owned_through: OwnedThrough | None = None
    interval_days: float | None = None
    references: tuple[Reference, ...] = ()
    fields: tuple[Field, ...]
    lake_columns: tuple[LakeColumn, ...]

    @property
    def makes_subjects(self) -> bool:
        """Say whether rows can make somebody a subject of the vault."""
        return any(field.treatment in ("pseudonymise", "vault") for field in self.fields)

    @property
    def owner_columns(self) -> tuple[str, ...]:
        """Return the lake columns that bear the pseudonyms of a row's owners."""
        found = (field.stored_as[0] for field in self.fields if field.treatment == "pseudonymise" and field.stored_as)
        return tuple(dict.fromkeys(found))

    @property
    def holder_columns(self) -> tuple[str, ...]:
        """Return the lake columns that bear the keys under which a row's holders are known, of statements alone."""
        return tuple(field.stored_as[0] for field in self.fields if field.treatment == "holder_key")

    @property
    def key_columns(self) -> tuple[str, ...]:
        """Return the lake columns that identify a row."""
        return tuple(self.field(path).stored_as[0] for path in self.key)

    @property
    def order(self) -> str:
        """SQL: the order of the rows in a file of the dataset."""
        if self.kind == "state":
            return ", ".join(self.key_columns)
        tie = "event_key" if self.key else ", ".join(column.name for column in self.lake_columns)
        return f"{self.sort_by} nulls last, {self.field(self.event_time or '').stored_as[0]}, {tie}"

    @property
    def instants(self) -> tuple[Field, ...]:
        """Return the fields whose values are instants, however they are written."""
        return tuple(field for field in self.fields if field.sql_type == "TIMESTAMP")

    @property
    def shown_ids(self) -> tuple[tuple[str, str], ...]:
        """Return (source, field) of every id that a path template may show: `{courses.course_id}`."""
        named = {name for field in self.fields for path in field.path_templates for name in _PLACEHOLDER.findall(path)}
        return tuple(sorted((source, field) for source, _, field in (name.partition(".") for name in named)))

    @property
    def version_instants(self) -> tuple[Field, ...]:
        """Return the instants that tell a state's version; none where its status or its arrival does."""
        return tuple(field for field in self.instants if field.path in self.version_fields)

    def field(self, path: str) -> Field:
        """Return the field at a dotted path; raises KeyError."""
        return next((field for field in self.fields if field.path == path), None) or _unknown(path)

    @property
    def table_columns(self) -> tuple[LakeColumn, ...]:
        """Return the lake columns and, for events, the partition's day `dt`."""
        return (*self.lake_columns, DAY) if self.kind == "event" else self.lake_columns


class InternalContract(Dataset):
    """A dataset of our own making beside the lake: declared columns, no inbound fields.

    A projection `projects` other datasets by its `query`, SQL over `lake.<dataset>` whose columns are the contract's.
    """

    category: str
    retention: Retention
    sort_by: str
    projects: tuple[str, ...] = ()
    query: str = ""
    lake_columns: tuple[LakeColumn, ...]

    @property
    def table_columns(self) -> tuple[LakeColumn, ...]:
        """Return the columns of the table."""
        return self.lake_columns


POLICY_VERSION = LakeColumn(
    name="policy_version",
    sql_type="VARCHAR",
    description="Version of the privacy policy in force when the row came in.",
    nullable=False,
    category="automatic",
    classification="internal",
    treatment="keep",
)
DAY = LakeColumn(
    name="dt",
    sql_type="DATE",
    description="Calendar day in Asia/Jakarta of the event's own time; the partition.",
    nullable=False,
    category="automatic",
    classification="internal",
    treatment="keep",
)


def _unknown(path: str) -> Field:
    raise KeyError(path)
