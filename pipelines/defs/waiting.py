"""What a run would have to do, told without Dagster; and the note of what the models and the release were made from.

The note stands beside the warehouse: a run that dies between models and release leaves it saying so. Not here: doing it.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pipelines import intake, lake, minors, projections, settings, warehouse, withdrawal
from pipelines.contracts import Contracts
from pipelines.defs.fingerprints import models_fingerprint
from pipelines.identity.keys import Keyring
from pipelines.release import editions


def what_waits(home: settings.Home, ring: Keyring, contracts: Contracts, *, as_of: datetime) -> list[str]:
    """Return in words what a run would do; nothing where everything is up to date."""
    reasons = {
        "files that have landed": intake.pending(home, contracts),
        "children who leave": minors.waits(home, contracts),
        "withdrawals of consent": withdrawal.waits(home, contracts),
        "projections between domains": projections.waits(home, contracts),
        "models of days that changed": bool(lake.stale_days(home)),
        "models that were written anew": has_other_models(home),
        "models that were held back": bool(warehouse.held_back(home, ring)),
        "the release": not _is_released(home, ring, contracts, as_of=as_of),
    }
    return [reason for reason, is_waiting in reasons.items() if is_waiting]


def has_other_models(home: settings.Home) -> bool:
    """Say whether the warehouse is missing or was built by other models than those of today."""
    return not home.warehouse_file.exists() or warehouse.read_note(home).get("models") != models_fingerprint()


def note_models(home: settings.Home, *, is_whole: bool) -> None:
    """Note that the warehouse awaits its release, and by which models it was built.

    Unless `is_whole`, some of the days that the models of today were to build are still those of others: then the note
    names no models, and the next build is of everything.
    """
    warehouse.write_note(home, {"models": models_fingerprint() if is_whole else None, "released": None})


def note_release(home: settings.Home, contracts: Contracts, *, as_of: datetime) -> None:
    """Note that what stands in the warehouse was released under these contracts, and on which day."""
    warehouse.write_note(
        home, {**warehouse.read_note(home), "released": _terms(contracts), "released_on": _day(contracts, as_of)}
    )


def _is_released(home: settings.Home, ring: Keyring, contracts: Contracts, *, as_of: datetime) -> bool:
    is_there = editions.is_whole(home.release) and home.warehouse_file.exists()
    return is_there and _is_noted(home, contracts, as_of=as_of) and not _windows_moved(home, ring, as_of=as_of)


def _is_noted(home: settings.Home, contracts: Contracts, *, as_of: datetime) -> bool:
    """Say whether the release was made under these contracts and on this day: on another one, other periods are over."""
    return {"released": _terms(contracts), "released_on": _day(contracts, as_of)}.items() <= warehouse.read_note(
        home
    ).items()


def _day(contracts: Contracts, as_of: datetime) -> str:
    return as_of.astimezone(ZoneInfo(contracts.policy.timezone)).date().isoformat()


def _windows_moved(home: settings.Home, ring: Keyring, *, as_of: datetime) -> bool:
    """Say whether a window that the warehouse holds open is closed by now, or the reverse."""
    # As text: given a datetime, DuckDB imports pandas to look at it, which would be half of a run that does nothing.
    instant = as_of.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
    query = f"""
        select count(*) from warehouse.marts.agg_completion_rates
        where is_window_closed <> (window_closes_at <= timestamp '{instant}')
    """
    if "agg_completion_rates" in warehouse.held_back(home, ring):
        return True
    with warehouse.open_read_only(home, ring) as connection:
        found = connection.execute(query).fetchone()
    return bool(found and found[0])


def _terms(contracts: Contracts) -> str:
    """Return a digest of everything that decides what is released: the published contracts and the policy in force."""
    # Frozen models say all of themselves in their repr; where their file lies does not matter.
    parts = [repr(contract.model_copy(update={"file": None})) for _, contract in sorted(contracts.outbound.items())]
    return hashlib.sha256("\n".join([*parts, repr(contracts.policy)]).encode()).hexdigest()
