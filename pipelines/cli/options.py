"""The options that commands share, and the place they name: home, policy, as-of instant.

The clock of the operating system is read here and nowhere else in the product's commands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import click

from pipelines import settings

if TYPE_CHECKING:
    from pipelines.contracts import Contracts

_Command = TypeVar("_Command", bound=Callable[..., Any])
_CALENDAR = ZoneInfo("Asia/Jakarta")
PLACE = "place"
"""Where a command's context keeps the place it works at, for what is to be recorded of its failure."""


@dataclass(frozen=True)
class Place:
    """Where a command works, under which policy, and at which instant."""

    home: settings.Home
    policy: Path
    as_of: datetime

    def contracts(self) -> Contracts:
        """Return the contracts under the version of this policy that is in force. Raises ContractViolation."""
        from pipelines.contracts import load

        return load(settings.CONTRACTS_DIR, policy_file=self.policy, as_of=self.as_of)

    def record(self, *, with_policy: bool = False, with_anchor: bool = True) -> None:
        """Record in the evidence ledger what has happened here and is not recorded yet, and anchor it. Raises LedgerProblem.

        A command that works under no policy says nothing of which one is in force.
        """
        from pipelines import evidence
        from pipelines.identity import keys

        at, ring = datetime.now(UTC), keys.open_keyring(self.home)
        evidence.record(self.home, ring, policy=self.policy if with_policy else None, at=at)
        if not with_anchor:
            return
        try:
            evidence.anchor(self.home, ring, at=at)
        except evidence.AnchorUnusable as error:
            click.secho(f"evidence: recorded, and not anchored: {error}", fg="yellow", err=True)

    @contextmanager
    def recorded(self) -> Iterator[None]:
        """Record before something is done that cannot be undone, and after it. Raises LedgerProblem."""
        from pipelines import evidence

        self.record(with_anchor=False)
        yield
        try:
            self.record()
        except evidence.LedgerProblem:
            click.secho("crosslife: it was done; that it was is not recorded yet", fg="yellow", err=True)
            raise

    def publish(self) -> None:
        """Put this place into the environment, before Dagster or dbt is imported."""
        settings.silence()
        settings.publish(self.home, policy=self.policy, as_of=self.as_of.isoformat())


class Instant(click.ParamType[datetime]):
    """A date (its end, in Jakarta) or an instant with offset; without one it is Jakarta's."""

    name = "date or instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401
        """Return an aware instant."""
        if isinstance(value, datetime):
            return value
        try:
            return parse_instant(str(value))
        except ValueError:
            self.fail(f"{value!r} is neither a date (2026-06-30) nor an instant (2026-06-30T12:00:00Z)", param, ctx)


def parse_instant(text: str) -> datetime:
    """Return the instant that a text names. Raises ValueError."""
    if len(text) == len("2026-06-30"):
        return datetime.combine(date.fromisoformat(text), time(23, 59, 59), tzinfo=_CALENDAR).astimezone(UTC)
    instant = datetime.fromisoformat(text)
    return (instant if instant.tzinfo else instant.replace(tzinfo=_CALENDAR)).astimezone(UTC)


def place(*, home: Path | None, policy: Path | None = None, as_of: datetime | None = None) -> Place:
    """Return the place that options and environment name; the default instant is now."""
    text = settings.as_of_text()
    instant = as_of or (parse_instant(text) if text else datetime.now(UTC))
    found = Place(home=settings.home(home), policy=settings.policy_file(policy), as_of=instant)
    if ctx := click.get_current_context(silent=True):
        ctx.find_root().meta[PLACE] = found
    return found


def home_option(command: _Command) -> _Command:
    """Add `--home`."""
    help_text = "The folder under which everything lives (else CROSSLIFE_HOME, else ./home)."
    return click.option("--home", type=click.Path(path_type=Path, file_okay=False), help=help_text)(command)


def as_of_option(command: _Command) -> _Command:
    """Add `--as-of`."""
    help_text = "Work as if it were this date or instant (else CROSSLIFE_AS_OF, else now)."
    return click.option("--as-of", type=Instant(), help=help_text)(command)


def policy_option(command: _Command) -> _Command:
    """Add `--policy`."""
    help_text = "Policy file to work under, for an archive with windows of its own."
    file = click.Path(path_type=Path, exists=True, dir_okay=False)
    return click.option("--policy", type=file, help=help_text)(command)


def json_option(command: _Command) -> _Command:
    """Add `--json`, as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout instead of text.")(command)


def debug_option(command: _Command) -> _Command:
    """Add `--debug`, which keeps tracebacks."""

    def note(ctx: click.Context, _param: click.Parameter, value: Any) -> None:  # noqa: ANN401
        if value:
            ctx.find_root().meta["debug"] = True

    return click.option(
        "--debug", is_flag=True, expose_value=False, is_eager=True, callback=note, help="Show tracebacks of errors."
    )(command)
