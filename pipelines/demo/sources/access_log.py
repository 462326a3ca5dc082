"""Lines of the web server's access log in nginx's combined format: page views, what they load, and what bots ask for.

Which pages people open is in `browsing`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact, Plant, Row
from pipelines.demo.world import streams
from pipelines.demo.world.span import DAY, JAKARTA_OFFSET, World, local_date, utc_text

SOURCE = "web_access_log"
SCANNERS_STEP = 1000  # one scanner for every thousand learners, and three more

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ASSETS = (
    ("/assets/app.3f9c2a17.css", 48_211),
    ("/assets/app.91b7e05d.js", 187_334),
    ("/assets/vendor.c02d4e88.js", 341_902),
    ("/img/logo.svg", 4_120),
    ("/img/beranda-1280.webp", 96_470),
    ("/fonts/plusjakarta-var.woff2", 61_004),
    ("/favicon.ico", 1_150),
)
_ASSET_COUNTS = (0, 0, 0, 0, 1, 1, 2)
_OLD_CHROME = (
    "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/52.0.2743.116 Safari/537.36"
)
# What nobody on the site asks for: request line, status, size, referrer, user agent; inner quotes as nginx writes them.
_ODD = (
    ("GET /wp-login.php HTTP/1.1", 404, 548, "-", _OLD_CHROME),
    ("POST /xmlrpc.php HTTP/1.1", 404, 548, "-", "Mozilla/5.0"),
    ("GET /.env HTTP/1.1", 403, 146, "-", "python-requests/2.31.0"),
    ("GET /.git/config HTTP/1.1", 403, 146, "-", "Go-http-client/1.1"),
    ("GET /phpmyadmin/index.php?lang=en HTTP/1.1", 404, 548, "-", "Mozilla/5.0 zgrab/0.x"),
    ("HEAD / HTTP/1.0", 200, 0, "-", "-"),
    ("OPTIONS / HTTP/1.1", 405, 150, "-", "Mozilla/5.0 (compatible; CensysInspect/1.1; +https://about.censys.io/)"),
    ("GET / HTTP/1.0", 200, 14_822, "-", "masscan/1.3"),
    ("GET /robots.txt HTTP/1.1", 200, 162, "-", "curl/8.5.0"),
    ("GET /kursus?q=%27%20OR%201=1-- HTTP/1.1", 400, 157, "-", "sqlmap/1.8"),
    (r"\x16\x03\x01\x00\xEE\x01\x00\x00\xEA\x03\x03", 400, 157, "-", "-"),
    ("-", 408, 0, "-", "-"),
    ("GET /index.php HTTP/1.1", 404, 548, r"\x22><script>alert(1)</script>", r"Mozilla/5.0 \x22uji\x22"),
    (r"GET /cgi-bin/test HTTP/1.1", 404, 548, r"() { :; }; echo \"halo\"", r"() { :; }; echo \"halo\""),
)


class Request(NamedTuple):
    """A line of the log, its fact, and its instant in milliseconds."""

    instant: int
    row: Row
    fact: Fact


def request(
    at: int,
    address: str,
    target: str,
    *,
    method: str = "GET",
    status: int = 200,
    size: int,
    referrer: str = "-",
    agent: str,
    shown: str = "",
    is_bot: bool = False,
) -> Request:
    """Return the line of one request; `shown` is its path for the truth where the target bears more than that."""
    protocol = "HTTP/1.1" if is_bot else "HTTP/2.0"
    line = f'{address} - - [{_stamp(at)}] "{method} {target} {protocol}" {status} {size} "{referrer}" "{agent}"'
    fact = Fact("log_lines", (at, address, shown or target, status, is_bot))
    return Request(at * 1000, Row(SOURCE, at, line), fact)


def assets(at: int, address: str, *, referrer: str, agent: str, rng: random.Random) -> Iterator[Request]:
    """Yield the requests for what a first page loads; most of it is cached."""
    for _ in range(_ASSET_COUNTS[int(rng.random() * len(_ASSET_COUNTS))]):
        path, size = _ASSETS[int(rng.random() * len(_ASSETS))]
        is_known = rng.random() < 0.3
        yield request(
            at,
            address,
            path,
            status=304 if is_known else 200,
            size=0 if is_known else size,
            referrer=referrer,
            agent=agent,
        )


def noise(world: World, day: int) -> Iterator[Request]:
    """Yield what scanners ask for on one day, in no order."""
    midnight = world.start_at + day * DAY
    for scanner in range(scanners(world)):
        rng = streams.rng(streams.key(world.seed, "noise", midnight), scanner)
        for _ in range(rng.choice((0, 0, 1, 2, 5))):
            at = midnight + rng.randrange(DAY)
            line, status, size, referrer, agent = rng.choice(_ODD)
            address = scanner_address(world, scanner)
            row = Row(SOURCE, at, f'{address} - - [{_stamp(at)}] "{line}" {status} {size} "{referrer}" "{agent}"')
            parts = line.split(" ")
            path = parts[1].partition("?")[0] if len(parts) == 3 else None
            yield Request(at * 1000, row, Fact("log_lines", (at, address, path, status, True)))


def scanners(world: World) -> int:
    """Return how many scanners there are."""
    return 3 + world.learners // SCANNERS_STEP


def scanner_address(world: World, scanner: int) -> str:
    """Return the address that a scanner asks from."""
    drawn = streams.number(streams.key(world.seed, "scanner"), scanner)
    if drawn % 3 == 0:
        return f"2001:db8:ffff:{drawn >> 8 & 0xFFFF:x}::{(drawn >> 24 & 0xFFF) + 1:x}"
    return f"{'198.51.100' if drawn % 3 == 1 else '192.0.2'}.{(drawn >> 8) % 15 + 1}"


def landed(found: Request, dirt: Dirt, *, rng: random.Random) -> Row:
    """Return a line as it lands: now and then cut off, or with a letter in another encoding.

    A spoilt line's key is the line as it was.
    """
    row = found.row
    kind = dirt.pick(SOURCE, row.at, rng=rng)
    if not kind:
        return row
    plant = Plant(kind, "quarantined", key=row.line, occurred_at=found.instant)
    if kind == "truncated":
        return row._replace(line=row.line[: _cut(row.line, rng=rng)], plant=plant)
    spot = row.line.rindex('"')
    return row._replace(line=f"{row.line[:spot]}\udce9{row.line[spot:]}", plant=plant)


def _cut(line: str, *, rng: random.Random) -> int:
    """Where a line breaks off: before the request's end or within the user agent, so that no shorter format fits."""
    if rng.random() < 0.5:
        return rng.randint(12, line.index('"') + 2)
    return rng.randint(line.rindex(' "') + 2, len(line) - 1)


def _stamp(at: int) -> str:
    return f"{_date((at + JAKARTA_OFFSET) // DAY)}:{utc_text(at + JAKARTA_OFFSET)[11:]} +0700"


@lru_cache(maxsize=1024)
def _date(day: int) -> str:
    found = local_date(day * DAY)
    return f"{found.day:02d}/{_MONTHS[found.month - 1]}/{found.year}"
