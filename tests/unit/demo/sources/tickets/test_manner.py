from __future__ import annotations

import random

from pipelines.demo.sources.tickets.manner import PLAIN, Manner, manner


def test_who_writes_plainly_changes_nothing():
    assert PLAIN.spoken("Saya tidak bisa masuk.", rng=random.Random(1)) == "Saya tidak bisa masuk."


def test_habits_hold_throughout_a_message():
    writer = Manner(words={"tidak": "gak"}, is_lower=True)
    assert writer.spoken("Tidak bisa, tidak mau", rng=random.Random(1)) == "gak bisa, gak mau"


def test_letters_are_longer_and_tidier_than_chats():
    letters = [manner("formal", rng=random.Random(n)) for n in range(300)]
    chats = [manner("chat", rng=random.Random(n)) for n in range(300)]
    assert not any(writer.is_lower or writer.is_shouting for writer in letters)
    assert 0.45 < sum(writer.is_lower for writer in chats) / 300 < 0.8
    assert sum(len(writer.words) for writer in chats) > 5 * sum(len(writer.words) for writer in letters)
    assert any(writer.is_shouting for writer in chats)


def test_slips_keep_every_letter():
    writer = Manner(slips=1.0)
    said = writer.spoken("pembayaran", rng=random.Random(4))
    assert said != "pembayaran"
    assert sorted(said) == sorted("pembayaran")
