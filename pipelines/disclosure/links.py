"""Withholding across linked tables: what one table withholds, no finer table may repeat.

Two tables are linked when the finer one repeats the population of the coarser one, under the same name, for the same
key (the learners enrolled in a cohort stand in the completion rates and again beside each module). Which tables are
linked is derived from their declared shape, never listed. What combinations of *different* cells give away does not
belong here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import polars as pl

from pipelines.disclosure.thresholds import Assessment, UnassessableFrame


@dataclass(frozen=True)
class Shape:
    """What linking needs to know of a table: the columns of its key, its population and its measures."""

    key: tuple[str, ...]
    population: str
    measures: tuple[str, ...]


@dataclass(frozen=True)
class Link:
    """`finer` repeats a measure of `coarser` for every value of the key `on`."""

    coarser: str
    finer: str
    on: tuple[str, ...]


def find_links(shapes: Mapping[str, Shape]) -> tuple[Link, ...]:
    """Return every link between the tables, by name; tables with the same key are linked both ways.

    Raises UnassessableFrame where two tables share a population and neither key contains the other: how their rows
    correspond is then unknown.
    """
    links = []
    for (coarser, above), (finer, below) in permutations(sorted(shapes.items()), 2):
        if above.population not in below.measures:
            continue
        if set(above.key) <= set(below.key):
            links.append(Link(coarser, finer, above.key))
        elif not set(below.key) <= set(above.key):
            raise UnassessableFrame(
                f"{coarser} and {finer} both publish {above.population}, but their keys do not nest"
            )
    return tuple(links)


def withhold_linked(assessments: Mapping[str, Assessment], links: Sequence[Link]) -> dict[str, Assessment]:
    """Withhold in each finer table the rows whose coarser row is withheld, until nothing more is withheld.

    A finer row without a coarser row is withheld too: nobody has judged its cohort.
    """
    result = dict(assessments)
    while True:
        before = _count_withheld(result)
        for link in links:
            result[link.finer] = _follow(result[link.finer], coarser=result[link.coarser], link=link)
        if _count_withheld(result) == before:
            return result


def _follow(finer: Assessment, *, coarser: Assessment, link: Link) -> Assessment:
    on = list(link.on)
    standing = coarser.judged.filter(~coarser.is_withheld()).select(on)
    if standing.is_duplicated().any():
        raise UnassessableFrame(f"{link.coarser} has more than one row for the same {', '.join(on)}")
    stands = standing.with_columns(pl.lit(value=True).alias("__stands"))
    joined = finer.judged.select(on).join(stands, on=on, how="left", nulls_equal=True, maintain_order="left")
    is_orphan = joined.get_column("__stands").is_null() & ~finer.is_withheld()
    return finer.withholding(is_orphan, reason=f"linked:{link.coarser}")


def _count_withheld(assessments: Mapping[str, Assessment]) -> int:
    return sum(int(assessment.is_withheld().sum()) for assessment in assessments.values())
