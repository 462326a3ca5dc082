"""How statements of learning (xAPI) become the platform's learning events: a mapping that a contract holds as data.

What a statement looks like does not belong here (see `pipelines.intake.dialects.xapi`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import ConfigDict, model_validator
from pydantic import Field as Setting
from pydantic.alias_generators import to_camel

from pipelines.contracts.strict import Frozen, Strict


class _InYaml(Strict):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class VerbRule(_InYaml):
    """What statements with one of `verbs` become: `event_type`, or by what is completed `on_course` or `inside` it.

    A verb is named by its whole IRI or by the last segment. With `or_completion` the rule also takes statements of any
    verb that say `result.completion: true`. A rule that `voids` takes the statement that the object names back.
    """

    verbs: tuple[str, ...]
    event_type: str | None = None
    on_course: str | None = None
    inside: str | None = None
    or_completion: bool = False
    voids: bool = False

    @model_validator(mode="after")
    def _says_what_becomes_of_it(self) -> VerbRule:
        if (self.event_type is None) == (self.on_course is None or self.inside is None):
            raise ValueError("a rule has either eventType, or both onCourse and inside")
        return self

    @property
    def event_types(self) -> tuple[str, ...]:
        """Return the event types that the rule can lead to."""
        return tuple(each for each in (self.event_type, self.on_course, self.inside) if each)


class StatementMapping(_InYaml):
    """The rules in their order, of which the first that fits holds; a statement that none fits is counted and dropped.

    Activities of `course_types` are courses, of `module_types` modules. The id of a `course` or `module` is the last
    segment of its IRI, or what follows its prefix in `prefixes`.
    """

    course_types: tuple[str, ...]
    module_types: tuple[str, ...] = ()
    prefixes: Annotated[Mapping[str, str], Frozen] = Setting(default_factory=dict, validate_default=True)
    rules: tuple[VerbRule, ...]

    @model_validator(mode="after")
    def _names_what_has_ids(self) -> StatementMapping:
        if set(self.prefixes) - {"course", "module"}:
            raise ValueError("prefixes are those of course and module")
        return self
