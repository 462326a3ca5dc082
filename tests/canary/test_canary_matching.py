from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.canary.forms import Needle, needles, normal_forms
from tests.canary.matching import Matcher
from tests.canary.views import views

few_letters = st.text(alphabet="ab1.", min_size=6, max_size=14).map(str.encode)


@given(
    texts=st.lists(few_letters, min_size=1, max_size=20, unique=True),
    pieces=st.lists(st.text(alphabet="ab1.", max_size=20).map(str.encode), max_size=20),
)
def test_the_matcher_finds_exactly_what_a_plain_search_finds(texts, pieces):
    haystack = b"".join(piece + texts[index % len(texts)] for index, piece in enumerate(pieces))
    wanted = [Needle(text, "plain", number) for number, text in enumerate(texts)]
    assert set(Matcher(wanted).find(haystack)) == {needle for needle in wanted if needle.data in haystack}


def test_many_canaries_that_share_their_ends_are_told_apart():
    canaries = [("email", f"learner{number:05}@mail.example.com") for number in range(3000)]
    matcher = Matcher(needles(canaries))
    text = b"..." + b" ".join(canaries[number][1].encode() for number in (7, 2999)) + b"..."
    assert {needle.canary for needle in matcher.find(text)} == {7, 2999}


def test_a_number_inside_a_longer_number_counts_only_where_values_lie_wall_to_wall():
    matcher = Matcher(needles([("phone", "081200000012")]))
    inside = b"id 40812000000129"
    assert list(matcher.find(inside)) == []
    assert list(matcher.find(inside, is_packed=True)) != []


def test_a_phone_number_has_its_national_and_international_forms():
    forms = normal_forms("phone", "+62 812-0000-0012")
    assert {"081200000012", "6281200000012", "+6281200000012"} <= set(forms)


def test_what_bears_no_escape_is_read_once_and_as_it_stands():
    assert list(views(b"100% Plain \\ text")) == [("", b"100% plain \\ text")]


def test_the_search_imports_nothing_from_the_product():
    sources = [file.read_text() for file in Path(__file__).parent.glob("*.py") if not file.name.startswith("test_")]
    assert len(sources) >= 5
    assert not any("pipelines import" in text or "import pipelines" in text for text in sources)
