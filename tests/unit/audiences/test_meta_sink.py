"""Meta's own client over real HTTP against the stand-in; what goes wrong on purpose is in `test_meta_failures.py`."""

from __future__ import annotations

import builtins
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines import settings
from pipelines.audiences.sinks import (
    AmbiguousAudience,
    Batch,
    MissingAccount,
    MissingClient,
    NobodyLeft,
    Session,
    TokenRefused,
    UnfitMembers,
    batches,
    checked,
    meta,
)
from pipelines.audiences.sinks.meta_calls import Calls, Request
from pipelines.identity import keys
from pipelines.identity.errors import MissingSecret
from tests.outside.meta_api import ACCOUNT, TOKEN, MetaApi, meta_api
from tests.unit.audiences import meta_killed
from tests.unit.audiences.meta_people import h, people, rows, sink

FIELDS = ("email_sha256", "phone_sha256")


@pytest.fixture
def api() -> Iterator[MetaApi]:
    with meta_api() as served:
        yield served
        served.nothing_unknown()


def replace(target: meta.MetaSink, audience: str, members: pl.DataFrame, **session: Any) -> Any:
    return target.replace(audience, members, session=Session(**{"id": 4471, **session}), progress=lambda _: None)


def test_an_audience_is_made_once_and_found_again_by_its_name(api: MetaApi) -> None:
    target = sink(api.url)
    for number in range(45):
        target.ensure(f"other {number}", "")
    made = target.ensure("Belum selesai", "Pendaftaran yang belum selesai")
    assert target.ensure("Belum selesai", "said otherwise") == made
    assert sink(api.url).ensure("Belum selesai", "") == made
    assert len(api.audiences) == 46
    assert api.audiences[made].fields["description"] == "Pendaftaran yang belum selesai"


def test_two_audiences_of_one_name_are_told_apart_by_nobody(api: MetaApi) -> None:
    target = sink(api.url)
    first = target.ensure("Belum selesai", "")
    api.audiences["9"] = api.audiences[first]
    with pytest.raises(AmbiguousAudience, match="2 audiences"):
        target.ensure("Belum selesai", "")


def test_a_replacement_is_the_set_and_nobody_of_before(api: MetaApi) -> None:
    target, taken, told = sink(api.url), [], []
    audience = target.ensure("Belum selesai", "")
    replace(target, audience, people(80), id=1)
    session = Session(2, acknowledged=taken.append)
    members = pl.concat([people(230, start=40), people(10, start=40)])
    receipt = target.replace(audience, members, session=session, progress=told.append)
    assert api.members(audience) == rows(people(230, start=40))
    assert taken == [1, 2, 3, 4, 5]
    assert (receipt.sent, receipt.received, receipt.invalid, receipt.batches) == (230, 230, 0, 5)
    assert told[-1] == "meta: batch 5 of 5 taken"


def test_people_are_added_and_taken_out_by_either_hash(api: MetaApi) -> None:
    target = sink(api.url)
    one, two = target.ensure("satu", ""), target.ensure("dua", "")
    for audience in (one, two):
        assert target.add(audience, people(120)).batches == 3
    leaving = people(3)
    # They have another number than the one that was sent: the address alone takes them out.
    target.remove(one, leaving.with_columns(phone_sha256=pl.lit(h("6281399990000"))))
    by_mail = {row for row in rows(people(120)) if row[0] and row[0] in leaving["email_sha256"].to_list()}
    assert by_mail
    assert api.members(one) == rows(people(120)) - by_mail
    assert api.members(two) == rows(people(120))
    # Their forms are those of different rows: each takes out whoever has it.
    mixed = pl.DataFrame({"email_sha256": [h("learner-50@contoh.example")], "phone_sha256": [h(f"62812{60:08d}")]})
    receipt = target.remove_everywhere(mixed)
    gone = rows(people(1, start=50)) | rows(people(1, start=60))
    assert (api.members(one), api.members(two)) == (rows(people(120)) - by_mail - gone, rows(people(120)) - gone)
    assert receipt.sent == 2
    assert target.remove(one, people(0)).batches == 0


def test_one_field_alone_is_sent_alone(api: MetaApi) -> None:
    target = sink(api.url, fields=("email_sha256",))
    audience = target.ensure("satu", "")
    replace(target, audience, people(60))
    assert api.members(audience) == {(each,) for each in people(60)["email_sha256"].drop_nulls()}


def test_a_replacement_by_nobody_is_refused(api: MetaApi) -> None:
    target = sink(api.url)
    audience = target.ensure("satu", "")
    replace(target, audience, people(60))
    with pytest.raises(NobodyLeft):
        replace(target, audience, people(0), id=2)
    assert api.members(audience) == rows(people(60))


@pytest.mark.parametrize("raw", ["sari@contoh.example", "6281200001234", h("x").upper(), h("x")[:40], ""])
def test_what_is_no_hash_never_leaves(api: MetaApi, raw: str) -> None:
    members = pl.DataFrame(
        {"email_sha256": [h("a"), raw], "phone_sha256": [None, None]}, schema=dict.fromkeys(FIELDS, pl.String)
    )
    target = sink(api.url)
    for attempt in (target.remove_everywhere, lambda m: target.add("1", m), lambda m: replace(target, "1", m)):
        with pytest.raises(UnfitMembers, match="1 of 2 members") as refused:
            attempt(members)
        assert not raw or raw not in str(refused.value)
    assert api.requests == 0


def test_members_lack_no_column_and_a_request_is_never_too_large(api: MetaApi) -> None:
    with pytest.raises(UnfitMembers, match="phone_sha256"):
        sink(api.url).add("1", people(3).select("email_sha256"))
    with pytest.raises(UnfitMembers, match="10,000"):
        sink(api.url, rows_each=10_001)


