"""Opens lake and vault for a look at segments, and makes their audiences as they stand at an instant. Nothing is sent here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import duckdb

from pipelines import engine
from pipelines.audiences import candidates, judging
from pipelines.audiences.judging import Audience, Standing
from pipelines.audiences.problems import UnknownSegment
from pipelines.contracts import Contracts
from pipelines.identity.keyring import Keyring
from pipelines.identity.vault import Vault, open_vault
from pipelines.lake.manifest import staging_dir
from pipelines.settings import Home

Progress = Callable[[str], None]


def quiet(_: str) -> None:
    """Show nothing."""


@dataclass(frozen=True)
class Look:
    """Lake and vault open at an instant, with what is known of people by then in tables of the connection."""

    home: Home
    contracts: Contracts
    connection: duckdb.DuckDBPyConnection
    vault: Vault
    at: datetime

    def standing(self, purpose: str, *, is_lasting: bool = False) -> Standing:
        """Return what bars whom from a purpose; of whoever is sent or stands somewhere it has to last."""
        return judging.standing(
            self.connection, self.home, self.contracts, self.vault, purpose=purpose, at=self.at, is_lasting=is_lasting
        )

    def audience(self, name: str, holds: Standing) -> Audience:
        """Return one segment's audience. Raises PurposeNotDeclared."""
        segment = self.contracts.segments[name]
        return judging.judge(self.connection, self.contracts, self.vault, name, segment, holds, at=self.at)


@contextmanager
def look(home: Home, ring: Keyring, contracts: Contracts, *, at: datetime, purpose: str) -> Iterator[Look]:
    """Open lake and vault for one stated purpose."""
    spill = staging_dir(home) / "spill"
    spill.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (
        engine.connect(parquet_keys=ring.parquet_keys(), temp_dir=spill) as connection,
        open_vault(home, ring, purpose=purpose) as vault,
    ):
        engine.set_secret(connection, "event_key", ring.event_key().hex())
        candidates.prepare(connection, home, vault, contracts, at=at)
        yield Look(home, contracts, connection, vault, at)


def build(
    home: Home,
    ring: Keyring,
    contracts: Contracts,
    *,
    as_of: datetime,
    only: Sequence[str] = (),
    progress: Progress = quiet,
) -> dict[str, Audience]:
    """Return the audiences of segments (of all, unless some are named) at an instant; nothing is kept or sent.

    Raises UnknownSegment, PurposeNotDeclared, and what opening the vault raises.
    """
    found: dict[str, Audience] = {}
    names = chosen(contracts, only)
    with look(home, ring, contracts, at=as_of, purpose="funnels of audiences") as open_look:
        holds: dict[str, Standing] = {}
        for name in names:
            purpose = contracts.segments[name].purpose
            holds[purpose] = holds.get(purpose) or open_look.standing(purpose)
            found[name] = open_look.audience(name, holds[purpose])
            progress(f"{name}: {found[name].funnel.reachable:,} of {found[name].funnel.candidates:,} people")
    return found


def chosen(contracts: Contracts, only: Sequence[str]) -> tuple[str, ...]:
    """Return the names of segments that are meant, in the register's order. Raises UnknownSegment."""
    if unknown := sorted(set(only) - set(contracts.segments)):
        raise UnknownSegment(
            f"no segment is named {', '.join(unknown)}; segments.yaml has {', '.join(contracts.segments)}"
        )
    return tuple(name for name in contracts.segments if not only or name in only)
