"""What has to go: by zone and dataset, how much, since when, under which clause; a checksum to agree to; and a brake.

Nothing is changed here. What is found in the raw zones is in `raw`, in the lake and the vault in `looking`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from pipelines.contracts import Contracts, periods
from pipelines.identity.keyring import Keyring
from pipelines.lake import Manifest, doubts
from pipelines.lake.partitions import day_of_file
from pipelines.retention import raw
from pipelines.retention.holding import Held
from pipelines.retention.looking import Going, Look
from pipelines.retention.raw import File
from pipelines.settings import Home

LAKE, VAULT, HELD = "lake", "vault", "held"
KIND = "retention"
_MANY = 100
_MANY_ROWS = 10_000


class BrakeHeld(RuntimeError):
    """More would go than usual, or the clock stands far from all that is known; somebody has to look at the plan first."""


@dataclass(frozen=True)
class Drop:
    """What has to go of one dataset in one zone: files (in the lake those that change), rows where they are known, bytes.

    `since` is the first day on which it should be gone, None where each person has one of their own; `because` the clock.
    """

    zone: str
    dataset: str
    files: int
    rows: int | None
    bytes: int
    since: date | None
    clause: str
    because: str


@dataclass(frozen=True)
class Plan:
    """Everything that has to go on one day.

    `kept` is how many files of the raw zones stay, `unjudged` how many in the landing zone no batch has read as they are;
    `doubt` says why clock or windows may be wrong, whatever the plan holds, and `unusual` why somebody has to look first, empty
    where nobody has to. `over`, `held` and `key_ids` are what is meant: names of landed files can be a person's, so that they
    are shown to nobody, and are in `checksum` by the manifest's salted hash, as people are by the number of their subject.
    """

    today: date
    policy_version: str
    drops: tuple[Drop, ...]
    kept: int
    unjudged: int
    doubt: str
    unusual: str
    over: tuple[File, ...]
    held: tuple[Held, ...]
    key_ids: tuple[str, ...]
    enrolments: int
    subjects: int
    windows: Mapping[str, str]
    checksum: str

    @property
    def files(self) -> int:
        """How many files go of the raw zones."""
        return len(self.over)

    @property
    def rows(self) -> int:
        """How many rows go of the lake."""
        return sum(each.rows or 0 for each in self.drops if each.zone == LAKE)

    @property
    def is_empty(self) -> bool:
        """Say whether nothing has to go."""
        return not (self.drops or self.key_ids or self.subjects)

    def of(self, zone: str) -> tuple[File, ...]:
        """Return the files of one raw zone that go."""
        return tuple(each for each in self.over if each.zone == zone)


def make(
    home: Home,
    ring: Keyring,
    contracts: Contracts,
    manifest: Manifest,
    found: Look,
    held: Sequence[Held],
    *,
    as_of: datetime,
) -> Plan:
    """Return what has to go on the day of `as_of`, of the raw zones and of what was found in the lake and the vault."""
    policy, today = contracts.policy, periods.day_of(as_of, timezone=contracts.policy.timezone)
    landed = list(raw.landed(home, contracts, manifest))
    files = [*landed, *raw.quarantined(home)]
    last = _last_known(manifest, timezone=policy.timezone)
    over = tuple(each for each in files if raw.is_over(each.began, raw.window_of(policy, each.zone), today=today))
    keys = tuple(sorted(raw.keys_over(ring, policy.quarantine_days, today=today)))
    ended = tuple(each for each in held if each.is_over(today))
    drops = (
        *(_raw(group, contracts) for group in _groups(over)),
        *(_lake(each, contracts, today=today) for each in found.going),
        *_held(ended, contracts),
        *_vault(found, contracts),
    )
    plain = Plan(
        today=today,
        policy_version=policy.version,
        drops=drops,
        kept=len(files) - len(over),
        unjudged=raw.entries(home) - len(landed),
        doubt="" if last else "no batch was ever taken in: nothing tells whether the clock is right",
        unusual="",
        over=over,
        held=ended,
        key_ids=keys,
        enrolments=found.enrolments,
        subjects=len(found.subjects),
        windows=_windows(contracts) | _holds(contracts),
        checksum=_checksum(home, manifest, drops, over, ended, keys, found, said=[today.isoformat(), policy.version]),
    )
    known = doubts.of_windows(manifest, _windows(contracts)) or doubts.of_clock(last or today, today=today)
    doubt = plain.doubt or known
    unusual = "" if plain.is_empty else doubt or _unusual(plain, manifest, found, raw_files=len(files))
    return Plan(**{**vars(plain), "doubt": doubt, "unusual": unusual})


def _checksum(
    home: Home,
    manifest: Manifest,
    drops: Sequence[Drop],
    over: Sequence[File],
    held: Sequence[Held],
    keys: Sequence[str],
    found: Look,
    *,
    said: Sequence[str],
) -> str:
    names = sorted(manifest.digest(str(each.path.relative_to(home.root))) for each in over)
    lake = [
        [str(file.relative_to(home.root)), rows]
        for each in found.going
        for file, rows in (*each.whole.items(), *each.partly.items())
    ]
    aside = [str(each.file.relative_to(home.root)) for each in held]
    told = [*said, [asdict(drop) for drop in drops], list(keys), names, lake, aside, found.subjects.to_list()]
    return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()[:16]


def _groups(over: Sequence[File]) -> list[list[File]]:
    groups: dict[tuple[str, str], list[File]] = {}
    for each in over:
        groups.setdefault((each.zone, each.dataset), []).append(each)
    return [groups[name] for name in sorted(groups)]


def _raw(files: Sequence[File], contracts: Contracts) -> Drop:
    zone, window = files[0].zone, raw.window_of(contracts.policy, files[0].zone)
    since = periods.last_day(min(each.began for each in files), f"P{window.value}D") + periods.ONE_DAY
    size = sum(each.bytes for each in files)
    return Drop(
        zone, files[0].dataset, len(files), None, size, since, window.clause, f"{window.value} days after arrival"
    )


def _lake(going: Going, contracts: Contracts, *, today: date) -> Drop:
    retention = going.contract.retention
    window = contracts.policy.windows[retention.category]
    since = today if retention.anchor == "completion" else None
    if days := [day for file in going.whole if (day := day_of_file(file))]:
        since = periods.last_day(min(days), retention.period or "") + periods.ONE_DAY
    files = [*going.whole, *going.partly]
    size = sum(file.stat().st_size for file in files)
    because = f"{retention.period} from {retention.anchor.replace('_', ' ')}"
    return Drop(LAKE, going.contract.name, len(files), going.rows, size, since, window.clause, because)


def _held(ended: Sequence[Held], contracts: Contracts) -> Iterator[Drop]:
    clauses = {hold.id: hold.clause for hold in contracts.policy.holds}
    for hold, dataset in sorted({(each.hold, each.dataset) for each in ended}):
        files = [each for each in ended if (each.hold, each.dataset) == (hold, dataset)]
        first = min((each.until for each in files if each.until), default=None)
        size = sum(each.file.stat().st_size for each in files)
        since = first + periods.ONE_DAY if first else None
        yield Drop(HELD, dataset, len(files), None, size, since, clauses.get(hold, ""), f"the hold {hold} has ended")


def _vault(found: Look, contracts: Contracts) -> Iterator[Drop]:
    if len(found.subjects):
        window = contracts.policy.windows["identity"]
        because = f"{window.period} from last interaction"
        yield Drop(VAULT, "subjects", 0, len(found.subjects), 0, None, window.clause, because)


def _windows(contracts: Contracts) -> dict[str, str]:
    policy = contracts.policy
    days = {raw.LANDING: policy.landing_days.value, raw.QUARANTINE: policy.quarantine_days.value}
    return doubts.windows_of(policy) | {zone: f"P{count}D arrival" for zone, count in days.items()}


def _holds(contracts: Contracts) -> dict[str, str]:
    """Return until when each hold holds, in words."""
    return {f"{HELD} {each.id}": f"{each.years} years, until {each.until}" for each in contracts.policy.holds}


def _unusual(plan: Plan, manifest: Manifest, found: Look, *, raw_files: int) -> str:
    """Say what is unusual: a clock that jumped, or a window that shrank, would let all go at once, and rightly so by itself."""
    if undeclared := sorted({each.hold for each in plan.held if not each.is_declared}):
        return f"no policy declares {', '.join(undeclared)} any more, and what it held would go: see that the edit is meant"
    if plan.held and (doubt := doubts.of_windows(manifest, plan.windows)):
        return doubt
    if raw_files >= _MANY and plan.files > raw_files / 2:
        return f"{plan.files:,} of {raw_files:,} files would go: see that the policy's windows are right"
    for each in found.going:
        if len(each.whole) > doubts.MOST_DAYS:
            return f"{len(each.whole):,} days of {each.contract.name} would go at once: see that clock and windows are right"
    stored = _rows_kept(manifest)
    if plan.rows > _MANY_ROWS and plan.rows > stored / 2:
        return f"{plan.rows:,} of {stored:,} rows of the lake would go: see that clock and windows are right"
    return ""


def _rows_kept(manifest: Manifest) -> int:
    """Return how many rows of the lake there are, by what batches brought and retention took."""
    brought = sum(batch.balance.get("accepted", 0) for batch in manifest.batches())
    taken = (sum(work.counts.get("rows", {}).values()) for work in manifest.interventions() if work.kind == KIND)
    return int(brought - sum(taken))


def _last_known(manifest: Manifest, *, timezone: str) -> date | None:
    """Return the last day that anything is known of: of batches, or of files if theirs is earlier, as no run sets their time.

    Of all files that were ever read: those that are left over by a call that was killed may be the oldest.
    """
    written = manifest.last_written()
    found = (
        doubts.last_before_a_leap(manifest, timezone=timezone),
        periods.day_of(written, timezone=timezone) if written else None,
    )
    return min((day for day in found if day), default=None)
