"""What people may see of quarantined rows: names, JSON types and a mask of the value; the row itself only for a purpose.

Opening the rows themselves is noted like an opening of the vault. Not here: where the rows lie (`quarantine`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines import engine
from pipelines.contracts.models import InboundContract
from pipelines.identity import access_log
from pipelines.identity.keyring import Keyring
from pipelines.intake import quarantine
from pipelines.intake.quarantine import Selection
from pipelines.intake.reasons import unknown_reason
from pipelines.intake.shapes import printable_name
from pipelines.settings import Home

_MOST_MASKED = 40
_MOST_NAMES = 200
_LONGEST_PURPOSE = 200
_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", type(None): "null"}


class NoPurpose(ValueError):
    """Rows were to be shown as they came, and nobody said for what."""


@dataclass(frozen=True)
class Waiting:
    """One quarantined row without its values: JSON types by dotted name, and the mask of what its reason speaks of.

    `raw` is the row as it came, made safe for a terminal; None unless it was asked for.
    """

    source: str
    reason: str
    file: str
    line: int
    fields: Mapping[str, str] = field(default_factory=dict)
    mask: str | None = None
    raw: str | None = None


def waiting(
    home: Home,
    ring: Keyring,
    chosen: Selection,
    *,
    contracts: Mapping[str, InboundContract],
    limit: int,
    skip: int = 0,
    purpose: str | None = None,
) -> list[Waiting]:
    """Return up to `limit` quarantined rows after the first `skip`, oldest day first.

    With a `purpose` each bears the row as it came; that is noted in the vault's log of openings before anything is read.
    Raises NoPurpose where the purpose says nothing or is no single line.
    """
    if purpose is not None:
        _note(home, chosen, purpose=purpose)
    rows = _rows(home, ring, chosen, limit=limit, skip=skip)
    return [_told(row, contracts.get(row[0]), is_revealed=purpose is not None) for row in rows]


def mask(text: str) -> str:
    """Return the shape of a text without its content: digits as 9, letters as a, punctuation as it is, at most 40 long."""
    shown = "".join(_masked(character) for character in text[:_MOST_MASKED])
    return shown + ("…" if len(text) > _MOST_MASKED else "")


def safe(text: str) -> str:
    """Return a text that a terminal only shows: whatever is not printable is escaped."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def types(raw: str) -> dict[str, str]:
    """Return the JSON types of a row's members by dotted name; nothing where it is no JSON object."""
    document = _document(raw)
    return dict(_members(document, "")) if isinstance(document, dict) else {}


def _rows(
    home: Home, ring: Keyring, chosen: Selection, *, limit: int, skip: int
) -> Iterator[tuple[str, str, str, int, str]]:
    condition, values = chosen.condition()
    with engine.connect() as connection:
        for file in quarantine.files_of(home, chosen.source):
            rows = f"{quarantine.read(connection, file, ring=ring)} where {condition}"
            counted = connection.execute(f"select count(*) from {rows}", values).fetchone()
            found = int(counted[0]) if counted else 0
            if skip >= found:
                skip -= found
                continue
            page = f"order by file, place, reason limit {limit:d} offset {skip:d}"
            query = f"select source, reason, coalesce(file, ''), place, coalesce(raw, '') from {rows} {page}"
            listed = connection.execute(query, values).fetchall()
            yield from listed
            limit, skip = limit - len(listed), 0
            if limit <= 0:
                return


def _told(row: tuple[str, str, str, int, str], contract: InboundContract | None, *, is_revealed: bool) -> Waiting:
    source, reason, file, line, raw = row
    text = _text_at(raw, _path(reason, contract))
    return Waiting(
        source,
        reason,
        file=safe(file),
        line=line,
        fields=types(raw),
        mask=None if text is None else mask(text),
        raw=safe(raw.rstrip("\r\n")) if is_revealed else None,
    )


def _note(home: Home, chosen: Selection, *, purpose: str) -> None:
    said = purpose.strip()
    if not said or len(said) > _LONGEST_PURPOSE or not said.isprintable():
        message = f"say in one line of at most {_LONGEST_PURPOSE} characters for what the rows are opened (--purpose)"
        raise NoPurpose(message)
    home.vault.mkdir(mode=0o700, parents=True, exist_ok=True)
    what = f"of {chosen.source}" if chosen.source else "of all sources"
    access_log.record(home, purpose=f"quarantined rows {what} shown: {said}")


def _path(reason: str, contract: InboundContract | None) -> str:
    """Return the field that a reason speaks of; nothing where it speaks of none."""
    code, _, path = reason.partition(":")
    references = contract.references if contract else ()
    return path or next((each.field for each in references if unknown_reason(each.source) == code), "")


def _document(raw: str) -> Any:  # noqa: ANN401 - whatever JSON says
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _members(document: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in list(document.items())[:_MOST_NAMES]:
        path = printable_name(prefix, name)
        if isinstance(value, dict) and value and prefix.count(".") < 8:
            yield from _members(value, path)
        else:
            yield path, _TYPES.get(type(value), "object")


def _text_at(raw: str, path: str) -> str | None:
    document = _document(raw) if path else None
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    if document is None:
        return None
    return document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)


def _masked(character: str) -> str:
    if character.isdigit() or character.isnumeric():
        return "9"
    if character.isalpha():
        return "a"
    return character if character.isascii() and character.isprintable() else "?"
