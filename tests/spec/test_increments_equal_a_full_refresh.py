"""Promise: incremental and full agree, whatever arrives when: a demo's rows come shuffled, late and early, arrival by arrival.

After the last one every table of the warehouse is compared with what one build of all history makes of the same lake.
`CROSSLIFE_ARRIVALS=30` takes as many as a month has.
"""

from __future__ import annotations

import gzip
import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from pipelines import contracts, demo, intake, lake, projections, settings, warehouse, withdrawal
from pipelines.demo.sources.midtrans import DEMO_SERVER_KEY
from pipelines.identity import keys
from tests.truth.reading import last_second

ARRIVALS = int(os.environ.get("CROSSLIFE_ARRIVALS", "2"))
END = date(2026, 6, 30)
AS_OF = last_second(END)
# A row comes this many arrivals after its place in the file would have it, at most.
LATE = 5


@dataclass
class Platform:
    """A home with its keys, and short names for what a night does in it."""

    home: settings.Home
    ring: keys.Keyring
    terms: contracts.Contracts

    def take_in(self) -> None:
        intake.run(self.home, self.ring, self.terms, as_of=AS_OF)
        withdrawal.strip(self.home, self.ring, self.terms, as_of=AS_OF)
        projections.project(self.home, self.ring, self.terms, as_of=AS_OF)

    def build(self, *, is_whole: bool = False) -> int:
        """Build what is stale, or everything; return of how many days."""
        stale = lake.stale_days(self.home)
        built = warehouse.build(self.home, self.ring, self.terms, days=None if is_whole else stale, as_of=AS_OF)
        assert built.held_back == {}
        lake.clear_stale(self.home, stale)
        return 0 if is_whole else len(stale.get(warehouse.BY_DAY, ()))

    def tables(self) -> dict[str, list[tuple[object, ...]]]:
        with warehouse.open_read_only(self.home, self.ring) as connection:
            names = connection.execute(
                "select table_name from information_schema.tables where table_catalog = 'warehouse' and table_schema = 'marts'"
            ).fetchall()
            return {
                name: connection.execute(f"select * from warehouse.marts.{name} order by all").fetchall()
                for (name,) in sorted(names)
            }


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    home = settings.Home(tmp_path / "home").prepare()
    keys.init(home)
    keys.keep_secret(home, "midtrans_server_key", DEMO_SERVER_KEY)
    return Platform(home, keys.open_keyring(home), contracts.load(settings.CONTRACTS_DIR))


@pytest.mark.slow
@pytest.mark.long
def test_shuffled_arrivals_built_one_by_one_equal_one_full_refresh(platform: Platform, tmp_path: Path) -> None:
    whole = tmp_path / "invented"
    demo.generate(whole, learners=120, days=40, seed=11, end=END)
    rng = random.Random(11)
    shuffled = {number: tmp_path / f"arrival-{number}" for number in range(ARRIVALS)}
    for file in sorted(path for path in whole.rglob("*") if path.is_file()):
        _deal(file, whole, shuffled, rng=rng)

    built = []
    for number in range(ARRIVALS):
        shutil.copytree(shuffled[number], platform.home.landing, dirs_exist_ok=True)
        platform.take_in()
        built.append(platform.build())
    steps = platform.tables()
    platform.build(is_whole=True)
    refreshed = platform.tables()

    # Late data touched old days, and the last arrivals not all of them.
    assert sum(built) > len(lake.days_of(platform.home, warehouse.BY_DAY))
    assert len(steps) > 20
    assert [name for name, rows in steps.items() if not rows] == []
    assert steps.keys() == refreshed.keys()
    for name, rows in steps.items():
        assert rows == refreshed[name], name


def _deal(file: Path, root: Path, arrivals: dict[int, Path], *, rng: random.Random) -> None:
    """Deal a file's rows out over the arrivals, by and large in their order; a file that is no list of rows comes whole."""
    place = file.relative_to(root)
    if place.name.endswith((".csv", ".csv.gz", ".log", ".log.gz", ".parquet")):
        target = arrivals[rng.randrange(ARRIVALS)] / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
        return
    content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    dealt: dict[int, list[bytes]] = {}
    for number, row in _numbered(content.splitlines(keepends=True), rng=rng):
        dealt.setdefault(number, []).append(row)
    for number, own in dealt.items():
        target = arrivals[number] / place.parent / f"{number}-{place.name.removesuffix('.gz')}"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"".join(own))


def _numbered(rows: list[bytes], *, rng: random.Random) -> Iterator[tuple[int, bytes]]:
    first = rng.randrange(ARRIVALS)
    for place, row in enumerate(rows):
        late = rng.choice((0, 0, 0, 1, LATE))
        yield (first + place * ARRIVALS // max(len(rows), 1) + late) % ARRIVALS, row
