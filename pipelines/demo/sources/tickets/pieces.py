"""Texts as pieces: plain words, and personal data that know what they are and whose. Offsets follow by construction.

What is written, and how it is spelt, does not belong here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Piece(NamedTuple):
    """A stretch of text. `kind` and `owner` are empty for plain words; `is_fixed` words keep their spelling."""

    text: str
    kind: str = ""
    owner: str = ""
    is_fixed: bool = False


class Span(NamedTuple):
    """Where personal data stands in a text, in code points."""

    start: int
    end: int
    kind: str
    value: str
    owner: str


Text = list[Piece]


def rendered(text: Iterable[Piece]) -> tuple[str, list[Span]]:
    """Return the text as one string, and the places of its personal data."""
    parts: list[str] = []
    spans: list[Span] = []
    at = 0
    for piece in text:
        if piece.kind:
            spans.append(Span(at, at + len(piece.text), piece.kind, piece.text, piece.owner))
        parts.append(piece.text)
        at += len(piece.text)
    return "".join(parts), spans


def quoted(text: Iterable[Piece]) -> Text:
    """Return the text with a mark of quotation before each line."""
    return [
        Piece("> ", is_fixed=True),
        *(piece if piece.kind else piece._replace(text=piece.text.replace("\n", "\n> ")) for piece in text),
    ]


def joined(texts: Sequence[Text], between: str) -> Text:
    """Return the texts that say anything as one; no stop follows another."""
    whole: Text = []
    for text in texts:
        if not any(piece.text.strip() for piece in text):
            continue
        if whole:
            if not whole[-1].kind:
                whole[-1] = whole[-1]._replace(text=whole[-1].text.rstrip(" "))
            is_ended = whole[-1].text.endswith((".", "?", "!", ","))
            whole.append(Piece(between.lstrip(" .,") or " " if is_ended else between))
        whole.extend(text)
    return whole


def smoothed(text: Text) -> Text:
    """Take out blanks that choices left behind: doubled ones, and those at the beginning or end of a line."""
    smooth: Text = []
    last = "\n"
    for piece in text:
        words = piece.text
        if not piece.kind and words:
            while "  " in words:
                words = words.replace("  ", " ")
            words = words.replace(" \n", "\n").replace("\n ", "\n")
            words = words[1:] if words.startswith(" ") and last in (" ", "\n") else words
        if words:
            smooth.append(piece._replace(text=words))
            last = words[-1]
    while smooth and not smooth[-1].kind and not smooth[-1].text.rstrip():
        smooth.pop()
    if smooth and not smooth[-1].kind:
        smooth[-1] = smooth[-1]._replace(text=smooth[-1].text.rstrip())
    return smooth
