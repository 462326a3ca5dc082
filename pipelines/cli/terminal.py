"""What a person sees: progress lines, tables, or one JSON object. Not here: what is shown."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from typing import Any

import click


class Progress:
    """Prints a line per stage on stderr, with the seconds since it began; silent when nobody should see it."""

    def __init__(self, *, is_silent: bool = False) -> None:
        self._is_silent = is_silent
        self._began = time.monotonic()

    def __call__(self, text: str) -> None:
        """Print one line."""
        if not self._is_silent:
            elapsed = click.style(f"{time.monotonic() - self._began:6.1f} s", dim=True)
            click.echo(f"{elapsed}  {text}", err=True)


def print_json(document: Any) -> None:  # noqa: ANN401
    """Print one JSON object on stdout."""
    click.echo(json.dumps(document, indent=2, sort_keys=True, default=str))


def print_table(title: str, *, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; numbers stand right, None is an empty cell."""
    from rich.console import Console
    from rich.table import Table

    listed = [list(row) for row in rows]
    table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 1, 0, 0))
    for index, column in enumerate(columns):
        is_number = any(isinstance(row[index], int | float) for row in listed)
        # Figures are never cut: where it is narrow, words are folded.
        table.add_column(column, justify="right" if is_number else "left", no_wrap=is_number, overflow="fold")
    for row in listed:
        table.add_row(*[_cell(value) for value in row])
    console = Console()
    if not console.is_terminal:
        console.width = max(console.width, console.measure(table).maximum)
    console.print(table)


def _cell(value: Any) -> str:  # noqa: ANN401
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
