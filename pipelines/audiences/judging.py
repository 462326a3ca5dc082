"""Who of a segment's candidates may be sent at an instant, and for each of the others the first reason why not.

The order of reasons is that of the funnel: consent, then what takes people out whatever they said, then whether a contact is
known. Whom a segment means is in `candidates`, what holds of consent in the room `consent`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import duckdb
import polars as pl

from pipelines import consent
from pipelines.audiences import candidates, contacts
from pipelines.audiences.problems import PurposeNotDeclared
from pipelines.contracts import Contracts
from pipelines.contracts.segments import Segment
from pipelines.identity.vault import Vault
from pipelines.settings import Home

FIELDS = ("email_sha256", "phone_sha256")
"""What can be sent of a person, named as the register of recipients names it."""

NO_CONTACT = "no_contact"
ALWAYS = ("minor", "restricted", "objected")
"""Reasons that take people out of every segment: law, not a choice of the ads team."""
REASONS = (
    *(consent.NEVER_ASKED, "refused", "withdrawn", "refused_by_browser"),
    *(*ALWAYS, "unsubscribed", "paid", "refunded"),
    NO_CONTACT,
)
_NO_CONSENT, _UNREACHABLE = frozenset(REASONS[:4]), frozenset({NO_CONTACT})


@dataclass(frozen=True)
class Funnel:
    """People at each step of one segment, and how many left for which reason; counts alone."""

    candidates: int
    consented: int
    allowed: int
    reachable: int
    left: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class Audience:
    """Whom one segment may be sent to at an instant.

    `members`: `subject`, `since`, `stated_under`, `evidence_key` (of the consent in force), `email`, `phone` (normal forms),
    `email_sha256`, `phone_sha256`. It lives in memory alone, and shows its counts.
    """

    segment: str
    funnel: Funnel
    members: pl.DataFrame

    def __repr__(self) -> str:
        return f"Audience({self.segment!r}, {self.members.height:,} people)"


@dataclass(frozen=True, repr=False)
class Standing:
    """What bars whom: consent by subject (`consents`), and subjects by each other reason (`barred`: `subject`, `reason`)."""

    consents: pl.DataFrame
    barred: pl.DataFrame


def standing(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    contracts: Contracts,
    vault: Vault,
    *,
    purpose: str,
    at: datetime,
    is_lasting: bool = False,
) -> Standing:
    """Return what holds of everybody at an instant for a purpose; `candidates.prepare` has run.

    With `is_lasting` what is known of later takes people out, too: whoever is sent stands at the recipient from now on.
    """
    ledger = contracts.inbound["consents"]
    binds = purpose in contracts.policy.browser_refusals.purposes
    consents = consent.standing(
        connection, home, ledger, vault, purpose=purpose, at=at, browsers_bind=binds, is_lasting=is_lasting
    )
    until = f"timestamp '{at.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ')}'"
    granted = consents.filter(pl.col("state") == "granted").select("subject", "since")
    connection.register("granted", granted.to_arrow())
    barred = connection.execute(f"""
        with asked as (
            select subject, request_kind, received_at, identity_verified_at
            from lake.rights_requests join people_support on subject_pseudonym = pseudonym
            where received_at <= {until} or ({is_lasting} and request_kind <> 'lift_restriction')),
        limits as (
            select subject, max(received_at) filter (request_kind = 'restriction') as restricted_at,
                -- Who lifts a restriction must be known to be its subject; to ask for one, nobody need be.
                max(received_at) filter (request_kind = 'lift_restriction' and identity_verified_at <= {until}) as lifted_at,
                max(received_at) filter (request_kind = 'objection') as objected_at
            from asked group by subject)
        select subject, 'restricted' as reason from limits
        where restricted_at is not null and coalesce(lifted_at <= restricted_at, true)
        union all
        -- A consent that was given after the objection answers it; one from before does not.
        select limits.subject, 'objected' from limits left join granted using (subject)
        where objected_at is not null and coalesce(granted.since <= objected_at, true)
        union all
        select subject, 'unsubscribed' from lake.newsletter_subscribers
        join people_support on subscriber_pseudonym = pseudonym
        where unsubscribed_at <= {until} and unsubscribed_at >= subscribed_at""").pl()
    connection.unregister("granted")
    minors = vault.minors.noted().to_frame("subject").with_columns(reason=pl.lit("minor"))
    return Standing(consents, pl.concat([minors, barred.select(minors.columns)]))


def judge(
    connection: duckdb.DuckDBPyConnection,
    contracts: Contracts,
    vault: Vault,
    name: str,
    segment: Segment,
    holds: Standing,
    *,
    at: datetime,
) -> Audience:
    """Return a segment's audience at an instant. Raises PurposeNotDeclared."""
    refuse_undeclared(contracts, name, segment)
    candidates.find(connection, segment, at=at)
    people = _with_reasons(connection, vault, segment, holds)
    told = contacts.sendable(vault.reach.contacts(people.filter(pl.col("reason").is_null())["subject"]))
    told = _without_shared(told, vault, holds)
    reached = told.filter(pl.any_horizontal(pl.col(FIELDS).is_not_null()))
    unreached = pl.col("reason").is_null() & ~pl.col("subject").is_in(reached["subject"].implode())
    people = people.with_columns(reason=pl.when(unreached).then(pl.lit(NO_CONTACT)).otherwise("reason"))
    granted = holds.consents.select("subject", "since", "stated_under", "evidence_key")
    members = reached.join(granted, on="subject", how="inner").sort("subject")
    return Audience(name, _funnel(people), members)


