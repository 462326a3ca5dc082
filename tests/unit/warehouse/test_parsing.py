from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import cast

import pytest

from pipelines import settings
from pipelines.warehouse import parsing, running
from pipelines.warehouse.handover import Handover, handed_over

pytestmark = pytest.mark.slow


class _Nothing:
    """To parse, dbt opens no connection."""


def _read_anew(home: settings.Home) -> int:
    """Parse the project for a home; return how many of its files dbt had to read."""
    target = home.dagster / "dbt" / "target"
    with handed_over(cast("Handover", _Nothing())):
        parsing.parsed(running._arguments(home, "parse"), target=target)
    told = json.loads((target / "perf_info.json").read_text())
    return sum(each["parsed_path_count"] for each in told["projects"])


def test_the_next_home_begins_with_the_parse_of_the_last_and_sees_what_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Path(shutil.copytree(settings.DBT_PROJECT_DIR, tmp_path / "dbt_project"))
    monkeypatch.setattr(settings, "DBT_PROJECT_DIR", project)
    homes = [settings.home(tmp_path / name).prepare() for name in ("first", "second", "third")]
    assert _read_anew(homes[0]) > 50
    assert _read_anew(homes[1]) == 0
    model = project / "models" / "marts" / "agg_newsletter_monthly.sql"
    model.write_text(f"{model.read_text()}-- changed\n")
    assert 0 < _read_anew(homes[2]) < 10
