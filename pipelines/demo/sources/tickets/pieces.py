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
