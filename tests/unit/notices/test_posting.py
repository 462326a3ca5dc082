from __future__ import annotations

from pathlib import Path

import pytest

from pipelines import notices, settings
from pipelines.identity import keys
from pipelines.notices import posting
from tests.unit.notices.servers import webhook


def test_a_server_that_is_slow_is_left_after_a_minute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = settings.Home(tmp_path / "home").prepare()
    keys.init(home)
    monkeypatch.setattr(posting, "_LONGEST_SECONDS", -1)
    with webhook() as server:
        monkeypatch.setenv(settings.secret_variable(settings.OPENLINEAGE_URL), server.url)
        done = notices.post(keys.open_keyring(home), settings.OPENLINEAGE_URL, [b"{}"])
    assert done == (0, "the server is too slow")
    assert server.requests == 0
