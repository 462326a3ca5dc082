"""What is said: by topic and scenario, by register, and by asker and asked.

A scenario's text is read once: `== topic.scenario: asks` begins it, a line at the margin begins a section
(`formal problem`), each indented line is one template. Who says it when does not belong here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module

Sections = Mapping[str, tuple[str, ...]]

REGISTERS = ("formal", "chat", "english", "mixed")
_MODULES = (
    "access",
    "paying",
    "refunds",
    "learning",
    "changes",
    "remarks",
    "tax",
    "privacy",
    "minors",
    "groups",
    "strangers",
)


@dataclass(frozen=True)
class Scenario:
    """One way in which a topic comes up. `asks` is what an agent may have to ask for before it is solved."""

    topic: str
    name: str
    asks: tuple[str, ...]
    sections: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The name by which it is found."""
        return f"{self.topic}.{self.name}"

    def says(self, section: str) -> list[str]:
        """Return the templates of a section; none where it has none."""
        return self.sections.get(section, [])


@cache
def scenarios() -> Mapping[str, Scenario]:
    """Return every scenario by its name."""
    found: dict[str, Scenario] = {}
    for module in _MODULES:
        found |= _read(import_module(f"{__name__}.{module}").TEXT)
    return found


@cache
def everyday() -> Sections:
    """Return what is said whatever the topic, by section."""
    texts = (import_module(f"{__name__}.{module}").TEXT for module in ("everyday", "answering", "serving"))
    return {name: tuple(lines) for text in texts for name, lines in _sections(text.splitlines()).items()}


def _read(text: str) -> dict[str, Scenario]:
    found = {}
    for part in text.split("\n== ")[1:]:
        heading, *lines = part.splitlines()
        names, _, asks = heading.partition(":")
        topic, _, name = names.partition(".")
        found[names] = Scenario(topic, name, tuple(asks.split()), _sections(lines))
    return found


def _sections(lines: list[str]) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    current = ""
    for line in lines:
        if line.startswith(" "):
            sections.setdefault(current, []).append(line.strip())
        elif line.strip():
            current = line.strip()
    return sections
