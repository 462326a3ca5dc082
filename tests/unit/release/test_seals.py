from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from pipelines import contracts, engine, lake, release, settings, warehouse
from pipelines.contracts.sealing import ByPeriod
from pipelines.identity import keys
from pipelines.release import sealing, seals
from pipelines.release.seals import Seal
from pipelines.retention.falling import Falling
from tests.unit.release.small_release import AS_OF, cohort, frame, frames, module, new_home, page, read_contracts

CONTRACTS = read_contracts()
COHORT = pl.DataFrame({"course_id": ["course-1"], "cohort": ["2026-01"]})
DAY = pl.DataFrame({"dt": [date(2026, 2, 1)]})


def publish(home: settings.Home, tables: dict[str, pl.DataFrame], **changed: object) -> release.ReleaseReport:
    return release.release_tables(home, tables, contracts=changed.get("terms", CONTRACTS), as_of=AS_OF)


def published(home: settings.Home, table: str) -> pl.DataFrame:
    return pl.read_parquet(home.release / "parquet" / f"{table}.parquet")


def keep(home: settings.Home, **scopes: pl.DataFrame) -> dict[str, str]:
    kept = seals.read_seals(home)
    made = {name: kept.get(name, seals.NOTHING).adding(own, published(home, name)) for name, own in scopes.items()}
    return seals.keep_seals(home, made)


def csv(home: settings.Home, table: str) -> bytes:
    return (home.release / "csv" / f"{table}.csv").read_bytes()


def shrunk() -> dict[str, pl.DataFrame]:
    """What would be computed when half of the first cohort, and of the first day, have fallen."""
    return {
        "agg_completion_rates": frame(
            "agg_completion_rates", [cohort("course-1", "2026-01", 50, 25), cohort("course-1", "2026-02", 777, 50)]
        ),
        "agg_module_funnel": frame(
            "agg_module_funnel",
            [module("course-1", "2026-01", "m1", 50, 30), module("course-1", "2026-02", "m1", 777, 60)],
        ),
        "agg_traffic_daily": frame("agg_traffic_daily", [page(1, "/", 20), page(1, "/new", 30), page(2, "/", 14)]),
    }


@pytest.mark.usefixtures("second_look")
def test_a_sealed_row_is_published_as_before_and_all_others_anew(tmp_path):
    home = new_home(tmp_path)
    publish(home, frames())
    line = csv(home, "agg_traffic_daily").splitlines()[1]
    keep(home, agg_completion_rates=COHORT, agg_module_funnel=COHORT, agg_traffic_daily=DAY)
    report = publish(home, shrunk())
    assert [(r["enrolled"], r["cohort"]) for r in published(home, "agg_completion_rates").to_dicts()] == [
        (100, "2026-01"),
        (777, "2026-02"),
    ]
    assert [(r["enrolled"], r["drop_off"]) for r in published(home, "agg_module_funnel").to_dicts()][:1] == [(100, 40)]
    shown = csv(home, "agg_traffic_daily").splitlines()
    assert len(shown) == 3
    assert shown[1] == line, "the same bytes; of /new, which was not published before, nothing"
    assert [(t.rows, t.withheld, t.sealed, t.spoilt) for t in report.tables] == [
        (2, 0, 1, 0),
        (2, 0, 1, 0),
        (2, 0, 1, 1),
    ]
    said = json.loads((home.release / "release.json").read_text())["tables"]
    assert [table["sealed_rows"] for table in said] == [1, 1, 1]


def test_what_was_withheld_or_left_out_does_not_come_back(tmp_path):
    home = new_home(tmp_path)
    publish(home, frames())
    withheld = pl.DataFrame({"course_id": ["course-1"], "cohort": ["2026-02"]})
    keep(home, agg_completion_rates=withheld, agg_traffic_daily=pl.DataFrame({"dt": [date(2026, 2, 2)]}))
    report = publish(home, shrunk())
    rates = published(home, "agg_completion_rates").filter(pl.col("cohort") == "2026-02")
    assert rates.select("enrolled", "is_withheld").rows() == [(None, True)]
    assert published(home, "agg_traffic_daily").get_column("dt").unique().to_list() == [date(2026, 2, 1)]
    funnel = published(home, "agg_module_funnel").filter(pl.col("cohort") == "2026-02")
    assert funnel.get_column("is_withheld").all(), "no finer row stands without its coarser one"
    assert {table.name: table.spoilt for table in report.tables}["agg_traffic_daily"] == 1


