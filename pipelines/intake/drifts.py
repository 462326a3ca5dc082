"""Finds schema drift: what a tool begins to send otherwise, told from the counts of a batch and of those before it.

A file differs where what many of its rows bear is missing elsewhere (earlier batches, other files), or the reverse; single
spoilt rows are no drift. What is always unknown is no drift either: it stands in every batch's report. Not here: what the
contract should say instead (`proposals`).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from pipelines.contracts.models import Field, InboundContract
from pipelines.intake import kinds
from pipelines.intake.sightings import Sighting, Sightings
from pipelines.lake.drifts import Drift, Drifts, Habit

TOTAL = ""
_FEW_ROWS = 5
_SHARE_OF_NEW = 0.05
_MOST_OF = 0.5
_HARDLY = 0.1
# How many rows must have been expected for none to tell something: by chance e^-20, less where they come in bursts.
_EXPECTED = 20.0


@dataclass(frozen=True)
class Unit:
    """Rows that are looked at together: one file (`path`), or a whole batch."""

    seen: Sighting
    path: Path | None = None


@dataclass(frozen=True)
class Observed:
    """What a batch showed: fields' habits to remember, drifts, and those of them that no batch showed before."""

    habits: tuple[Habit, ...] = ()
    drifts: tuple[Drift, ...] = ()
    new: tuple[Drift, ...] = ()


def observe(
    connection: duckdb.DuckDBPyConnection,
    contract: InboundContract,
    sightings: Sightings,
    paths: Sequence[Path],
    *,
    book: Drifts,
) -> Observed:
    """Compare the landed files of a batch with each other and with the batches before.

    Needs the table `rejected`. Replayed rows, whose file numbers follow those of `paths`, are left out.
    """
    files = sightings.files
    _note_wrong(connection, files)
    units = [Unit(files[number], path) for number, path in enumerate(paths, start=1) if number in files]
    if not units:
        return Observed()
    habits, known = book.habits(contract.name), book.listed(contract.name)
    before = Sighting(habits[TOTAL].rows if TOTAL in habits else 0)
    before.present.update({name: habit.present for name, habit in habits.items()})
    before.wrong.update({name: habit.wrong for name, habit in habits.items()})
    search = _Search(contract, units, together(units), before, known)
    found = tuple(search.found())
    reported = {each.key for each in known}
    new = tuple(each for each in found if each.key not in reported)
    return Observed(tuple(_habits(contract, search.whole.seen, habits)), found, new)


def told(drift: Drift) -> str:
    """Return a drift as one line: names and counts, no value."""
    name, becomes = f"`{drift.name}`", f"`{drift.becomes}`"
    what = {
        "new_field": f"new field {name} ({drift.becomes}), which no contract knows",
        "renamed_field": f"{name} now comes as {becomes}",
        "missing_field": f"optional field {name} comes no more",
        "changed_type": f"{name} now comes as {drift.becomes}",
    }[drift.kind]
    return f"{drift.source}: {what}, {drift.rows:,} rows"


