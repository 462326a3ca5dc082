"""Holds an event against OpenLineage's own schema, which lies outside this project: a folder with OpenLineage.json and facets/.

Formats are checked, too. Not here: what only the classes of its client want (typed).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

VARIABLE = "CROSSLIFE_OPENLINEAGE_SPEC"
FOLDER = Path(os.environ[VARIABLE]) if VARIABLE in os.environ else None
_FORMATS = FormatChecker(["uuid"])
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")


@_FORMATS.checks("date-time", raises=ValueError)
def _is_instant(value: object) -> bool:
    return not isinstance(value, str) or bool(_INSTANT.fullmatch(value) and datetime.fromisoformat(value))


@_FORMATS.checks("uri")
def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or bool(_URI.fullmatch(value))


class Specification:
    """The schemas of a folder; a reference to any version of one is answered by the version that lies there."""

    def __init__(self, folder: Path) -> None:
        files = [folder / "OpenLineage.json", *sorted((folder / "facets").glob("*.json"))]
        self._schemas = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}
        self._registry: Registry[Any] = Registry(retrieve=lambda uri: Resource.from_contents(self._schemas[_name(uri)]))
        self._validators: dict[str, Draft202012Validator] = {}
        self.held: dict[str, int] = {}
        """How often each schema was held against something."""

    def faults(self, event: dict[str, Any]) -> list[str]:
        """Return what is wrong with a run event, with every facet that lies in the folder."""
        kind = "RunEvent" if "run" in event or "eventType" in event else "JobEvent"
        found = self._against(f"https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/{kind}", event)
        for key, facet in _facets(event):
            if _name(facet["_schemaURL"]) in self._schemas:
                found += self._against(facet["_schemaURL"].partition("#")[0], {key: facet})
        return found

    def _against(self, url: str, document: dict[str, Any]) -> list[str]:
        self.held[_name(url)] = self.held.get(_name(url), 0) + 1
        if url not in self._validators:
            self._validators[url] = Draft202012Validator(
                {"$ref": url}, registry=self._registry, format_checker=_FORMATS
            )
        return [each.message for each in self._validators[url].iter_errors(document)]


def _name(url: str) -> str:
    return url.partition("#")[0].rpartition("/")[2].removesuffix(".json")


def _facets(part: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    below = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in below:
        if isinstance(value, dict) and "_schemaURL" in value:
            yield str(key), value
        yield from _facets(value)
