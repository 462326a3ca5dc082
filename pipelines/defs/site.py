"""What the assets of a run share: home, keys, contracts and one as-of instant, under the writer's lock.

The lock is taken when a run begins and freed when it ends, so two runs never interleave. Not here: what a run does.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path

import dagster as dg

from pipelines import lake, settings
from pipelines.contracts import Contracts, load
from pipelines.identity import keys
from pipelines.identity.keys import Keyring

PROGRESS = logging.getLogger("pipelines.progress")
"""Stages and counts as they happen: on the terminal for `crosslife run`, in the event log for runs of the UI."""


@dataclass
class Site:
    """One home at one instant; keys and contracts are opened on first use."""

    home: settings.Home
    policy: Path
    as_of: datetime
    expiry_is_right: bool = False

    @cached_property
    def ring(self) -> Keyring:
        """The keys of this home. Raises MissingKey."""
        return keys.open_keyring(self.home)

    @property
    def contracts(self) -> Contracts:
        """The contracts under the version of the policy that is in force at this run. Raises ContractViolation."""
        return contracts_under(self.policy, as_of=self.as_of)

    def say(self, text: str) -> None:
        """Report progress: counts and names of datasets, never a value."""
        PROGRESS.info(text)


class SiteResource(dg.ConfigurableResource[Site]):
    """Opens the site of the environment's settings; every field empty means: as the environment says.

    `expiry_is_right` says that somebody looked at clock and windows after intake had doubted them (ExpiryInDoubt).
    """

    home: str = ""
    policy: str = ""
    as_of: str = ""
    wait_seconds: float = 900.0
    expiry_is_right: bool = False

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Site]:
        """Hold the writer's lock for the whole run. Raises AnotherWriter after `wait_seconds`."""
        site = Site(
            home=settings.home(self.home or None).prepare(),
            policy=settings.policy_file(self.policy or None),
            as_of=datetime.fromisoformat(self.as_of) if self.as_of else now(),
            expiry_is_right=self.expiry_is_right,
        )
        with lake.writer_lock(site.home, wait_seconds=self.wait_seconds):
            yield site


def contracts_under(policy: Path, *, as_of: datetime) -> Contracts:
    """Return the contracts under the version of a policy that is in force at an instant, read once a day in a process."""
    # No zone of a policy begins a day within an hour of UTC's.
    return _contracts(policy, as_of.astimezone(UTC).replace(minute=0, second=0, microsecond=0))


@cache
def _contracts(policy: Path, hour: datetime) -> Contracts:
    return load(settings.CONTRACTS_DIR, policy_file=policy, as_of=hour)


def contracts_in_force() -> Contracts:
    """Return the contracts from which the graph is drawn."""
    return contracts_under(settings.policy_file(), as_of=now())


def owner(name: str) -> str:
    """Return an owner of a contract as Dagster wants it."""
    return name if "@" in name else f"team:{name.strip().replace(' ', '_').replace('-', '_')}"


def now() -> datetime:
    """Return the instant of the environment, else the clock's: a run of the scheduler is given none."""
    text = settings.as_of_text()
    return datetime.fromisoformat(text) if text else datetime.now(UTC)
