"""Promise 6, however often the drops are killed: the next call ends in the state of a call that nobody disturbed.

Killed for good (SIGKILL), before calls that change the disk, drawn at random by a seed, and at any instant; a call that goes
on may be killed again. `CROSSLIFE_KILLS=30` draws as many; `pytest -m long` takes every call, one after the other.
"""

from __future__ import annotations

import os
import random
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines import engine, evidence, lake, retention
from pipelines.identity import keys
from pipelines.identity.pseudonyms import DOMAINS
from pipelines.identity.vault import open_vault
from pipelines.lake import open_manifest
from tests import dying
from tests.leaving import DAY, Leaving, at, filled, traces_in

pytestmark = pytest.mark.xdist_group("killed_retention")

SEED = os.environ.get("CROSSLIFE_SEED", "2031")
KILLS = int(os.environ.get("CROSSLIFE_KILLS", "2"))
_SHARES = 8
_GIVEN = re.compile(r"[0-9a-f]{16}|(?<=vault[-/])\d+")
"""What a call gives names by that differ with the calls before it: ids of works, numbers of vault files."""


@dataclass(frozen=True)
class Undisturbed:
    """A home before its drops, the calls that they make when nobody kills them, and the state in which they end."""

    leaving: Leaving
    server: dying.Server
    calls: list[str]
    state: dict[str, Any]

    def copy(self, root: Path) -> Leaving:
        shutil.rmtree(root, ignore_errors=True)
        return self.leaving.copy(root)

    def live(self, leaving: Leaving, *, until: int = 0, after_seconds: float = 0) -> dying.Died:
        return self.server.live(leaving.desk.home, as_of=at(DAY), until=until, after_seconds=after_seconds)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Undisturbed]:
    root = tmp_path_factory.mktemp("killed")
    leaving = filled(root / "filled")
    with dying.server() as server:
        whole = leaving.copy(root / "whole")
        died = server.live(whole.desk.home, as_of=at(DAY))
        assert not died.is_killed
        yield Undisturbed(leaving, server, died.calls, state(whole))


def state(leaving: Leaving) -> dict[str, Any]:
    """Return what there is when a call has ended: files, rows, people, keys, horizons, and what was recorded of it."""
    home, terms = leaving.desk.home, leaving.desk.terms
    ring = keys.open_keyring(home)
    found = retention.plan(home, ring, terms, as_of=at(DAY))
    with open_manifest(home) as manifest:
        manifest.stored().check()
        books = {
            "is_finished": not manifest.has_unfinished(),
            "horizons": manifest.horizons().all(),
            "stale": manifest.staleness().days(),
            "unaged": {name: manifest.staleness().unaged(name) for name in terms.inbound},
        }
    with open_vault(home, ring, purpose="test") as vault:
        people = {
            "subjects": vault.known_since().rows(),
            "pseudonyms": {name: [row for frame in vault.named_in(name) for row in frame.rows()] for name in DOMAINS},
            "digests": sorted((row for frame in vault.digests() for row in frame.rows()), key=repr),
        }
    verdict = evidence.look_with_keys(home, ring)
    return {
        "is_done": found.is_empty,
        "files": _files(leaving),
        "rows": _rows(leaving),
        "keys": sorted(_GIVEN.sub("*", each.id) for each in ring.entries()),
        "is_ledger_sound": verdict.is_sound,
        "dropped": _dropped(leaving),
        **books,
        **people,
    }


def _files(leaving: Leaving) -> set[str]:
    root = leaving.desk.home.root
    named = {str(file.relative_to(root)) for file in root.rglob("*") if file.is_file()}
    # What is made ready is waste after a call, and the next writer's first deed is to remove it.
    return {_GIVEN.sub("*", name) for name in named if not name.startswith("lake/.staging/")}


def _rows(leaving: Leaving) -> dict[str, list[str]]:
    """Return the decoded rows of the lake by folder: encrypted twice, no file has the same bytes."""
    found: dict[str, list[str]] = {}
    home = leaving.desk.home
    with engine.connect(parquet_keys=keys.open_keyring(home).parquet_keys()) as connection:
        for file in sorted(home.lake.rglob("*.parquet")):
            folder = str(file.parent.relative_to(home.lake))
            if not folder.startswith(".staging"):
                rows = connection.execute(f"select * from {lake.read_expression(file)}").fetchall()
                found.setdefault(folder, []).extend(map(repr, rows))
    return {folder: sorted(rows) for folder, rows in found.items() if rows}


