"""The texts of Segment calls: the campaign of a link, the four times of a call, and the heartbeats of a page.

Lines are built from templates, because `json.dumps` for every heartbeat would take most of a demo's time: nothing that
needs escaping may enter them. Which calls are made is in `calls`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pipelines.demo.rows import Row
from pipelines.demo.world.span import utc_text

SOURCE = "web_events"
HEARTBEAT_SECONDS = 10
TOOLS = ',"library":{"name":"analytics.js","version":"2.11.1"},"timezone":"%s"'

Timed = tuple[int, Row]  # milliseconds of arrival


class Campaign(NamedTuple):
    """What a link says of where it stood. `query` and `context` are the same as query string and as JSON text."""

    query: str = ""
    context: str = ""
    source: str | None = None
    medium: str | None = None
    name: str | None = None


NO_CAMPAIGN = Campaign()


class Lags(NamedTuple):
    """Milliseconds by which a browser's calls travel and wait, and seconds by which its clock is wrong."""

    travel: int
    wait: int
    skew: int


def stamps(at: int, fraction: int, lags: Lags) -> str:
    """Return the four times of a call: Segment corrects the browser's clock by what passes between its own two."""
    made, received = fraction - lags.travel, fraction + lags.wait
    sent = made + lags.wait
    arrival, departure = utc_text(at + received // 1000), utc_text(at + sent // 1000 + lags.skew)
    original = utc_text(at + made // 1000 + lags.skew)
    return (
        f'"timestamp":"{utc_text(at)}.{fraction:03d}Z","receivedAt":"{arrival}.{received % 1000:03d}Z",'
        f'"sentAt":"{departure}.{sent % 1000:03d}Z","originalTimestamp":"{original}.{made % 1000:03d}Z"'
    )


def heartbeats(
    page_id: str, arrived: int, fraction: int, *, beats: int, lags: Lags, ids: str, context: str, view: str
) -> Iterator[Timed]:
    """Yield the heartbeats of a page: the k-th of the page call `m` has the id `m-k` and the page's milliseconds."""
    made, received = fraction - lags.travel, fraction + lags.wait
    sent = made + lags.wait
    early, late, between = made // 1000 + lags.skew, received // 1000, sent // 1000 + lags.skew
    head, tail = f'{{"messageId":"{page_id}-', f'Z",{context},"properties":{{{view}}}}}'
    kind = f'","type":"track","event":"page_ping"{ids},"timestamp":"'
    first, second = f'.{fraction:03d}Z","receivedAt":"', f'.{received % 1000:03d}Z","sentAt":"'
    third, fourth = f'.{sent % 1000:03d}Z","originalTimestamp":"', f".{made % 1000:03d}"
    for beat in range(1, beats + 1):
        at = arrived + beat * HEARTBEAT_SECONDS
        now = utc_text(at)
        arrival = utc_text(at + late) if late else now
        departure = utc_text(at + between) if between else now
        original = utc_text(at + early) if early else now
        line = f"{head}{beat}{kind}{now}{first}{arrival}{second}{departure}{third}{original}{fourth}{tail}"
        yield at * 1000 + fraction, Row(SOURCE, at, line)
