"""A home with keys, and short ways to ask the vault."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from pipelines import settings
from pipelines.identity import keys, vault
from pipelines.settings import Home

AT = datetime(2026, 3, 1, 9, 0)  # noqa: DTZ001 - naive UTC

Resolve = Callable[..., list[str | None]]


@pytest.fixture(autouse=True)
def _no_keys_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (settings.MASTER_KEY_VARIABLE, settings.NEXT_MASTER_KEY_VARIABLE, settings.KEY_FILE_VARIABLE):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = settings.home(tmp_path / "home").prepare()
    keys.init(made)
    return made


@pytest.fixture
def resolve(home: Home) -> Resolve:
    """Open the vault, resolve values of one kind, commit, close."""

    def ask(*values: str, kind: str = "user_id", domain: str = "analytics") -> list[str | None]:
        frame = pl.DataFrame({"kind": [kind] * len(values), "value": list(values)})
        with vault.open_vault(home, keys.open_keyring(home), purpose="test") as opened:
            answer = opened.resolve(frame, domain=domain, at=AT)
            opened.commit()
        named = dict(zip(answer["value"], answer["pseudonym"], strict=True))
        return [named[value] for value in values]

    return ask
