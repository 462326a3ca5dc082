"""Addresses to paths of the site: only those that the contract lists are shown.

A path can carry anything (a name, an invitation, a reset token), so it is matched against the contract's templates. In a
template `*` stands for a segment that is never shown, `{courses.course_id}` for one that is shown when it is a known id.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

import polars as pl

COLUMNS = ("path",)
MASKED = ":masked"
UNLISTED = "/:unlisted"
_PATH = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?://[^/?#\\]*)?([^?#]*)")
_ANY = "*"


def map_values(
    values: Collection[str], *, templates: Iterable[str], known: Mapping[str, Collection[str]]
) -> pl.DataFrame:
    """Return the path of each address as its template shows it; `/:unlisted` where no template fits."""
    by_length: dict[int, list[list[str]]] = {}
    for template in templates:
        segments = _segments(template)
        by_length.setdefault(len(segments), []).append(segments)
    rows = [(text, _shown(text, by_length, known)) for text in values]
    return pl.DataFrame(rows, schema={"value": pl.String, "path": pl.String}, orient="row")


def _shown(address: str, by_length: Mapping[int, list[list[str]]], known: Mapping[str, Collection[str]]) -> str:
    found = _PATH.match(address)
    path = _segments(found[1]) if found else []
    for template in by_length.get(len(path), []):
        if all(_fits(part, segment) for part, segment in zip(template, path, strict=True)):
            shown = (_show(part, segment, known) for part, segment in zip(template, path, strict=True))
            return "/" + "/".join(shown)
    return UNLISTED


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]


def _fits(part: str, segment: str) -> bool:
    return part in (_ANY, segment) or part.startswith("{")


def _show(part: str, segment: str, known: Mapping[str, Collection[str]]) -> str:
    if part.startswith("{"):
        return segment if segment in known.get(part.strip("{}"), ()) else MASKED
    return MASKED if part == _ANY else segment
