"""A real web server's access log, and its traffic by day counted by hand.

Imports nothing from `pipelines`. The log is the sample that Elastic publishes for its examples (Apache, combined format,
10,000 lines of May 2015). A day is the calendar day in Jakarta; visitors are distinct /24 networks.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta, timezone
from pathlib import Path

FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "access_logs" / "apache_logs"
_JAKARTA = timezone(timedelta(hours=7))


def daily(file: Path = FILE) -> dict[str, tuple[int, int, int]]:
    """Return day → (lines, distinct networks, lines answered with 404), of the lines that are whole."""
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.endswith('"'):
            address, _, rest = line.partition(" ")
            stamp, _, after = rest.partition("[")[2].partition("]")
            at = datetime.strptime(stamp, "%d/%b/%Y:%H:%M:%S %z").astimezone(_JAKARTA)
            # The request may hold escaped quotes; what follows it begins with three digits.
            status = after.split('" ', 1)[1][:3] if r"\"" not in after else after.rsplit(' "', 2)[0].rsplit(" ", 2)[1]
            found[f"{at:%Y-%m-%d}"].append((address.rpartition(".")[0], status))
    return {
        day: (len(rows), len({network for network, _ in rows}), sum(status == "404" for _, status in rows))
        for day, rows in sorted(found.items())
    }
