"""That a step which is refused leaves an entry of the evidence ledger, and is refused all the same."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines import evidence, lineage, settings
from pipelines.defs import recording
from pipelines.defs.site import Site
from tests.desk import make_desk


def test_a_step_that_is_refused_is_recorded_and_stays_refused(tmp_path: Path) -> None:
    home = make_desk(tmp_path / "home").home
    site = Site(home=home, policy=settings.policy_file(), as_of=datetime(2026, 6, 30, tzinfo=UTC))
    with pytest.raises(lineage.LineageLeak), recording.denials(site, "lineage"):
        raise lineage.LineageLeak("1 columns tell what they may not: x.y")
    (entry,) = [each for each in evidence.read(home) if each.kind == "denial"]
    assert entry.content == {"step": "lineage", "kind": "LineageLeak"}


def test_an_error_that_is_no_refusal_of_ours_is_not_recorded(tmp_path: Path) -> None:
    home = make_desk(tmp_path / "home").home
    site = Site(home=home, policy=settings.policy_file(), as_of=datetime(2026, 6, 30, tzinfo=UTC))
    with pytest.raises(ValueError, match="quotes a row"), recording.denials(site, "lineage"):
        raise ValueError("quotes a row")
    assert not [each for each in evidence.read(home) if each.kind == "denial"]