def test_a_second_seal_changes_nothing_of_the_first(tmp_path):
    home = new_home(tmp_path)
    publish(home, frames())
    first = keep(home, agg_traffic_daily=DAY)
    publish(home, shrunk())
    assert keep(home, agg_traffic_daily=DAY) == first
    keep(home, agg_traffic_daily=pl.DataFrame({"dt": [date(2026, 2, 2)]}))
    assert seals.read_seals(home)["agg_traffic_daily"].rows.select("dt", "learners").rows() == [
        (date(2026, 2, 1), 40),
        (date(2026, 2, 2), 14),
    ]
    assert len([*home.seals.glob("*.parquet")]) == 1


def test_text_that_a_release_changes_is_found_again(tmp_path):
    home = new_home(tmp_path)
    tables = {**frames(), "agg_traffic_daily": frame("agg_traffic_daily", [page(1, "/", 40)])}
    for name in ("agg_completion_rates", "agg_module_funnel"):
        tables[name] = tables[name].with_columns(pl.lit("=1").alias("cohort")).head(1)
    publish(home, tables)
    raw = pl.DataFrame({"course_id": ["course-1"], "cohort": ["=1"]})
    keep(home, agg_completion_rates=raw, agg_module_funnel=raw)
    report = publish(home, tables)
    assert [(table.rows, table.sealed, table.spoilt) for table in report.tables] == [(1, 1, 0), (1, 1, 0), (1, 0, 0)]


def with_threshold(value: int) -> contracts.Contracts:
    threshold = CONTRACTS.policy.threshold.model_copy(update={"value": value})
    return CONTRACTS.model_copy(update={"policy": CONTRACTS.policy.model_copy(update={"threshold": threshold})})


@pytest.mark.usefixtures("second_look")
def test_a_threshold_that_was_raised_withholds_sealed_rows_too(tmp_path):
    home = new_home(tmp_path)
    publish(home, frames())
    keep(home, agg_completion_rates=COHORT, agg_module_funnel=COHORT, agg_traffic_daily=DAY)
    publish(home, shrunk(), terms=with_threshold(60))
    rates = published(home, "agg_completion_rates").filter(pl.col("cohort") == "2026-01")
    assert rates.select("enrolled", "completion_rate", "is_withheld").rows() == [(None, None, True)]
    assert published(home, "agg_module_funnel").get_column("drop_off").is_null().all()
    assert published(home, "agg_traffic_daily").is_empty()


def test_a_column_that_is_new_is_empty_in_sealed_rows_and_one_that_is_gone_is_left_out(tmp_path):
    home = new_home(tmp_path)
    publish(home, frames())
    keep(home, agg_traffic_daily=DAY)
    kept = seals.read_seals(home)["agg_traffic_daily"]
    older = kept.rows.drop("sessions").with_columns(pl.lit(1).alias("robots"))
    seals.keep_seals(home, {"agg_traffic_daily": Seal(kept.scopes, older)})
    publish(home, shrunk())
    row = published(home, "agg_traffic_daily").row(0, named=True)
    assert (row["learners"], row["sessions"], "robots" in row) == (40, None, False)
    seals.keep_seals(
        home, {"agg_traffic_daily": Seal(kept.scopes, kept.rows.with_columns(pl.lit("many").alias("learners")))}
    )
    with pytest.raises(release.SealDamaged, match="learners cannot be read as the contract has its type now"):
        publish(home, shrunk())


@pytest.mark.parametrize("harm", ["changed", "lost", "no index", "broken index", "no store", "foreign file"])
def test_a_store_that_is_not_as_it_was_written_stops_the_release(tmp_path, harm):
    home = new_home(tmp_path)
    publish(home, frames())
    keep(home, agg_traffic_daily=DAY)
    publish(home, shrunk())
    before = csv(home, "agg_traffic_daily")
    (file,) = home.seals.glob("*.parquet")
    index = home.seals / "index.json"
    if harm == "changed":
        file.write_bytes(file.read_bytes()[:-1] + b"x")
    if harm == "foreign file":
        index.write_text(index.read_text().replace(file.name, "../../lake/current.parquet"))
    if harm in ("lost", "no store"):
        file.unlink()
    if harm in ("no index", "no store"):
        index.unlink()
    if harm == "broken index":
        index.write_text("{")
    with pytest.raises(release.SealDamaged, match=r"put .*back from a backup"):
        publish(home, shrunk())
    assert csv(home, "agg_traffic_daily") == before


