"""Takes people out at every recipient who may not be there any more: requested, removed, confirmed, each step kept.

Whoever withdrew, refused in their browser, objected, is restricted or a child, was forgotten, or is in a segment that is no
longer declared for its recipient, who may have left the register meanwhile. A step that was killed is done again by the next
call: taking out twice is the same as once. The contacts as they were sent stay in the vault until the recipient has confirmed.
What a new set is, is in `syncing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from pipelines import consent
from pipelines.audiences import books as kept
from pipelines.audiences import telling
from pipelines.audiences.books import DOMAIN, Books, naive, open_books
from pipelines.audiences.building import Look, Progress, look, quiet
from pipelines.audiences.forms import hashed
from pipelines.audiences.judging import ALWAYS, Standing
from pipelines.audiences.sinks import Sink
from pipelines.contracts import Contracts
from pipelines.identity.keyring import Keyring
from pipelines.identity.vault import open_vault
from pipelines.lake import open_manifest
from pipelines.settings import Home

_READER = "audiences"
FORGOTTEN, UNDECLARED = "forgotten", "segment_gone"
_UNREGISTERED = "not registered"
THEIRS = timedelta(hours=24)
"""What a recipient takes, of the time that a withdrawal has, to forget somebody everywhere."""


@dataclass(frozen=True)
class Withdrawn:
    """What one call did: people newly found at recipients who may not be there, and the withdrawals removed and confirmed."""

    found: int
    removed: int
    confirmed: int
    open: int
    overdue: int


def withdraw(
    home: Home,
    ring: Keyring,
    contracts: Contracts,
    sinks: Mapping[str, Sink],
    *,
    as_of: datetime,
    progress: Progress = quiet,
) -> Withdrawn:
    """Take out whoever may not be at a recipient any more; the caller holds the writer lock.

    A recipient without a sink keeps its withdrawals as requested. Raises what a sink raises; what was requested stays so.
    """
    with open_books(home, ring) as books:
        position = _unseen(home, contracts)
        found, contacts = _request(home, ring, contracts, books, as_of=as_of)
        removed = confirmed = 0
        for recipient, theirs in contacts.items():
            sink = sinks.get(recipient)
            if sink is None:
                continue
            upload = _begin(books, contracts, sink, as_of=as_of)
            receipt = sink.remove_everywhere(hashed(theirs, sink))
            _end(books, upload, contacts=theirs.height, invalid=receipt.invalid, as_of=as_of)
            is_confirmed = not sink.is_by_hand and receipt.invalid == 0 and receipt.received >= receipt.sent
            removed += _note(books, "removed_at", recipient, as_of=as_of)
            _remember(books, recipient, theirs["number"])
            books.commit()
            if is_confirmed:
                confirmed += _confirm(home, ring, books, recipient, as_of=as_of)
            progress(f"{recipient}: {theirs.height:,} contacts taken out everywhere")
        # What holds nobody any more may still stand open: its contacts were let go of by a replacement.
        for recipient, sink in sinks.items():
            if recipient not in contacts and not sink.is_by_hand:
                removed += _note(books, "removed_at", recipient, as_of=as_of)
                confirmed += _note(books, "confirmed_at", recipient, as_of=as_of)
        books.commit()
        telling.tell(home, books)
        open_ones, overdue = _still_open(books, contracts, as_of=as_of)
    if position is not None:
        with open_manifest(home) as manifest:
            manifest.readers().note_seen(_READER, position)
    return Withdrawn(found, removed, confirmed, open_ones, overdue)


def waits(home: Home, ring: Keyring, contracts: Contracts) -> int | None:
    """Return how far what came in reaches where it could take somebody out who stands somewhere; None where it cannot."""
    if not kept.place(home).exists() or (position := _unseen(home, contracts)) is None:
        return None
    with open_books(home, ring) as books:
        standing = books.rows(
            "select 1 from memberships where until is null union all select 1 from withdrawals where confirmed_at is null"
        )
    return None if standing.is_empty() else position


def confirm(home: Home, ring: Keyring, recipient: str, *, as_of: datetime) -> int:
    """Note that somebody has uploaded a recipient's removal file by hand; return how many withdrawals that confirms."""
    with open_books(home, ring) as books:
        return _confirm(home, ring, books, recipient, as_of=as_of)


