"""What was published stays as it was when the rows that it counts are dropped, and nothing that was withheld appears.

A small invented platform loses its first web days, the enrolments of some learners, all rows of others, and orders, as
retention takes them out of the lake; the warehouse is built anew and published. Nothing else has changed, so that every table
that is sealed must be published byte for byte as before. Each figure that the drop would have changed is one that the
contract's `sealing` knows of.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack, nullcontext
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from pipelines import quality
from pipelines.contracts.sealing import ByNothing
from pipelines.release.seals import is_touched, read_seals
from tests.dropping import FIRST, Platform, new_platform, pseudonym

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("seals")]


def of(kind: str, *numbers: int) -> str:
    listed = ", ".join(f"'{pseudonym(kind, number)}'" for number in numbers)
    return f"{kind}_pseudonym in ({listed})"


DROPS = (
    # The first web days whole; enrolments in one course; some orders without what was told of their payment, and the reverse.
    {
        "web_events": f"occurred_at < timestamp '{FIRST + timedelta(days=3)}' - interval '7' hour",
        "course_progress": f"course_id = 'C1' and {of('learner', *range(15))}",
        "course_progress_xapi": f"course_id = 'C1' and {of('learner', *range(15))}",
        "orders": "order_key < 6",
        "payments": "order_key between 10 and 15 and transaction_status = 'settlement'",
    },
    # All of some people, wherever they stand.
    {
        "web_events": of("learner", 1, 2, 3),
        "course_progress": of("learner", *range(10, 25)),
        "course_progress_xapi": of("learner", *range(10, 25)),
        "consents": "user_key < 8",
        "newsletter_subscribers": of("subscriber", 1).replace(pseudonym("subscriber", 1), pseudonym("reader", 1)),
        "orders": "buyer_pseudonym < '2'",
    },
)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    with unjudged():
        return new_platform(tmp_path_factory.mktemp("seals") / "home", seed=5)


def unjudged() -> AbstractContextManager[object]:
    """Great Expectations takes most of a release's seconds; here the last release alone is judged."""
    patch = pytest.MonkeyPatch()
    patch.setattr(
        quality, "check_release", lambda contract, *_, **__: quality.QualityResult(contract.name, 1, 0, 0, ())
    )
    stack = ExitStack()
    stack.callback(patch.undo)
    return stack


def changed_rows(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Rows that only one of the two has."""
    sides = [before.join(after, on=before.columns, how="anti", nulls_equal=True)]
    sides += [after.join(before, on=before.columns, how="anti", nulls_equal=True)]
    return pl.concat(sides)


def test_what_was_published_is_published_after_its_source_has_fallen(platform: Platform) -> None:
    published, marts = platform.csv(), platform.marts()
    sealed_tables = {name for name, each in platform.terms.outbound.items() if not isinstance(each.sealing, ByNothing)}
    assert {name for name in sealed_tables if published[name].count(b"\n") > 1} == sealed_tables, "each publishes rows"
    would_have_changed = set()
    for drop in DROPS:
        falling = platform.drop(drop)
        sealed = platform.seal(falling)
        assert platform.seal(falling).digests == {}, "sealing again seals nothing"
        platform.really_drop(drop)
        platform.build()
        with nullcontext() if drop is DROPS[-1] else unjudged():
            report = platform.publish()
        now, seals = platform.marts(), read_seals(platform.home)
        for name in sorted(sealed_tables):
            changed = changed_rows(marts[name], now[name])
            would_have_changed |= {name} if changed.height else set()
            unseen = changed.filter(~is_touched(changed, seals[name].scopes)) if name in seals else changed
            assert unseen.is_empty(), f"{name}: the drop changes rows that nobody sealed"
            assert platform.csv()[name] == published[name], name
        assert {table.name: table.sealed for table in report.tables if table.sealed} == {
            name: seal.rows.height for name, seal in seals.items() if seal.rows.height
        }
        assert sealed.rows.keys() == sealed.digests.keys()
        marts = now
    assert would_have_changed == sealed_tables


def test_the_seals_of_a_home_are_the_same_bytes_however_often_they_are_made(platform: Platform) -> None:
    files = {path.name: path.read_bytes() for path in sorted(Path(platform.home.seals).iterdir())}
    assert platform.seal(platform.drop({"web_events": "false"})).digests == {}
    assert files == {path.name: path.read_bytes() for path in sorted(Path(platform.home.seals).iterdir())}
