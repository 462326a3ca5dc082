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

from pipelines import consent
from pipelines.contracts.models import ConsentRule, Field, InboundContract
from pipelines.engine import quoted
from pipelines.identity import matching
from pipelines.intake import treatments
from pipelines.intake.dialects import Dialect, dialect_of
from pipelines.intake.operators import is_mapped

_TYPES = {
    "timestamp": treatments.timestamp,
    "unix_seconds": treatments.unix_seconds,
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

    @cached_property
    def dialect(self) -> Dialect:
        """How the source's tool writes a row."""
        return dialect_of(self.contract)

    @property
    def _read_paths(self) -> tuple[str, ...]:
        """Every dotted path that is read: the contract's fields, and what the dialect makes fields of."""
        made = self.dialect.makes
        return tuple(dict.fromkeys((*(f.path for f in self.contract.fields if f.path not in made), *self.dialect.reads)))

    @property
    def containers(self) -> tuple[str, ...]:
        """JSON pointers of every object whose keys the contract knows, the row itself first."""
        found = {""}
        for path in self._read_paths:
            parts = path.split(".")
            found |= {"/" + "/".join(parts[:depth]) for depth in range(1, len(parts))}
        return (*sorted(found), *((f"/{self.dialect.inside.path}",) if self.dialect.inside else ()))

    def known_keys(self, container: str) -> frozenset[str]:
        """Return the keys that the contract knows inside a container."""
        if self.dialect.inside and container == f"/{self.dialect.inside.path}":
            return self.dialect.inside.known
        prefix = container.strip("/").replace("/", ".")
        prefix = f"{prefix}." if prefix else ""
        inside = (path.removeprefix(prefix) for path in self._read_paths if path.startswith(prefix))
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
            select file_no, place, reason, {self._raw()} as raw, marks,
                shape_hash, case when shape_hash not in ({known}) then shape end as shape,
                own_consent, {self._consent()} as is_consented, {kept}
            from (select file_no, place, raw, shape, hash(shape) as shape_hash,
                    {self._marks()} as marks, {self._reason(known)} as reason,
                    {self._own_consent()} as own_consent, {columns}
                from (select *, {self._typed()} from ({self._leaves(lines)})))"""

    def shapes(self, lines: str) -> str:
        """SQL: every distinct (shape_hash, shape) of the lines."""
        return f"select hash(shape), shape from ({self._leaves(lines)}) where shape is not null group by all"

    def carried(self) -> Iterator[tuple[str, Field]]:
        """Yield (column, field) of raw values that live in memory only, until the vault or a dictionary has mapped them."""
        for f in self.contract.fields:
            if f.treatment in ("pseudonymise", "vault") or is_mapped(f):
                yield f"raw_{self._index[f.path]}", f

    @cached_property
    def proofs(self) -> dict[str, str]:
        """The columns that bear what a row proves its sender with, and the SQL of their texts; most sources have none."""
        paths = self.dialect.proof.paths if self.dialect.proof else ()
        return {f"proof_{number}": self.text_of(path) for number, path in enumerate(paths)}

    @cached_property
    def losing(self) -> Mapping[str, str]:
        """Fields of which it is judged here whether a value was dropped, and the columns that say so."""
        labels = {f.path for f in self.contract.fields if f.treatment == "label" and not is_mapped(f)}
        matched = {f.path for f in self.contract.fields if is_matched(f)}
        return {path: lost_column(path) for path in sorted(labels | matched | self._shown_if_known.keys())}

    def text_of(self, path: str) -> str:
        """Return the SQL name of a field's text."""
        return f"s{self._index[path]}"

    def typed_of(self, path: str) -> str:
        """Return the SQL name of a field's typed value."""
        return f"t{self._index[path]}"

    def _leaves(self, lines: str) -> str:
        places = {path: f"v[{number}]" for number, path in enumerate(self._read_paths, start=1)}
        pointers = ", ".join(f"'/{quoted(path.replace('.', '/'))}'" for path in places)
        inside = self.dialect.inside
        containers = ", ".join(f"'{quoted(name) or '$'}'" for name in self.containers[: -1 if inside else None])
        names = f" || [{inside.names(places.__getitem__)}]" if inside else ""
        texts = ", ".join(
            f"nullif({self.dialect.text(f.path, at=places.__getitem__)}, '') as {self.text_of(f.path)}"
            for f in self.contract.fields
        )
        return f"""
            select file_no, place, raw, fault, shape{names} as shape, {texts} from (
                select *, case when is_object then json_extract_string(raw, [{pointers}]) end as v,
                    case when is_object then json_keys(raw, [{containers}]) end as shape
                from (select *, fault is null and starts_with(ltrim(raw), '{{') and json_valid(raw) as is_object
                      from {lines}))"""

    def _raw(self) -> str:
        """The row itself, where it may yet go to quarantine."""
        return "raw" if self.proofs else "case when reason is not null then raw end"

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
        cases.extend(f"when {self.text_of(path)} = '{why}' then '{why}'" for path, why in self.dialect.refuses.items())
        cases.extend(self._field_cases())
        for paths in self.contract.at_least_one:
            none = " and ".join(f"{self.text_of(path)} is null" for path in paths)
            cases.append(f"when {none} then 'missing_required:{'|'.join(paths)}'")
        cases.extend(self._outlived())
        cases.extend(self._premature())
        if self.contract.event_time:
            at = self.typed_of(self.contract.event_time)
            retention = self.contract.retention
            if retention.anchor == "event" and retention.period:
                limit = f"timestamp '{_naive(self.as_of)}' - {interval(retention.period)}"
                cases.append(f"when {at} < {limit} then '{EXPIRED}'")
        for reference in self.contract.references:
            if reference.unknown == "quarantine":
                named, known = self.typed_of(reference.field), f"(select value from known_{reference.source})"
                cases.append(
                    f"when {named} is not null and {named} not in {known} then '{unknown_reason(reference.source)}'"
                )
        return f"case {' '.join(cases)} end"

    def _premature(self) -> Iterator[str]:
        """A row of a time to come: as a state, it would stand against everything that is said until then."""
        limit = f"timestamp '{_naive(self.as_of)}' + interval {self.skew_hours:d} hours"
        versions = [f.path for f in self.contract.version_instants]
        for path in [self.contract.event_time] if self.contract.event_time else versions:
            yield f"when {self.typed_of(path)} > {limit} then 'in_the_future:{path}'"

    def _outlived(self) -> Iterator[str]:
        """A state that tells of the last interaction, and whose every instant lies before the retention period."""
        retention = self.contract.retention
        instants = [self.typed_of(f.path) for f in self.contract.instants]
        is_told = retention.anchor == "last_interaction" and retention.element is not None
        if self.contract.kind == "state" and is_told and retention.period and instants:
            limit = f"timestamp '{_naive(self.as_of)}' - {interval(retention.period)}"
            yield f"when greatest({', '.join(instants)}) < {limit} then '{EXPIRED}'"

    def _field_cases(self) -> Iterator[str]:
        for f in self.contract.fields:
            s, t = self.text_of(f.path), self.typed_of(f.path)
            if f.required:
                yield f"when {s} is null then 'missing_required:{f.path}'"
            if f.treatment == "drop" and f.path != self.contract.tie_field and not f.required:
                continue
            if f.treatment == "hold_back":
                continue
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
        return f.treatment in LOSSY_TREATMENTS or is_matched(f) or f.path in self._shown_if_known

    @cached_property
    def _shown_if_known(self) -> Mapping[str, str]:
        """Fields that are stored only where they name a known row, and the table of what is known."""
        return {each.field: f"known_{each.source}" for each in self.contract.references if each.unknown == "drop"}

    def _marks(self) -> str:
        bits = [
            f"{self.typed_of(f.path)} is not null and not {treatments.has_offset(self.text_of(f.path))}"
            for f in self.contract.fields
            if f.logical_type == "timestamp"
        ]
        return " + ".join([f"case when {bit} then {1 << i} else 0 end" for i, bit in enumerate(bits)]) or "0"

    def _own_consent(self) -> str:
        """What the row says of its own: refused, granted, or nothing (NULL)."""
        rule = self.contract.consent
        if rule is None:
            return "null::boolean"
        categories = [self.typed_of(path) for path in rule.category_fields]
        refused = [f"not {category}" for category in categories]
        refused += [self.typed_of(rule.gpc)] if self._gpc_denies(rule) and rule.gpc else []
        refused += [self.typed_of(path) for path in rule.refusals]
        cases = [f"when coalesce({' or '.join(refused)}, false) then false"] if refused else []
        cases += [f"when {' and '.join(categories)} then true"] if categories else []
        return f"case {' '.join(cases)} end" if cases else "null::boolean"

    def _consent(self) -> str:
        rule = self.contract.consent
        if rule is None:
            return "true"
        return f"coalesce(own_consent, {'true' if rule.default == 'granted' else 'false'})"

    @staticmethod
    def _gpc_denies(rule: ConsentRule) -> bool:
        return rule.purpose in rule.gpc_denies

    def _outputs(self) -> Iterator[tuple[str, str]]:
        event_time = self.contract.event_time
        if event_time:
            at = self.typed_of(event_time)
            yield "own_at", at
            yield "dt", f"({at} + interval {treatments.JAKARTA_OFFSET_HOURS} hours)::date"
        else:
            yield "own_at", self._version_at()
        tie = self.contract.tie_field
        yield "tie_at", self.typed_of(tie) if tie else self._version_at()
        yield from self.proofs.items()
        for column, f in self.carried():
            s = self.text_of(f.path)
            if f.treatment == "truncate_ip":
                yield column, f"case when ({treatments.ipv4_network(s)}) is null then {s} end"
            elif is_matched(f):
                yield column, treatments.named(s, kind=f.identifier_kind or "")
                yield lost_column(f.path), treatments.is_misspelt(s, kind=f.identifier_kind or "")
            else:
                # The query may bear anything, and makes every address another one.
                yield column, f"split_part(split_part({s}, '?', 1), '#', 1)" if f.treatment == "url_path" else s
        for f in self.contract.fields:
            yield from self._stored(f)

    def _version_at(self) -> str:
        """SQL: the instant at which a state was so; NULL where it does not say."""
        instants = [self.typed_of(f.path) for f in self.contract.version_instants]
        return f"greatest({', '.join(instants)})" if instants else "null::timestamp"

    def _stored(self, f: Field) -> Iterator[tuple[str, str]]:
        s, t = self.text_of(f.path), self.typed_of(f.path)
        if f.path in self._shown_if_known:
            known = f"(select value from {self._shown_if_known[f.path]})"
            yield f.stored_as[0], f"case when {t} in {known} then {t} end"
            yield lost_column(f.path), f"{t} is not null and {t} not in {known}"
        elif f.treatment == "keep":
            yield f.stored_as[0], t
        elif f.treatment == "label" and f.allowed_values:
            listed = ", ".join(f"'{quoted(value)}'" for value in f.allowed_values)
            yield f.stored_as[0], f"case when {s} in ({listed}) then {s} end"
            yield lost_column(f.path), f"{s} is not null and {s} not in ({listed})"
        elif f.treatment == "event_key":
            is_key = f.path in self.contract.key
            space = f.key_space or (self.contract.family if is_key else f"{self.contract.family}/{f.stored_as[0]}")
            whole = " || chr(31) || ".join(self.text_of(path) for path in self.contract.key) if is_key else s
            yield f.stored_as[0], treatments.keyed(whole, key=self.key_sql, family=space)
        elif f.treatment == "holder_key":
            yield f.stored_as[0], consent.holder_key(s, kind=f.identifier_kind or "", key=self.key_sql)
        elif f.treatment == "truncate_ip":
            yield f.stored_as[0], treatments.ipv4_network(s)
        elif f.treatment == "hold_back":
            yield held_column(f.path), f"{s} is not null"


def refusals(contract: InboundContract) -> frozenset[str]:
    """Return the reasons under which rows are counted and not kept."""
    return frozenset({EXPIRED, *dialect_of(contract).refuses.values()})


def held_column(path: str) -> str:
    """Return the name of the column that says whether a field held a text that is held back."""
    return f"held_{path.replace('.', '_')}"


def is_matched(f: Field) -> bool:
    """Say whether a field names whoever it names by hashes, one or several."""
    return f.identifier_kind in matching.KINDS


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