def _dropped(leaving: Leaving) -> dict[str, int]:
    """Return how many rows the ledger says were dropped, by dataset, reason and hold, over all calls."""
    total = Counter[str]()
    for entry in evidence.read(leaving.desk.home):
        counts = entry.content.get("counts", {}) if entry.kind == "drop" else {}
        total.update({f"rows/{name}": rows for name, rows in counts.get("rows", {}).items()})
        total.update({f"held/{name}": rows for name, rows in counts.get("held", {}).items()})
        for source, reasons in counts.get("dropped", {}).items():
            total.update({f"quarantine/{source}/{reason}": rows for reason, rows in reasons.items()})
    return dict(total)


def _differences(found: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    return [name for name, value in expected.items() if found[name] != value]


def test_the_call_that_is_killed_drops_of_every_zone(undisturbed: Undisturbed) -> None:
    before, after = state(undisturbed.leaving), undisturbed.state
    alike = before.keys() - set(_differences(after, before))
    assert alike == {"is_finished"}
    assert after["dropped"] == {
        **{f"rows/{name}": 1 for name in ("accounts", "learner_attributes", "newsletter_subscribers", "orders")},
        "rows/consents": 2,
        "rows/course_progress": 3,
        "rows/support_tickets": 1,
        "rows/meta_pixel": 2,
        "rows/web_events": 2,
        "held/tax_books": 1,
        "quarantine/course_progress/unknown_course": 1,
    }
    assert after["is_done"]
    assert after["is_ledger_sound"]
    # Of what is gone every row is accounted for.
    assert sum(map(len, before["rows"].values())) > sum(map(len, after["rows"].values()))
    assert {"duckdb copy", "duckdb commit", "sqlite commit", "replace", "unlink"} <= set(undisturbed.calls)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(KILLS))
def test_killed_at_random_points_it_ends_in_the_same_state(
    undisturbed: Undisturbed, tmp_path: Path, number: int
) -> None:
    rng = random.Random(f"{SEED} {number}")
    leaving = undisturbed.copy(tmp_path / "home")
    points = [rng.randint(1, len(undisturbed.calls))] + ([rng.randint(1, 60)] if rng.random() < 0.5 else [])
    deaths = [undisturbed.live(leaving, until=point) for point in points]
    assert deaths[0].is_killed
    assert not undisturbed.live(leaving).is_killed
    told = [(point, died.calls[-1], died.is_killed) for point, died in zip(points, deaths, strict=True)]
    assert _differences(state(leaving), undisturbed.state) == [], told
    assert traces_in(leaving.desk.home, leaving.traces) == [], told


@pytest.mark.long
@pytest.mark.parametrize("share", range(_SHARES))
def test_killed_before_every_call_that_changes_the_disk_it_ends_in_the_same_state(
    undisturbed: Undisturbed, tmp_path: Path, share: int
) -> None:
    wrong = []
    for point in range(1 + share, len(undisturbed.calls) + 1, _SHARES):
        leaving = undisturbed.copy(tmp_path / "home")
        died = undisturbed.live(leaving, until=point)
        assert not undisturbed.live(leaving).is_killed
        differences = _differences(state(leaving), undisturbed.state)
        if point <= _SHARES:
            differences += [f"{kind} in {file}" for kind, file in traces_in(leaving.desk.home, leaving.traces)]
        wrong += [(point, died.calls[-1], differences)] if differences else []
    assert wrong == []


@pytest.mark.long
def test_killed_at_any_instant_it_ends_in_the_same_state(undisturbed: Undisturbed, tmp_path: Path) -> None:
    rng = random.Random(SEED)
    wrong, deaths = [], 0
    for _ in range(12):
        leaving = undisturbed.copy(tmp_path / "home")
        died = undisturbed.live(leaving, after_seconds=rng.uniform(0.1, 3))
        deaths += died.is_killed
        undisturbed.live(leaving)
        differences = _differences(state(leaving), undisturbed.state)
        wrong += [(died.calls[-1:], differences)] if differences else []
    assert wrong == []
    assert deaths > 3
