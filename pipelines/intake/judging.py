"""From a contract to the SQL that reads, judges and treats the rows of its source.

Three nested projections of one query: `leaves` take the text of every field out of the JSON line and give it its type, the
last finds the first reason against the row (`reasons`) and what of it may be kept. Which values a treatment lets through
stands in `treatments`; where the rows come from and go to in `batches`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from pipelines import consent
from pipelines.contracts.models import ConsentRule, Field, InboundContract
from pipelines.contracts.traffic import Traffic
from pipelines.engine import quoted
from pipelines.intake import traffic, treatments
from pipelines.intake.leaves import Leaves
from pipelines.intake.operators import SQL_FIRST, is_mapped
from pipelines.intake.reasons import Reasons, is_matched, refusals, shown_if_known


@dataclass(frozen=True)
class Judgement:
    """The SQL of one source. `event_key` is the name of a SQL variable, so that no key stands in the text."""

    contract: InboundContract
    as_of: datetime
    skew_hours: int
    known_traffic: Traffic
    first_kept: date | None = None
    refusable: tuple[str, ...] = ()
    key_sql: str = "getvariable('event_key')"

    @cached_property
    def leaves(self) -> Leaves:
        """How the fields of a row are named in SQL."""
        return Leaves(self.contract)

    @cached_property
    def _reasons(self) -> Reasons:
        return Reasons(self.contract, self.leaves, self.as_of, self.skew_hours, self.first_kept)

    @cached_property
    def marks(self) -> tuple[str, ...]:
        """What is counted per row besides its fate, in the order of the bits of column `marks`."""
        return tuple(f"without_offset:{f.path}" for f in self.contract.fields if f.logical_type == "timestamp")

    def judged(self, lines: str, *, known_shapes: Iterable[int] = ()) -> str:
        """SQL: one row per line with `reason` (null when accepted), `marks`, and the treated columns.

        `raw` stays with rows that wait for a reason, `shape` (the keys of every container) with those whose `shape_hash` is
        not among `known_shapes`.
        """
        outputs = list(self._outputs())
        columns = ",\n".join(f"{sql} as {name}" for name, sql in outputs)
        kept = ", ".join(self._refined.get(name, name) for name, _ in outputs)
        known = ", ".join(str(shape) for shape in known_shapes) or "0"
        judged = f"""{self._marks()} as marks, {self._reasons.sql(known)} as reason,
                    {self._own_consent()} as own_consent, {columns}"""
        typed = self.leaves.typed(read=self.leaves.named_in(judged))
        texts = self.leaves.sql(lines, read=self.leaves.named_in(f"{judged}{typed}"))
        return f"""
            select file_no, place, reason, {self._raw()} as raw, marks,
                shape_hash, case when shape_hash not in ({known}) then shape end as shape,
                own_consent, {self._consent()} as is_consented, {kept}
            from (select file_no, place, raw, shape, shape_hash, {judged}
                from (select *, hash(shape) as shape_hash{typed} from ({texts})))"""

    def shapes(self, lines: str) -> str:
        """SQL: every distinct (shape_hash, shape) of the lines."""
        return (
            f"select hash(shape), shape from ({self.leaves.sql(lines, read=())}) where shape is not null group by all"
        )

    def carried(self) -> Iterator[tuple[str, Field]]:
        """Yield (column, field) of raw values that live in memory only, until the vault or a dictionary has mapped them."""
        for f in self.contract.fields:
            is_other_spelling = f.instead_of and self.contract.field(f.instead_of).identifier_kind == f.identifier_kind
            if not is_other_spelling and (f.treatment in ("pseudonymise", "vault") or is_mapped(f)):
                yield f"raw_{self.leaves.number_of(f.path)}", f

    def naming(self) -> Iterator[tuple[str, Field]]:
        """Yield (column, field) of every raw identifier of a row; a statement's are carried beside the keys of its holders."""
        yield from ((column, f) for column, f in self.carried() if f.treatment != "holder_key")
        for f in self.contract.fields:
            if f.treatment == "holder_key":
                yield f"named_{self.leaves.number_of(f.path)}", f

    @cached_property
    def proofs(self) -> dict[str, str]:
        """The columns that bear what a row proves its sender with, and the SQL of their texts; most sources have none."""
        paths = self.leaves.dialect.proof.paths if self.leaves.dialect.proof else ()
        return {f"proof_{number}": self.leaves.text_of(path) for number, path in enumerate(paths)}

    @cached_property
    def losing(self) -> Mapping[str, str]:
        """Fields of which it is judged here whether a value was dropped, and the columns that say so."""
        labels = {f.path for f in self.contract.fields if f.treatment == "label" and not is_mapped(f)}
        matched = {f.path for f in self.contract.fields if is_matched(f)}
        return {path: lost_column(path) for path in sorted(labels | matched | self._shown_if_known.keys())}

    @cached_property
    def _refined(self) -> Mapping[str, str]:
        """What goes on of columns that others tell more of: only what is none of the plain kind, which SQL knows."""
        mapped = [(column, f.stored_as[0]) for column, f in self.carried() if f.treatment in SQL_FIRST]
        return {column: f"case when {stored} is null then {column} end as {column}" for column, stored in mapped}

    def _raw(self) -> str:
        """The row itself, where it may yet go to quarantine; of one that is refused nothing but its reason is kept."""
        refused = ", ".join(f"'{reason}'" for reason in sorted(refusals(self.contract)))
        return "raw" if self.proofs else f"case when reason not in ({refused}) then raw end"

    @cached_property
    def _shown_if_known(self) -> Mapping[str, str]:
        return shown_if_known(self.contract)

    def _marks(self) -> str:
        fields = [f for f in self.contract.fields if f.logical_type == "timestamp"]
        bits = [f"case when {self._has_offset_or_none(f)} then 0 else {1 << i} end" for i, f in enumerate(fields)]
        return " + ".join(bits) or "0"

    def _has_offset_or_none(self, f: Field) -> str:
        """SQL: whether an instant states its offset, or there is none; one nobody keeps is read only where it does not."""
        offset = treatments.has_offset(self.leaves.text_of(f.path))
        value = self.leaves.typed_sql(f) if f.treatment == "drop" else self.leaves.typed_of(f.path)
        return f"case when {offset} then true else ({value}) is null end"

    def _own_consent(self) -> str:
        """What the row says of its own: refused, granted, or nothing (NULL)."""
        rule = self.contract.consent
        if rule is None:
            return "null::boolean"
        categories = [self.leaves.typed_of(path) for path in rule.category_fields]
        refusing = self._refusing(rule, rule.purpose)
        cases = [f"when {refusing} then false"] if refusing else []
        cases += [f"when {' and '.join(categories)} then true"] if categories else []
        return f"case {' '.join(cases)} end" if cases else "null::boolean"

    @cached_property
    def refused(self) -> Mapping[str, str]:
        """The columns that say whether a row refuses a purpose for whoever it names, by purpose: of those that it can."""
        rule = self.contract.consent
        told = {purpose: self._refusing(rule, purpose) for purpose in self.refusable} if rule else {}
        return {f"refuses_{purpose}": sql for purpose, sql in told.items() if sql}

    def _refusing(self, rule: ConsentRule, purpose: str) -> str:
        """SQL: whether the row itself refuses a purpose; empty where it never can."""
        refused = [f"not {self.leaves.typed_of(path)}" for path in rule.categories_of(purpose)]
        refused += [self.leaves.typed_of(rule.gpc)] if purpose in rule.gpc_denies and rule.gpc else []
        refused += [self.leaves.typed_of(path) for path in rule.refusals] if purpose == rule.purpose else []
        return f"coalesce({' or '.join(refused)}, false)" if refused else ""

    def _consent(self) -> str:
        rule = self.contract.consent
        if rule is None:
            return "true"
        return f"coalesce(own_consent, {'true' if rule.default == 'granted' else 'false'})"

    def _outputs(self) -> Iterator[tuple[str, str]]:
        event_time = self.contract.event_time
        if event_time:
            at = self.leaves.typed_of(event_time)
            yield "own_at", at
            yield "dt", f"({at} + interval {treatments.JAKARTA_OFFSET_HOURS} hours)::date"
        else:
            yield "own_at", self._version_at()
        tie = self.contract.tie_field
        yield "tie_at", self.leaves.typed_of(tie) if tie else self._version_at()
        yield from self.proofs.items()
        yield from self.refused.items()
        if rule := self.contract.traffic:
            texts = {path: self.leaves.text_of(path) for path in rule.fields}
            yield traffic.OWN, traffic.own_reason(rule, self.known_traffic, texts)
        for column, f in self.carried():
            s = self._named_by(f)
            if is_matched(f):
                yield column, treatments.named(s, kind=f.identifier_kind or "")
                yield lost_column(f.path), treatments.is_misspelt(s, kind=f.identifier_kind or "")
            else:
                # The query may bear anything, and makes every address another one.
                yield column, f"split_part(split_part({s}, '?', 1), '#', 1)" if f.treatment == "url_path" else s
        yield from ((column, self.leaves.text_of(f.path)) for column, f in self.naming() if f.treatment == "holder_key")
        for f in self.contract.fields:
            yield from self._stored(f)

    def _named_by(self, f: Field) -> str:
        """SQL: the field's text, or that of a field that names the same kind of thing where this one is empty."""
        others = [o for o in self.contract.fields if o.instead_of == f.path and o.identifier_kind == f.identifier_kind]
        texts = [self.leaves.text_of(each.path) for each in (f, *others)]
        return f"coalesce({', '.join(texts)})" if others else texts[0]

    def _version_at(self) -> str:
        """SQL: the instant at which a state was so; NULL where it does not say."""
        instants = [self.leaves.typed_of(f.path) for f in self.contract.version_instants]
        return f"greatest({', '.join(instants)})" if instants else "null::timestamp"

    def _stored(self, f: Field) -> Iterator[tuple[str, str]]:
        s, t = self.leaves.text_of(f.path), self.leaves.typed_of(f.path)
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
            whole = " || chr(31) || ".join(self.leaves.text_of(path) for path in self.contract.key) if is_key else s
            yield f.stored_as[0], treatments.keyed(whole, key=self.key_sql, family=space)
        elif f.treatment == "holder_key":
            yield f.stored_as[0], consent.holder_key(s, kind=f.identifier_kind or "", key=self.key_sql)
        elif f.treatment == "truncate_ip":
            yield f.stored_as[0], treatments.ipv4_network(s)
        elif f.treatment == "hold_back":
            yield held_column(f.path), f"{s} is not null"


def held_column(path: str) -> str:
    """Return the name of the column that says whether a field held a text that is held back."""
    return f"held_{path.replace('.', '_')}"


def lost_column(path: str) -> str:
    """Return the name of the column that says whether a field's value was dropped."""
    return f"lost_{path.replace('.', '_')}"
