"""Events are kept whole, and sent to exactly the address that was given; a server that fails stops nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines import settings
from pipelines.identity import keys
from pipelines.lineage import outlets
from tests.unit.notices.servers import closed_port, hangs_up, webhook

EVENTS = ('{"eventType":"START"}', '{"eventType":"COMPLETE"}')


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> settings.Home:
    monkeypatch.delenv(settings.secret_variable(settings.OPENLINEAGE_URL), raising=False)
    made = settings.Home(tmp_path / "home").prepare()
    keys.init(made)
    return made


def send(home: settings.Home, address: str) -> str:
    keys.keep_secret(home, settings.OPENLINEAGE_URL, address)
    told = outlets.send(keys.open_keyring(home), EVENTS)
    assert "rahasia" not in told
    assert "127.0.0.1" not in told
    return told


def test_events_are_kept_one_a_line_for_the_owner_alone(home: settings.Home) -> None:
    file = outlets.keep(home, "7", EVENTS)
    assert file == home.evidence / "openlineage" / "7.ndjson"
    assert file.read_text().splitlines() == list(EVENTS)
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_without_an_address_nothing_is_sent(home: settings.Home) -> None:
    assert outlets.send(keys.open_keyring(home), EVENTS) == ""


def test_each_event_is_one_request_to_exactly_the_address(home: settings.Home) -> None:
    with webhook() as server:
        assert send(home, server.url) == "2 of 2 events sent"
    assert server.received == [{"eventType": "START"}, {"eventType": "COMPLETE"}]
    assert set(server.paths) == {"/hook/rahasia-4471"}


def test_a_server_that_fails_once_is_tried_again(home: settings.Home) -> None:
    with webhook(503) as server:
        assert send(home, server.url) == "2 of 2 events sent"
    assert server.requests == 3


def test_after_the_first_event_that_cannot_be_delivered_none_is_tried(home: settings.Home) -> None:
    with webhook(200, 500, 500, 500) as server:
        assert send(home, server.url) == "1 of 2 events sent, the server answered 500"
    assert server.requests == 4


def test_a_redirect_is_not_followed(home: settings.Home) -> None:
    with webhook(302, 302, 302) as server:
        assert send(home, server.url) == "0 of 2 events sent, the server answered 302"
    assert server.received == []


def test_a_server_that_hangs_up_is_told_of(home: settings.Home) -> None:
    with hangs_up() as address:
        assert send(home, address).startswith("0 of 2 events sent, it could not be delivered (")


@pytest.mark.parametrize(
    "address",
    [
        "ftp://rahasia-4471.example",
        "http://[rahasia-4471",
        "http://127.0.0.1:{port}/rahasia",
        "http://127.0.0.1:rahasia-4471/",
        "http://127.0.0.1/rahasia 4471",
    ],
)
def test_an_address_that_does_not_work_is_told_of_without_the_address(home: settings.Home, address: str) -> None:
    assert send(home, address.format(port=closed_port())).startswith("0 of 2 events sent, ")
