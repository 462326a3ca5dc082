"""Where in a Conversions API event and in a hit of the image pixel each field's text stands."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import engine
from pipelines.intake.dialects import urls
from pipelines.intake.dialects.meta_pixel import DIALECT

PAGE = "https://mastery.crosslife.example/kursus/ui-ux?x=1&ev=Purchase"
HIT = f"/tr?id=9&ev=ViewContent&dl={quote(PAGE, safe='')}&rl=&ts=1781935150130&eid=view.1"


def texts(row: dict[str, Any], *paths: str) -> list[str | None]:
    def at(path: str) -> str:
        return f"json_extract_string(raw, '/{path.replace('.', '/')}')"

    columns = ", ".join(DIALECT.text(path, at=at) for path in paths)
    with engine.connect() as connection:
        found = connection.execute(f"select {columns} from (select ?::varchar as raw)", [json.dumps(row)]).fetchone()
    return list(found or ())


def text(row: dict[str, Any], path: str) -> str | None:
    return texts(row, path)[0]


def hit(more: str = "", **members: Any) -> dict[str, Any]:
    return {"received_at": "2026-06-20T05:59:10.367Z", "url": HIT + more, "ip": "198.18.46.21", **members}


def test_a_hit_says_its_event_in_the_parameters_of_its_address():
    said = texts(hit(), "event_name", "event_id", "event_source_url", "event_time", "told_by", "action_source")
    assert said == ["ViewContent", "view.1", PAGE, "1781935150", "browser", "website"]


def test_an_event_of_the_server_says_it_itself():
    row = {
        "event_name": "Purchase",
        "event_time": 1781935150,
        "event_id": "p.1",
        "event_source_url": PAGE,
        "action_source": "app",
    }
    said = texts(row, "event_name", "event_id", "event_source_url", "event_time", "told_by", "action_source")
    assert said == ["Purchase", "p.1", PAGE, "1781935150", "server", "app"]


@pytest.mark.parametrize(
    ("address", "told_by"),
    [
        ("/tr?ev=PageView", "browser"),
        ("/tr/?ev=PageView", "browser"),
        ("https://www.facebook.com/tr?ev=PageView", "browser"),
        ("https://www.facebook.com/tr/?ev=PageView", "browser"),
        ("/track?ev=PageView", "/track?ev=PageView"),
        ("/x/tr?ev=PageView", "/x/tr?ev=PageView"),
        ("/tr", "/tr"),
        ("nonsense", "nonsense"),
    ],
)
def test_only_an_address_of_a_hit_is_one(address: str, told_by: str):
    name, told = texts({"url": address}, "event_name", "told_by")
    assert told == told_by
    assert name == ("PageView" if told_by == "browser" else None)


@pytest.mark.parametrize("brackets", ["[]", ("%5B", "%5D")])
def test_brackets_of_a_parameter_may_be_encoded(brackets: tuple[str, str]):
    opened, closed = brackets
    more = f"&ud{opened}em{closed}=abc&cd{opened}value{closed}=395000&cd{opened}currency{closed}=idr"
    assert texts(hit(more), "user_data.em", "custom_data.value", "custom_data.currency") == ["abc", "395000", "IDR"]


def test_a_parameter_is_not_found_inside_another_or_its_value():
    row = {"url": f"/tr?xev=A&dl={quote('https://a.example/?ev=B')}&ev=PageView&evx=C"}
    assert text(row, "event_name") == "PageView"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("&ud[em]=%ff%fe", "%ff%fe"),
        ("&ud[em]=%zz", "%zz"),
        ("&ud[em]=a%20b", "a b"),
        ("&ud[em]=", None),
        ("&ud[em]", None),
    ],
)
def test_what_is_encoded_badly_is_left_as_it_is(more: str, expected: str | None):
    assert text(hit(more), "user_data.em") == expected


@pytest.mark.parametrize(
    ("more", "received_at", "expected"),
    [
        ("&ts=1781935150130", None, "1781935150"),
        ("", "2026-06-20T05:59:10.367Z", "1781935150"),
        ("", "2026-06-20T12:59:10", "1781935150"),
        ("", "yesterday", None),
        ("&ts=soon", "2026-06-20T05:59:10Z", "soon"),
    ],
)
def test_a_hit_without_a_clock_happened_when_it_was_received(more: str, received_at: str | None, expected: str | None):
    assert text({"url": f"/tr?ev=PageView{more}", "received_at": received_at}, "event_time") == expected


def test_an_event_of_the_server_without_a_time_has_none():
    assert text({"event_name": "Lead", "received_at": "2026-06-20T05:59:10Z"}, "event_time") is None


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (hit("&dpo=LDU&dpoco=0"), "true"),
        (hit("&dpo=%5B%22LDU%22%5D"), "true"),
        (hit("&dpo="), None),
        (hit(), None),
        ({"data_processing_options": ["LDU"]}, "true"),
        ({"data_processing_options": "LDU"}, "true"),
        ({"data_processing_options": ["NEW"]}, "true"),
        ({"data_processing_options": []}, "false"),
        ({"data_processing_options": [""]}, "false"),
        ({}, None),
    ],
)
def test_any_option_limits_the_use(row: dict[str, Any], expected: str | None):
    assert text(row, "data_processing_options") == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (hit("&cd[content_ids]=%5B%22ui-ux%22%2C%22web%22%5D"), "ui-ux"),
        (hit("&cd[content_ids]=ui-ux"), "ui-ux"),
        (hit("&cd[content_ids]=%5B%22ui"), None),
        ({"custom_data": {"content_ids": ["ui-ux", "web"]}}, "ui-ux"),
        ({"custom_data": {"content_ids": "ui-ux"}}, "ui-ux"),
        ({"custom_data": {"content_ids": []}}, None),
        ({"custom_data": {"content_ids": [7]}}, "7"),
        ({}, None),
    ],
)
def test_an_event_is_about_the_first_of_its_products(row: dict[str, Any], expected: str | None):
    assert text(row, "custom_data.content_ids") == expected


def test_every_name_of_a_hit_is_listed():
    assert DIALECT.inside is not None
    with engine.connect() as connection:
        sql = urls.names(urls.parameters("url", path="/tr/?"))
        found = connection.execute(f"select {sql} from (select ?::varchar as url)", [HIT]).fetchone()
    assert found == (["id", "ev", "dl", "rl", "ts", "eid"],)
    assert set(found[0]) <= DIALECT.inside.known


addresses = st.one_of(
    st.text(max_size=60), st.text('/tr?&=%[]{}"\\ evdlus#:,0f', max_size=60).map(lambda text: f"/tr?{text}")
)


# The statement costs more than its rows: few statements, many addresses each.
@settings(max_examples=15, deadline=None)
@given(st.lists(addresses.filter(lambda text: "\0" not in text), min_size=30, max_size=60))
def test_no_address_stops_the_engine(written: list[str]):
    rows = [json.dumps({"url": address, "received_at": address}) for address in written]
    columns = ", ".join(
        DIALECT.text(path, at=lambda path: f"json_extract_string(raw, '/{path}')") for path in DIALECT.makes
    )
    with engine.connect() as connection:
        found = connection.execute(f"select {columns} from (select unnest(?::varchar[]) as raw)", [rows]).fetchall()
    assert len(found) == len(written)