@pytest.mark.parametrize(("last", "is_told"), [(1, True), (1, False), (3, True), (3, False), (5, True), (5, False)])
def test_killed_in_the_middle_and_resumed_it_ends_right(api: MetaApi, tmp_path: Path, last: int, is_told: bool) -> None:
    target = sink(api.url)
    audience = target.ensure("satu", "")
    replace(target, audience, people(40, start=900), id=1)
    told = tmp_path / "acknowledged"
    told.write_text("0")

    def run(first: int, until: int) -> int:
        place = ["-m", "tests.unit.audiences.meta_killed", api.url, audience, "77", str(first), str(until), str(told)]
        command = [sys.executable, *place, "told" if is_told else "untold"]
        return subprocess.run(command, cwd=settings.PROJECT_ROOT, check=False, timeout=60).returncode

    assert run(1, last) == 9
    assert int(told.read_text()) == (last if is_told else last - 1)
    assert run(int(told.read_text()) + 1, 0) == 0
    assert api.members(audience) == rows(people(meta_killed.COUNT))


def test_no_hash_token_or_contact_is_in_the_access_log_or_in_ours(
    api: MetaApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    target = sink(api.url)
    audience = target.ensure("Belum selesai", "")
    replace(target, audience, people(120))
    target.add(audience, people(120))
    target.remove(audience, people(10))
    target.remove_everywhere(people(10))
    assert len(api.log) > 8
    assert len(caplog.records) >= len(api.log)
    assert leaks("\n".join(api.log), people(120)) == []
    assert leaks(caplog.text, people(120)) == []
    assert all(line.split()[0] in ("GET", "POST") for line in api.log)
    assert {line for line in api.log if "?" in line and not line.startswith("GET")} == set()


def leaks(text: str, members: pl.DataFrame) -> list[str]:
    """What of the token, these people's hashes and what they are made of stands in a text."""
    hashes = [each for column in members.iter_columns() for each in column.drop_nulls()]
    plain = ["learner-", "contoh.example", "62812"]
    return [each for each in [TOKEN, *hashes, *plain] if each in text]


def test_what_holds_hashes_shows_counts_alone(api: MetaApi) -> None:
    members = checked(people(60), fields=FIELDS)
    batch = next(batches(members, size=50))
    request = Request("POST", ("1", "users"), {"payload": batch.rows})
    shown = f"{batch!r} {request!r} {Session(5)!r} {sink(api.url)!r} {Calls(TOKEN, endpoint=api.url)!r}"
    assert isinstance(batch, Batch)
    assert leaks(shown, members) == []


def test_the_same_members_make_the_same_batches_in_any_order() -> None:
    members = people(230)
    one, other = (checked(each, fields=FIELDS) for each in (members, members.sample(fraction=1, shuffle=True, seed=8)))
    assert list(batches(one, size=50)) == list(batches(other, size=50))
    assert [batch.is_last for batch in batches(one, size=50)] == [False, False, False, False, True]


@pytest.mark.parametrize("wrong", [{"id": 0}, {"id": -4}, {"id": 2**63}, {"id": 1, "first_batch": 0}])
def test_a_session_has_a_number_of_63_bits(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="between 1 and"):
        Session(**wrong)


def test_the_settings_connect_to_the_account(api: MetaApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = settings.Home(tmp_path / "home").prepare()
    keys.init(home)
    ring = keys.open_keyring(home)
    with pytest.raises(MissingAccount, match="CROSSLIFE_META_ACCOUNT"):
        meta.connect(ring)
    monkeypatch.setenv("CROSSLIFE_META_ACCOUNT", f"act_{ACCOUNT}")
    with pytest.raises(MissingSecret, match="crosslife keys set meta_access_token"):
        meta.connect(ring)
    keys.keep_secret(home, settings.META_TOKEN, f"{TOKEN}\n")
    monkeypatch.setenv("CROSSLIFE_META_ENDPOINT", api.url)
    monkeypatch.setenv("CROSSLIFE_META_API_VERSION", "v25.0")
    audience = meta.connect(keys.open_keyring(home)).ensure("satu", "")
    assert list(api.audiences) == [audience]
    assert all(" /v25.0/" in line for line in api.log)


@pytest.mark.parametrize("endpoint", ["http://graph.contoh.example", "ftp://127.0.0.1", "graph.facebook.com"])
def test_hashes_go_over_nothing_but_https(endpoint: str) -> None:
    with pytest.raises(MissingAccount, match="https://"):
        Calls(TOKEN, endpoint=endpoint)


@pytest.mark.parametrize("token", ["", "raha\nsia", "töken", " rahasia"])
def test_a_token_that_is_no_line_of_text_is_refused_unquoted(token: str) -> None:
    with pytest.raises(TokenRefused) as refused:
        Calls(token)
    assert not token or token not in str(refused.value)


def test_without_its_client_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("facebook_business"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingClient, match="uv sync --extra meta"):
        Calls(TOKEN)


@pytest.mark.slow
def test_a_quarter_of_a_million_people_end_as_exactly_the_right_set(api: MetaApi) -> None:
    target, members = sink(api.url, rows_each=10_000), people(250_000)
    audience = target.ensure("semua", "")
    replace(target, audience, people(50, start=900_000), id=1)
    receipt = replace(target, audience, members, id=2)
    assert api.members(audience) == rows(members)
    assert (receipt.sent, receipt.received, receipt.batches) == (250_000, 250_000, 25)