@pytest.mark.parametrize("deadly", [1, 2, 3])
def test_killed_at_any_write_a_store_is_as_before_and_the_next_call_completes_it(tmp_path, monkeypatch, deadly):
    home = new_home(tmp_path)
    publish(home, frames())
    replace, left = Path.replace, [deadly]

    def dying(path: Path, target: Path) -> Path:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", dying)
    with pytest.raises(KeyboardInterrupt):
        keep(home, agg_traffic_daily=DAY)
    assert seals.read_seals(home) == {}
    keep(home, agg_traffic_daily=DAY)
    assert seals.read_seals(home)["agg_traffic_daily"].rows.height == 1
    assert sorted(path.suffix for path in home.seals.iterdir()) == [".json", ".parquet"]


@pytest.mark.parametrize(
    ("rule", "days", "shown"),
    [
        (ByPeriod(by="period", column="dt", unit="day", neighbour_days=1), [5], [4, 5, 6]),
        (ByPeriod(by="period", column="dt", unit="week"), [1, 2, 8], [date(2026, 1, 26), 2]),
        (ByPeriod(by="period", column="dt", unit="month"), [28], [1]),
    ],
)
def test_periods_are_those_that_the_days_meet(rule, days, shown):
    found = sealing.periods(CONTRACTS.outbound["agg_traffic_daily"], rule, [date(2026, 2, day) for day in days])
    assert found.get_column("dt").to_list() == [
        each if isinstance(each, date) else date(2026, 2, each) for each in shown
    ]


class Small:
    """A home with a warehouse of two tables, and a release that was made of it today."""

    def __init__(self, folder: Path) -> None:
        self.home = new_home(folder)
        self.ring = keys.init(self.home)
        connection = engine.connect()
        engine.attach(connection, self.home.warehouse_file, name="warehouse", key=self.ring.warehouse_key())
        connection.execute("create schema warehouse.marts")
        for name, rows in frames().items():
            connection.register("rows", rows.to_arrow())
            connection.execute(f"create table warehouse.marts.{name} as from rows")
        who = (
            "('l1', 'course-1', '2026-01', timestamp '2026-01-02'), ('l1', 'course-1', '2031-01', timestamp '2031-01-02'), "
            "('l1', 'course-2', '2026-01', timestamp '2026-01-02'), ('l2', 'course-1', '2026-02', timestamp '2026-02-02')"
        )
        names = "learner_pseudonym, course_id, cohort, enrolled_at"
        connection.execute(f"create table warehouse.marts.fct_enrolments as from (values {who}) as t ({names})")
        connection.close()
        publish(self.home, frames())
        self.note(released="terms", released_on="2026-03-01")

    def note(self, **told: object) -> None:
        warehouse.write_note(self.home, told)

    def seal(self, falling: Falling, *, as_of: datetime = AS_OF) -> release.Sealed:
        return release.seal(self.home, self.ring, CONTRACTS, falling, as_of=as_of)


FALLING = Falling(
    {"course_progress": frozenset({date(2026, 1, 9)}), "web_events": frozenset({date(2026, 2, 3)})},
    pl.DataFrame(
        {
            "learner_pseudonym": ["l1"],
            "course_id": ["course-1"],
            "first_at": [datetime(2026, 1, 2)],  # noqa: DTZ001 - instants of the lake are naive UTC
            "last_at": [datetime(2026, 2, 1)],  # noqa: DTZ001
        }
    ),
)


def test_touched_are_the_cohorts_of_whoever_falls_and_the_days_beside_those_that_do(tmp_path):
    small = Small(tmp_path)
    sealed = small.seal(FALLING)
    assert dict(sealed.rows) == {"agg_completion_rates": 1, "agg_module_funnel": 1, "agg_traffic_daily": 1}
    scopes = {name: seal.scopes for name, seal in seals.read_seals(small.home).items()}
    # What the same learner does in a later cohort, of which nothing was published yet, is not spoilt by it.
    assert scopes["agg_completion_rates"].rows() == scopes["agg_module_funnel"].rows() == [("course-1", "2026-01")]
    assert [day.day for (day,) in scopes["agg_traffic_daily"].rows()] == [1, 2, 3, 4, 5]
    assert sealed.digests.keys() == sealed.rows.keys()
    assert small.seal(FALLING) == release.Sealed()
    assert small.seal(Falling()) == release.Sealed()


