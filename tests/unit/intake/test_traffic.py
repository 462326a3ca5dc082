from __future__ import annotations

from typing import Any

import pytest

from pipelines.intake.operators import crawlers
from tests.desk import Desk

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (BROWSER, None),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Instagram 300.0",
            None,
        ),
        (
            "Mozilla/5.0 (Linux; Android 13; SM-A146P) AppleWebKit/537.36 Chrome/119.0 Mobile Safari/537.36 [FB_IAB/FB4A]",
            None,
        ),
        (GOOGLE, "crawler"),
        ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "crawler"),
        ("curl/8.5.0", "automation"),
        ("python-requests/2.31.0", "automation"),
        (BROWSER.replace("Chrome/", "HeadlessChrome/"), "automation"),
        ("", None),
    ],
)
def test_a_user_agent_tells_crawlers_and_programs(agent: str, expected: str | None) -> None:
    assert dict(crawlers.reasons([agent]).iter_rows()).get(agent) == expected


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({}, None),
        ({"userAgent": GOOGLE}, "crawler"),
        ({"userAgent": None}, None),
        ({"ip": "203.0.113.0"}, "internal"),
        ({"ip": "203.0.113.15"}, "internal"),
        ({"ip": "203.0.113.16"}, None),
        # Not an address, and more than a number can hold.
        ({"ip": "9223372036854775807.0.113.7"}, None),
        ({"ip": "459.0.113.7"}, None),
        ({"ip": "203.0.112.255"}, None),
        ({"ip": "::ffff:203.0.113.7"}, "internal"),
        ({"ip": "2001:db8::7"}, None),
        ({"ip": "no address"}, None),
        ({"ip": "999.0.113.1"}, None),
        ({"campaign": {"source": "test"}}, "test"),
        ({"campaign": {"source": " Test "}}, "test"),
        ({"campaign": {"source": "testimonial"}}, None),
        ({"userAgent": GOOGLE, "ip": "203.0.113.7", "campaign": {"source": "test"}}, "crawler"),
    ],
)
@pytest.mark.parametrize("consent", [True, False])
def test_rows_of_no_visitor_are_kept_flagged_and_counted(
    desk: Desk, call: Any, context: dict[str, Any], expected: str | None, consent: bool
) -> None:
    desk.land("web_events", "w.jsonl", [call(1, consent=consent, context=context), call(2, consent=consent)])
    report = desk.run()["web_events"]
    assert sorted(desk.rows("web_events")["bot_reason"].to_list(), key=str) == sorted([None, expected], key=str)
    told = {name: rows for name, rows in report.marks.items() if name.startswith("bots:")}
    assert told == ({f"bots:{expected}": 1} if expected else {})


def test_lines_of_the_access_log_are_flagged_too(desk: Desk) -> None:
    line = '{} - - [04/May/2026:10:00:00 +0700] "GET /harga HTTP/1.1" 200 10 "-" "{}"\n'
    lines = [line.format("192.0.2.1", BROWSER), line.format("192.0.2.1", GOOGLE), line.format("203.0.113.3", BROWSER)]
    desk.land_bytes("web_access_log", "a.log", "".join(lines).encode())
    desk.run()
    assert sorted(desk.rows("web_access_log")["bot_reason"].to_list(), key=str) == [None, "crawler", "internal"]
