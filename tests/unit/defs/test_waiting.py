"""What makes a release out of date."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines import contracts, settings
from pipelines.defs import waiting


def test_every_change_of_what_is_published_or_of_the_policy_asks_for_a_new_release(tmp_path: Path) -> None:
    today = waiting._terms(contracts.load(settings.CONTRACTS_DIR))
    assert waiting._terms(contracts.load(settings.CONTRACTS_DIR)) == today
    changes = {
        "outbound/agg_completion_rates.odcs.yaml": ("Completion rates of courses.", "Completion rates of all courses."),
        "policy.yaml": ("value: 10", "value: 11"),
    }
    for number, (name, (old, new)) in enumerate(changes.items()):
        folder = tmp_path / str(number)
        shutil.copytree(settings.CONTRACTS_DIR, folder)
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))
        assert waiting._terms(contracts.load(folder)) != today


def test_a_note_that_cannot_be_read_means_build_again(tmp_path: Path) -> None:
    home = settings.Home(tmp_path).prepare()
    (home.warehouse / "built.json").write_text("{junk")
    home.warehouse_file.write_text("")
    assert waiting.has_other_models(home)


def test_with_the_next_day_in_jakarta_other_periods_are_over(tmp_path: Path) -> None:
    home, terms = settings.Home(tmp_path).prepare(), contracts.load(settings.CONTRACTS_DIR)
    evening = datetime(2026, 6, 30, 16, 59, tzinfo=UTC)
    assert not waiting._is_noted(home, terms, as_of=evening)
    waiting.note_release(home, terms, as_of=evening)
    assert waiting._is_noted(home, terms, as_of=evening - timedelta(hours=20))
    assert not waiting._is_noted(home, terms, as_of=evening + timedelta(minutes=1))


def test_a_build_of_everything_that_held_something_back_is_done_again(tmp_path: Path) -> None:
    home = settings.Home(tmp_path).prepare()
    home.warehouse_file.write_text("")
    waiting.note_models(home, is_whole=True)
    assert not waiting.has_other_models(home)
    # Some days are still those of other models, and those of today's are not all there: going back to either is no way out.
    waiting.note_models(home, is_whole=False)
    assert waiting.has_other_models(home)