def test_a_finer_table_is_touched_where_its_coarser_one_is(tmp_path, monkeypatch):
    small = Small(tmp_path)
    rule = CONTRACTS.outbound["agg_traffic_daily"].sealing.model_copy(
        update={"column": "window_closes_at", "neighbour_days": 0}
    )
    finer = CONTRACTS.outbound["agg_module_funnel"].model_copy(update={"sealing": rule, "made_of": ("web_events",)})
    coarser = CONTRACTS.outbound["agg_completion_rates"]
    terms = CONTRACTS.model_copy(update={"outbound": {"agg_completion_rates": coarser, "agg_module_funnel": finer}})
    monkeypatch.setattr(sealing, "periods", lambda *_: pl.DataFrame(schema={"course_id": pl.String}))
    only_pairs = Falling({}, FALLING.enrolments)
    sealed = release.seal(small.home, small.ring, terms, only_pairs, as_of=AS_OF)
    assert dict(sealed.rows) == {"agg_completion_rates": 1, "agg_module_funnel": 1}


def stale(small: Small, dataset: str, day: date) -> None:
    with lake.open_manifest(small.home) as book:
        done = lake.Intervention("00", "withdrawal", AS_OF.isoformat(), {})
        book.prepare_intervention(done, moves=[], stale={dataset: [day]})
        book.finish("00")


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda s: (s.home.release / "csv" / "agg_traffic_daily.csv").write_text("x"), "no whole release"),
        (lambda s: s.note(released=None), "was not released on 2026-03-01"),
        (lambda s: s.note(released="terms", released_on="2026-02-28"), "was not released on 2026-03-01"),
        (lambda s: stale(s, "web_events", date(2026, 2, 5)), "days of web_events that are about to fall"),
        (lambda s: stale(s, "course_progress", date(2026, 1, 9)), "days of course_progress that are about to fall"),
    ],
)
def test_nothing_is_sealed_where_the_release_does_not_stand_for_what_falls(tmp_path, harm, told):
    small = Small(tmp_path)
    harm(small)
    with pytest.raises(release.NotSealable, match=f"{told}.*`crosslife run` first"):
        small.seal(FALLING)
    assert not small.home.seals.exists()


def test_days_that_wait_far_from_what_falls_are_no_hindrance(tmp_path):
    small = Small(tmp_path)
    stale(small, "web_events", date(2026, 2, 6))
    assert small.seal(FALLING).rows


def test_a_table_that_was_held_back_is_not_sealed_as_it_stood(tmp_path):
    small = Small(tmp_path)
    connection = engine.connect()
    engine.attach(connection, small.home.warehouse_file, name="warehouse", key=small.ring.warehouse_key())
    connection.execute("drop table warehouse.marts.fct_enrolments")
    connection.close()
    with pytest.raises(release.NotSealable, match="fct_enrolments could not be built"):
        small.seal(FALLING)


def test_a_release_without_the_table_is_no_release_of_it(tmp_path):
    small = Small(tmp_path)
    publish(small.home, {**frames(), "agg_traffic_daily": frames()["agg_traffic_daily"].clear()})
    terms = {name: each for name, each in CONTRACTS.outbound.items() if name != "agg_traffic_daily"}
    tables = {name: each for name, each in frames().items() if name in terms}
    release.release_tables(small.home, tables, contracts=CONTRACTS.model_copy(update={"outbound": terms}), as_of=AS_OF)
    with pytest.raises(release.NotSealable, match="agg_traffic_daily is not in the release"):
        small.seal(FALLING)


def test_the_day_of_the_release_is_that_of_the_policys_time_zone(tmp_path):
    small = Small(tmp_path)
    assert small.seal(FALLING, as_of=datetime(2026, 2, 28, 17, tzinfo=UTC)).rows
    with pytest.raises(release.NotSealable):
        small.seal(FALLING, as_of=datetime(2026, 3, 1, 17, tzinfo=UTC))


def test_a_scope_of_a_column_that_is_gone_tells_nothing_apart():
    frame = pl.DataFrame({"dt": [date(2026, 2, 1), date(2026, 2, 2)]})
    scopes = pl.DataFrame({"dt": [date(2026, 2, 1), None], "area": ["north", None]})
    assert seals.is_touched(frame, scopes.head(1)).to_list() == [True, False]
    assert seals.is_touched(frame, scopes.head(1).select("area")).to_list() == [True, True]
    assert seals.is_touched(frame, scopes.head(0)).to_list() == [False, False]
