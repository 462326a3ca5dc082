from __future__ import annotations

import re
from collections import Counter
from datetime import datetime

from pipelines.demo.sources import access_log

COMBINED = re.compile(
    r'(?P<address>\S+) - - \[(?P<at>[^\]]+)\] "(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d{3}) (?P<size>\d+)'
    r' "(?P<referrer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)"'
)


def lines(site):
    return [row.line for row in site.rows("web_access_log")]


def requested_at(found):
    return int(datetime.strptime(found["at"], "%d/%b/%Y:%H:%M:%S %z").timestamp())


def test_every_clean_line_is_in_the_combined_format_and_has_its_fact(clean_website):
    found = Counter()
    for line in lines(clean_website):
        match = COMBINED.fullmatch(line)
        assert match, line
        found[requested_at(match), match["address"], int(match["status"])] += 1
    facts = clean_website.facts["log_lines"]
    assert found == Counter((fact["requested_at"], fact["address"], fact["status"]) for fact in facts)


def test_facts_bear_paths_without_query_and_without_addresses(clean_website):
    for fact in clean_website.facts["log_lines"]:
        assert fact["path"] is None or not set("?@") & set(fact["path"])
    asked = {
        COMBINED.fullmatch(line)["request"].split(" ")[1].partition("?")[0]
        for line in lines(clean_website)
        if " /" in line
    }
    shown = {fact["path"] for fact in clean_website.facts["log_lines"] if fact["path"]}
    assert {path for path in asked if "@" not in path} == {path for path in shown if "*" not in path}


def test_lines_of_people_say_the_time_of_their_page(clean_website):
    log = Counter((fact["requested_at"], fact["path"]) for fact in clean_website.facts["log_lines"])
    pages = Counter(
        (fact["occurred_at"] // 1000, fact["page_path"])
        for fact in clean_website.facts["web_calls"]
        if fact["call_type"] == "page"
    )
    assert not pages - log


def test_there_are_a_few_more_lines_than_page_views(clean_website):
    pages = sum(fact["call_type"] == "page" for fact in clean_website.facts["web_calls"])
    assert 1.0 < len(lines(clean_website)) / pages < 1.6


def test_scanners_and_crawlers_ask_for_odd_things(clean_website):
    requests = [COMBINED.fullmatch(line) for line in lines(clean_website)]
    assert {"GET", "POST", "HEAD"} <= {found["request"].split(" ")[0] for found in requests}
    assert {"200", "302", "304", "404"} <= {found["status"] for found in requests}
    assert any(found["request"] == "-" for found in requests)
    assert any(r"\x16\x03" in found["request"] for found in requests)
    assert any(":" in found["address"] for found in requests)
    bots = sum(fact["is_bot"] for fact in clean_website.facts["log_lines"])
    assert 0.005 < bots / len(requests) < 0.3


def test_a_spoilt_line_fits_no_format_and_its_key_is_the_line_as_it_was(spoilt_website):
    rows = [row for row in spoilt_website.rows("web_access_log") if row.plant]
    kinds = Counter(row.plant.kind for row in rows)
    assert set(kinds) == {"truncated", "wrong_encoding"}
    for row in rows:
        assert row.plant.fate == "quarantined"
        assert COMBINED.fullmatch(row.plant.key)
        if row.plant.kind == "truncated":
            assert row.plant.key.startswith(row.line)
            assert not COMBINED.fullmatch(row.line)
            assert not re.fullmatch(r'\S+ \S+ \S+ \[[^\]]+\] "[^"]*" \d+ \d+\s*', row.line)
        else:
            assert row.line.replace("\udce9", "") == row.plant.key


def test_scanners_do_not_ask_from_where_people_live(clean_website):
    scanners = {
        access_log.scanner_address(clean_website.world, n) for n in range(access_log.scanners(clean_website.world))
    }
    people = {
        f["value"] for f in clean_website.facts["identifiers"] if f["kind"] == "ip" and "scanner" not in f["owner"]
    }
    assert not scanners & people
