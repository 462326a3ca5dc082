"""Schema drift: what a tool begins to send differently one day, for all rows of some files.

A single spoilt row is in `dirt`.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from pipelines.demo.landing.layout import BEFORE, COLUMNED, Layout
from pipelines.demo.rows import Plant, Row


class Drift(NamedTuple):
    """One change of one source: `kind` is `drift_added`, `drift_renamed` or `drift_typed`.

    It lasts for the `last`-th period of arrival from the end (0 is the last one).
    """

    source: str
    kind: str
    member: str
    becomes: str
    last: int


DRIFTS = (
    Drift("course_progress", "drift_added", "", "device_type", 0),
    Drift("accounts", "drift_renamed", "city", "kota", 3),
    Drift("web_events", "drift_added", "", "writeKey", 2),
    Drift("payments", "drift_typed", "gross_amount", "number", 13),
    Drift("ad_insights", "drift_renamed", "spend", "amount_spent", 1),
)
_KEYS = {
    "course_progress": ("event_id",),
    "accounts": ("user_id",),
    "web_events": ("messageId",),
    "payments": ("order_id",),
    "ad_insights": ("date", "campaign_id", "ad_id"),
}


class Drifts:
    """The drifts of one demo by the files they concern."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._by_bucket = {(d.source, self._bucket(d)): d for d in DRIFTS}

    def of(self, source: str, at: int) -> Drift | None:
        """Return the drift of a source's rows that arrive at `at`; none in a file whose columns are typed once for all."""
        found = self._by_bucket.get((source, self._layout.bucket(source, at)))
        is_possible = found is not None and (source in COLUMNED or self._layout.is_text(source, at))
        return found if is_possible else None

    def header(self, source: str, at: int, columns: tuple[str, ...]) -> tuple[str, ...]:
        """Return the columns of a CSV file whose rows have drifted."""
        drift = self.of(source, at)
        if drift is None or drift.kind != "drift_renamed":
            return columns
        return tuple(drift.becomes if column == drift.member else column for column in columns)

    def _bucket(self, drift: Drift) -> str:
        buckets = [b.name for b in self._layout.buckets(drift.source)]
        return buckets[-1 - drift.last] if len(buckets) > drift.last + 1 else BEFORE + " never"


def drifted(row: Row, drift: Drift) -> Row:
    """Return the row as the tool sends it now, with what is known of it.

    A column is renamed for its whole file: of a row that is spoilt already, too, which keeps what is known of it.
    """
    if row.plant is not None and drift.kind != "drift_renamed":
        return row
    try:
        document: dict[str, Any] = json.loads(row.line)
    except json.JSONDecodeError:
        return row
    if drift.kind == "drift_added":
        document[drift.becomes] = "mobile" if drift.becomes == "device_type" else "wk_8f2c1"
    elif drift.kind == "drift_renamed":
        document = {drift.becomes if name == drift.member else name: value for name, value in document.items()}
    else:
        document[drift.member] = float(document[drift.member])
    line = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    key = "/".join(str(document.get(name, "")) for name in _KEYS[row.source])
    # A number is not the text that was signed.
    fate = "quarantined" if drift.kind == "drift_typed" else "accepted"
    plant = row.plant or Plant(drift.kind, fate, field=drift.member or drift.becomes, key=key)
    return row._replace(line=line, plant=plant)
