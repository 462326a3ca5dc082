"""Which datasets of a lake a step really opens, by the statements that it gives the engine. Not here: what it may open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipelines import engine

# A view is made of every dataset before a query names those that it reads.
_VIEW = re.compile(r"\s*create or replace view lake\.", re.IGNORECASE)


class _Watched:
    """A connection that passes everything on, and notes the statements."""

    def __init__(self, connection: Any, statements: list[str]) -> None:
        self._connection, self._statements = connection, statements

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._connection, name)
        if name == "cursor":
            return lambda: _Watched(found(), self._statements)
        if name in ("execute", "executemany", "sql", "query"):
            return lambda sql, *given, **named: self._statements.append(sql) or found(sql, *given, **named)
        return found

    def __enter__(self) -> _Watched:
        self._connection.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        self._connection.__exit__(*problem)


@contextmanager
def opened(lake: Path) -> Iterator[set[str]]:
    """Note the datasets of a lake that are opened inside the block; the set is filled at its end."""
    statements, found = list[str](), set[str]()
    connect = engine.connect
    with pytest.MonkeyPatch.context() as edge:
        edge.setattr(engine, "connect", lambda **options: _Watched(connect(**options), statements))
        yield found
    file = re.compile(rf"{re.escape(str(lake))}/([a-z]\w*)/")
    for sql in statements:
        if not _VIEW.match(sql):
            found |= {*file.findall(sql), *re.findall(r"\blake\.([a-z]\w*)", sql)}
