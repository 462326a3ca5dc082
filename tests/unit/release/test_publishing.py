from __future__ import annotations

import json
import sys
import traceback
from datetime import timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines import disclosure, release
from pipelines.quality import QualityError, verdicts
from pipelines.settings import Home
from tests.unit.release.small_release import AS_OF, cohort, frame, frames, new_home, page, read_contracts

CONTRACTS = read_contracts()


def publish(home: Home, tables: dict[str, pl.DataFrame] | None = None, **options) -> release.ReleaseReport:
    arguments = {"contracts": CONTRACTS, "as_of": AS_OF, **options}
    return release.release_tables(home, frames() if tables is None else tables, **arguments)


def bytes_of(home: Home) -> dict[str, bytes]:
    names = [*home.release.glob("parquet/*"), *home.release.glob("csv/*"), home.release / "release.json"]
    return {str(path.relative_to(home.release)): path.read_bytes() for path in names}


def rows(home: Home, table: str) -> list[dict[str, object]]:
    return pl.read_parquet(home.release / "parquet" / f"{table}.parquet").to_dicts()


def test_a_release_shows_what_may_be_shown_and_withholds_the_rest_alike(tmp_path):
    home = new_home(tmp_path)
    report = publish(home)
    shown = [(r["cohort"], r["enrolled"], r["completed"], r["is_withheld"]) for r in rows(home, "agg_completion_rates")]
    assert shown == [("2026-01", 100, 50, False), ("2026-02", None, None, True), ("2026-01", None, None, True)]
    assert [(t.name, t.rows, t.withheld) for t in report.tables] == [
        ("agg_completion_rates", 3, 2),
        ("agg_module_funnel", 3, 2),
        ("agg_traffic_daily", 2, 1),
    ]
    assert report.changed


def test_a_withheld_page_is_left_out_so_that_a_missing_one_is_zero_or_withheld(tmp_path):
    home = new_home(tmp_path)
    report = publish(home)
    shown = [(r["dt"].day, r["page_path"], r["learners"], r["is_withheld"]) for r in rows(home, "agg_traffic_daily")]
    assert shown == [(1, "/", 40, False)]
    assert [(t.rows, t.withheld) for t in report.tables if t.name == "agg_traffic_daily"] == [(2, 1)]
    said = json.loads((home.release / "release.json").read_text())
    assert [(t["rows"], t["withheld_rows"]) for t in said["tables"] if t["omits_withheld_rows"]] == [(1, None)]


def test_a_withheld_page_that_comes_or_goes_makes_no_new_edition(tmp_path):
    home = new_home(tmp_path)
    publish(home)
    tables = frames()
    tables["agg_traffic_daily"] = frame("agg_traffic_daily", [page(1, "/", 40), page(2, "/", 4), page(3, "/secret", 1)])
    assert not publish(home, tables).changed
    assert all(b"/secret" not in data for data in bytes_of(home).values())


def test_ten_browsers_of_one_learner_and_a_median_of_one_learner_are_withheld(tmp_path):
    home = new_home(tmp_path)
    tables = frames()
    alone = {**page(1, "/alone", 1), "visitors": 10, "engaged_learners": 1}
    tables["agg_traffic_daily"] = frame(
        "agg_traffic_daily", [alone, page(1, "/median", 40, engaged=1), page(1, "/shown", 10)]
    )
    report = publish(home, tables)
    assert [row["page_path"] for row in rows(home, "agg_traffic_daily")] == ["/shown"]
    reasons = pl.read_parquet(home.evidence / "withheld" / f"{report.edition}.parquet")
    traffic = reasons.filter(pl.col("table_name") == "agg_traffic_daily").get_column("withheld_because")
    assert set(traffic) == {"small_count:engaged_learners small_population", "small_count:engaged_learners"}


def titled(*titles: str) -> dict[str, pl.DataFrame]:
    cohorts = [
        {**cohort(f"course-{number}", "2026-01", 100, 50), "course_title": title} for number, title in enumerate(titles)
    ]
    return {
        **frames(),
        "agg_completion_rates": frame("agg_completion_rates", cohorts),
        "agg_module_funnel": frames()["agg_module_funnel"].clear(),
    }


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+62 ways to learn", "'+62 ways to learn"),
        ("-50% on SQL", "'-50% on SQL"),
        (" @home", "' @home"),
        ("\uff1dSUM(1)", "'\uff1dSUM(1)"),
        ("\t=1\r\n+1", "'=1+1"),
        ("\x1b[2JInk\x9b\u202e", "[2JInk"),
        ("Analisis data – tahap 1 = dasar", "Analisis data – tahap 1 = dasar"),
    ],
)
def test_a_text_cell_begins_no_formula_and_steers_no_terminal(tmp_path, title, shown):
    home = new_home(tmp_path)
    publish(home, titled(title))
    assert [row["course_title"] for row in rows(home, "agg_completion_rates")] == [shown]
    assert pl.read_csv(home.release / "csv" / "agg_completion_rates.csv").get_column("course_title").to_list() == [
        shown
    ]


