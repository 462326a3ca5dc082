"""What other parties share with the operator: kept wrapped, shown nowhere, named where it is missing."""

from __future__ import annotations

import base64
import os

import pytest

from pipelines import settings
from pipelines.identity import keys
from pipelines.identity.errors import MissingSecret, WrongKey
from pipelines.settings import Home

NAME = "midtrans_server_key"
SECRET = "kunci-server-uji-0123456789"


@pytest.fixture(autouse=True)
def _no_secret_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(settings.secret_variable(NAME), raising=False)


def test_a_secret_comes_back_as_it_was_given(home: Home):
    kept = keys.keep_secret(home, NAME, f" {SECRET}\r\n")
    assert (kept.id, kept.version, kept.state) == (f"secret/{NAME}", 1, "current")
    assert keys.secret(keys.open_keyring(home), NAME) == SECRET.encode()


def test_a_secret_is_readable_in_no_file_and_in_no_status(home: Home):
    keys.keep_secret(home, NAME, SECRET)
    forms = {SECRET.encode(), base64.b64encode(SECRET.encode()), SECRET.encode().hex().encode()}
    contents = [file.read_bytes() for file in home.root.rglob("*") if file.is_file()]
    contents.append((repr(keys.status(home)) + repr(keys.open_keyring(home))).encode())
    assert not [form for form in forms if any(form in content for content in contents)]


def test_a_new_secret_takes_the_place_of_the_old(home: Home):
    keys.keep_secret(home, NAME, "lama")
    before = home.keyring_file.read_text()
    assert keys.keep_secret(home, NAME, SECRET).version == 2
    ring = keys.open_keyring(home)
    assert keys.secret(ring, NAME) == SECRET.encode()
    old = next(
        line for line in before.splitlines() if '"wrapped"' in line and line in before.split(f"secret/{NAME}")[1]
    )
    assert old.strip() not in home.keyring_file.read_text()


def test_a_secret_of_the_environment_goes_before_the_kept_one(home: Home, monkeypatch: pytest.MonkeyPatch):
    keys.keep_secret(home, NAME, "lama")
    monkeypatch.setenv("CROSSLIFE_MIDTRANS_SERVER_KEY", f"{SECRET}\n")
    assert keys.secret(keys.open_keyring(home), NAME) == SECRET.encode()


def test_a_missing_secret_says_what_to_do(home: Home):
    with pytest.raises(MissingSecret, match=f"crosslife keys set {NAME}.*CROSSLIFE_MIDTRANS_SERVER_KEY"):
        keys.secret(keys.open_keyring(home), NAME)


@pytest.mark.parametrize("text", ["", "  \n", "two\nlines", "x" * 1001, "nul\0", "\ufeffbom"])
def test_what_is_no_secret_is_refused_without_showing_it(home: Home, text: str):
    keys.keep_secret(home, NAME, SECRET)
    with pytest.raises(WrongKey, match="one line") as refusal:
        keys.keep_secret(home, NAME, text)
    assert not text.strip() or text not in str(refusal.value)
    assert keys.secret(keys.open_keyring(home), NAME) == SECRET.encode()


def test_a_name_that_nobody_reads_is_refused(home: Home):
    with pytest.raises(WrongKey, match=NAME):
        keys.keep_secret(home, "root", SECRET)


@pytest.mark.parametrize("what", ["master", "vault", "lookup"])
def test_a_secret_outlives_the_rotation_of_other_keys(home: Home, what: str):
    keys.keep_secret(home, NAME, SECRET)
    keys.rotate(home, what)
    assert keys.secret(keys.open_keyring(home), NAME) == SECRET.encode()


def test_an_entry_of_another_name_does_not_open(home: Home):
    keys.keep_secret(home, NAME, SECRET)
    text = home.keyring_file.read_text()
    home.keyring_file.write_text(text.replace(f'"secret/{NAME}"', '"secret/other"'))
    os.chmod(home.keyring_file, 0o600)  # noqa: PTH101 - as it was
    with pytest.raises(WrongKey, match="altered"):
        keys.open_keyring(home).key("secret/other")
