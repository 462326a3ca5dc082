from __future__ import annotations

import re
from collections import Counter
from datetime import datetime

from pipelines.demo.sources.tickets.phrases import everyday


def at(row) -> datetime:
    return datetime.fromisoformat(row["created_at"])


def test_messages_follow_one_another_and_a_customer_begins(desk):
    threads = desk.threads()
    for thread in threads:
        times = [at(row) for row in thread]
        assert times == sorted(times)
        assert thread[0]["author"] == "customer"
        assert len(thread) <= 5
    lengths = Counter(len(thread) for thread in threads)
    assert min(lengths[n] for n in (2, 3, 4, 5)) > 0.05 * len(threads)


def test_agents_answer_in_office_hours_and_greet_by_the_time_of_day(desk):
    greetings = {"pagi": range(8, 11), "siang": range(11, 15), "sore": range(15, 18), "malam": range(18, 21)}
    greeted = 0
    for row in desk.rows():
        if row["author"] != "agent":
            continue
        assert 8 <= at(row).hour < 21
        own = row["body"].split(" menulis:")[0].splitlines()[0]
        for word, hours in greetings.items():
            if f"elamat {word}" in own:
                greeted += 1
                assert at(row).hour in hours
    assert greeted > 50


def test_replies_bear_the_first_subject(desk):
    for thread in desk.threads():
        if thread[0]["subject"]:
            assert {row["subject"] for row in thread[1:]} <= {f"Re: {thread[0]['subject']}"}


def test_hardly_any_sentence_comes_again_and_again(desk):
    said: Counter[str] = Counter()
    rows = desk.rows()
    for row in rows:
        lines = {line for line in row["body"].splitlines() if not line.startswith(">")}
        said.update({sentence for line in lines for sentence in line.split(". ") if len(sentence) > 45})
    assert said.most_common(1)[0][1] < 0.015 * len(rows)


def test_quotations_repeat_what_was_written(desk):
    quoting = [
        (thread[n - 1], row) for thread in desk.threads() for n, row in enumerate(thread) if "\n> " in row["body"]
    ]
    assert len(quoting) > 50
    for before, row in quoting:
        quoted = row["body"].split("menulis:\n" if "menulis:\n" in row["body"] else "wrote:\n", 1)[1]
        assert quoted == "\n".join(f"> {line}" for line in before["body"].split("\n"))


def test_an_agent_keeps_to_one_courtesy_throughout_a_ticket(desk):
    titled = 0
    for thread in desk.threads():
        own = [row["body"].split("\n> ")[0] for row in thread if row["author"] == "agent"]
        said = {word for body in own for word in re.findall(r"\b(?:Kak|Kakak|Bapak|Ibu)\b", body)}
        titled += bool(said & {"Bapak", "Ibu"})
        assert len({"Kak" if word == "Kakak" else word for word in said}) <= 1
    assert titled > 10


def test_an_agent_does_not_thank_twice_in_a_message(desk):
    bodies = [row["body"].split("\n> ")[0] for row in desk.rows() if row["author"] == "agent"]
    twice = sum(body.count("erima kasih") > 1 for body in bodies)
    assert twice < 0.02 * len(bodies)


def test_an_agent_does_not_ask_a_mail_for_its_address(desk):
    asked = everyday()["agent ask_email"] + everyday()["agent_en ask_email"]
    for thread in desk.threads():
        if thread[0]["email"]:
            assert not any(line in row["body"] for row in thread for line in asked)
