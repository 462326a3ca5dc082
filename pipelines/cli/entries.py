"""How the evidence ledger looks in a terminal: a line for each entry, and what a look at the whole found. Not here: commands."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pipelines.evidence import Entry, Verdict

_DIGEST_DIGITS = 64
_MOST_FINDINGS = 20
_LINE, _DIGEST_SHOWN = 120, 12
_FIRST = ("source", "kind", "edition", "step", "id", "as_of")


def tell(verdict: Verdict, *, has_own_anchor: bool) -> None:
    """Print what a look at the ledger found; `has_own_anchor` is whether the home's own was asked."""
    for each in verdict.findings[:_MOST_FINDINGS]:
        where = f"entry {each.number:,}" if each.number else "the ledger"
        click.secho(f"{where}: {each.what}", fg="red", err=True)
    if (more := len(verdict.findings) - _MOST_FINDINGS) > 0:
        click.secho(f"and {more:,} more", fg="red", err=True)
    if verdict.unfinished_bytes:
        click.secho(
            f"{verdict.unfinished_bytes:,} bytes at the end are of no entry: a writer was killed there, or somebody added "
            "them; the next run cuts them off",
            fg="yellow",
            err=True,
        )
    if not verdict.is_sound:
        click.echo(f"{verdict.entries:,} entries, findings: {len(verdict.findings):,}")
        return
    click.echo(f"{verdict.entries:,} entries, sound")
    if verdict.anchored_entries is None:
        how = (
            "`crosslife keys set anchor_url` gives one"
            if has_own_anchor
            else "--anchor compares with a copy of its file"
        )
        click.echo(
            f"no anchor: whoever can put back an old copy of the ledger's folder could hide what is newer; {how}"
        )
    elif newer := verdict.entries - verdict.anchored_entries:
        click.echo(
            f"anchored up to entry {verdict.anchored_entries:,}: nobody can change these unseen; what is newer ({newer:,}) could "
            "be written anew by whoever holds the master key"
        )
    else:
        click.echo("anchored to its end: nobody can change it unseen")


def lines_of(found: Sequence[Entry]) -> Iterator[str]:
    """Yield a line for each entry, and one for all those of people that stand together."""
    for kind, group in groupby(found, key=lambda each: each.kind):
        together = list(group)
        if kind == "person":
            yield _line(together[0], f"digests of what the vault keeps of single people: {len(together):,}")
        else:
            yield from (_line(each, f"{each.of.partition('/')[0]:<16}  {_told(each.content)}") for each in together)


def _line(entry: Entry, told: str) -> str:
    line = f"{entry.number:>6}  {entry.recorded_at[:19]}Z  {entry.kind:<12}  {told}"
    # What somebody else wrote into the file does not steer a terminal.
    return "".join(letter if letter.isprintable() else "?" for letter in line)


def _told(content: Mapping[str, Any]) -> str:
    """Return the content in a line: words and numbers, digests by their beginning."""
    first = {name: content[name] for name in _FIRST if name in content}
    return textwrap.shorten(", ".join(_words({**first, **content})), _LINE, placeholder=" …")


def _words(content: Mapping[str, Any]) -> Iterator[str]:
    for name, value in content.items():
        if isinstance(value, Mapping):
            yield from _words(value)
        elif value not in ("", []):
            yield f"{name.replace('_', ' ')} {_short(value)}"


def _short(value: object) -> str:
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return text[:_DIGEST_SHOWN] if len(text) == _DIGEST_DIGITS and text.isalnum() else text
