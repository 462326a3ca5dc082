"""What mail programs add: quoted replies and forwarded messages with their headers.

What people write themselves is in `messages`.
"""

from __future__ import annotations

from pipelines.demo.sources.tickets import who
from pipelines.demo.sources.tickets.case import Case
from pipelines.demo.sources.tickets.moment import Moment
from pipelines.demo.sources.tickets.pieces import Piece, Text, quoted
from pipelines.demo.sources.tickets.spelling import MONTHS, MONTHS_EN
from pipelines.demo.sources.tickets.surroundings import WEEKDAYS, WEEKDAYS_EN
from pipelines.demo.world.span import DAY, JAKARTA_OFFSET, local_date

MAILBOX = "bantuan@crosslife.example"  # nobody's own


def reply(text: Text, case: Case, earlier: Text, *, at: int, is_from_agent: bool) -> Text:
    """Return a text above the message it answers, which was written at `at`."""
    is_english = case.register == "english"
    sender = _agent(case) if is_from_agent else _writer(case)
    when = _when(at, is_english=is_english)
    before, after = (f"On {when} ", " wrote:\n") if is_english else (f"Pada {when} ", " menulis:\n")
    plain = [piece._replace(is_fixed=True) for piece in quoted(earlier)]
    return [*text, Piece(f"\n\n{before}", is_fixed=True), *sender, Piece(after, is_fixed=True), *plain]


def forwarded(case: Case, moment: Moment) -> Text:
    """Return the order's confirmation as a customer passes it on."""
    order, person, owner = case.enrolment, case.writer.person, case.writer.owner
    if order is None:
        return []
    when = _when(order.ordered_at + 15, is_english=moment.is_english)
    first = "---------- Forwarded message ---------" if moment.is_english else "---------- Pesan terusan ----------"
    labels = ("From", "Date", "Subject", "To") if moment.is_english else ("Dari", "Tanggal", "Perihal", "Kepada")
    amount = f"Rp{order.amount_idr - order.discount_idr:,}".replace(",", ".")
    pieces = [
        Piece(f"{first}\n{labels[0]}: Crosslife Mastery <no-reply@crosslife.example>\n{labels[1]}: {when}\n"),
        Piece(f"{labels[2]}: Pesanan "),
        Piece(order.order_id, "order_id", owner),
        Piece(f" kami terima\n{labels[3]}: "),
        Piece(person.name, "name", owner),
        Piece(" <"),
        Piece(person.email, "email", owner),
        Piece(">\n\nHalo "),
        Piece(person.nickname, "nickname", owner),
        Piece(f",\npesananmu untuk {order.course.title} sebesar {amount} sudah kami catat."),
    ]
    return [piece._replace(is_fixed=True) for piece in pieces]


def _writer(case: Case) -> Text:
    person, owner = case.writer.person, case.writer.owner
    return [
        Piece(person.name, "name", owner),
        Piece(" <"),
        Piece(case.email or person.email, "email", owner),
        Piece(">"),
    ]


def _agent(case: Case) -> Text:
    return [
        Piece(who.STAFF[case.agent], "name", f"staff/{case.agent}"),
        Piece(f" (Crosslife) <{MAILBOX}>", is_fixed=True),
    ]


def _when(at: int, *, is_english: bool) -> str:
    on, minutes = local_date(at), (at + JAKARTA_OFFSET) % DAY // 60
    hour, minute = divmod(minutes, 60)
    if is_english:
        half = "AM" if hour < 12 else "PM"
        weekday, month = WEEKDAYS_EN[on.weekday()][:3], MONTHS_EN[on.month - 1][:3]
        return f"{weekday}, {month} {on.day}, {on.year} at {hour % 12 or 12}:{minute:02d} {half}"
    return f"{WEEKDAYS[on.weekday()][:3]}, {on.day} {MONTHS[on.month - 1][:3]} {on.year} pukul {hour:02d}.{minute:02d}"
