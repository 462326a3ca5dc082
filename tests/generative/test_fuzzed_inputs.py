"""Whatever lands, in whatever format: no error, every row accounted for, bad rows in quarantine, sound ones accepted.

Some hundred inputs a parser; `CROSSLIFE_FUZZ_ROWS=200000` takes as many of each.
"""

from __future__ import annotations

import gzip
import json
import os
import random
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pytest

from pipelines import engine, intake
from pipelines.engine import quoted
from pipelines.identity import keys
from pipelines.intake import quarantine, treatments
from tests.desk import AS_OF, Desk, make_desk
from tests.fuzzing import files, samples
from tests.fuzzing.fates import Fate
from tests.fuzzing.strange import MARK

pytestmark = pytest.mark.slow

ROWS = int(os.environ.get("CROSSLIFE_FUZZ_ROWS", "500"))
SEED = 20_260_630
_FILES_OF_A_RUN = 100
PARSERS = (
    *(
        ("accounts", ".jsonl"),
        ("ad_insights", ".csv"),
        ("cohorts", ".csv"),
        ("consents", ".jsonl"),
        ("consents", ".csv"),
    ),
    *(("course_modules", ".csv"), ("course_progress", ".jsonl.gz"), ("course_progress", ".parquet")),
    *(
        ("course_progress_xapi", ".jsonl"),
        ("courses", ".csv"),
        ("learner_attributes", ".csv"),
        ("meta_pixel", ".jsonl"),
    ),
    *(("newsletter_subscribers", ".csv"), ("orders", ".csv"), ("orders", ".parquet"), ("payments", ".jsonl")),
    *(("rights_requests", ".jsonl"), ("support_tickets", ".jsonl"), ("web_access_log", ".log")),
    *(("web_access_log", ".log.gz"), ("web_events", ".jsonl"), ("web_events", ".parquet")),
)


# Every other parser shows most of it in half the time; all of them by `pytest -m long`.
CHOSEN = [pytest.param(*each, marks=pytest.mark.long if number % 2 else ()) for number, each in enumerate(PARSERS)]


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("bersih")
    samples.land(place)
    return place


@pytest.mark.parametrize(("source", "suffix"), CHOSEN, ids="".join)
def test_nothing_that_lands_stops_intake_or_is_lost(
    landing: Path, tmp_path: Path, source: str, suffix: str, capfd: pytest.CaptureFixture[str]
):
    rng = random.Random(f"{SEED}{source}{suffix}")
    lines = samples.log_lines(landing) if source == "web_access_log" else ()
    made = files.Source(source, () if lines else samples.rows_of(landing, source), lines)
    told = files.tame(made, suffix, rows=ROWS, rng=rng)
    taken = 0
    while held := list(islice(told, _FILES_OF_A_RUN)):
        desk = _desk(tmp_path / f"home{taken}", landing)
        taken += _take_in(desk, source, held)
        wild = [files.wild(rng.choice(held), rng=rng)._replace(name=f"{n}{suffix}") for n in range(3)]
        _take_in(desk, source, wild, is_tame=False)
    assert taken == ROWS
    shown = capfd.readouterr()
    assert MARK not in shown.out + shown.err


def _desk(root: Path, landing: Path) -> Desk:
    desk = make_desk(root)
    keys.keep_secret(desk.home, "midtrans_server_key", samples.SERVER_KEY)
    desk.ring = keys.open_keyring(desk.home)
    for path in (landing / "courses").iterdir():
        desk.land_bytes("courses", path.name, path.read_bytes())
    intake.run(desk.home, desk.ring, desk.terms, as_of=AS_OF, sources=["courses"])
    return desk


def _take_in(desk: Desk, source: str, landed: Sequence[files.File], *, is_tame: bool = True) -> int:
    """Take files in; return how many rows came."""
    for file in landed:
        desk.land_bytes(source, file.name, file.content)
    try:
        (report,) = intake.run(desk.home, desk.ring, desk.terms, as_of=AS_OF, sources=[source])
    except Exception as problem:
        if MARK in str(problem):
            pytest.fail(f"{type(problem).__name__} tells what the row said")
        raise
    out = report.accepted + report.superseded + report.duplicates
    assert report.rows_in == out + sum(report.quarantined.values()) + sum(report.refused.values())
    assert MARK not in json.dumps(report.balance())
    if is_tame:
        _check_fates(desk, source, landed, report)
    return report.rows_in


def _check_fates(desk: Desk, source: str, landed: Sequence[files.File], report: intake.BatchReport) -> None:
    fates = {(file.name, place): fate for file in landed for place, fate in (file.fates or {}).items()}
    count = Counter(fates.values())
    assert report.rows_in == len(fates)
    waiting = _quarantined(desk, source, {file.name for file in landed})
    assert waiting.keys() <= fates.keys()
    lost = {place: fate for place, fate in fates.items() if fate is Fate.BAD and place not in waiting}
    assert not lost, f"{len(lost)} bad rows were taken, such as {_line(landed, next(iter(lost)))!r}"
    wrong = {place: waiting[place] for place, fate in fates.items() if fate is Fate.SOUND and place in waiting}
    assert not wrong, f"{len(wrong)} sound rows wait, such as {next(iter(wrong.items()))}"
    assert report.accepted >= count[Fate.SOUND]
    assert report.superseded + report.duplicates + sum(report.refused.values()) <= count[Fate.OPEN]
    _check_ids(desk, source, [each for file in landed for each in file.sound_ids])


def _quarantined(desk: Desk, source: str, names: set[str]) -> dict[tuple[str, int], str]:
    found = {}
    with engine.connect() as connection:
        for file in quarantine.files_of(desk.home, source):
            query = f"select file, place, reason from {quarantine.read(connection, file, ring=desk.ring)}"
            for name, place, reason in connection.execute(query).fetchall():
                if name in names:
                    assert (name, place) not in found
                    found[name, place] = reason
    return found


def _check_ids(desk: Desk, source: str, ids: Sequence[str]) -> None:
    """Every sound event stands in the lake under its own keyed id."""
    contract = desk.terms.inbound[source]
    if contract.kind != "event" or len(contract.key) != 1 or contract.dialect == "midtrans" or not ids:
        return
    stored = set(desk.rows(source)["event_key"])
    keyed = treatments.keyed("id", key=f"'{quoted(desk.ring.event_key().hex())}'", family=contract.family)
    with engine.connect() as connection:
        connection.register("ids", pa.table({"id": ids}))
        expected = {key for (key,) in connection.execute(f"select {keyed} from ids").fetchall()}
    assert expected <= stored


def _line(landed: Sequence[files.File], place: tuple[str, int]) -> str:
    content = next(file.content for file in landed if file.name == place[0])
    if place[0].endswith(".gz"):
        content = gzip.decompress(content.rstrip(b"\x00"))
    return content.split(b"\n")[place[1] - 1].decode("utf-8", "backslashreplace")[:400]
