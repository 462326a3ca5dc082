"""Promise 1, the product itself: after a whole demo no identifier that landed is found outside the vault's zones."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import polars as pl
import pytest

from pipelines import settings
from pipelines.identity import keys
from tests.canary import Finding, Zones, search
from tests.demo_home import demo_home as demo_home

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("whole_runs")]
KINDS = {
    "email",
    "name",
    "phone",
    "user_id",
    "anonymous_id",
    "ip",
    "birth_date",
    "fbp",
    "hashed_email",
    "va_number",
}

# Of the plants that these could hold, every container has its own test (`tests/canary`).
_LARGE = ("lake", "warehouse")


@pytest.fixture(scope="module")
def home(demo_home: Path) -> settings.Home:
    return settings.Home(demo_home)


def _identifiers(home: settings.Home) -> list[tuple[str, str]]:
    """Whatever the demo's own truth calls an identifier; of five bytes and less nothing can be said."""
    stated = (
        pl.read_parquet(home.root / "truth" / "identifiers.parquet").select("kind", "value").unique().sort(pl.all())
    )
    return [(kind, value) for kind, value in stated.iter_rows() if len(value.encode()) >= 6]


def _found(home: settings.Home, planted: list[tuple[str, str]], *, skipped: Collection[str] = ()) -> list[Finding]:
    ring = keys.open_keyring(home)
    return search(
        home.root,
        planted,
        parquet_keys=ring.parquet_keys(),
        duckdb_keys={"warehouse": ring.warehouse_key()},
        # The vault and quarantine are searched as by somebody without their keys; what has just landed is raw, and the
        # demo's truth is the demo's own.
        allow=Zones(sealed=frozenset({"vault", "quarantine"}), skipped=frozenset({"landing", "truth", *skipped})),
    )


def test_nothing_that_landed_is_found_anywhere_it_must_not_be(home: settings.Home):
    planted = _identifiers(home)
    assert {kind for kind, _ in planted} >= KINDS
    assert _found(home, planted) == []


def test_the_same_search_finds_what_is_put_where_it_must_not_be(home: settings.Home):
    email = next(value for kind, value in _identifiers(home) if kind == "email")
    leaks = [home.root / place for place in ("dagster/a.log", "evidence/b.json", "release/parquet/c.txt")]
    for leak in leaks:
        leak.write_text(f'{{"note": "{email}"}}')
    try:
        found = [
            (finding.kind, Path(finding.file).name) for finding in _found(home, [("email", email)], skipped=_LARGE)
        ]
        assert sorted(found) == [("email", leak.name) for leak in leaks]
    finally:
        for leak in leaks:
            leak.unlink()
