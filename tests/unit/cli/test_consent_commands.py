"""`crosslife consent show`, as a person calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipelines import settings
from pipelines.cli import main
from tests.ads import Ads
from tests.desk import COURSES, make_desk

AS_OF = "2026-06-30T12:00:00+07:00"
ADDRESS = "orang1@contoh.example"


@pytest.fixture(autouse=True)
def _without_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (settings.HOME_VARIABLE, settings.AS_OF_VARIABLE, settings.POLICY_VARIABLE):
        monkeypatch.setenv(name, "")
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Learner 1 agreed to ads and took it back."""
    ads = Ads(make_desk(tmp_path_factory.mktemp("consents") / "home"))
    ads.desk.land("courses", "c.jsonl", COURSES)
    ads.learner(1)
    ads.says(1, yes=True, at="2026-05-21T09:00:00+07:00")
    ads.says(1, yes=False, at="2026-06-10T09:00:00+07:00", evidence=None)
    ads.run()
    return ads.desk.home.root


def show(home: Path, *arguments: str, typed: str = "", code: int = 0) -> Result:
    command = ["consent", "show", *arguments, "--home", str(home), "--as-of", AS_OF]
    result = CliRunner().invoke(main, command, input=typed)
    assert result.exit_code == code, result.output
    return result


@pytest.mark.parametrize(("option", "value"), [("--user-id", "learner-1"), ("--email", ADDRESS)])
def test_an_identifier_is_read_from_a_pipe_and_never_shown(home: Path, option: str, value: str) -> None:
    for form in ([], ["--json"]):
        result = show(home, option, "-", *form, typed=f"{value}\n")
        assert "withdrawn" in result.stdout
        assert value not in result.stdout + result.stderr


def test_every_purpose_is_told_as_it_stands_now(home: Path) -> None:
    found = json.loads(show(home, "--user-id", "learner-1", "--json").stdout)
    assert found["at"] == "2026-06-30T05:00:00+00:00"
    by_purpose = {row["purpose"]: row for row in found["consents"]}
    assert len(by_purpose) == 7
    assert by_purpose.pop("ads_retargeting") == {
        "purpose": "ads_retargeting",
        "state": "withdrawn",
        "since": "2026-06-10 02:00:00+00:00",
        "stated_under": "1",
        "has_evidence": False,
    }
    assert {row["state"] for row in by_purpose.values()} == {"never_asked"}


def test_one_purpose_is_told_as_it_stood_at_the_end_of_a_day(home: Path) -> None:
    day = ["--purpose", "ads_retargeting", "--at", "2026-06-09", "--json"]
    (row,) = json.loads(show(home, "--email", ADDRESS, *day).stdout)["consents"]
    assert (row["state"], row["since"], row["has_evidence"]) == ("granted", "2026-05-21 02:00:00+00:00", True)


def test_the_table_says_it_in_words(home: Path) -> None:
    lines = show(home, "--user-id", "learner-1").stdout.splitlines()
    (ads,) = [line.split() for line in lines if line.startswith("ads_retargeting")]
    assert ads == ["ads_retargeting", "withdrawn", "2026-06-10", "02:00:00", "1", "no"]
    assert sum("never asked" in line for line in lines) == 6


@pytest.mark.parametrize("form", [[], ["--json"], ["--debug"]])
def test_nobody_known_is_a_failure_that_does_not_say_who_was_asked_for(home: Path, form: list[str]) -> None:
    result = show(home, "--email", "-", *form, typed="siapa@contoh.example\n", code=1)
    assert "nobody" in result.stderr
    assert "siapa" not in result.stdout + result.stderr
    assert result.stdout == ""
    assert "siapa" not in show(home, "--email", "siapa@contoh.example", *form, code=1).output


@pytest.mark.parametrize("named", [[], ["--user-id", "learner-1", "--email", ADDRESS]])
def test_not_exactly_one_identifier_is_wrong_usage(home: Path, named: list[str]) -> None:
    result = show(home, *named, code=2)
    assert "name one person" in result.stderr
    assert "learner-1" not in result.stderr


def test_an_unknown_purpose_is_wrong_usage_and_the_known_are_named(home: Path) -> None:
    assert "ads_retargeting" in show(home, "--user-id", "learner-1", "--purpose", "spam", code=2).stderr


def test_the_look_is_logged_with_its_purpose(home: Path) -> None:
    log = home / "vault" / "access.jsonl"
    before = log.read_text()
    show(home, "--user-id", "learner-1")
    assert "consents of one person" in log.read_text().removeprefix(before)
