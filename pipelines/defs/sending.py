"""One night's audiences: whoever withdrew is taken out first, then each audience is replaced. What command and schedule do.

Not here: who is in an audience (audiences), or how a recipient is spoken to (its sinks).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines import audiences
from pipelines.audiences.building import Progress, quiet
from pipelines.audiences.sinks import Sink
from pipelines.audiences.sinks.dry import DrySink
from pipelines.contracts import Contracts
from pipelines.identity.keyring import Keyring
from pipelines.settings import Home


@dataclass(frozen=True)
class Sent:
    """What one night did."""

    withdrawn: audiences.Withdrawn
    synced: tuple[audiences.Synced, ...]


def sinks_of(contracts: Contracts, ring: Keyring, *, is_dry: bool = False) -> dict[str, Sink]:
    """Return the way to each recipient that a segment names; a dry one sends nothing and needs no token.

    Raises TransferRefused, and what connecting raises.
    """
    named = sorted({each for segment in contracts.segments.values() for each in segment.recipients})
    if is_dry:
        return {name: DrySink(name, contracts.recipients[name].fields) for name in named}
    if foreign := [name for name in named if name != "meta"]:
        raise audiences.TransferRefused(
            f"there is no way to send to {', '.join(foreign)} from here: make files for hand upload (`crosslife audience build`)"
        )
    from pipelines.audiences.sinks import meta

    return {name: meta.connect(ring) for name in named}


def lists_in(folder: Path, recipient: str) -> dict[str, Sink]:
    """Return the way to a recipient by lists in a folder, for upload by hand. Raises TransferRefused."""
    from pipelines.audiences.sinks import files

    formats = {each.recipient: each for each in (files.META, files.GOOGLE, files.TIKTOK)}
    if recipient not in formats:
        raise audiences.TransferRefused(f"no format of lists is known for {recipient}: there are {', '.join(formats)}")
    return {recipient: files.FileSink(formats[recipient], folder)}


def send(
    home: Home,
    ring: Keyring,
    contracts: Contracts,
    sinks: Mapping[str, Sink],
    *,
    as_of: datetime,
    only: Sequence[str] = (),
    progress: Progress = quiet,
) -> Sent:
    """Take out whoever may not be there, then replace audiences; the caller holds the writer lock.

    All segments are judged before the first is sent: one that is refused stops the night while nobody has been sent, and never
    those who have to be taken out. Raises AudienceProblem, SinkProblem.
    """
    withdrawn = audiences.withdraw(home, ring, contracts, sinks, as_of=as_of, progress=progress)
    synced = audiences.sync(home, ring, contracts, sinks, as_of=as_of, only=only, progress=progress)
    return Sent(withdrawn, synced)
