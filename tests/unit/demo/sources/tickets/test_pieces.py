from __future__ import annotations

from pipelines.demo.sources.tickets.pieces import Piece, joined, quoted, rendered

GREETED = [Piece("Halo "), Piece("Ayu", "nickname", "learner/1"), Piece(",\napa kabar 😊 "), Piece("a@b", "email", "o")]


def test_places_count_code_points():
    text, spans = rendered(GREETED)
    assert text == "Halo Ayu,\napa kabar 😊 a@b"
    assert [(text[s.start : s.end], s.kind, s.owner) for s in spans] == [
        ("Ayu", "nickname", "learner/1"),
        ("a@b", "email", "o"),
    ]


def test_a_quotation_marks_each_line_and_moves_the_places_along():
    text, spans = rendered(quoted(GREETED))
    assert text.splitlines() == ["> Halo Ayu,", "> apa kabar 😊 a@b"]
    assert [text[s.start : s.end] for s in spans] == ["Ayu", "a@b"]


def test_what_says_nothing_leaves_no_gap():
    assert rendered(joined([[], [Piece("satu ")], [Piece("  ")], [Piece("dua")]], ", "))[0] == "satu, dua"


def test_no_stop_follows_a_question():
    assert rendered(joined([[Piece("bisa?")], [Piece("makasih")]], ". "))[0] == "bisa? makasih"
