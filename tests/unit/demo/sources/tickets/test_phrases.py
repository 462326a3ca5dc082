from __future__ import annotations

import pytest

from pipelines.demo.sources.tickets import grammar, topics
from pipelines.demo.sources.tickets.phrases import REGISTERS, everyday, scenarios
from pipelines.demo.sources.tickets.slots import SLOTS
from pipelines.demo.sources.tickets.surroundings import PLAIN_SLOTS

KNOWN = SLOTS.keys() | PLAIN_SLOTS.keys()


def templates():
    for scenario in scenarios().values():
        for section, lines in scenario.sections.items():
            yield from ((f"{scenario.key} {section}", line) for line in lines)
    for section, lines in everyday().items():
        yield from ((section, line) for line in lines)


def test_every_template_parses_and_knows_its_slots():
    found = list(templates())
    assert len(found) > 900
    for place, line in found:
        words = grammar.marked(line)[1]
        grammar.parsed(words)
        assert grammar.slots(words) <= KNOWN, place


def test_nobody_says_the_same_twice_in_a_section():
    found = list(templates())
    assert len(found) == len(set(found))


@pytest.mark.parametrize("register", REGISTERS)
def test_every_question_can_be_asked_and_answered_in_every_register(register):
    says = everyday()
    for scenario in scenarios().values():
        for ask in set(scenario.asks) - {"none"}:
            assert says[f"agent ask_{ask}"]
            assert says[f"agent_en ask_{ask}"]
            assert says[f"{register} {ask}"]


def test_every_matter_can_be_told_and_answered():
    for scenario in scenarios().values():
        assert scenario.says("agent direct"), scenario.key
        assert scenario.says("agent_en direct"), scenario.key
        told = [register for register in REGISTERS if scenario.says(f"{register} problem")]
        assert told == list(REGISTERS), scenario.key


def test_an_answer_on_a_matter_needs_somebody_to_bring_it_up():
    for scenario in scenarios().values():
        marks = [grammar.marked(line)[0] for lines in scenario.sections.values() for line in lines]
        marks += [grammar.marked(line)[0] for lines in everyday().values() for line in lines]
        brought_up = {mark[1:] for mark in marks if mark.startswith("+")}
        own = {grammar.marked(line)[0] for lines in scenario.sections.values() for line in lines}
        assert {mark for mark in own if mark and not mark.startswith("+")} <= brought_up | {"wait"}, scenario.key


def test_a_child_that_tells_does_so_in_every_wording():
    for register in REGISTERS:
        ages = scenarios()["age.told"].says(f"{register} problem")
        assert all(grammar.slots(line) & {"age", "age_then"} for line in ages)
        assert any("age_then" in grammar.slots(line) for line in ages)
        assert all("nik" in grammar.slots(line) for line in scenarios()["identity.nik"].says(f"{register} problem"))


def test_topics_named_are_topics_there_are():
    there = {scenario.topic for scenario in scenarios().values()}
    for named in (topics.TROUBLES, topics.CHEERED, topics.LOOKED_UP, topics.NEEDY, topics.UNIDENTIFIED, topics.GRAVE):
        assert named <= there
    assert scenarios().keys() >= topics.AWAITED | topics.FIXABLE
    assert set(topics.ANSWERS.values()) <= KNOWN
