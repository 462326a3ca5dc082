"""Slots that bear what the platform and the network know people by: ids, orders, links, addresses.

Names and contacts are in `slots`.
"""

from __future__ import annotations

from pipelines.demo.sources.pages import SITE
from pipelines.demo.sources.tickets.case import VIRTUAL_ACCOUNTS, Case
from pipelines.demo.sources.tickets.moment import Moment
from pipelines.demo.sources.tickets.pieces import Piece, Text
from pipelines.demo.world import people
from pipelines.demo.world.phones import ZEROS


def user(case: Case, moment: Moment) -> Text | None:
    """Return the writer's user id."""
    return [Piece(case.writer.person.user_id, "user_id", case.writer.owner)] if case.story else None


def order(case: Case, moment: Moment) -> Text | None:
    """Return the order's id."""
    return [Piece(case.enrolment.order_id, "order_id", case.writer.owner)] if case.enrolment else None


def va(case: Case, moment: Moment) -> Text | None:
    """Return the virtual account that was to be paid to; a run of zeros stands in it."""
    if case.method not in VIRTUAL_ACCOUNTS:
        return None
    last = case.details.account[-4:]
    number = f"{VIRTUAL_ACCOUNTS[case.method][1]}{ZEROS}{int(last) * 7 % 1000:03d}{last}"
    return [Piece(number, "va_number", case.writer.owner)]


def ip(case: Case, moment: Moment) -> Text | None:
    """Return the address from which the writer browses at home."""
    if case.story is None:
        return None
    device = people.browser(case.story.world.seed, "learner", case.story.learner)
    return [Piece(device.addresses[0], "ip", case.writer.owner)]


def alert_ip(case: Case, moment: Moment) -> Text | None:
    """Return the address of the writer's mobile network, which few know for their own."""
    if case.story is None:
        return None
    device = people.browser(case.story.world.seed, "learner", case.story.learner)
    return [Piece(device.addresses[1], "ip", case.writer.owner)]


def handle(case: Case, moment: Moment) -> Text | None:
    """Return the writer's name on social media."""
    local = case.writer.person.email.partition("@")[0].partition("+")[0].lower()
    return [Piece("@" + local.replace("-", "_").strip("._"), "handle", case.writer.owner)]


def link(case: Case, moment: Moment) -> Text | None:
    """Return a link that resets the writer's password."""
    if case.story is None:
        return None
    token = people.token(case.story.world.seed, case.story.learner)
    address = case.writer.person.email.lower()
    return [
        Piece(f"{SITE}/atur-ulang-sandi?token=", is_fixed=True),
        Piece(token, "url_token", case.writer.owner),
        Piece("&email=", is_fixed=True),
        Piece(address.replace("@", "%40") if moment.rng.random() < 0.5 else address, "email", case.writer.owner),
    ]


def unsubscribe(case: Case, moment: Moment) -> Text | None:
    """Return the link by which the writer leaves the newsletter."""
    address = case.writer.person.email.lower().replace("@", "%40")
    return [Piece(f"{SITE}/berhenti?e=", is_fixed=True), Piece(address, "email", case.writer.owner)]


def log(case: Case, moment: Moment) -> Text | None:
    """Return a line out of a browser's console."""
    if case.story is None:
        return None
    owner, person = case.writer.owner, case.writer.person
    status = moment.rng.choice((500, 502, 403, 401, 429))
    start = Piece(f"GET {SITE}/api/v2/progress?user=", is_fixed=True)
    address = [Piece("&email=", is_fixed=True), Piece(person.email.lower(), "email", owner)]
    end = Piece(f" {status} (req-{moment.rng.getrandbits(24):06x})", is_fixed=True)
    return [start, Piece(person.user_id, "user_id", owner), *(address if moment.rng.random() < 0.6 else []), end]
