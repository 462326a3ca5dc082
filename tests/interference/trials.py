"""One change at a time: rows as they are in one home, the same rows changed in another, and what of the lake then differs.

Both homes are copies of one, so that everybody has the same pseudonyms; nothing but the change can make a difference.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from pipelines import intake, lineage, settings
from pipelines.contracts import InboundContract
from pipelines.identity import keys
from pipelines.intake.dialects import dialect_of
from pipelines.lineage import Column, Graph
from pipelines.lineage.graph import AS_WRITTEN
from tests.desk import AS_OF, Desk
from tests.interference import people
from tests.interference.opened import opened
from tests.interference.rows import changes, field_at, read_paths, sample_of
from tests.interference.sample import Row, Sample
from tests.interference.values import put

NUMBERS = 3_000
_ANY = ("tidak ada", 7)
UNKNOWN = ("bukan_kolom", "context.bukan_kolom")
# Of so many pairs with ids of their own, one in two changes hands where content decides.
_PAIRS = 16


@dataclass(frozen=True)
class Trial:
    """What lands under a number, before and after a change at one path."""

    number: int
    path: str
    before: tuple[Row, ...]
    after: tuple[Row, ...]
    is_pair: bool = False
    rival: Any = None


@dataclass
class Seen:
    """What changes of a source showed: columns and rows by the path that they follow."""

    columns: set[tuple[str, str]] = field(default_factory=set)
    rows: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Reach:
    """What a graph says of a source: the columns and the rows of its dataset that each path reaches."""

    columns: frozenset[tuple[str, str]]
    rows: frozenset[str]


def reach_of(graph: Graph, contract: InboundContract) -> Reach:
    """Return what the graph says of the paths that are really read; of one that is not, it says nothing."""
    landing, dataset = lineage.LANDING + contract.name, contract.name
    made = {
        Column(name, column): {each.column for each in made_of}
        for name in (landing, dataset)
        for column, made_of in graph.datasets[name].columns.items()
    }

    def sources(columns: Iterable[Column]) -> set[str]:
        waiting, met = list(columns), set[Column]()
        while waiting:
            if (column := waiting.pop()) not in met:
                met.add(column)
                waiting.extend(made.get(column, ()))
        return {column.name for column in met if column.dataset == landing}

    by_field = {path: field_at(contract, path) for path in read_paths(contract)}
    texts = graph.datasets[landing].columns
    by_field = {path: own + AS_WRITTEN if own + AS_WRITTEN in texts else own for path, own in by_field.items()}
    columns = {
        (path, column.name)
        for column in made
        if column.dataset == dataset
        for path, own in by_field.items()
        if own in sources([column])
    }
    deciding = sources(each.column for each in graph.datasets[dataset].rows)
    return Reach(frozenset(columns), frozenset(path for path, own in by_field.items() if own in deciding))


def plan(contract: InboundContract, sample: Sample, reach: Reach) -> list[Trial]:
    """Return the trials of a source: each path changed in each kind of row, names that no contract knows, and pairs."""
    numbers, read = count(), read_paths(contract)
    unread = [each.path for each in contract.fields if each.path not in read]
    found = list[Trial]()
    for base in sample.bases:
        for path in (*read, *unread, *UNKNOWN):
            asked = list(changes(sample, path, 0)) if path in read else [*_ANY]
            for position in range(len(asked)):
                number = next(numbers)
                value = list(changes(sample, path, number))[position] if path in read else asked[position]
                row, changed = base(number), put(base(number), path, value)
                if changed != row:
                    found.append(Trial(number, path, (sample.finish(row, ""),), (sample.finish(changed, path),)))
    for path in sorted(reach.rows):
        found += _pairs(contract, sample, path, reach, numbers)
    assert next(numbers) < NUMBERS
    return found


def _pairs(
    contract: InboundContract, sample: Sample, path: str, reach: Reach, numbers: Iterator[int]
) -> Iterator[Trial]:
    """Yield pairs of copies of one row that differ at a witness: which of the two stays may follow the path."""
    ranking = {contract.event_time, contract.tie_field, *contract.version_fields, *contract.key}
    base = next((each for each in sample.bases if at(each(0), path) is not None), None)
    follows = {name for own, name in reach.columns if own == path}
    timed = dialect_of(contract).read_for(contract.event_time) if contract.event_time else ()
    is_ranking = field_at(contract, path) in {*ranking, *timed} or follows & {sample.second, "event_key"}
    if not contract.key or base is None or is_ranking or not _sound(sample, base, path):
        return
    taken = {*follows, path, *ranking, sample.marker, sample.second}
    # A witness tells of nothing but one column of its own.
    alone = {each: name for each, name in reach.columns if sum(other == each for other, _ in reach.columns) == 1}
    fit = (each for each, name in sorted(alone.items()) if not {each, name} & taken and _sound(sample, base, each))
    witness = next(fit, path)
    for _ in range(_PAIRS):
        number = next(numbers)
        row = base(number)
        changed = put(row, path, _sound(sample, base, path)[0])
        beside = put(row, witness, _sound(sample, base, witness)[1 if witness == path else 0])
        made = [sample.finish(each, path) for each in (row, changed, beside)]
        rival = beside[path] if witness == path else None
        yield Trial(number, path, (made[0], made[2]), (made[1], made[2]), is_pair=True, rival=rival)


def at(row: Row, path: str) -> Any:
    """Return the value at a dotted path of a row; None where there is none."""
    first, _, rest = path.partition(".")
    below = row.get(first)
    return at(below, rest) if rest and isinstance(below, dict) else None if rest else below


def _sound(sample: Sample, base: Callable[[int], Row], path: str) -> list[Any]:
    """Return the other values of a path in a row that are sound."""
    if at(base(0), path) is None:
        return []
    return [each for each in sample.others(path, 0) if each != at(base(0), path)]


class Comparison:
    """Two homes that differ in what lands of every source, by the trials of each."""

    def __init__(self, root: Path, desk: Desk, graph: Graph, sources: Sequence[str]) -> None:
        self.graph, self._root = graph, root
        self._contracts = {name: desk.terms.inbound[name] for name in sources}
        self._samples = {name: sample_of(each, desk.terms) for name, each in self._contracts.items()}
        self.reach = {name: reach_of(graph, each) for name, each in self._contracts.items()}
        self._trials = {
            name: plan(each, self._samples[name], self.reach[name]) for name, each in self._contracts.items()
        }
        self.opened: dict[str, set[str]] = {}
        self._found = {side: self._stored(copy_of(desk, root / side), side=side) for side in ("before", "after")}

    def seen(self, source: str) -> Seen:
        """Return what changed in the lake, by the path that was changed. Fails where an unchanged row is not found."""
        seen, sample = Seen(), self._samples[source]
        before, after = self._found["before"][source], self._found["after"][source]
        by_marker = {row[sample.marker]: row for row in after}
        by_second = {row[sample.second]: row for row in after}
        first = {row[sample.marker]: row for row in before}
        for trial in self._trials[source]:
            marked = first.get(_marker(trial.number, sample, before))
            assert marked is not None, f"{source}: a sound row was not accepted ({trial.path}, {trial.number})"
            found = by_marker.get(marked[sample.marker]) or by_second.get(marked[sample.second])
            if found is None:
                seen.rows.add(trial.path)
                continue
            changed = {name for name in marked if marked[name] != found[name]}
            own = {name for path, name in self.reach[source].columns if path == trial.path}
            if trial.is_pair:
                # Where nothing else of a row can tell the two apart, the value itself does.
                is_other = trial.rival and any(trial.rival in (marked[name], found[name]) for name in changed)
                seen.rows |= {trial.path} if changed - own or is_other else set()
                continue
            seen.columns |= {(trial.path, name) for name in changed}
        return seen

    def undeclared(self, source: str, reach: Reach | None = None) -> list[str]:
        """Return what follows a path though the graph does not say so: `source.path > column`, or `> rows`."""
        seen, reach = self.seen(source), reach or self.reach[source]
        columns = [f"{source}.{path} > {name}" for path, name in seen.columns - reach.columns]
        return sorted([*columns, *(f"{source}.{path} > rows" for path in seen.rows - reach.rows)])

    def unseen(self, source: str, reach: Reach | None = None) -> list[str]:
        """Return what the graph says follows a path, and no change shows."""
        seen, reach = self.seen(source), reach or self.reach[source]
        columns = [f"{source}.{path} > {name}" for path, name in reach.columns - seen.columns]
        return sorted([*columns, *(f"{source}.{path} > rows" for path in reach.rows - seen.rows)])

    def _stored(self, desk: Desk, *, side: str) -> Mapping[str, list[dict[str, Any]]]:
        for name in self._contracts:
            trials = self._trials[name]
            landing = [row for trial in trials for row in (trial.before if side == "before" else trial.after)]
            desk.land(name, "uji.jsonl", landing)
        # What others refer to, or ask, comes last, so that its changes show in no other source.
        asked = ("courses", "course_modules", "accounts", "consents")
        for name in sorted(
            self._contracts, key=lambda each: (each in asked, asked.index(each) if each in asked else 0)
        ):
            with opened(desk.home.lake) as found_open:
                intake.run(desk.home, desk.ring, desk.terms, as_of=AS_OF, sources=[name])
            self.opened[name] = found_open
        found = {}
        for name, contract in self._contracts.items():
            frame = desk.rows(name)
            assert not frame.is_empty(), f"no row of {name} was accepted: {desk.quarantined()}"
            frame = frame.rename({"folder": "dt"})
            found[name] = (frame if contract.kind == "event" else frame.drop("dt")).to_dicts()
        return found


def copy_of(desk: Desk, root: Path) -> Desk:
    """Return the same home at another place, with its keys."""
    shutil.copytree(desk.home.root, root)
    home = settings.Home(root)
    return Desk(home, keys.open_keyring(home), desk.terms)


def _marker(number: int, sample: Sample, stored: Sequence[Mapping[str, Any]]) -> Any:
    """Return what the marker of an unchanged row is: its instant, or its number."""
    if stored and isinstance(next(row[sample.marker] for row in stored if row[sample.marker] is not None), int):
        return number
    return datetime.fromisoformat(people.LATER) + timedelta(seconds=number)