@dataclass
class _Search:
    contract: InboundContract
    units: Sequence[Unit]
    whole: Unit
    before: Sighting
    known: Sequence[Drift]
    _taken: set[str] = field(default_factory=set)

    def found(self) -> Iterator[Drift]:
        for each in self.known:  # what was reported goes on until the contract knows it
            if each.kind == "renamed_field" and each.becomes in self.whole.seen.beside:
                yield self._again(each, self.whole.seen.present[each.becomes])
        yield from self._unknown()
        for one in self.contract.fields:
            yield from self._changed(one)
            yield from self._missing(one)

    def _again(self, drift: Drift, rows: int) -> Drift:
        self._taken |= {drift.name, drift.becomes}
        return Drift(drift.source, drift.kind, drift.name, drift.becomes, rows)

    def _unknown(self) -> Iterator[Drift]:
        """Unknown names that many rows of a file bear, and that did not use to be there."""
        reported = {each.name: each for each in self.known if each.kind == "new_field"}
        names = {name for unit in (*self.units, self.whole) for name in unit.seen.beside}
        gone = {}
        for name in sorted(names - self._taken):
            if "(" in name:
                continue
            if name in reported:
                yield self._again(reported[name], self.whole.seen.present[name])
            elif unit := self._showing(name):
                gone[name] = unit
        pairs = self._renamed(gone)
        for name, unit in gone.items():
            rows = self.whole.seen.present[name]
            if name in pairs:
                self._taken |= {name, pairs[name]}
                yield Drift(self.contract.name, "renamed_field", pairs[name], name, rows)
            else:
                values = kinds.examples(unit.path, name) if unit.path else []
                yield Drift(self.contract.name, "new_field", name, kinds.kind_of(values), rows)

    def _showing(self, name: str) -> Unit | None:
        """Return the rows in which an unknown name is new: a file's before the whole batch's."""
        for unit in (*self.units, self.whole):
            share = unit.seen.share(name)
            if unit.seen.present[name] < _FEW_ROWS or share < _SHARE_OF_NEW:
                continue
            for other in self._references(unit):
                if other.rows * share >= _EXPECTED and other.share(name) <= share * _HARDLY:
                    return unit if unit.path else max(self.units, key=lambda one: one.seen.present[name])
        return None

    def _references(self, unit: Unit) -> Iterator[Sighting]:
        """Yield what rows are compared with: earlier batches, with the files before this one, with all other files.

        No single file is: a name that only some kinds of rows bear is missing from many a small one.
        """
        yield self.before
        if unit.path is not None:
            place = next(number for number, other in enumerate(self.units) if other is unit)
            for others in (self.units[:place], [*self.units[:place], *self.units[place + 1 :]]):
                yield together([Unit(self.before), *others]).seen

    def _renamed(self, gone: Mapping[str, Unit]) -> dict[str, str]:
        """Return the field that each new name stands for: one of the same place and kind, never seen beside it."""
        offers = []
        for name, unit in gone.items():
            values = kinds.examples(unit.path, name) if unit.path else []
            for each in self.contract.fields:
                if self._gives_way(each, name, unit) and kinds.fits(each, values):
                    likeness = difflib.SequenceMatcher(None, each.path.lower(), name.lower()).ratio()
                    offers.append((likeness, name, each.path))
        pairs: dict[str, str] = {}
        for _, name, path in sorted(offers, reverse=True):
            if name not in pairs and path not in pairs.values():
                pairs[name] = path
        return pairs

    def _gives_way(self, each: Field, name: str, unit: Unit) -> bool:
        if each.path.rpartition(".")[0] != name.rpartition(".")[0] or unit.seen.beside[name][each.path]:
            return False
        usual = max(
            (other.share(each.path) for other in self._references(unit) if other.rows >= _FEW_ROWS), default=0.0
        )
        together = unit.seen.share(name) + unit.seen.share(each.path)
        return usual >= _MOST_OF and together >= usual * _MOST_OF

    def _changed(self, each: Field) -> Iterator[Drift]:
        """A field that is none of its type in most rows of a file that bear it, and was elsewhere."""
        rows, showing = 0, None
        for unit in self.units:
            wrong, present = unit.seen.wrong[each.path], unit.seen.present[each.path]
            if wrong >= _FEW_ROWS and wrong >= present * _MOST_OF and self._was_sound(each, unit):
                rows, showing = rows + wrong, showing or unit
        if showing is not None and showing.path is not None:
            kind = kinds.kind_of(kinds.examples(showing.path, each.path))
            yield Drift(self.contract.name, "changed_type", each.path, kind, rows)

    def _was_sound(self, each: Field, unit: Unit) -> bool:
        return any(
            other.present[each.path] >= _FEW_ROWS and other.wrong[each.path] <= other.present[each.path] * _HARDLY
            for other in self._references(unit)
        )

    def _missing(self, each: Field) -> Iterator[Drift]:
        """An optional field that most rows used to bear and that no row of this batch does."""
        if each.required or self.whole.seen.present[each.path] or each.path in self._taken:
            return
        usual = self.before.share(each.path)
        is_known = any(one.kind == "missing_field" and one.name == each.path for one in self.known)
        if is_known or (usual >= _MOST_OF and self.whole.seen.rows * usual >= _EXPECTED):
            yield Drift(self.contract.name, "missing_field", each.path, "", self.whole.seen.rows)


def _note_wrong(connection: duckdb.DuckDBPyConnection, files: Mapping[int, Sighting]) -> None:
    found = connection.execute(
        "select file_no, substr(reason, length('wrong_type:') + 1), count(*) from rejected "
        "where starts_with(reason, 'wrong_type:') group by all"
    )
    for file_no, name, rows in found.fetchall():
        if file_no in files:
            files[file_no].wrong[name] += rows


def together(units: Sequence[Unit]) -> Unit:
    """Return what was seen of several as of one."""
    seen = Sighting()
    for unit in units:
        seen.rows += unit.seen.rows
        seen.present.update(unit.seen.present)
        seen.wrong.update(unit.seen.wrong)
        for name, others in unit.seen.beside.items():
            seen.beside.setdefault(name, type(others)()).update(others)
    return Unit(seen)


def _habits(contract: InboundContract, seen: Sighting, habits: Mapping[str, Habit]) -> Iterator[Habit]:
    """Return what to remember: every field of the contract, and unknown names that many rows bear."""
    yield Habit(TOTAL, seen.rows, 0)
    fields = {each.path for each in contract.fields}
    for name in sorted(fields | seen.beside.keys()):
        is_habit = name in fields or name in habits
        if is_habit or (seen.present[name] >= _FEW_ROWS and seen.share(name) >= _SHARE_OF_NEW * _HARDLY):
            yield Habit(name, seen.rows, seen.present[name], seen.wrong[name])