def test_keys_that_differ_by_unseen_characters_alone_stop_everything(tmp_path):
    home = new_home(tmp_path)
    tables = titled()
    pair = [cohort("course-1", name, 100, 50) for name in ("2026-01", "2026-01\x1b")]
    tables["agg_completion_rates"] = frame("agg_completion_rates", pair)
    with pytest.raises(release.ReleaseRefused, match=r"^agg_completion_rates: rows differ in cohort by"):
        publish(home, tables)
    assert list(home.release.iterdir()) == []


def test_no_value_of_a_database_message_reaches_the_refusal(tmp_path):
    home = new_home(tmp_path)
    tables = frames()
    spoilt = tables["agg_traffic_daily"].with_columns(pl.lit("personal value").alias("sessions"))
    tables["agg_traffic_daily"] = spoilt
    with pytest.raises(
        release.ReleaseRefused, match=r"agg_traffic_daily cannot be written.*ConversionException"
    ) as told:
        publish(home, tables)
    assert "personal" not in "".join(traceback.format_exception(told.value))


@pytest.mark.usefixtures("second_look")
def test_no_value_reaches_what_great_expectations_says(tmp_path):
    tables = frames()
    tables["agg_traffic_daily"] = tables["agg_traffic_daily"].with_columns(pl.lit("personal value").alias("sessions"))
    with pytest.raises(QualityError, match="could not evaluate 'sessions: be between'") as told:
        publish(new_home(tmp_path), tables)
    assert "personal" not in "".join(traceback.format_exception(told.value))


@pytest.mark.usefixtures("second_look")
def test_what_the_assessment_lets_through_by_mistake_is_stopped_before_it_is_published(tmp_path, monkeypatch):
    home = new_home(tmp_path)
    report = publish(home)
    before = bytes_of(home)
    assert report.expectations > 50
    assert {each.dataset for each in verdicts(home.data_docs)} == set(CONTRACTS.outbound)
    assess = disclosure.assess
    monkeypatch.setattr(disclosure, "assess", lambda frame, **rule: assess(frame, **{**rule, "threshold": 2}))
    with pytest.raises(release.MissesItsContract, match=r"agg_\w+ misses .*: be between"):
        publish(home)
    assert bytes_of(home) == before
    assert any(each.failed for each in verdicts(home.data_docs))


def test_the_real_contracts_link_the_funnel_to_the_rates(tmp_path):
    home = new_home(tmp_path)
    publish(home)
    withheld = {(r["course_id"], r["cohort"]) for r in rows(home, "agg_module_funnel") if r["is_withheld"]}
    assert withheld == {("course-1", "2026-02"), ("course-2", "2026-01")}


def test_no_file_of_the_release_holds_a_withheld_value(tmp_path):
    home = new_home(tmp_path)
    publish(home)
    connection = duckdb.connect(str(home.release_file), read_only=True)
    for name in CONTRACTS.outbound:
        for table in (name, f"'{home.release}/csv/{name}.csv'", f"'{home.release}/parquet/{name}.parquet'"):
            texts = connection.execute(f"select columns(*)::varchar from {table}").fetchall()
            assert "777" not in {cell for row in texts for cell in row}
    assert all(b"777" not in data for name, data in bytes_of(home).items() if name.startswith("csv"))


def test_the_three_formats_hold_the_same_rows_and_descriptions(tmp_path):
    home = new_home(tmp_path)
    publish(home)
    connection = duckdb.connect(str(home.release_file), read_only=True)
    for name, contract in CONTRACTS.outbound.items():
        table = connection.execute(f"from {name}").pl()
        assert table.equals(pl.read_parquet(home.release / "parquet" / f"{name}.parquet"))
        assert (home.release / "csv" / f"{name}.csv").read_text().count("\n") == table.height + 1
        described = connection.execute("select comment from duckdb_tables() where table_name = ?", [name]).fetchone()
        assert described == (contract.description,)
        comments = connection.execute("select comment from duckdb_columns() where table_name = ?", [name]).fetchall()
        assert [comment for (comment,) in comments][:-1] == [column.description for column in contract.columns]


