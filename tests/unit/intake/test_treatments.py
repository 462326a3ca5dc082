"""What each treatment lets through, tried in the engine that runs it."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines import engine
from pipelines.intake import families, treatments


def of(sql: str, value: str) -> Any:
    with engine.connect() as connection:
        row = connection.execute(f"select {sql} from (select ?::varchar as s)", [value]).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-05-04T10:00:00Z", "2026-05-04 10:00:00"),
        ("2026-05-04T10:00:00+07:00", "2026-05-04 03:00:00"),
        ("2026-05-04 10:00:00.5-0230", "2026-05-04 12:30:00.500000"),
        ("2026-05-04T10:00:00", "2026-05-04 03:00:00"),
        ("2026-05-04", "2026-05-03 17:00:00"),
        ("2024-02-30T00:00:00Z", None),
        ("infinity", None),
        ("epoch", None),
        ("1714800000", None),
        ("2026-05-04T10:00:00Z; drop table accounts", None),
    ],
)
def test_instants_are_read_as_iso_8601_with_jakarta_as_default(text: str, expected: str | None):
    found = of(treatments.timestamp("s"), text)
    assert (str(found) if found else None) == expected


@pytest.mark.parametrize(("text", "expected"), [("3", 3), ("-4", -4), ("1.5", None), ("1e3", None), ("9" * 19, None)])
def test_whole_numbers_are_never_rounded(text: str, expected: int | None):
    assert of(treatments.integer("s"), text) == expected


@pytest.mark.parametrize(("text", "expected"), [("1.5", 1.5), ("NaN", None), ("inf", None), ("12,5", None)])
def test_numbers_are_finite(text: str, expected: float | None):
    assert of(treatments.number("s"), text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.1.2.3", "10.1.2.0/24"),
        ("255.255.255.255", "255.255.255.0/24"),
        ("256.1.1.1", None),
        ("10.1.2", None),
        ("10.1.2.3.4", None),
        ("10.1.2.3, 10.9.9.9", None),
    ],
)
def test_an_ipv4_address_is_cut_to_its_24(text: str, expected: str | None):
    assert of(treatments.ipv4_network("s"), text) == expected


def test_an_ipv6_address_is_cut_to_its_48_and_a_mapped_one_to_its_24():
    frame = families.networks(["2001:db8:1:2:3::4", "::ffff:10.1.2.3", "2001:::1"])
    assert frame["network"].to_list() == ["2001:db8:1::/48", "10.1.2.0/24", None]


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://kelas.example/kursus/web?email=a@b.example#x", "/kursus/web"),
        ("https://kelas.example", "/"),
        ("https://u:p@kelas.example/masuk", "/masuk"),
        ("/kursus/web?x=1", "/kursus/web"),
        ("//kelas.example/a", "/a"),
        ("/a//b", "/a//b"),
        ("mailto:budi@mail.example", ":masked"),
        ("https://kelas.example/akun/budi@mail.example/ubah", "/akun/:masked/ubah"),
        ("https://kelas.example/akun/budi%40mail.example", "/akun/:masked"),
        ("https://kelas.example/akun/budi%2540mail.example", "/akun/:masked"),
        ("https://kelas.example/wa/6281200000000", "/wa/:masked"),
        ("https://kelas.example/reset/0123456789abcdef0123", "/reset/:masked"),
        ("https://kelas.example/a b/c", "/:masked/c"),
    ],
)
def test_of_a_url_only_a_plain_path_is_left(url: str, path: str):
    assert of(treatments.url_path("s"), url) == path


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Cari.Example:8443/hasil?q=x", "cari.example"),
        ("https://cari.example?x", "cari.example"),
        ("https://budi@cari.example/", None),
        ("cari.example/x", None),
        ("android-app://com.app.example/", "com.app.example"),
        ("https://a@b.example?x=1", None),
    ],
)
def test_of_a_referrer_only_the_host_is_left(url: str, host: str | None):
    assert of(treatments.url_host("s"), url) == host


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("promo lebaran 2026", True),
        ("id-ID", True),
        ("budi@mail.example", False),
        ("budi%40mail.example", False),
        ("wa 081200000000", False),
        ("x" * 101, False),
        ("<b>", False),
    ],
)
def test_a_label_reads_like_a_label_or_is_dropped(text: str, kept: bool):
    assert of(treatments.label("s"), text) == (text if kept else None)


def test_a_keyed_hash_depends_on_key_family_and_value():
    found = {
        of(treatments.keyed("s", key=f"'{key}'", family=family), value)
        for key in ("k1", "k2")
        for family in ("a", "b")
        for value in ("x", "y")
    }
    assert len(found) == 8
    assert all(-(2**63) <= value < 2**63 for value in found)


def test_a_user_agent_becomes_families():
    phone = "Mozilla/5.0 (Linux; Android 13; SM-A546E) AppleWebKit/537.36 (KHTML, like Gecko)"
    agent = f"{phone} Chrome/120.0.0.0 Mobile Safari/537.36"
    row = families.browsers([agent, "?"]).row(0)
    assert row[1:] == ("Chrome Mobile", "Android", "Samsung SM-A546E")
