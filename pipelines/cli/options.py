"""The options that commands share, and the place they name: home, policy, as-of instant.

The clock of the operating system is read here and nowhere else in the product's commands.
"""

from __future__ import annotations

from collections.abc import Callable
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


@dataclass(frozen=True)
class Place:
    """Where a command works, under which policy, and at which instant."""

    home: settings.Home
    policy: Path
    as_of: datetime

    def contracts(self) -> Contracts:
        """Return the contracts under this policy. Raises ContractViolation."""
        from pipelines.contracts import load

        return load(settings.CONTRACTS_DIR, policy_file=self.policy)

    def record(self) -> None:
        """Record in the evidence ledger what has happened here and is not recorded yet. Raises LedgerBroken."""
        from pipelines import evidence
        from pipelines.identity import keys

        evidence.record(self.home, keys.open_keyring(self.home), policy=self.policy, at=datetime.now(UTC))

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
    return Place(home=settings.home(home), policy=settings.policy_file(policy), as_of=instant)


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
