"""Which file a row goes to: the source's folder, a name by month or day of arrival, and the format.

The rows' order inside a file and the writing itself are in `outlet` and `files`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pipelines.demo.world.span import DAY, Bucket, World

BEFORE = "sebelumnya"  # the export of what had been there before the demo begins

# These arrive day by day at the end of the span (and month by month before it); all others month by month.
DAILY = frozenset({"accounts", "web_events", "web_access_log", "meta_pixel", "payments", "consents", "support_tickets"})

# The sources whose rows come from stories and visits, with the columns of their CSV files.
HEADERS: Mapping[str, tuple[str, ...]] = {
    "accounts": (
        "user_id", "email", "name", "phone", "birth_date", "city", "country", "registered_at", "last_login_at",
        "updated_at", "deleted",
    ),
    "learner_attributes": (
        "user_id", "gender", "region", "highest_education", "age_band", "disability", "updated_at",
    ),
    "newsletter_subscribers": ("email", "subscribed_at", "unsubscribed_at", "source"),
    "orders": ("order_id", "user_id", "course_id", "created_at", "amount_idr", "discount_idr", "status"),
    "ad_insights": (
        "date", "campaign_id", "campaign_name", "adset_id", "ad_id", "impressions", "clicks", "spend", "currency",
        "utm_campaign",
    ),
    "consents": (
        "event_id", "user_id", "anonymous_id", "email", "purpose", "granted", "occurred_at", "policy_version",
        "source", "evidence",
    ),
}  # fmt: skip
SOURCES = (
    "accounts",
    "learner_attributes",
    "newsletter_subscribers",
    "course_progress",
    "course_progress_xapi",
    "web_events",
    "web_access_log",
    "meta_pixel",
    "payments",
    "orders",
    "ad_insights",
    "support_tickets",
    "consents",
    "rights_requests",
)
COLUMNED = frozenset({"learner_attributes", "newsletter_subscribers", "orders", "ad_insights"})
_PACKED = frozenset({"course_progress", "web_access_log", "meta_pixel"})
_TYPED = frozenset({"course_progress", "orders"})


@dataclass(frozen=True)
class Layout:
    """The files of one demo."""

    world: World
    _names: dict[tuple[str, int], str] = field(default_factory=dict, repr=False)

    def bucket(self, source: str, at: int) -> str:
        """Return the period in which a row of the source arrives at second `at`."""
        if at < self.world.start_at:
            return BEFORE
        day = (at - self.world.start_at) // DAY
        buckets, lasts = self._daily if source in DAILY else self._monthly
        return buckets[min(bisect_right(lasts, day), len(buckets) - 1)].name

    def buckets(self, source: str) -> tuple[Bucket, ...]:
        """Return the periods of a source's files within the span."""
        return self.world.arrivals if source in DAILY else self.world.months

    def next_at(self, source: str, at: int) -> int | None:
        """Return the second at which the source's next file begins, or None after the last."""
        if at < self.world.start_at:
            return self.world.start_at
        day = (at - self.world.start_at) // DAY
        buckets, lasts = self._daily if source in DAILY else self._monthly
        place = bisect_right(lasts, day) + 1
        return self.world.start_at + buckets[place].first * DAY if place < len(buckets) else None

    def file(self, source: str, at: int) -> str:
        """Return the name of the file inside the source's folder."""
        day = (at - self.world.start_at) // DAY
        name = self._names.get((source, day))
        if name is None:
            bucket = self.bucket(source, at)
            name = self._names[source, day] = f"{source}-{bucket}{self._suffix(source, bucket)}"
        return name

    def is_text(self, source: str, at: int) -> bool:
        """Say whether the row's file takes lines as they are, so that a broken one stays broken."""
        return self.file(source, at).split(".", 1)[1] in ("jsonl", "jsonl.gz", "log", "log.gz")

    def _suffix(self, source: str, bucket: str) -> str:
        is_month = len(bucket) == len("YYYY-MM")
        if source in COLUMNED or (bucket == BEFORE and source in HEADERS):
            return ".parquet" if source in _TYPED and bucket == self._typed_month else ".csv"
        if source in _TYPED and bucket == self._typed_month:
            return ".parquet"
        kind = ".log" if source == "web_access_log" else ".jsonl"
        is_packed = source in _PACKED or (source == "web_events" and int(bucket[-2:]) % 2 == 0)
        return f"{kind}.gz" if is_month and is_packed else kind

    @cached_property
    def _typed_month(self) -> str:
        """The month whose exports are Parquet; none in a span of one month."""
        months = self.world.months
        return months[len(months) // 2].name if len(months) > 1 else ""

    @cached_property
    def _daily(self) -> tuple[tuple[Bucket, ...], list[int]]:
        return self.world.arrivals, [bucket.last for bucket in self.world.arrivals]

    @cached_property
    def _monthly(self) -> tuple[tuple[Bucket, ...], list[int]]:
        return self.world.months, [bucket.last for bucket in self.world.months]