def _unseen(home: Home, contracts: Contracts) -> int | None:
    with open_manifest(home) as manifest:
        return manifest.readers().unseen(_READER, sources=contracts.inbound, other_than=(_READER,))


def _request(
    home: Home, ring: Keyring, contracts: Contracts, books: Books, *, as_of: datetime
) -> tuple[int, dict[str, pl.DataFrame]]:
    """Enter who has to be taken out, and close their memberships; return how many, and their contacts by recipient."""
    found, contacts = 0, {}
    with look(home, ring, contracts, at=as_of, purpose="withdrawals from audiences") as opened:
        holds: dict[str, Standing] = {}
        for recipient in opened.vault.handed_over.recipients():
            barred = _barred(opened, recipient, holds)
            if barred.is_empty():
                continue
            contacts[recipient] = barred
            found += _enter(books, opened, recipient, barred, as_of=as_of)
        _forget_unknown(books, opened)
    books.commit()
    return found, contacts


def _forget_unknown(books: Books, opened: Look) -> None:
    """Take out of the books whoever the vault knows no longer: a pseudonym that leads to nobody proves nothing."""
    known = [part["pseudonym"] for part in opened.vault.named_in(DOMAIN)]
    frame = pl.DataFrame({"pseudonym": pl.concat(known) if known else pl.Series([], dtype=pl.String)})
    books.run_with("delete from memberships where pseudonym not in (select pseudonym from incoming)", frame)
    books.run_with(
        "update withdrawals set pseudonym = null where pseudonym not in (select pseudonym from incoming)", frame
    )


def _barred(opened: Look, recipient: str, holds: dict[str, Standing]) -> pl.DataFrame:
    """Return of the contacts at a recipient those that have to go: `reason`, `requested_at` added."""
    parts = []
    standing = opened.vault.handed_over.of(recipient)
    segments = opened.contracts.segments
    at = naive(opened.at)
    for audience, theirs in standing.partition_by("audience", as_dict=True, maintain_order=True).items():
        segment = segments.get(str(audience[0]))
        if segment is None or recipient not in segment.recipients:
            parts.append(theirs.with_columns(reason=pl.lit(UNDECLARED), requested_at=pl.lit(at)))
            continue
        if segment.purpose not in holds:
            holds[segment.purpose] = opened.standing(segment.purpose, is_lasting=True)
        consents, barred = holds[segment.purpose].consents, holds[segment.purpose].barred
        always = barred.filter(pl.col("reason").is_in(ALWAYS)).unique("subject", keep="first", maintain_order=True)
        told = (
            theirs.join(consents.select("subject", "state", "since"), on="subject", how="left", maintain_order="left")
            .join(always, on="subject", how="left", maintain_order="left")
            .with_columns(
                reason=pl.when(pl.col("subject").is_null())
                .then(pl.lit(FORGOTTEN))
                .when(pl.col("state").is_null())
                .then(pl.lit(consent.NEVER_ASKED))
                .when(pl.col("state") != "granted")
                .then("state")
                .otherwise("reason"),
                # The clock of a withdrawal runs from what was stated, that of all else from when it is seen.
                requested_at=pl.when(pl.col("state").is_not_null() & (pl.col("state") != "granted"))
                .then("since")
                .otherwise(pl.lit(at)),
            )
        )
        parts.append(told.drop_nulls("reason").select(*theirs.columns, "reason", "requested_at"))
    return pl.concat(parts)


