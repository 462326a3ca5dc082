"""The page to walk: every link leads somewhere on it, and it asks for nothing outside."""

from __future__ import annotations

import re

import pytest

from pipelines import contracts as contracts_room
from pipelines import lineage, settings
from pipelines.lineage import Column, Dataset, Dependency, Graph, Operation
from pipelines.lineage.pages import page


@pytest.fixture(scope="module")
def text() -> str:
    contracts = contracts_room.load(settings.CONTRACTS_DIR)
    stored = Dependency(Column("landing/accounts", "email"), "value", (Operation("pseudonymise"),))
    graph = Graph(
        [
            Dataset("landing/accounts", "landing", {"email": frozenset(), "<b>": frozenset()}, domain="analytics"),
            Dataset(
                "m", "model", {"n": frozenset({stored})}, rows=frozenset({stored}), purposes=frozenset({"service"})
            ),
        ]
    )
    labels = {
        Column("landing/accounts", "email"): {"direct"},
        Column("landing/accounts", "<b>"): set(),
        Column("m", "n"): set(),
    }
    return page(graph, lineage.Tainted({column: frozenset(own) for column, own in labels.items()}, ()), contracts)


def test_every_link_leads_to_a_place_of_the_page(text: str) -> None:
    targets, links = set(re.findall(r' id="([^"]+)"', text)), re.findall(r'href="#([^"]+)"', text)
    assert {"landing/accounts.email", "m.n", "m"} <= set(links)
    assert not set(links) - targets


def test_a_column_says_what_it_tells_what_is_done_to_it_and_where_it_goes(text: str) -> None:
    field = text[text.index('id="landing/accounts.email"') :]
    assert field.index('<span class="told">direct</span>') < field.index("goes into")
    model = text[text.index('id="m.n"') :]
    assert 'made of <a href="#landing/accounts.email">' in model
    assert '<span class="done">pseudonymise</span>' in model


def test_the_page_asks_for_nothing_and_runs_nothing(text: str) -> None:
    assert "default-src 'none'" in text
    assert not re.search(r"<script|<link|<img|src=|https?:|@import|url\(", text)
    assert "<b>" not in text


def test_what_decides_about_rows_is_folded_where_it_is_nearly_everything() -> None:
    contracts = contracts_room.load(settings.CONTRACTS_DIR)
    graph = lineage.assemble(contracts, {}, is_strict=False)
    whole = page(graph, lineage.check(graph, contracts), contracts)
    assert re.search(r"<summary>its rows are decided by \d\d columns</summary><a href=\"#landing/web_events", whole)
    assert 'made of <a href="#landing/web_events.context.locale">' in whole
    targets, links = set(re.findall(r' id="([^"]+)"', whole)), re.findall(r'href="#([^"]+)"', whole)
    assert not set(links) - targets


def test_a_published_column_tells_its_sources_apart_from_what_only_tells_whose_a_pseudonym_is() -> None:
    def of(dataset: str, name: str) -> frozenset[Dependency]:
        return frozenset({Dependency(Column(dataset, name), "value", (Operation("keep"),))})

    landed = {"user_id": frozenset[Dependency]()}
    graph = Graph(
        [
            Dataset("landing/course_progress", "landing", landed),
            Dataset("landing/accounts", "landing", landed),
            Dataset("vault", "vault", {"subject": of("landing/accounts", "user_id")}),
            Dataset("m", "model", {"n": of("landing/course_progress", "user_id") | of("vault", "subject")}),
            Dataset("release/m", "release", {"n": of("m", "n")}),
        ]
    )
    direct = {Column(f"landing/{name}", "user_id") for name in ("course_progress", "accounts")}
    labels = {
        Column(each.name, name): frozenset({"direct"} if Column(each.name, name) in direct else ())
        for each in graph.datasets.values()
        for name in each.columns
    }
    whole = page(graph, lineage.Tainted(labels, ()), contracts_room.load(settings.CONTRACTS_DIR))
    way = whole[whole.index("<summary>comes from") :]
    assert way.startswith("<summary>comes from course_progress; ")
    behind, arrived = (
        re.search(rf"<dt>{name}</dt><dd>(.*?)</dd>", way) for name in ("Whose a pseudonym is", "As it arrives")
    )
    assert behind
    assert "landing/accounts.user_id" in behind[1]
    assert behind[1].endswith("of 1 column")
    assert arrived
    assert "course_progress" in arrived[1]
    assert "accounts" not in arrived[1]
