"""What is held against a row: the SQL of its reason, the first in an order that tells most.

How a field's text and value are named is in `leaves`, what becomes of sound rows in `judging`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from pipelines.contracts import periods
from pipelines.contracts.models import Field, InboundContract
from pipelines.engine import quoted
from pipelines.identity import matching
from pipelines.intake.dialects import dialect_of
from pipelines.intake.leaves import Leaves
from pipelines.intake.treatments import JAKARTA_OFFSET_HOURS, jakarta_day

LOSSY_TREATMENTS = ("label", "truncate_ip", "url_host")
EXPIRED = "expired"
MINOR = "minor"


@dataclass(frozen=True)
class Reasons:
    """The reasons that one source's contract knows; events of days before `first_kept` are not kept any more."""

    contract: InboundContract
    leaves: Leaves
    as_of: datetime
    skew_hours: int
    first_kept: date | None = None

    def sql(self, known: str) -> str:
        """SQL: the first reason against a row, or NULL; `known` are the values of `shape_hash` that are sound."""
        cases = ["when fault is not null then fault", "when shape is null then 'malformed'"]
        # Which of two equal names holds is anybody's guess (a consent given, a consent refused): such a row waits.
        repeated = "list_sum(list_transform(shape, lambda keys: len(keys) - len(list_distinct(keys)))) > 0"
        # A conjunction may look at its dearer half first; a case may not.
        cases.append(f"when case when shape_hash not in ({known}) then {repeated} end then 'repeated_field'")
        refuses = self.leaves.dialect.refuses
        cases.extend(f"when {self.leaves.text_of(path)} = '{why}' then '{why}'" for path, why in refuses.items())
        cases.extend(self._field_cases())
        for paths in self.contract.at_least_one:
            # Blanks name nobody, whichever of Unicode's they are.
            none = " and ".join(
                f"not coalesce(regexp_matches({self.leaves.text_of(path)}, '[^\\s\\p{{Z}}]'), false)" for path in paths
            )
            cases.append(f"when {none} then 'missing_required:{'|'.join(paths)}'")
        cases.extend(self._outlived())
        cases.extend(self._premature())
        if self.contract.event_time:
            at = self.leaves.typed_of(self.contract.event_time)
            if self.first_kept:
                day = f"({at} + interval {JAKARTA_OFFSET_HOURS} hours)::date"
                cases.append(f"when {day} < date '{self.first_kept}' then '{EXPIRED}'")
        for reference in self.contract.references:
            if reference.unknown == "quarantine":
                named, known = self.leaves.typed_of(reference.field), f"(select value from known_{reference.source})"
                cases.append(
                    f"when {named} is not null and {named} not in {known} then '{unknown_reason(reference.source)}'"
                )
        return f"case {' '.join(cases)} end"

    def _premature(self) -> Iterator[str]:
        """A row of a time to come: as a state, it would stand against everything that is said until then."""
        limit = f"timestamp '{_naive(self.as_of)}' + interval {self.skew_hours:d} hours"
        versions = [f.path for f in self.contract.version_instants]
        for path in [self.contract.event_time] if self.contract.event_time else versions:
            yield f"when {self.leaves.typed_of(path)} > {limit} then 'in_the_future:{path}'"

    def _outlived(self) -> Iterator[str]:
        """A state that tells of the last interaction, and whose every instant lies before the retention period."""
        retention = self.contract.retention
        instants = [self.leaves.typed_of(f.path) for f in self.contract.instants]
        is_told = retention.anchor == "last_interaction" and retention.element is not None
        if self.contract.kind == "state" and is_told and retention.period and instants:
            day = f"(greatest({', '.join(instants)}) + interval {JAKARTA_OFFSET_HOURS} hours)::date"
            first = periods.first_kept(jakarta_day(self.as_of), retention.period)
            yield f"when {day} < date '{first}' then '{EXPIRED}'"

    def judged_fields(self) -> frozenset[str]:
        """Return the fields by which a row can be held back: their own values, and what they are compared with."""
        contract = self.contract
        own = {f.path for f in contract.fields if next(self._cases_of(f), None)}
        named = {each.field for each in contract.references if each.unknown == "quarantine"}
        one_of = {path for paths in contract.at_least_one for path in paths}
        proof = self.leaves.dialect.proof
        return frozenset({*own, *named, *one_of, *self.leaves.dialect.refuses, *(proof.paths if proof else ())})

    def _field_cases(self) -> Iterator[str]:
        for f in self.contract.fields:
            yield from self._cases_of(f)

    def _cases_of(self, f: Field) -> Iterator[str]:
        s, t = self.leaves.text_of(f.path), self.leaves.typed_of(f.path)
        if f.required:
            yield f"when {s} is null then 'missing_required:{f.path}'"
        if f.treatment == "drop" and f.path != self.contract.tie_field and not f.required:
            return
        if f.treatment == "hold_back":
            return
        if f.logical_type != "string":
            yield f"when {s} is not null and {t} is null then 'wrong_type:{f.path}'"
        elif not f.allowed and not f.pattern and not self._may_drop(f):
            yield f"when left({s}, 1) in ('{{', '[') then 'wrong_type:{f.path}'"
        yield from self._value_cases(f, s, t)

    def _value_cases(self, f: Field, s: str, t: str) -> Iterator[str]:
        if f.allowed:
            listed = ", ".join(f"'{quoted(value)}'" for value in f.allowed)
            yield f"when {s} is not null and {s} not in ({listed}) then 'not_allowed:{f.path}'"
        if f.pattern:
            yield f"when {s} is not null and not regexp_matches({s}, '{quoted(f.pattern)}') then 'wrong_format:{f.path}'"
        elif f.logical_type == "string" and not self._may_drop(f) and not f.allowed and f.max_length:
            yield f"when length({s}) > {f.max_length:d} then 'too_long:{f.path}'"
        if f.minimum is not None:
            yield f"when {t} < {f.minimum!r} then 'out_of_range:{f.path}'"
        if f.maximum is not None:
            yield f"when {t} > {f.maximum!r} then 'out_of_range:{f.path}'"

    def _may_drop(self, f: Field) -> bool:
        """Say whether a value of a field that cannot be used is dropped, where another's would hold the row back."""
        return f.treatment in LOSSY_TREATMENTS or is_matched(f) or f.path in shown_if_known(self.contract)


def judged_fields(contract: InboundContract) -> frozenset[str]:
    """Return the fields by which a row of a source can be held back or refused."""
    return Reasons(contract, Leaves(contract), as_of=datetime.min.replace(tzinfo=UTC), skew_hours=0).judged_fields()


def refusals(contract: InboundContract) -> frozenset[str]:
    """Return the reasons under which rows are counted and not kept."""
    return frozenset({EXPIRED, MINOR, *dialect_of(contract).refuses.values()})


def shown_if_known(contract: InboundContract) -> Mapping[str, str]:
    """Return the fields that are stored only where they name a known row, and the table of what is known."""
    return {each.field: f"known_{each.source}" for each in contract.references if each.unknown == "drop"}


def is_matched(f: Field) -> bool:
    """Say whether a field names whoever it names by hashes, one or several."""
    return f.identifier_kind in matching.KINDS


def unknown_reason(source: str) -> str:
    """Return the reason code of a row that names an unknown row of `source`: `unknown_course`."""
    return f"unknown_{source.removesuffix('s')}"


def _naive(instant: datetime) -> str:
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
