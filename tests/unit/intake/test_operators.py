"""What each mapping operator lets through, and what an outsider tried to get past it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.intake.operators import browsers, hosts, labels, networks, paths

PHONE = "Mozilla/5.0 (Linux; Android 13; SM-A546E) AppleWebKit/537.36 (KHTML, like Gecko)"
PHONE_AGENT = f"{PHONE} Chrome/120.0.0.0 Mobile Safari/537.36"
TEMPLATES = ["/", "/kursus", "/kursus/{courses.course_id}", "/blog/*", "/undangan/terima"]
KNOWN = {"courses.course_id": frozenset({"desain-web"})}


def path(address: str) -> str:
    return str(paths.map_values([address], templates=TEMPLATES, known=KNOWN)["path"][0])


def test_a_user_agent_becomes_families_and_a_class_of_device():
    assert browsers.map_values([PHONE_AGENT]).row(0)[1:] == ("Chrome Mobile", "Android", "Phone")
    assert browsers.map_values(["?"]).row(0)[1:] == ("Other", "Other", "Other")
    bot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    assert browsers.map_values([bot]).row(0)[1:] == ("Googlebot", "Other", "Bot")


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (Linux; Android 10; someone@mail.example Build/QP1A) Chrome/90.0 Mobile",
        "081200000000/1.0 CFNetwork/1 Darwin/1",
        "Some Body 081200000000 Build/x",
        "Mozilla/5.0 (Linux; Android 10; 123e4567-e89b-12d3-a456-426614174000) Chrome/90.0 Mobile",
    ],
)
def test_nothing_that_is_written_into_a_user_agent_comes_out_of_it(agent: str):
    allowed = browsers.BROWSERS | browsers.SYSTEMS | {"Other", "Phone", "Tablet", "Desktop", "Bot"}
    assert set(browsers.map_values([agent]).row(0)[1:]) <= allowed


@given(st.text(max_size=200))
def test_families_are_always_from_the_closed_lists(agent: str):
    browser, system, device = browsers.map_values([agent]).row(0)[1:]
    assert browser in browsers.BROWSERS | {"Other"}
    assert system in browsers.SYSTEMS | {"Other"}
    assert device in {"Phone", "Tablet", "Desktop", "Bot", "Other"}


def test_an_ipv6_address_is_cut_to_its_48_and_one_that_holds_ipv4_to_its_24():
    given_addresses = [
        "2001:db8:1:2:3::4",
        "::ffff:10.1.2.3",
        "2002:0a01:0203::1",
        "2001:0:4136:e378::1",
        "2001:::1",
        "x",
    ]
    found = networks.map_values(given_addresses)["network"].to_list()
    assert found == ["2001:db8:1::/48", "10.1.2.0/24", "10.1.2.0/24", None, None, None]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://kelas.example/kursus/desain-web?email=a@b.example#x", "/kursus/desain-web"),
        ("https://kelas.example/kursus/desain-web/", "/kursus/desain-web"),
        ("https://kelas.example/kursus/someone-1999", "/kursus/:masked"),
        ("https://kelas.example", "/"),
        ("https://u:p@kelas.example/kursus", "/kursus"),
        ("/kursus?x=1", "/kursus"),
        ("//kelas.example/kursus", "/kursus"),
        ("/blog/any-thing", "/blog/:masked"),
        ("https://kelas.example/u/some.one/0812-0000-0000/c29tZW9uZUBtYWlsLmV4YW1wbGU", "/:unlisted"),
        ("https://kelas.example/undangan/terima/someone@mail.example", "/:unlisted"),
        ("mailto:someone@mail.example", "/:unlisted"),
        ("https://kelas.example/%6bursus", "/:unlisted"),
        ("", "/"),
    ],
)
def test_of_an_address_only_a_listed_path_is_shown(address: str, shown: str):
    assert path(address) == shown


@given(st.text(max_size=100))
def test_a_path_never_shows_what_the_contract_does_not_list(text: str):
    parts = {part for template in TEMPLATES for part in template.split("/")} | {":masked", ":unlisted", "desain-web"}
    assert set(path(f"https://kelas.example/{text}").split("/")) <= parts


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.Google.co.id:8443/search?q=x", "google.co.id"),
        ("https://cari.example?x", "cari.example"),
        ("android-app://com.app.example/", "app.example"),
        ("https://some.one.blog.example/", "blog.example"),
        ("https://some.one@cari.example/", None),
        ("https://some.one:pw@cari.example/", None),
        ("https://081200000000:x@h.example/", None),
        ("https://0812-0000-0000.example/", None),
        ("http://103.28.12.99/", None),
        ("http://[2001:db8::1]/", None),
        ("https://xn--budi.example/", None),
        ("cari.example/x", None),
    ],
)
def test_of_a_referrer_only_the_site_is_left(url: str, site: str | None):
    assert hosts.map_values([url])["host"].to_list() == [site]


@pytest.mark.parametrize(
    "text",
    [
        "promo lebaran 2026",
        "id-ID",
        "Desain Grafis: Warna, Huruf, Bentuk",
        "Bisnis Freelance, Kontrak & Harga",
        "UI/UX: Riset, Prototipe, Uji Coba",
        "Module AAA",
        "TMA 1752",
        "diskon 50% (2026-05-04)",
        "instagram_story_v2",
    ],
)
def test_what_reads_like_a_label_is_kept(text: str):
    assert labels.is_label(text)


@pytest.mark.parametrize(
    "text",
    [
        "someone@mail.example",
        "someone＠mail.example",
        "someone%40mail.example",
        "someone%2540mail.example",
        "someone&#64;mail.example",
        "someone(at)mail.example",
        "someone at mail dot example",
        "wa 081200000000",
        "+62 812 0000 0000",
        "0812-0000-0000",
        "０８１２００００００００",
        "٠٨١٢٠٠٠٠٠٠٠٠",
        "3174-0101-0190-0001",
        "d41d8cd98f00b204e9800998ecf8427e",
        "c29tZW9uZUBtYWlsLmV4YW1wbGU",
        "103.28.12.99",
        "2001:db8:1::4",
        "123e4567-e89b-12d3-a456-426614174000",
        "x" * 101,
        "<b>",
        "=HYPERLINK(1)",
        "-1+2",
        "a\x1b]0;b",
    ],
)
def test_what_could_lead_to_a_person_is_no_label(text: str):
    assert not labels.is_label(text)
