"""From a contract to the SQL that reads, judges and treats the rows of its source.

Three nested projections of one query: the leaves take the text of every field out of the JSON line, the next gives it its
type, the last finds the first reason against the row and what of it may be kept. Which values a treatment lets
through stands in `treatments`; where the rows come from and go to in `batch`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from pipelines.contracts.models import ConsentRule, Field, InboundContract
from pipelines.engine import quoted
from pipelines.intake import treatments
from pipelines.intake.operators import is_mapped

_TYPES = {
    "timestamp": treatments.timestamp,
    "number": treatments.number,
    "boolean": treatments.boolean,
    "date": treatments.calendar_date,
    "partial_date": treatments.partial_date,
}
LOSSY_TREATMENTS = ("label", "truncate_ip", "url_host")
EXPIRED = "expired"
_PERIOD = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?")


@dataclass(frozen=True)
class Judgement:
    """The SQL of one source. `event_key` is the name of a SQL variable, so that no key stands in the text."""

    contract: InboundContract
    as_of: datetime
    skew_hours: int
    key_sql: str = "getvariable('event_key')"
    _index: Mapping[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", {f.path: i for i, f in enumerate(self.contract.fields)})

    @cached_property
    def marks(self) -> tuple[str, ...]:
        """What is counted per row besides its fate, in the order of the bits of column `marks`."""
        return tuple(f"without_offset:{f.path}" for f in self.contract.fields if f.logical_type == "timestamp")

    @property
    def containers(self) -> tuple[str, ...]:
        """JSON pointers of every object whose keys the contract knows, the row itself first."""
        found = {""}
        for f in self.contract.fields:
            parts = f.path.split(".")
            found |= {"/" + "/".join(parts[:depth]) for depth in range(1, len(parts))}
        return tuple(sorted(found))

    def known_keys(self, container: str) -> frozenset[str]:
        """Return the keys that the contract knows inside a container."""
        prefix = container.strip("/").replace("/", ".")
        prefix = f"{prefix}." if prefix else ""
        inside = (f.path.removeprefix(prefix) for f in self.contract.fields if f.path.startswith(prefix))
        return frozenset(path.split(".")[0] for path in inside)

    def judged(self, lines: str, *, known_shapes: Iterable[int] = ()) -> str:
        """SQL: one row per line with `reason` (null when accepted), `marks`, and the treated columns.

        `raw` stays with rows that have a reason, `shape` (the keys of every container) with those whose `shape_hash` is
        not among `known_shapes`.
        """
        outputs = list(self._outputs())
        columns = ",\n".join(f"{sql} as {name}" for name, sql in outputs)
        kept = ", ".join(name for name, _ in outputs)
        known = ", ".join(str(shape) for shape in known_shapes) or "0"
        return f"""
            select file_no, place, reason, case when reason is not null then raw end as raw, marks,
                shape_hash, case when shape_hash not in ({known}) then shape end as shape, is_consented, {kept}
            from (select file_no, place, raw, shape, hash(shape) as shape_hash,
                    {self._marks()} as marks, {self._reason(known)} as reason,
                    {self._consent()} as is_consented, {columns}
                from (select *, {self._typed()} from ({self._leaves(lines)})))"""

    def shapes(self, lines: str) -> str:
        """SQL: every distinct (shape_hash, shape) of the lines."""
        return f"select hash(shape), shape from ({self._leaves(lines)}) where shape is not null group by all"

    def carried(self) -> Iterator[tuple[str, Field]]:
        """Yield (column, field) of raw values that live in memory only, until the vault or a dictionary has mapped them."""
        for f in self.contract.fields:
            if f.treatment in ("pseudonymise", "vault") or is_mapped(f):
                yield f"raw_{self._index[f.path]}", f

    def text_of(self, path: str) -> str:
        """Return the SQL name of a field's text."""
        return f"s{self._index[path]}"

    def typed_of(self, path: str) -> str:
        """Return the SQL name of a field's typed value."""
        return f"t{self._index[path]}"

    def _leaves(self, lines: str) -> str:
        pointers = ", ".join(f"'/{quoted(f.path.replace('.', '/'))}'" for f in self.contract.fields)
        containers = ", ".join(f"'{quoted(name) or '$'}'" for name in self.containers)
        texts = ", ".join(f"nullif(v[{i + 1}], '') as s{i}" for i in range(len(self.contract.fields)))
        return f"""
            select file_no, place, raw, fault, shape, {texts} from (
                select *, case when is_object then json_extract_string(raw, [{pointers}]) end as v,
                    case when is_object then json_keys(raw, [{containers}]) end as shape
                from (select *, fault is null and starts_with(ltrim(raw), '{{') and json_valid(raw) as is_object
                      from {lines}))"""

    def _typed(self) -> str:
        return ", ".join(f"{self._typed_value(f)} as {self.typed_of(f.path)}" for f in self.contract.fields)

    def _typed_value(self, f: Field) -> str:
        if f.logical_type == "integer":
            return treatments.integer(self.text_of(f.path), sql_type=f.sql_type)
        return _TYPES[f.logical_type](self.text_of(f.path)) if f.logical_type in _TYPES else self.text_of(f.path)

    def _reason(self, known: str) -> str:
        cases = ["when fault is not null then fault", "when shape is null then 'malformed'"]
        # Which of two equal names holds is anybody's guess (a consent given, a consent refused): such a row waits.
        repeated = "list_sum(list_transform(shape, lambda keys: len(keys) - len(list_distinct(keys))))"
        cases.append(f"when hash(shape) not in ({known}) and {repeated} > 0 then 'repeated_field'")
        cases.extend(self._field_cases())
        if self.contract.at_least_one:
            none = " and ".join(f"{self.text_of(path)} is null" for path in self.contract.at_least_one)
            cases.append(f"when {none} then 'missing_required:{'|'.join(self.contract.at_least_one)}'")
        cases.extend(self._outlived())
        if self.contract.event_time:
            at = self.typed_of(self.contract.event_time)
            limit = f"timestamp '{_naive(self.as_of)}' + interval {self.skew_hours:d} hours"
            cases.append(f"when {at} > {limit} then 'in_the_future:{self.contract.event_time}'")
            retention = self.contract.retention
            if retention.anchor == "event" and retention.period:
                limit = f"timestamp '{_naive(self.as_of)}' - {interval(retention.period)}"
                cases.append(f"when {at} < {limit} then '{EXPIRED}'")
        for reference in self.contract.references:
            if reference.unknown == "quarantine":
                known = f"(select value from known_{reference.source})"
                cases.append(
                    f"when {self.typed_of(reference.field)} not in {known} then '{unknown_reason(reference.source)}'"
                )
        return f"case {' '.join(cases)} end"

    def _outlived(self) -> Iterator[str]:
        """A state whose every instant lies before the retention period: nobody has interacted since."""
        retention = self.contract.retention
        instants = [self.typed_of(f.path) for f in self.contract.fields if f.logical_type == "timestamp"]
        if self.contract.kind == "state" and retention.anchor == "last_interaction" and retention.period and instants:
            limit = f"timestamp '{_naive(self.as_of)}' - {interval(retention.period)}"
            yield f"when greatest({', '.join(instants)}) < {limit} then '{EXPIRED}'"

    def _field_cases(self) -> Iterator[str]:
        for f in self.contract.fields:
            s, t = self.text_of(f.path), self.typed_of(f.path)
            if f.required:
                yield f"when {s} is null then 'missing_required:{f.path}'"
            if f.treatment == "drop" and f.path != self.contract.tie_field and not f.required:
                continue
            if f.logical_type != "string":
                yield f"when {s} is not null and {t} is null then 'wrong_type:{f.path}'"
            elif not f.allowed and not f.pattern and f.treatment not in LOSSY_TREATMENTS:
                yield f"when left({s}, 1) in ('{{', '[') then 'wrong_type:{f.path}'"
            yield from self._value_cases(f, s, t)

    def _value_cases(self, f: Field, s: str, t: str) -> Iterator[str]:
        if f.allowed:
            listed = ", ".join(f"'{quoted(value)}'" for value in f.allowed)
            yield f"when {s} is not null and {s} not in ({listed}) then 'not_allowed:{f.path}'"
        if f.pattern:
            yield f"when {s} is not null and not regexp_matches({s}, '{quoted(f.pattern)}') then 'wrong_format:{f.path}'"
        elif f.logical_type == "string" and f.treatment not in LOSSY_TREATMENTS and not f.allowed and f.max_length:
            yield f"when length({s}) > {f.max_length:d} then 'too_long:{f.path}'"
        if f.minimum is not None:
            yield f"when {t} < {f.minimum!r} then 'out_of_range:{f.path}'"
        if f.maximum is not None:
            yield f"when {t} > {f.maximum!r} then 'out_of_range:{f.path}'"

    def _marks(self) -> str:
        bits = [
            f"{self.typed_of(f.path)} is not null and not {treatments.has_offset(self.text_of(f.path))}"
            for f in self.contract.fields
            if f.logical_type == "timestamp"
        ]
        return " + ".join([f"case when {bit} then {1 << i} else 0 end" for i, bit in enumerate(bits)]) or "0"

    def _consent(self) -> str:
        rule = self.contract.consent
        if rule is None:
            return "true"
        default = "true" if rule.default == "granted" else "false"
        granted = [f"coalesce({self.typed_of(path)}, {default})" for path in rule.category_fields]
        refused = [f"not coalesce({self.typed_of(rule.gpc)}, false)"] if self._gpc_denies(rule) and rule.gpc else []
        return f"({' and '.join([*granted, *refused]) or 'false'})"

    @staticmethod
    def _gpc_denies(rule: ConsentRule) -> bool:
        return rule.purpose in rule.gpc_denies

    def _outputs(self) -> Iterator[tuple[str, str]]:
        event_time = self.contract.event_time
        if event_time:
            at = self.typed_of(event_time)
            yield "own_at", at
            yield "dt", f"({at} + interval {treatments.JAKARTA_OFFSET_HOURS} hours)::date"
        tie = self.contract.tie_field or self.contract.version_field
        yield "tie_at", self.typed_of(tie) if tie else "null::timestamp"
        for column, f in self.carried():
            s = self.text_of(f.path)
            if f.treatment == "truncate_ip":
                yield column, f"case when ({treatments.ipv4_network(s)}) is null then {s} end"
            else:
                # The query may bear anything, and makes every address another one.
                yield column, f"split_part(split_part({s}, '?', 1), '#', 1)" if f.treatment == "url_path" else s
        for f in self.contract.fields:
            yield from self._stored(f)

    def _stored(self, f: Field) -> Iterator[tuple[str, str]]:
        s, t = self.text_of(f.path), self.typed_of(f.path)
        if f.treatment == "keep":
            yield f.stored_as[0], t
        elif f.treatment == "label" and f.allowed_values:
            listed = ", ".join(f"'{quoted(value)}'" for value in f.allowed_values)
            yield f.stored_as[0], f"case when {s} in ({listed}) then {s} end"
            yield lost_column(f.path), f"{s} is not null and {s} not in ({listed})"
        elif f.treatment == "event_key":
            is_key = f.path in self.contract.key
            space = self.contract.family if is_key else f"{self.contract.family}/{f.stored_as[0]}"
            yield f.stored_as[0], treatments.keyed(s, key=self.key_sql, family=space)
        elif f.treatment == "truncate_ip":
            yield f.stored_as[0], treatments.ipv4_network(s)


def lost_column(path: str) -> str:
    """Return the name of the column that says whether a field's value was dropped."""
    return f"lost_{path.replace('.', '_')}"


def unknown_reason(source: str) -> str:
    """Return the reason code of a row that names an unknown row of `source`: `unknown_course`."""
    return f"unknown_{source.removesuffix('s')}"


def interval(period: str) -> str:
    """Return an ISO 8601 period of years, months and days as SQL."""
    found = _PERIOD.fullmatch(period)
    if found is None:
        raise ValueError(f"not a period of years, months and days: {period}")
    years, months, days = (int(part or 0) for part in found.groups())
    return f"(interval {years * 12 + months} months + interval {days} days)"


def _naive(instant: datetime) -> str:
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
