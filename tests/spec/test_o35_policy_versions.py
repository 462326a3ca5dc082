"""Promise: what a later version of the policy widens holds after a notice alone; what it narrows holds at once."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner, Result

from pipelines import settings
from pipelines.cli import main
from pipelines.cli.options import place
from pipelines.contracts import PolicyVersions, blocked_categories, conflicts, load
from pipelines.contracts.policy_changes import Change, changes
from pipelines.defs.site import contracts_under

BEGINS, LATER = date(2027, 1, 1), date(2028, 1, 1)
NOTICE = {"given_on": date(2026, 12, 1), "evidence": "Letter to all learners, file 12/2026", "verified": True}


def first() -> dict[str, Any]:
    [version] = yaml.safe_load((settings.CONTRACTS_DIR / "policy.yaml").read_text())["versions"]
    found: dict[str, Any] = version
    return found


def after(version: dict[str, Any], *, begins: date = BEGINS, notice: dict[str, Any] | None = None) -> dict[str, Any]:
    number = str(int(version["version"]) + 1)
    told = {"notice": notice} if notice else {}
    left = {name: value for name, value in deepcopy(version).items() if name != "notice"}
    return {**left, "version": number, "effective_date": begins, **told}


def with_course(version: dict[str, Any], period: str) -> dict[str, Any]:
    version["windows"]["course"]["period"] = period
    return version


def versions(*listed: dict[str, Any]) -> PolicyVersions:
    return PolicyVersions.model_validate({"versions": listed})


def course(policies: PolicyVersions, day: date) -> str:
    return policies.on(day).windows["course"].period


def written(tmp_path: Path, *listed: dict[str, Any]) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(yaml.safe_dump({"versions": list(listed)}))
    return file


def crosslife(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


def test_a_longer_period_without_notice_holds_for_nobody():
    policies = versions(first(), with_course(after(first()), "P3Y"))
    policy = policies.on(LATER)

    assert policy.version == "2"
    assert policy.windows["course"].period == "P1Y"
    assert policy.declared.windows["course"].period == "P3Y"
    [waiting] = policy.waiting
    assert "windows.course: completion + P3Y" in str(waiting)
    assert "no notice was given of version 2" in str(waiting)


def test_a_longer_period_holds_from_the_day_of_its_notice():
    late = {**NOTICE, "given_on": date(2027, 6, 1)}
    policies = versions(first(), with_course(after(first(), notice=late), "P3Y"))

    assert course(policies, date(2027, 5, 31)) == "P1Y"
    assert course(policies, date(2027, 6, 1)) == "P3Y"


def test_no_version_holds_before_its_day_however_early_its_notice():
    policies = versions(first(), with_course(after(first(), notice=NOTICE), "P3Y"))

    assert course(policies, date(2026, 12, 31)) == "P1Y"
    assert course(policies, BEGINS) == "P3Y"
    assert policies.on(BEGINS).waiting == ()


def test_evidence_that_nobody_has_looked_at_is_none():
    unread = {**NOTICE, "verified": False}
    policy = versions(first(), with_course(after(first(), notice=unread), "P3Y")).on(LATER)

    assert policy.windows["course"].period == "P1Y"
    assert "is not verified" in str(policy.waiting[0])


def test_a_shorter_period_holds_at_once():
    policies = versions(first(), with_course(after(first()), "P6M"))

    assert course(policies, BEGINS) == "P6M"
    assert policies.on(BEGINS).waiting == ()


def test_what_was_shortened_is_not_lengthened_again_without_notice():
    second = with_course(after(first()), "P6M")
    policies = versions(first(), second, with_course(after(second, begins=LATER), "P1Y"))

    assert course(policies, LATER) == "P6M"


def test_another_anchor_is_longer_unless_it_cannot_be():
    second = after(first())
    second["windows"]["identity"]["anchor"] = "event"
    second["windows"]["automatic"]["anchor"] = "last_interaction"
    held = versions(first(), second).on(LATER).windows

    assert (held["identity"].anchor, held["automatic"].anchor) == ("event", "event")


def test_what_holds_where_the_anchor_never_comes_is_a_period_too():
    second = after(first())
    second["windows"]["course"] |= {"period": "P6M", "otherwise": {"period": "P9Y", "anchor": "last_interaction"}}
    third = after(first(), begins=LATER)
    third["version"] = "3"
    del third["windows"]["course"]["otherwise"]
    held = versions(first(), second, third).on(LATER).windows["course"]

    assert held.period == "P6M"
    assert held.otherwise
    assert held.otherwise.period == "P5Y"


def test_raw_files_and_default_consents_wait_for_notice_too():
    second = after(first())
    second["landing_days"]["value"] = 30
    second["quarantine_days"]["value"] = 3
    second["default_consent"]["web"] |= {"state": "granted", "lawful_basis": "legitimate_interest"}
    second["browser_refusals"]["purposes"] = []
    silent, told = (versions(first(), each).on(LATER) for each in (second, {**second, "notice": NOTICE}))

    assert (silent.landing_days.value, silent.quarantine_days.value) == (7, 3)
    assert silent.web_default_consent == "denied"
    assert {each.part for each in silent.waiting} == {"landing_days", "default_consent.web", "browser_refusals"}
    assert (silent.browser_refusals.purposes, told.browser_refusals.purposes) == (("ads_retargeting",), ())
    assert (told.landing_days.value, told.web_default_consent) == (30, "granted")


def test_a_floor_that_is_to_hold_waits_for_notice_and_nothing_is_dropped_meanwhile():
    second = after(first())
    decision = {"category": "course", "holds": "floor", "reason": "The source was read."}
    second["floors"][0] |= {"verified": True, "decisions": [decision]}
    silent, told = (versions(first(), each).on(LATER) for each in (second, {**second, "notice": NOTICE}))

    assert silent.windows["course"].period == "P1Y"
    assert blocked_categories(silent)["course"].state == "waiting"
    assert "add `notice:" in blocked_categories(silent)["course"].why
    assert told.windows["course"].period == "P5Y"
    assert [(each.state, each.holds) for each in conflicts(told)] == [("settled", "floor")]


def test_a_day_is_that_of_the_policys_calendar():
    policies = versions(first(), with_course(after(first()), "P6M"))

    assert policies.on(datetime(2026, 12, 31, 16, 59, tzinfo=UTC)).version == "1"
    assert policies.on(datetime(2026, 12, 31, 17, 0, tzinfo=UTC)).version == "2"


def test_all_that_reads_contracts_sees_the_version_in_force(tmp_path: Path):
    longer, shorter = with_course(after(first()), "P3Y"), with_course(after(first()), "P6M")
    (tmp_path / "longer").mkdir()
    held = load(settings.CONTRACTS_DIR, policy_file=written(tmp_path / "longer", first(), longer), as_of=LATER)
    assert held.inbound["course_progress"].retention.period == "P1Y"

    file = written(tmp_path, first(), shorter)
    for as_of, version, period in (
        (datetime(2026, 12, 31, 16, 59, tzinfo=UTC), "1", "P1Y"),
        (datetime(2026, 12, 31, 17, 0, tzinfo=UTC), "2", "P6M"),
    ):
        at_hand = place(home=tmp_path, policy=file, as_of=as_of).contracts()
        for terms in (at_hand, contracts_under(file, as_of=as_of)):
            assert terms.policy.version == version
            assert terms.inbound["course_progress"].retention.period == period


def test_what_changed_is_told_in_sentences_with_what_it_holds_for():
    second = with_course(after(first()), "P3Y")
    second["windows"]["automatic"]["period"] = "P2Y"
    second["floors"].append({**second["floors"][0], "id": "books", "categories": ["identity"], "decisions": []})
    second["floors"][0]["decisions"][0]["holds"] = "window"
    second["threshold"]["value"] = 20
    second["deadlines"]["access"]["hours"] = 24
    second["backup_days"]["value"] = 60
    second["default_consent"]["pixel"] |= {"state": "granted", "lawful_basis": "legitimate_interest"}
    second["browser_refusals"]["purposes"] = ["newsletter"]
    found = {each.part: each for each in changes(versions(first(), second), "1", "2", as_of=LATER)}

    assert found["windows.course"].what.startswith("`course` is kept longer: completion + P3Y")
    assert found["windows.automatic"].what == "`automatic` is kept shorter: event + P2Y; before: event + P5Y"
    assert "floor books is new: P5Y at least of identity" in found["floors.books"].what
    assert found["threshold"].what == "the threshold is 20 people; before: 10"
    assert found["deadlines.access"].what == "deadline of access: 24 hours; before: 72 hours"
    assert found["backup_days"].what == "backup days: 60; before: 30"
    assert "granted for ads_retargeting" in found["default_consent.pixel"].what
    reach = {part: each.reach for part, each in found.items()}
    assert [part for part, to in reach.items() if to == "waits for notice"] == [
        "windows.course",
        "backup_days",
        "default_consent.pixel",
        "browser_refusals",
    ]
    assert found["browser_refusals"].what == "what browsers refuse: newsletter; before: ads_retargeting"
    assert [part for part, to in reach.items() if to == "existing records"] == ["windows.automatic", "floors.books"]


def test_what_notice_was_given_of_is_told_with_its_day():
    late = {**NOTICE, "given_on": date(2027, 6, 1)}
    policies = versions(first(), with_course(after(first(), notice=late), "P3Y"))

    def told(day: date) -> Change:
        [change] = changes(policies, "1", "2", as_of=day)
        return change

    assert told(date(2027, 5, 31)).reach == "waits for notice"
    assert (told(date(2027, 6, 1)).reach, told(date(2027, 6, 1)).since) == ("existing records", date(2027, 6, 1))


def test_versions_and_what_waits_are_shown(tmp_path: Path):
    file = written(tmp_path, first(), with_course(after(first()), "P3Y"))
    shown = crosslife("contracts", "policy", "--policy", file, "--as-of", "2028-01-01")
    assert shown.exit_code == 0, shown.output
    assert "2027-01-01" in shown.stdout
    assert "windows.course" in shown.stderr

    told = crosslife("contracts", "policy", "--policy", file, "--as-of", "2028-01-01", "--diff", "1", "2", "--json")
    [change] = json.loads(told.stdout)["changes"]
    assert (change["part"], change["reach"]) == ("windows.course", "waits for notice")
    assert crosslife("contracts", "policy", "--policy", file, "--diff", "1", "9").exit_code == 2
