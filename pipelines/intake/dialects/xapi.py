"""xAPI 1.0.3 statements: verb, object and context become the platform's learning event, by the contract's mapping.

Source: "Experience API Data", 2.4 Statement Properties (Advanced Distributed Learning, 1.0.3). Which verb means what does not
belong here: it stands in the contract.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipelines.contracts.models import InboundContract
from pipelines.contracts.statements import StatementMapping, VerbRule
from pipelines.engine import quoted
from pipelines.intake.dialects.dialect import Dialect, Texts

UNKNOWN_VERB = "unknown_verb"

_LAST_SEGMENT = r"([^/#?]+)/?(?:\?.*)?$"
_ACTIVITIES = '[{"id": "VARCHAR", "definition": {"type": "VARCHAR"}}]'
_PARENT, _GROUPING = "context.contextActivities.parent", "context.contextActivities.grouping"
_RAW, _SCALED, _MAX = "result.score.raw", "result.score.scaled", "result.score.max"
_ACCOUNT, _MAILBOX = "actor.account.name", "actor.mbox"


def dialect(contract: InboundContract) -> Dialect:
    """Return the dialect of a contract's mapping. Raises ValueError where it has none."""
    if contract.mapping is None:
        raise ValueError(f"{contract.name}: statements need a mapping")
    told = _Statements(contract.mapping)
    return Dialect(
        reads=(
            *("verb.id", "object.id", "object.definition.type", "result.completion", _PARENT, _GROUPING),
            *("actor.objectType", _ACCOUNT, _MAILBOX, _RAW, _SCALED, _MAX),
        ),
        steps={"verb": lambda at: _last_segment(at("verb.id")), "activities": told.activities, "course": told.course},
        makes={
            "verb.id": told.event_type,
            "course_id": told.course_id,
            "module_id": told.module_id,
            "voids": told.voids,
            _ACCOUNT: lambda at: _agent(at, at(_ACCOUNT)),
            _MAILBOX: lambda at: _agent(at, f"regexp_replace({at(_MAILBOX)}, '^mailto:', '', 'i')"),
            # A score without points is a share of one.
            _RAW: lambda at: f"coalesce({at(_RAW)}, {at(_SCALED)})",
            _MAX: lambda at: f"case when {at(_RAW)} is null and {at(_SCALED)} is not null then '1' else {at(_MAX)} end",
        },
        refuses={"verb.id": UNKNOWN_VERB},
    )


class _Statements:
    """SQL of what a statement says, given what returns the SQL of the text at a path."""

    def __init__(self, mapping: StatementMapping) -> None:
        self._mapping = mapping

    def activities(self, at: Texts) -> str:
        """The activities that the object is a part of, and after them those it belongs to besides."""
        return f"list_concat({_activities(at(_PARENT))}, {_activities(at(_GROUPING))})"

    def course(self, at: Texts) -> str:
        """The IRI of the course: the object, or the first of its activities that is one."""
        types = self._mapping.course_types
        itself = f"case when {_is(at('object.definition.type'), types)} then {at('object.id')} end"
        return f"coalesce({itself}, {_first_of(at('activities'), types)})"

    def event_type(self, at: Texts) -> str:
        """What happened, by the first rule that fits; a verb that none fits is unknown."""
        cases = [f"when {_fits(rule, at)} then {self._outcome(rule, at)}" for rule in self._mapping.rules]
        told = f"nullif({at('verb.id')}, '') is not null"
        return f"case when {told} then case {' '.join(cases)} else '{UNKNOWN_VERB}' end end"

    def course_id(self, at: Texts) -> str:
        """The object, or the grouping or parent activity, that is a course."""
        named = _id(at("course"), prefixes=self._mapping.prefixes, what="course")
        return f"case when not {self._voiding(at)} then {named} end"

    def module_id(self, at: Texts) -> str:
        """What was completed inside the course; for all else the module around it, where one is named."""
        inside = f"{at('object.id')} is distinct from {at('course')}"
        around = _first_of(at("activities"), self._mapping.module_types)
        itself = _is(at("object.definition.type"), self._mapping.module_types)
        own = [f"({_fits(rule, at)})" for rule in self._mapping.rules if rule.inside]
        is_own = " or ".join([*own, f"coalesce({itself}, false)"])
        module = f"case when {is_own} then {at('object.id')} else coalesce({around}, {at('object.id')}) end"
        named = _id(module, prefixes=self._mapping.prefixes, what="module")
        return f"case when not {self._voiding(at)} and {inside} then {named} end"

    def voids(self, at: Texts) -> str:
        """The id of the statement that is taken back."""
        return f"case when {self._voiding(at)} then {at('object.id')} end"

    def _outcome(self, rule: VerbRule, at: Texts) -> str:
        if rule.event_type:
            return f"'{quoted(rule.event_type)}'"
        on_course = f"{at('object.id')} = {at('course')}"
        return f"case when {on_course} then '{quoted(rule.on_course or '')}' else '{quoted(rule.inside or '')}' end"

    def _voiding(self, at: Texts) -> str:
        verbs = [verb for rule in self._mapping.rules if rule.voids for verb in rule.verbs]
        return f"coalesce({_is(at('verb.id'), verbs, last=at('verb'))}, false)"


def _fits(rule: VerbRule, at: Texts) -> str:
    fits = _is(at("verb.id"), rule.verbs, last=at("verb"))
    return f"({fits} or {at('result.completion')} = 'true')" if rule.or_completion else fits


def _agent(at: Texts, identifier: str) -> str:
    """An identifier of a person: a group is nobody."""
    return f"case when {at('actor.objectType')} is distinct from 'Group' then {identifier} end"


def _is(iri: str, names: Iterable[str], *, last: str = "") -> str:
    """Whether an IRI, whose last segment may be known, is one of the names: the whole of it, or its last segment."""
    whole = ", ".join(f"'{quoted(name)}'" for name in names if ":" in name)
    short = ", ".join(f"'{quoted(name)}'" for name in names if ":" not in name)
    tests = [f"{iri} in ({whole})"] if whole else []
    tests += [f"{last or _last_segment(iri)} in ({short})"] if short else []
    return f"({' or '.join(tests)})" if tests else "false"


def _activities(text: str) -> str:
    """Activities as a list; a single one stands for a list of one, as in earlier versions."""
    closed = f"case left({text}, 1) when '[' then {text} when '{{' then '[' || {text} || ']' end"
    return f"json_transform(case when json_valid({closed}) then {closed} end, '{_ACTIVITIES}')"


def _first_of(activities: str, types: Iterable[str]) -> str:
    """The IRI of the first activity of a type."""
    return f"list_filter({activities}, lambda each: {_is('each.definition.type', types)})[1].id"


def _id(iri: str, *, prefixes: Mapping[str, str], what: str) -> str:
    """The id inside an IRI: what follows the prefix of its kind, else the last segment."""
    if prefix := prefixes.get(what):
        return f"case when starts_with({iri}, '{quoted(prefix)}') then substr({iri}, {len(prefix) + 1:d}) end"
    return _last_segment(iri)


def _last_segment(iri: str) -> str:
    return f"nullif(regexp_extract({iri}, '{_LAST_SEGMENT}', 1), '')"