def test_the_same_input_gives_the_same_bytes_whatever_its_order(tmp_path):
    one, other = new_home(tmp_path / "one"), new_home(tmp_path / "other")
    publish(one)
    publish(other, {name: table.reverse() for name, table in frames().items()})
    assert bytes_of(one) == bytes_of(other)
    assert len(bytes_of(one)) == 7


def test_nothing_is_rewritten_when_nothing_changed(tmp_path):
    home = new_home(tmp_path)
    first = publish(home)
    before = {path: path.lstat().st_mtime_ns for path in home.root.rglob("*")}
    again = publish(home, as_of=AS_OF + timedelta(days=1))
    assert not again.changed
    assert (again.edition, again.tables) == (first.edition, first.tables)
    # Something was begun and taken away beside the reasons; every file and link is as it was.
    assert {path: path.lstat().st_mtime_ns for path in home.release.rglob("*")} == {
        path: stamp for path, stamp in before.items() if home.release in path.parents
    }
    assert set(home.root.rglob("*")) == set(before)


def test_a_changed_cell_makes_a_new_edition_and_removes_the_old(tmp_path):
    home = new_home(tmp_path)
    first = publish(home)
    tables = frames()
    tables["agg_traffic_daily"] = tables["agg_traffic_daily"].with_columns(pl.col("page_views") + 1)
    second = publish(home, tables)
    assert second.changed
    assert [path.name for path in (home.release / "editions").iterdir()] == [second.edition]
    assert second.edition != first.edition


def test_a_changed_value_that_stays_withheld_changes_nothing(tmp_path):
    home = new_home(tmp_path)
    publish(home)
    tables = frames()
    tables["agg_completion_rates"] = frame(
        "agg_completion_rates",
        [
            cohort("course-1", "2026-01", 100, 50),
            cohort("course-1", "2026-02", 778, 4),
            cohort("course-2", "2026-01", 99, 50, closed=False),
        ],
    )
    assert not publish(home, tables).changed


@pytest.mark.parametrize("name", ["csv/agg_traffic_daily.csv", "parquet/agg_traffic_daily.parquet", "analytics.duckdb"])
def test_a_damaged_release_is_made_again(tmp_path, name):
    home = new_home(tmp_path)
    publish(home)
    whole = bytes_of(home)
    (home.release / name).unlink()
    assert publish(home).changed
    assert bytes_of(home) == whole
    assert home.release_file.is_file()


def test_release_json_says_what_stands_and_bears_no_clock(tmp_path):
    home = new_home(tmp_path)
    report = publish(home)
    said = json.loads((home.release / "release.json").read_text())
    assert said["as_of"] == "2026-03-01T00:00:00Z"
    assert said["policy_version"] == CONTRACTS.policy.version
    assert said["edition"] == report.edition
    marked = {t["name"]: t["withheld_rows"] for t in said["tables"] if not t["omits_withheld_rows"]}
    assert marked == {"agg_completion_rates": 2, "agg_module_funnel": 2}
    assert marked == {t.name: t.withheld for t in report.tables if t.name in marked}


def test_the_reasons_are_restricted_evidence_and_no_part_of_the_release(tmp_path):
    home = new_home(tmp_path)
    report = publish(home)
    file = home.evidence / "withheld" / f"{report.edition}.parquet"
    reasons = pl.read_parquet(file)
    assert reasons.height == sum(table.withheld for table in report.tables)
    assert set(reasons.get_column("withheld_because")) == {
        "small_part:completed",
        "window_open",
        "linked:agg_completion_rates",
        "small_count:engaged_learners small_population",
    }
    assert file.stat().st_mode & 0o077 == 0
    names = {path.name for path in home.release.rglob("*")}
    assert not any("reason" in name or "withheld" in name for name in names)
    assert all(b"small_part" not in data for data in bytes_of(home).values())


def test_an_unexpected_or_missing_column_stops_everything(tmp_path):
    home = new_home(tmp_path)
    publish(home)
    before = bytes_of(home)
    for spoil in (
        lambda table: table.with_columns(pl.lit("x").alias("learner_pseudonym")),
        lambda table: table.drop("sessions"),
    ):
        tables = frames()
        tables["agg_traffic_daily"] = spoil(tables["agg_traffic_daily"])
        with pytest.raises(release.ReleaseRefused, match="agg_traffic_daily has not exactly the columns"):
            publish(home, tables)
    assert bytes_of(home) == before


