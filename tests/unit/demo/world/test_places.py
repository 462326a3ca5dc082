from __future__ import annotations

import random
import re
from collections import Counter

from pipelines.demo.world import places


def test_cities_differ_and_know_their_province():
    names = [city.name for city in places.CITIES]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"\d{4}", city.code) for city in places.CITIES)
    assert places.region_of("Bandung") == "Jawa Barat"


def test_large_cities_are_drawn_more_often():
    rng = random.Random(2)
    drawn = Counter(places.city(rng).name for _ in range(5000))
    assert drawn["Bandung"] > 3 * drawn["Ambon"]
    assert len(drawn) == len(places.CITIES)


def test_streets_are_written_as_people_write_them():
    rng = random.Random(2)
    streets = [places.street(rng) for _ in range(500)]
    assert {text.split()[0] for text in streets} == {"Jl.", "Gg.", "Perum"}
    assert any(re.search(r"No\. \d+[ABC]?, RT \d\d/RW \d\d$", text) for text in streets)
