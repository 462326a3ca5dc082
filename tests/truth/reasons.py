"""How the product names what was planted: reason codes of quarantine, counts of the batch report. What counts is elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import polars as pl

from tests.truth import held
from tests.truth.reading import World
from tests.truth.rules import AT_INTAKE

# Reason codes by planted kind; `{field}` is the field's dotted name.
QUARANTINED: Mapping[str, str] = {
    "broken_json": "malformed",
    "rubbish": "malformed",
    "wrong_encoding": "wrong_encoding",
    "giant_line": "line_too_long",
    "missing_field": "missing_required:{field}",
    "wrong_type": "wrong_type:{field}",
    "future": "in_the_future:{field}",
    "unknown_course": "unknown_course",
    "truncated": "malformed",
    "unknown_purpose": "not_allowed:{field}",
    "unknown_policy_version": "not_allowed:{field}",
    "forged_signature": "forged_signature",
    "altered_amount": "forged_signature",
    "drift_typed": "wrong_type:{field}",  # an amount that is no text any more is no amount that was signed
}
# What is missing where the member that was removed is no field of its own, by source and member.
_MISSED: Mapping[tuple[str, str | None], str] = {
    ("course_progress_xapi", "actor"): "actor.account.name|actor.mbox",
    ("course_progress_xapi", "verb"): "verb.id",
    ("course_progress_xapi", "object"): "object.id",
    ("meta_pixel", "url"): "event_name",  # a hit says everything in its address
}
# Kinds that are noted beside the row's fate, by the name of the batch report's mark.
MARKED: Mapping[str, str] = {"no_offset": "without_offset:{field}", "malformed_ip": "dropped:{field}"}
# Kinds whose field no contract knows: dropped, counted by name.
UNKNOWN_FIELD = ("unknown_field", "drift_added", "drift_renamed")
# Kinds that the balance and the figures show, or nothing: repetitions, corrections, orders of arrival, odd spellings.
BALANCED = (
    *("duplicate", "repeated_later", "late", "out_of_order", "clock_skew", "restated", "reimported", "told_twice"),
    *("unknown_verb", "voids", "retry", "settled_after_expire", "raw_identifier"),
)
_UNREADABLE = ("broken_json", "wrong_encoding", "giant_line", "rubbish")
# A renamed field is planted under the name it had.
_RENAMED = {("accounts", "city"): "kota", ("ad_insights", "spend"): "amount_spent"}


def reason(source: str, kind: str, field: str | None) -> str:
    """Return the reason code of a planted row that waits in quarantine. Raises KeyError for a kind without one."""
    return QUARANTINED[kind].format(field=_MISSED.get((source, field), field))


def waiting(world: World, source: str) -> frozenset[tuple[str, str, int, str]]:
    """Return (source, file, line, reason) of every planted row that waits in quarantine; files as in the landing zone."""
    rows = world.planted(source).filter(pl.col("fate") == "quarantined")
    found = [(source, r["file"], r["line"], reason(source, r["kind"], r["field"])) for r in rows.iter_rows(named=True)]
    assert len(set(found)) == len(found), f"a line of {source} is planted twice"
    return frozenset(found)


def marks(world: World, source: str) -> Counter[str]:
    """Return how many rows the batch report ought to note beside their fate, by mark.

    Of a call without consent its address is not looked at, so nothing of it can be dropped.
    """
    rows = world.planted(source).filter(pl.col("kind").is_in(list(MARKED)))
    if source == "payments":
        return _without_zone(world)
    if source == "web_events":
        calls = held.web_calls(world, rules=AT_INTAKE, as_of=world.as_of).filter("is_allowed")["message_id"].to_list()
        rows = rows.filter((pl.col("kind") != "malformed_ip") | pl.col("key").is_in(calls))
    return Counter(MARKED[r["kind"]].format(field=r["field"]) for r in rows.iter_rows(named=True))


def _without_zone(world: World) -> Counter[str]:
    """The payment service never states an offset; what it lists of refunds is read beside its own time."""
    broken = world.planted("payments").filter(kind="broken_json").select(order_id="key", sent_at="occurred_at")
    told = world.frame("notifications").join(broken, on=["order_id", "sent_at"], how="anti")
    refunds = told.filter(pl.col("transaction_status").is_in(["refund", "partial_refund"])).height
    return Counter({"without_offset:occurred_at": told.height, "without_offset:refunds": refunds})


def unknown_fields(world: World, source: str) -> Counter[str]:
    """Return how many rows bear each planted field that no contract knows.

    Typed files have no room for more than their columns. A column is renamed for its whole file, spoilt rows included, of
    which those count that can be read as objects at all.
    """
    rows = world.planted(source).filter(pl.col("kind").is_in(UNKNOWN_FIELD) & ~pl.col("file").str.ends_with(".parquet"))
    renamed = rows.filter(pl.col("kind") == "drift_renamed")
    found = Counter(rows.filter(pl.col("kind") != "drift_renamed")["field"].to_list())
    for file, field in renamed.select("file", "field").unique().iter_rows():
        found[_RENAMED[source, field]] += _readable_rows(world, file)
    return found


def _readable_rows(world: World, file: str) -> int:
    rows = world.frame("files").filter(pl.col("file") == file)["rows"].item()
    broken = pl.col("kind").is_in(_UNREADABLE) & (pl.col("file") == file)
    return int(rows - world.frame("planted").filter(broken).height)


def is_known(kind: str) -> bool:
    """Say whether there is a way in which the product ought to show a planted kind."""
    return kind in {*QUARANTINED, *MARKED, *UNKNOWN_FIELD, *BALANCED}
