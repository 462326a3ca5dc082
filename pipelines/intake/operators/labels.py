"""Short free text to labels: what could be an address, a number of a person, a token or a hash is dropped.

A name written as a label cannot be told from a label. Where only some values make sense, the contract lists them
(`allowedValues`), and nothing else is kept.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Collection
from urllib.parse import unquote

import polars as pl

COLUMNS = ("label",)
LONGEST = 100
_ROUNDS = 3
# Letters, marks, digits, space and ordinary punctuation; no markup, no control characters, no backslash.
_PLAIN = re.compile(r"[\w\s.,:;!?&+/()'’\"“”|#%*–—-]+")
_FORMULA = ("=", "+", "-", "@")
_AT = re.compile(r"@|[\[({]\s*at\s*[\])}]|\bat\b.{0,40}\b(?:dot|titik)\b", re.IGNORECASE)
# Seven digits, however they are set apart, may be a phone, an account, a NIK; dates have eight at most with four first.
_NUMBER = re.compile(r"(?:\d[\s().+/_-]*){7}")
_DATE = re.compile(r"(?:19|20)\d\d[-/.]\d\d[-/.]\d\d")
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9a-f]{0,4}:){3}", re.IGNORECASE)
_TOKEN = re.compile(r"[0-9a-fA-F]{16}|(?=\w*\d)(?=\w*[A-Z])(?=\w*[a-z])\w{16}|\w{33}|(?:[0-9a-fA-F]+-){4}[0-9a-fA-F]+")


def map_values(values: Collection[str]) -> pl.DataFrame:
    """Return each text as it is where it reads like a label, else NULL."""
    rows = [(text, text if is_label(text) else None) for text in values]
    return pl.DataFrame(rows, schema={"value": pl.String, "label": pl.String}, orient="row")


def is_label(text: str) -> bool:
    """Say whether a text, whatever way it is spelled or encoded, is short and bears nothing that leads to a person."""
    if len(text) > LONGEST or text.startswith(_FORMULA):
        return False
    spelled = text
    for _ in range(_ROUNDS):
        spelled = html.unescape(unquote(unicodedata.normalize("NFKC", spelled)))
    if not _PLAIN.fullmatch(text) or not _PLAIN.fullmatch(spelled):
        return False
    without_dates = _DATE.sub(" ", spelled)
    return not any(found.search(without_dates) for found in (_AT, _NUMBER, _ADDRESS, _TOKEN))
