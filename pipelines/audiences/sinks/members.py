"""Members of an audience as they travel: judged before anything leaves, cut into batches that show nothing but counts.

Where a hash comes from, and who is a member, does not belong here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl

from pipelines.audiences.sinks.problems import UnfitMembers

_HASH = "^[0-9a-f]{64}$"


@dataclass(frozen=True)
class Batch:
    """Some rows of hashes, in the order of the sink's fields; an unknown hash is blank."""

    number: int
    is_last: bool
    rows: list[list[str]] = field(repr=False)


def checked(members: pl.DataFrame, *, fields: Sequence[str]) -> pl.DataFrame:
    """Return the distinct members by these fields alone, sorted, without those who have none of them.

    Raises UnfitMembers where a field is missing or anything in it is no SHA-256 in lower-case hex: nothing else may leave.
    """
    if missing := sorted(set(fields) - set(members.columns)):
        raise UnfitMembers(f"members need the columns {list(fields)}; missing: {missing}")
    if texts := [name for name in fields if members.schema[name] not in (pl.String, pl.Null)]:
        raise UnfitMembers(f"hashes are text, and these columns are not: {texts}")
    only = members.select(pl.col(*fields).cast(pl.String))
    if unfit := only.filter(pl.any_horizontal(~pl.col(*fields).str.contains(_HASH))).height:
        raise UnfitMembers(
            f"{unfit:,} of {only.height:,} members have what is no SHA-256 in lower-case hex: nothing was sent"
        )
    return only.filter(pl.any_horizontal(pl.col(*fields).is_not_null())).unique().sort(*fields)


def alone(members: pl.DataFrame, *, fields: Sequence[str]) -> pl.DataFrame:
    """Return one row per hash, the other fields NULL: each form of a person is named by itself."""
    people = checked(members, fields=fields)
    blank = pl.lit(None, pl.String)
    each = [people.select(**{name: name if name == one else blank for name in fields}) for one in fields]
    return checked(pl.concat(each), fields=fields)


def batches(members: pl.DataFrame, *, size: int) -> Iterator[Batch]:
    """Cut checked members into batches numbered from 1: the same members give the same batches."""
    last = -(-members.height // size)
    for number, part in enumerate(members.iter_slices(size), start=1):
        yield Batch(number, number == last, [list(row) for row in part.fill_null("").iter_rows()])
