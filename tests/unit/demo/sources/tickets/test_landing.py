from __future__ import annotations

from collections import Counter

KINDS = {
    "name", "nickname", "email", "phone", "nik", "birth_date", "age", "address", "bank_account", "card", "order_id",
    "user_id", "va_number", "ip", "handle", "url_token", "npwp",
}  # fmt: skip


def test_every_span_is_where_it_says_and_none_overlap(desk):
    rows = {row["message_id"]: row for row in desk.rows()}
    assert len(desk.spans()) > 500
    for (message_id, member), spans in desk.spans().items():
        text, end = rows[message_id][member], 0
        for span in spans:
            assert text[span["start"] : span["end"]] == span["value"]
            assert span["start"] >= end
            assert span["value"].strip() == span["value"] != ""
            end = span["end"]


def test_nothing_known_of_a_writer_stands_outside_a_span(desk):
    persons = {f"learner/{story.learner}": story.person for story in desk.stories}
    facts = {fact["message_id"]: fact for fact in desk.facts("tickets")}
    spans, checked = desk.spans(), 0
    for row in desk.rows():
        person = persons.get(facts[row["message_id"]]["owner"])
        if person is None:
            continue
        names = [person.name] if " " in person.name else []
        plain = [person.email, person.second_email, person.phone, person.nik, person.user_id, person.street, *names]
        for member in ("subject", "body"):
            text = row[member] or ""
            for span in reversed(spans.get((row["message_id"], member), [])):
                text = text[: span["start"]] + "\0" + text[span["end"] :]
            for value in filter(None, plain):
                assert value.lower() not in text.lower()
                checked += 1
    assert checked > 5000


def test_addresses_and_numbers_never_stand_outside_a_span(desk):
    spans = desk.spans()
    for row in desk.rows():
        text = row["body"]
        for span in reversed(spans.get((row["message_id"], "body"), [])):
            text = text[: span["start"]] + text[span["end"] :]
        text = text.replace("bantuan@crosslife.example", "").replace("no-reply@crosslife.example", "")
        assert "@" not in text
        assert "0000" not in text
        assert "CLM-" not in text.replace("diawali huruf CLM", "")


def test_all_kinds_of_personal_data_occur_and_no_others(desk):
    found = Counter(span["kind"] for span in desk.facts("ticket_spans"))
    assert found.keys() <= KINDS
    assert found.keys() >= KINDS - {"card", "va_number"}


def test_many_messages_bear_no_personal_data(desk):
    bearing = {message_id for message_id, _ in desk.spans()}
    share = sum(row["message_id"] not in bearing for row in desk.rows()) / len(desk.rows())
    assert 0.28 < share < 0.55


def test_a_spelling_that_leads_to_somebody_is_stated_once(desk):
    stated = Counter((fact["kind"], fact["value"], fact["owner"]) for fact in desk.facts("identifiers"))
    # Two tickets may name the same other person; within one writer's tickets nothing is stated twice.
    assert sum(count > 1 for count in stated.values()) <= len(stated) // 500
    own = {f"learner/{story.learner}": story.person for story in desk.stories}
    for kind, value, owner in stated:
        person = own.get(owner)
        if person:
            assert (kind, value) not in {("email", person.email), ("name", person.name), ("phone", person.phone)}
    for span in desk.facts("ticket_spans"):
        person = own.get(span["owner"])
        is_plain = person is not None and span["value"] in (person.email, person.second_email, person.phone)
        if span["kind"] in ("email", "phone", "nik", "address", "bank_account") and not is_plain:
            assert (span["kind"], span["value"], span["owner"]) in stated


def test_rows_bear_what_the_contract_asks_for(desk):
    rows = desk.rows()
    assert len({row["message_id"] for row in rows}) == len(rows)
    for row in rows:
        assert list(row) == [
            "ticket_id", "message_id", "user_id", "email", "channel", "author", "subject", "body", "created_at",
        ]  # fmt: skip
        assert row["channel"] in ("email", "chat", "whatsapp", "form")
        assert row["author"] in ("customer", "agent")
        assert len(row["body"].strip()) > 1
        assert (row["subject"] is None) == (row["channel"] in ("chat", "whatsapp"))
