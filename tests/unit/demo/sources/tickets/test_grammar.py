from __future__ import annotations

import random

import pytest

from pipelines.demo.sources.tickets import grammar
from pipelines.demo.sources.tickets.pieces import Piece, rendered


def expansions(template: str) -> set[str]:
    return {
        rendered(grammar.expanded(template, rng=random.Random(n), fill=lambda name: [Piece(name.upper())]))[0]
        for n in range(80)
    }


def test_choices_nest_slots_are_filled_and_tildes_break_lines():
    assert expansions("a[b|c[d|]|]~{x}") == {"ab\nX", "acd\nX", "ac\nX", "a\nX"}


def test_a_bar_outside_a_choice_is_a_bar():
    assert expansions("{x} | y") == {"X | y"}


@pytest.mark.parametrize("template", ["a[b", "a]b", "a{b", "a[b|c]]"])
def test_what_does_not_match_is_refused(template):
    with pytest.raises(ValueError, match="match"):
        grammar.parsed(template)


def test_slots_of_every_choice_are_found():
    assert grammar.slots("[{a}|b {c}] d") == {"a", "c"}


def test_a_mark_is_taken_off():
    assert grammar.marked("(+late) maaf") == ("+late", "maaf")
    assert grammar.marked("(late) maaf") == ("late", "maaf")
    assert grammar.marked("maaf (late)") == ("", "maaf (late)")
