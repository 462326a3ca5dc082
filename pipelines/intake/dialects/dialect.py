"""What a dialect is made of. Which dialects there are stands beside it, one a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

Leaf = Callable[[str], str]
Texts = Callable[[str], str]


@dataclass(frozen=True)
class Proof:
    """How a row proves who sent it: `holds` judges the columns of texts at `paths`, as they came, with the secret of that name.

    A row that fails waits in quarantine for `reason`.
    """

    secret: str
    paths: tuple[str, ...]
    reason: str
    holds: Callable[[Sequence[pl.Series], bytes], pl.Series]


@dataclass(frozen=True)
class Inside:
    """Fields inside a text, such as the parameters of an address: the SQL of their names, and the names that are known.

    Others are counted like members of the row that no contract speaks of.
    """

    path: str
    names: Callable[[Texts], str]
    known: frozenset[str]


@dataclass(frozen=True)
class Dialect:
    """How one tool writes.

    `leaves` maps a field's dotted path to a function from the SQL of the text at that path to the SQL of the field's
    text; the row itself is the column `raw`. `reads` are the dotted paths that are looked at besides the fields. `makes`
    maps a field that no single place holds to a function from what gives the SQL of the text at a path to the SQL of
    the field's text; `steps` are worked out once, in their order, for it to look at under their names. `refuses` names,
    by field, the text that stands for a row nobody needs: it is the reason under which such rows are counted. `proof`
    is what must hold before a row is believed, `inside` a text with fields.
    """

    leaves: Mapping[str, Leaf] = field(default_factory=dict)
    reads: tuple[str, ...] = ()
    makes: Mapping[str, Callable[[Texts], str]] = field(default_factory=dict)
    steps: Mapping[str, Callable[[Texts], str]] = field(default_factory=dict)
    refuses: Mapping[str, str] = field(default_factory=dict)
    proof: Proof | None = None
    inside: Inside | None = None

    def text(self, path: str, *, at: Texts) -> str:
        """SQL of a field's text, given what returns the SQL of the text at a path."""
        if path in self.makes:
            return self.makes[path](at)
        return self.leaves[path](at(path)) if path in self.leaves else at(path)

    def read_for(self, path: str) -> tuple[str, ...]:
        """Return the dotted paths that the text of a field is made of, those that a step looks at included."""
        asked: dict[str, None] = {}

        def at(name: str) -> str:
            if name in self.steps:
                return self.steps[name](at)
            asked.setdefault(name)
            return "text"

        self.text(path, at=at)
        return tuple(asked)

    def whole(self, at: Texts) -> Texts:
        """Return what gives the SQL of the text at a path, or of a step, where no step has been worked out before."""
        return lambda name: f"({self.steps[name](self.whole(at))})" if name in self.steps else at(name)


PLAIN = Dialect()
