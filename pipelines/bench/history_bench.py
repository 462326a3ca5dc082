"""`crosslife bench history`: what one more day costs after a year of history, against the same after a month."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipelines import contracts, lake, settings, warehouse
from pipelines.bench import models_bench
from pipelines.bench.measuring import Result, clocked, describe, scratch, side, whole
from pipelines.identity import keys

LONG, SHORT = 365, 30
_EVENTS_A_DAY, _QUICK_EVENTS_A_DAY = 20_000, 2_000
_LEARNERS_A_DAY = 10
_TIMES = 5


def compare(*, quick: bool, progress: Callable[[str], None]) -> Result:
    """Build two lakes that grow by as much a day, and measure the build that follows one day's arrivals in each."""
    a_day = _QUICK_EVENTS_A_DAY if quick else _EVENTS_A_DAY
    found = {}
    for days in (SHORT, LONG):
        folder = scratch(f"history-{a_day}-{days}")
        progress(f"making a lake of {days} days, {a_day:,} web events each")
        size = {"count": days * a_day, "learners": days * _LEARNERS_A_DAY, "days": days}
        side(models_bench.__name__, "make_lake", folder=str(folder), **size)
        progress(f"one more day after {days}")
        found[days] = side(__name__, "one_more_day", folder=str(folder))
    machine, commit = describe()
    long, short = found[LONG], found[SHORT]
    figures = {
        "ratio": long["day_seconds"] / short["day_seconds"],
        "seconds": long["day_seconds"],
        "seconds_after_a_month": short["day_seconds"],
        "models_ratio": long["model_seconds"] / short["model_seconds"],
        "model_seconds": long["model_seconds"],
        "model_seconds_after_a_month": short["model_seconds"],
        "peak_gib": long["peak_bytes"] / 2**30,
        "events_a_day": float(a_day),
    }
    baseline = f"the same build of the same day after {SHORT} days of history instead of {LONG}, models and tests"
    return Result("history", figures, baseline, machine, commit)


def one_more_day(*, folder: str) -> dict[str, float]:
    """Build all of history, then its last day again and again; return the quickest of these builds."""
    home = settings.Home(Path(folder) / "home")
    ring = keys.open_keyring(home)
    terms = contracts.load(settings.CONTRACTS_DIR, policy_file=settings.policy_file())
    events = [name for name, contract in terms.inbound.items() if contract.kind == "event"]
    last = {name: days[-1:] for name in events if (days := lake.days_of(home, name))}
    whole(warehouse.build(home, ring, terms, days=None, as_of=models_bench.AS_OF))

    def work() -> dict[str, float]:
        builds = [whole(warehouse.build(home, ring, terms, days=last, as_of=models_bench.AS_OF)) for _ in range(_TIMES)]
        return {
            "day_seconds": min(built.seconds - built.start_seconds for built in builds),
            "model_seconds": min(built.seconds - built.start_seconds - built.test_seconds for built in builds),
        }

    return clocked(work)
