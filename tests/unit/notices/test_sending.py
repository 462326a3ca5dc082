from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_string
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines import notices, settings
from pipelines.cli import main
from pipelines.identity import keys
from pipelines.identity.keyring import Keyring
from pipelines.notices import Delivery, Notice
from tests.unit.notices.servers import closed_port, mailbox, webhook

AT = datetime(2026, 6, 30, 12, tzinfo=UTC)
NOTICE = Notice("failed", "A run failed: everything", ("models: 2 tests failed", "run 7"), at=AT)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> settings.Home:
    for name in notices.CHANNELS:
        monkeypatch.delenv(settings.secret_variable(name), raising=False)
    made = settings.Home(tmp_path / "home").prepare()
    keys.init(made)
    return made


def ring_with(home: settings.Home, **secrets: str) -> Keyring:
    for name, value in secrets.items():
        keys.keep_secret(home, name, value)
    return keys.open_keyring(home)


def test_without_a_channel_nobody_is_told(home: settings.Home):
    ring = keys.open_keyring(home)
    assert (notices.channels(ring), notices.send(ring, NOTICE)) == ((), ())


def test_a_webhook_gets_the_notice_as_json_that_a_chat_shows(home: settings.Home):
    with webhook() as server:
        assert notices.send(ring_with(home, webhook_url=server.url), NOTICE) == (Delivery("webhook_url"),)
    (told,) = server.received
    assert told["text"].splitlines()[0] == "A run failed: everything"
    assert (told["kind"], told["lines"], told["at"]) == ("failed", list(NOTICE.lines), "2026-06-30T12:00:00+00:00")


def test_a_mail_is_sent(home: settings.Home):
    with mailbox() as box:
        assert notices.send(ring_with(home, smtp_url=box.url), NOTICE) == (Delivery("smtp_url"),)
    (mail,) = box.received
    assert (mail["Subject"], mail["From"], mail["To"]) == (
        "[crosslife] A run failed: everything",
        "gudang@crosslife.example",
        "tim@crosslife.example",
    )
    assert "models: 2 tests failed" in mail.get_payload()


def test_a_server_that_fails_twice_is_tried_again(home: settings.Home):
    with webhook(503, 500) as server:
        assert notices.send(ring_with(home, webhook_url=server.url), NOTICE)[0].failure == ""
    assert server.requests == 3


def test_one_channel_that_fails_does_not_keep_another_from_telling(home: settings.Home):
    with webhook(500, 500, 500) as server, mailbox() as box:
        done = notices.send(ring_with(home, webhook_url=server.url, smtp_url=box.url), NOTICE)
    assert done == (Delivery("webhook_url", "the server answered 500"), Delivery("smtp_url"))
    assert len(box.received) == 1


def test_a_redirect_is_not_followed(home: settings.Home):
    with webhook(302, 302, 302) as server:
        (done,) = notices.send(ring_with(home, webhook_url=server.url), NOTICE)
    assert (done.failure, server.received) == ("the server answered 302", [])


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("webhook_url", "http://127.0.0.1:{port}/rahasia-4471"),
        ("webhook_url", "ftp://rahasia-4471.example"),
        ("webhook_url", "file:///rahasia-4471"),
        ("webhook_url", "http://[rahasia-4471"),
        ("smtp_url", "smtp://u:rahasia-4471@127.0.0.1:{port}?from=a@b.example&to=c@d.example"),
        ("smtp_url", "smtp://u:rahasia-4471@127.0.0.1"),
        ("smtp_url", "rahasia-4471"),
        ("smtp_url", "smtp://127.0.0.1:rahasia-4471?from=a@b.example&to=c@d.example"),
    ],
)
def test_an_address_that_does_not_work_is_told_of_without_the_address(home: settings.Home, name: str, address: str):
    (done,) = notices.send(ring_with(home, **{name: address.format(port=closed_port())}), NOTICE)
    assert done.failure
    assert "rahasia" not in done.failure
    assert "127.0.0.1" not in done.failure


def test_a_password_never_goes_in_the_clear(home: settings.Home):
    with mailbox() as box:
        address = box.url.replace("smtp://", "smtp://pengguna:rahasia-4471@")
        (done,) = notices.send(ring_with(home, smtp_url=address), NOTICE)
    assert "no encryption" in done.failure
    assert box.received == []


def test_lines_cannot_forge_headers_and_are_cut():
    notice = Notice("failed", "a\r\nBcc: x@y.example", tuple(["x" * 2000] * 30), at=AT)
    assert "\n" not in notice.subject
    lines = notice.text.splitlines()
    assert max(map(len, lines)) == 400
    assert "and 10 more" in lines
    assert message_from_string(f"Subject: {notice.subject}\n\n").keys() == ["Subject"]


def test_the_command_sends_a_test_and_says_what_became_of_it(home: settings.Home, monkeypatch: pytest.MonkeyPatch):
    without = CliRunner().invoke(main, ["notices", "test", "--home", str(home.root)])
    assert (without.exit_code, "crosslife keys set webhook_url" in without.stdout) == (0, True)
    with webhook() as server:
        monkeypatch.setenv(settings.secret_variable("webhook_url"), server.url)
        done = CliRunner().invoke(main, ["notices", "test", "--home", str(home.root)])
    assert (done.exit_code, done.stdout) == (0, "webhook_url: delivered\n")
    gone = CliRunner().invoke(main, ["notices", "test", "--home", str(home.root), "--json"])
    assert gone.exit_code == 1
    assert "rahasia" not in gone.output