def test_a_missing_or_undeclared_table_stops_everything(tmp_path):
    home = new_home(tmp_path)
    for tables in (
        {name: table for name, table in frames().items() if name != "agg_traffic_daily"},
        {**frames(), "agg_secret": pl.DataFrame({"n": [1]})},
    ):
        with pytest.raises(release.ReleaseRefused, match="agg_"):
            publish(home, tables)
    assert list(home.release.iterdir()) == []


def test_impossible_counts_stop_everything(tmp_path):
    home = new_home(tmp_path)
    tables = frames()
    tables["agg_traffic_daily"] = tables["agg_traffic_daily"].with_columns(-pl.col("learners"))
    with pytest.raises(disclosure.UnassessableFrame):
        publish(home, tables)
    assert list(home.release.iterdir()) == []


class Killed(BaseException):
    """The process ends here: nothing of ours catches it."""


remaining: list[int] = []


def die(event: str, arguments: tuple[object, ...]) -> None:
    writes = event == "open" and isinstance(arguments[1], str) and arguments[1] not in ("r", "rb")
    if remaining and (writes or event in ("os.rename", "os.symlink", "os.mkdir", "os.remove", "os.rmdir")):
        remaining[0] -= 1
        if remaining[0] == 0:
            raise Killed


def crash_at(step: int, home: Home, tables: dict[str, pl.DataFrame]) -> bool:
    """Publish, but die at the n-th change to the file system; tell whether it died."""
    remaining[:] = [step]
    try:
        publish(home, tables)
    except Killed:
        return True
    finally:
        remaining.clear()
    return False


@pytest.mark.slow
def test_a_crash_at_any_step_leaves_one_whole_release_and_the_next_run_mends_it(tmp_path):
    changed = frames()
    changed["agg_traffic_daily"] = changed["agg_traffic_daily"].with_columns(pl.col("page_views") + 1)
    sys.addaudithook(die)
    undisturbed = new_home(tmp_path / "undisturbed")
    publish(undisturbed)
    old = bytes_of(undisturbed)
    publish(undisturbed, changed)
    new = bytes_of(undisturbed)
    assert old != new
    step, seen = 0, set()
    while step < 100:
        step += 1
        home = new_home(tmp_path / str(step))
        publish(home)
        if not crash_at(step, home, changed):
            break
        assert bytes_of(home) in (old, new)
        assert home.release_file.is_file()
        seen.add(bytes_of(home) == new)
        publish(home, changed)
        assert bytes_of(home) == new
        assert not (home.release / ".building").exists()
        assert len(list((home.release / "editions").iterdir())) == 1
    assert seen == {False, True}
    assert 10 < step < 100


def test_a_release_takes_the_rights_of_its_zone(tmp_path: Path) -> None:
    from pipelines.release import editions

    zone, building = tmp_path / "release", tmp_path / "release" / ".building"
    (building / "csv").mkdir(parents=True)
    (zone / "editions").mkdir()
    (building / "csv" / "a.csv").write_text("a")
    zone.chmod(0o750)
    editions._share(zone, building)
    modes = [
        path.stat().st_mode & 0o777
        for path in (zone / "editions", building, building / "csv", building / "csv" / "a.csv")
    ]
    assert modes == [0o750, 0o750, 0o750, 0o640]


def test_what_is_held_back_is_published_as_it_stands_and_said(tmp_path):
    home = new_home(tmp_path)
    first = publish(home)
    assert json.loads((home.release / "release.json").read_text())["held_back"] == {}
    second = publish(home, held_back={"agg_traffic_daily": "web_events misses its contract", "fct_sessions": "same"})
    said = json.loads((home.release / "release.json").read_text())
    assert said["held_back"] == {"agg_traffic_daily": "web_events misses its contract"}
    assert len(said["tables"]) == 3
    assert first.edition != second.edition


def test_a_table_that_is_held_back_and_not_there_is_left_out_with_whatever_rests_on_it(tmp_path):
    home, tables = new_home(tmp_path), frames()
    del tables["agg_completion_rates"]
    with pytest.raises(release.ReleaseRefused):
        publish(home, tables)
    publish(home, tables, held_back={"agg_completion_rates": "cohorts misses its contract"})
    said = json.loads((home.release / "release.json").read_text())
    # The funnel repeats who is enrolled in a cohort: without the rates nobody knows which of its rows must not be shown.
    assert [table["name"] for table in said["tables"]] == ["agg_traffic_daily"]
    assert said["held_back"].keys() == {"agg_completion_rates", "agg_module_funnel"}
    assert "agg_completion_rates is missing" in said["held_back"]["agg_module_funnel"]
