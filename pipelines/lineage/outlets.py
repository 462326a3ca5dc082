"""Where events go: a file of the home for each run, and the server of OpenLineage that was given. Not here: what they say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipelines import notices, settings
from pipelines.identity.keyring import Keyring


def file_of(home: settings.Home, run_id: str) -> Path:
    """Return the file of a run's events."""
    return home.lineage_events / f"{run_id}.ndjson"


def keep(home: settings.Home, run_id: str, events: Sequence[str]) -> Path:
    """Write the events of a run, one a line, whole or not at all; return the file."""
    file = file_of(home, run_id)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.part")
    beside.touch(mode=0o600)
    beside.write_text("".join(f"{event}\n" for event in events), encoding="utf-8")
    beside.replace(file)
    return file


def send(ring: Keyring, events: Sequence[str]) -> str:
    """Post the events to `openlineage_url`, one after the other; return what became of it, nothing where none was given.

    The first that cannot be delivered is the last that is tried. Names nothing of the address.
    """
    done = notices.post(ring, settings.OPENLINEAGE_URL, [event.encode() for event in events])
    if done is None:
        return ""
    sent, failure = done
    return f"{sent} of {len(events)} events sent" + (f", {failure}" if failure else "")
