"""Text cells that are safe to open: in a terminal, and in a spreadsheet that takes some beginnings for a formula.

Every text that a release shows passes here, whoever wrote it. Whether a row is shown at all does not belong here.
"""

from __future__ import annotations

import re

import polars as pl

from pipelines.release.refusals import ReleaseRefused

# Control characters, line and paragraph separators, and those that reverse the direction of what follows.
_UNSEEN = r"[\x00-\x1F\x7F-\x9F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]"
# Full-width signs too: spreadsheets with East Asian settings compute them.
_FORMULA = r"^(\s*[=+\-@\uFF0B\uFF0D\uFF1D\uFF20])"
_UNSEEN_PATTERN = re.compile(_UNSEEN)
_POLARS_UNSEEN = re.sub(r"\\u([0-9A-F]{4})", r"\\x{\1}", _UNSEEN)
_POLARS_FORMULA = re.sub(r"\\u([0-9A-F]{4})", r"\\x{\1}", _FORMULA)


def visible(text: str) -> str:
    """Return the text without characters that steer a terminal."""
    return _UNSEEN_PATTERN.sub("", text)


def make_plain(frame: pl.DataFrame, *, table: str, key: tuple[str, ...]) -> pl.DataFrame:
    """Drop steering characters from every text cell, and put an apostrophe before what would begin a formula.

    Raises ReleaseRefused where two rows would then bear the same key: one could be taken for the other.
    """
    shown = plain(frame)
    changed = [name for name in key if not shown.get_column(name).equals(frame.get_column(name))]
    if changed and shown.select(key).is_duplicated().any():
        raise ReleaseRefused(f"{table}: rows differ in {', '.join(changed)} by characters that are not shown")
    return shown


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with its text cells as a release shows them."""
    cells = pl.col(pl.String).str.replace_all(_POLARS_UNSEEN, "").str.replace(_POLARS_FORMULA, "'${1}")
    return frame.with_columns(cells)