def _enter(books: Books, opened: Look, recipient: str, barred: pl.DataFrame, *, as_of: datetime) -> int:
    known = barred.drop_nulls("subject")
    named = opened.vault.pseudonyms(known["subject"].unique(), domain=DOMAIN)
    by_person = (
        known.join(named, on="subject")
        .group_by("pseudonym")
        .agg(pl.col("reason").first(), pl.col("requested_at").min(), contacts=pl.len())
    )
    nameless = barred.filter(~pl.col("subject").is_in(named["subject"].implode()) | pl.col("subject").is_null())
    if not nameless.is_empty():
        by_nobody = nameless.group_by("reason").agg(pl.col("requested_at").min(), contacts=pl.len())
        by_person = pl.concat(
            [by_person, by_nobody.with_columns(pseudonym=pl.lit(None, pl.String)).select(by_person.columns)]
        )
    rows = by_person.sort("pseudonym", "reason").with_columns(
        recipient=pl.lit(recipient), found_at=pl.lit(naive(as_of)), contacts=pl.col("contacts").cast(pl.Int64)
    )
    first = books.next_number("withdrawals", "withdrawal")
    books.run_with(
        f"""insert into withdrawals by name
            select {first} - 1 + row_number() over (order by pseudonym, reason) as withdrawal, incoming.* from incoming
            where not exists (
                select 1 from withdrawals as w where w.recipient = incoming.recipient and w.confirmed_at is null
                and w.pseudonym is not distinct from incoming.pseudonym and w.reason = incoming.reason)""",
        rows,
    )
    books.run_with(
        """update memberships set until = ?, ended_by = 'withdrawal'
            where recipient = ? and until is null and pseudonym in (select pseudonym from incoming)""",
        rows,
        naive(as_of),
        recipient,
    )
    return books.next_number("withdrawals", "withdrawal") - first


def _begin(books: Books, contracts: Contracts, sink: Sink, *, as_of: datetime) -> int:
    row = contracts.recipients.get(sink.recipient)
    upload = books.next_number("uploads", "upload")
    entered = {
        "upload": upload,
        "recipient": sink.recipient,
        "mode": "remove_everywhere",
        "started_at": naive(as_of),
        "policy_version": contracts.policy.version,
        "rung": row.transfer.rung if row else _UNREGISTERED,
        "agreement": row.agreement.reference if row else _UNREGISTERED,
        "fields": ", ".join(sink.fields),
    }
    books.run_with("insert into uploads by name select * from incoming", pl.DataFrame([entered]))
    books.commit()
    return upload


def _end(books: Books, upload: int, *, contacts: int, invalid: int, as_of: datetime) -> None:
    ended = "update uploads set ended_at = ?, sent = 0, ended = ?, invalid = ? where upload = ?"
    books.run(ended, naive(as_of), contacts, invalid, upload)


def _note(books: Books, column: str, recipient: str, *, as_of: datetime) -> int:
    """Note a step of every withdrawal of a recipient that has come so far and no farther; return how many."""
    before = "removed_at is null" if column == "removed_at" else "removed_at is not null and confirmed_at is null"
    waiting = books.rows(f"select count(*) as n from withdrawals where recipient = ? and {before}", recipient)["n"][0]
    books.run(f"update withdrawals set {column} = ? where recipient = ? and {before}", naive(as_of), recipient)
    return int(waiting)


def _remember(books: Books, recipient: str, numbers: pl.Series) -> None:
    books.run_with(
        "insert into taken_out select ?, number from incoming anti join (from taken_out where recipient = ?) using (number)",
        numbers.to_frame("number"),
        recipient,
        recipient,
    )


def _confirm(home: Home, ring: Keyring, books: Books, recipient: str, *, as_of: datetime) -> int:
    """Let the vault forget the contacts that a recipient has confirmed to have taken out, and note that it did."""
    numbers = books.rows("select number from taken_out where recipient = ?", recipient)["number"]
    if not numbers.is_empty():
        with open_vault(home, ring, purpose="withdrawals from audiences") as vault:
            vault.handed_over.forget(numbers)
            vault.commit()
    books.run("delete from taken_out where recipient = ?", recipient)
    confirmed = _note(books, "confirmed_at", recipient, as_of=as_of)
    books.commit()
    return confirmed


def _still_open(books: Books, contracts: Contracts, *, as_of: datetime) -> tuple[int, int]:
    """Return how many withdrawals are not confirmed, and how many of them had to be by now."""
    limit = timedelta(hours=contracts.policy.deadlines["withdrawal"].hours)
    rows = books.rows(
        "select count(*) as n, count(*) filter (requested_at <= ?) as late from withdrawals where confirmed_at is null",
        naive(as_of - limit),
    )
    return int(rows["n"][0]), int(rows["late"][0])