def refuse_undeclared(contracts: Contracts, name: str, segment: Segment) -> None:
    """Refuse a segment that reads what is not declared for its purpose. Raises PurposeNotDeclared."""
    read = [*candidates.READS[segment.who.kind]]
    read += [each for each in candidates.EXCLUDING if {"paid", "refunded"} & set(segment.exclude)]
    declared = {**contracts.inbound, **contracts.internal}
    if undeclared := sorted({each for each in read if segment.purpose not in declared[each].purposes}):
        raise PurposeNotDeclared(
            f"segment {name} would read {', '.join(undeclared)}, not declared for {segment.purpose}: "
            "declare the purpose in the contract, if the policy has it, or choose another kind of segment"
        )


def _with_reasons(
    connection: duckdb.DuckDBPyConnection, vault: Vault, segment: Segment, holds: Standing
) -> pl.DataFrame:
    """Return `subject`, `reason` of every candidate who is known by more than a browser; NULL for who may be sent."""
    connection.register("people", vault.reach.people().to_frame("subject").to_arrow())
    pairs = connection.execute("select subject, course_id from candidates semi join people using (subject)").pl()
    connection.unregister("people")
    people = pairs.select("subject").unique().sort("subject")
    named = people.join(holds.consents.select("subject", "state"), on="subject", how="left")
    of_consent = named.select(
        "subject",
        reason=pl.when(pl.col("state") == "granted")
        .then(pl.lit(None, dtype=pl.String))
        .otherwise(pl.col("state").fill_null(consent.NEVER_ASKED)),
    ).drop_nulls()
    barring = holds.barred.filter(pl.col("reason").is_in([*ALWAYS, *segment.exclude]))
    found = pl.concat([of_consent, barring, _of_orders(connection, pairs, segment)])
    rank = pl.col("reason").replace_strict({reason: number for number, reason in enumerate(REASONS)})
    first = found.sort(rank, maintain_order=True).unique("subject", keep="first", maintain_order=True)
    return people.join(first, on="subject", how="left", maintain_order="left")


def _without_shared(told: pl.DataFrame, vault: Vault, holds: Standing) -> pl.DataFrame:
    """Leave out each contact that somebody else states too who may not be sent: it would reach them."""
    may = holds.consents.filter(pl.col("state") == "granted")["subject"]
    barred = holds.barred.filter(pl.col("reason").is_in(ALWAYS))["subject"]
    shared = vault.reach.shared()
    others = shared.filter(~pl.col("subject").is_in(may.implode()) | pl.col("subject").is_in(barred.implode()))
    for kind in ("email", "phone"):
        theirs = others.filter(pl.col("kind") == kind)["normal"].implode()
        is_shared = pl.col(kind).is_in(theirs).fill_null(value=False)
        told = told.with_columns(
            pl.when(~is_shared).then(pl.col(name)).alias(name) for name in (kind, f"{kind}_sha256")
        )
    return told


def _of_orders(connection: duckdb.DuckDBPyConnection, pairs: pl.DataFrame, segment: Segment) -> pl.DataFrame:
    """Return `subject`, `reason` of those of whom every course that makes them candidates was paid, or given back."""
    states = {"paid": ("paid", "partially_refunded"), "refunded": ("refunded",)}
    wanted = {state: name for name in states if name in segment.exclude for state in states[name]}
    ordered = connection.execute("select distinct subject, course_id, payment_state from ordered").pl()
    told = ordered.filter(pl.col("payment_state").is_in(list(wanted))).select(
        "subject", "course_id", reason=pl.col("payment_state").replace(wanted)
    )
    # Paid speaks before given back, where both are true of a course.
    by_course = told.sort("reason").unique(["subject", "course_id"], keep="first", maintain_order=True)
    by_person = by_course.unique("subject", keep="first", maintain_order=True).drop("course_id")
    of_courses = pairs.drop_nulls("course_id").join(by_course, on=["subject", "course_id"], how="left")
    of_none = pairs.filter(pl.col("course_id").is_null()).join(by_person, on="subject", how="left")
    all_pairs = pl.concat([of_courses.select("subject", "reason"), of_none.select("subject", "reason")])
    barred = all_pairs.group_by("subject").agg(pl.col("reason").min(), is_all=pl.col("reason").is_not_null().all())
    return barred.filter("is_all").select("subject", "reason")


def _funnel(people: pl.DataFrame) -> Funnel:
    left = dict(people.drop_nulls("reason").group_by("reason").len().sort("reason").iter_rows())
    total = people.height
    consented = total - sum(count for reason, count in left.items() if reason in _NO_CONSENT)
    reachable = total - sum(left.values())
    allowed = reachable + sum(count for reason, count in left.items() if reason in _UNREACHABLE)
    return Funnel(total, consented, allowed, reachable, {each: left[each] for each in REASONS if each in left})
