"""Great Expectations takes two seconds for all tables; its own tests, and those that ask for it here, pay for that."""

from __future__ import annotations

import pytest

from pipelines import quality
from pipelines.quality import QualityResult


@pytest.fixture
def second_look() -> None:
    """Asked for by tests of releases that are judged as real ones are."""


@pytest.fixture(autouse=True)
def _judged_only_where_asked_for(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "second_look" not in request.fixturenames:
        monkeypatch.setattr(
            quality, "check_release", lambda contract, *_, **__: QualityResult(contract.name, 1, 0, 0, ())
        )
