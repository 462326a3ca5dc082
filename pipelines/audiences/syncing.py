"""Sends audiences: noted in the vault before anything leaves, replaced at the recipient as a whole, then entered in the books.

Killed anywhere, the next call ends right: what may have been sent is known to the vault, and an unfinished session is gone
on with where its set is still the same, else begun anew. The caller holds the writer lock, so that no consent changes
between the look and the sending. Whom to send is decided in `judging`; taking back is in `withdrawing`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from pipelines.audiences import forms, telling, transfers
from pipelines.audiences.books import DOMAIN, Books, naive, open_books
from pipelines.audiences.building import Look, Progress, chosen, look, quiet
from pipelines.audiences.judging import Audience, Funnel, Standing
from pipelines.audiences.sessions import Sessions
from pipelines.audiences.sinks import Receipt, Sink
from pipelines.contracts import Contracts, Recipient
from pipelines.identity.keyring import Keyring
from pipelines.identity.vault import Vault, open_vault
from pipelines.settings import Home

PREFIX = "crosslife_"
"""What an audience is called at a recipient, before its segment's name."""


@dataclass(frozen=True)
class Synced:
    """What one audience became at one recipient: its funnel, and how many were sent, entered and left.

    `is_too_small` where it has fewer people than its segment asks for: it is then empty at the recipient.
    """

    segment: str
    recipient: str
    funnel: Funnel
    sent: int
    entered: int
    ended: int
    invalid: int
    is_too_small: bool
    is_dry: bool = False


@dataclass(frozen=True, repr=False)
class _Due:
    """One audience on its way to one recipient; `members` bear `pseudonym`; too small, it is sent to nobody."""

    audience: Audience
    members: pl.DataFrame
    sink: Sink
    recipient: Recipient
    is_too_small: bool
    consenting: frozenset[str] = field(default=frozenset())

    @property
    def segment(self) -> str:
        return self.audience.segment


def sync(
    home: Home,
    ring: Keyring,
    contracts: Contracts,
    sinks: Mapping[str, Sink],
    *,
    as_of: datetime,
    only: Sequence[str] = (),
    is_dry: bool = False,
    progress: Progress = quiet,
) -> tuple[Synced, ...]:
    """Send segments (all, unless some are named) to each of their recipients that `sinks` has; the caller holds the lock.

    Dry: all is judged and nothing is noted or sent. Raises TransferRefused, PurposeNotDeclared, UnknownSegment before anything
    is sent; what a sink raises (SinkProblem) leaves the audiences before it done and the rest as they were.
    """
    with look(home, ring, contracts, at=as_of, purpose="audiences") as opened:
        due = _judged(opened, contracts, sinks, only=only, progress=progress)
        if is_dry:
            return tuple(_told(each, sent=0, entered=0, ended=0, invalid=0, is_dry=True) for each in due)
        noted: dict[str, list[pl.Series]] = {}
        for each in due:
            if not each.is_too_small:
                noted.setdefault(each.sink.recipient, []).append(_note(opened.vault, each, at=as_of))
        opened.vault.commit()
    with open_books(home, ring) as books:
        _not_taken_out(books, noted)
        try:
            return tuple(_send(home, ring, contracts, books, each, as_of=as_of, progress=progress) for each in due)
        finally:
            telling.tell(home, books)


def _judged(
    opened: Look, contracts: Contracts, sinks: Mapping[str, Sink], *, only: Sequence[str], progress: Progress
) -> list[_Due]:
    due: list[_Due] = []
    holds: dict[str, Standing] = {}
    admitted = {
        (name, recipient): transfers.admit(
            contracts,
            recipient,
            purpose=contracts.segments[name].purpose,
            fields=sinks[recipient].fields,
            at=opened.at,
        )
        for name in chosen(contracts, only)
        for recipient in contracts.segments[name].recipients
        if recipient in sinks
    }
    for name in dict.fromkeys(name for name, _ in admitted):
        segment = contracts.segments[name]
        holds[segment.purpose] = holds.get(segment.purpose) or opened.standing(segment.purpose, is_lasting=True)
        audience = opened.audience(name, holds[segment.purpose])
        progress(f"{name}: {audience.funnel.reachable:,} of {audience.funnel.candidates:,} people may be sent")
        named = opened.vault.pseudonyms(audience.members["subject"], domain=DOMAIN, is_drawn=True)
        granted = holds[segment.purpose].consents.filter(pl.col("state") == "granted")["subject"]
        consenting = frozenset(opened.vault.pseudonyms(granted, domain=DOMAIN)["pseudonym"])
        members = audience.members.join(named, on="subject", how="left", maintain_order="left")
        for (own, recipient), row in admitted.items():
            if own == name:
                sent = forms.as_sent(members, sinks[recipient])
                is_too_small = sent.height < segment.minimum
                due.append(_Due(audience, sent, sinks[recipient], row, is_too_small, consenting))
    return due


def _note(vault: Vault, due: _Due, *, at: datetime) -> pl.Series:
    """Note what is about to be sent, in its normal form; return the numbers under which it stands."""
    contacts_sent = _long(due)
    vault.handed_over.note(contacts_sent, recipient=due.sink.recipient, audience=due.segment, at=at)
    standing = vault.handed_over.of(due.sink.recipient, audience=due.segment)
    return standing.join(contacts_sent, on=["subject", "kind", "normal"], how="semi")["number"]


def _not_taken_out(books: Books, noted: Mapping[str, list[pl.Series]]) -> None:
    """Whoever agreed again before their removal was confirmed is sent again: their contact no longer waits for that."""
    for recipient, numbers in noted.items():
        books.run_with(
            "delete from taken_out where recipient = ? and number in (select number from incoming)",
            pl.concat(numbers).to_frame("number"),
            recipient,
        )


def _long(due: _Due) -> pl.DataFrame:
    sent = [kind for kind in forms.KINDS if f"{kind}_sha256" in due.sink.fields]
    return due.members.select("subject", *sent).unpivot(
        sent, index="subject", variable_name="kind", value_name="normal"
    )


def _send(
    home: Home, ring: Keyring, contracts: Contracts, books: Books, due: _Due, *, as_of: datetime, progress: Progress
) -> Synced:
    """Replace one audience, enter it in the books, and let go of contacts that stand there no longer."""
    upload = _begin(books, contracts, due, as_of=as_of)
    standing = _standing(home, ring, due) if due.is_too_small else None
    remote = "" if standing is not None and standing.is_empty() else _remote(books, contracts, due)
    receipt = Receipt()
    if standing is not None:
        # Whoever may still be there is known to the vault, whatever has become of the books.
        receipt = due.sink.remove(remote, forms.hashed(standing, due.sink)) if remote else receipt
    else:
        with Sessions(home, ring).of(due.segment, due.sink.recipient, members=due.members, at=as_of) as session:
            receipt = due.sink.replace(remote, due.members.select(due.sink.fields), session=session, progress=progress)
    entered, ended = _enter(books, contracts, due, as_of=as_of)
    sent = 0 if due.is_too_small else due.members.height
    books.run(
        "update uploads set ended_at = ?, sent = ?, entered = ?, ended = ?, invalid = ? where upload = ?",
        *(naive(as_of), sent, entered, ended, receipt.invalid, upload),
    )
    books.commit()
    is_taken_out = standing is None or (receipt.invalid == 0 and receipt.received >= receipt.sent)
    if is_taken_out and not due.sink.is_by_hand:
        _let_go(home, ring, due)
    progress(f"{due.segment} at {due.sink.recipient}: {sent:,} sent, {entered:,} entered, {ended:,} left")
    return _told(due, sent=sent, entered=entered, ended=ended, invalid=receipt.invalid)


def _begin(books: Books, contracts: Contracts, due: _Due, *, as_of: datetime) -> int:
    """Note that an upload begins: one that never ended is seen in the books."""
    upload, funnel = books.next_number("uploads", "upload"), due.audience.funnel
    reasons = ", ".join(f"{reason} {count}" for reason, count in funnel.left.items())
    row = {
        "upload": upload,
        "segment": due.segment,
        "recipient": due.sink.recipient,
        "mode": "empty" if due.is_too_small else "replace",
        "started_at": naive(as_of),
        "policy_version": contracts.policy.version,
        "rung": due.recipient.transfer.rung,
        "agreement": due.recipient.agreement.reference,
        "fields": ", ".join(due.sink.fields),
        "candidates": funnel.candidates,
        "consented": funnel.consented,
        "allowed": funnel.allowed,
        "reachable": funnel.reachable,
        "reasons": reasons,
    }
    books.run_with("insert into uploads by name select * from incoming", pl.DataFrame([row]))
    books.commit()
    return upload


def _remote(books: Books, contracts: Contracts, due: _Due) -> str:
    """Return the recipient's id of the audience, asked for each time: somebody may have deleted it there."""
    title = contracts.segments[due.segment].title
    remote = due.sink.ensure(f"{PREFIX}{due.segment}", title)
    bound = (due.segment, due.sink.recipient)
    books.run("delete from audiences where segment = ? and recipient = ?", *bound)
    books.run("insert into audiences values (?, ?, ?)", *bound, remote)
    books.commit()
    return remote


def _standing(home: Home, ring: Keyring, due: _Due) -> pl.DataFrame:
    """Return what may stand in an audience; one that has become too small to hide anybody in is emptied of it."""
    with open_vault(home, ring, purpose="audiences") as vault:
        return vault.handed_over.of(due.sink.recipient, audience=due.segment)


def _enter(books: Books, contracts: Contracts, due: _Due, *, as_of: datetime) -> tuple[int, int]:
    """Close the memberships of who is no member any more, and open those of who has become one; return how many."""
    members = due.members.clear() if due.is_too_small else due.members
    at, bound = naive(as_of), (due.segment, due.sink.recipient)
    now = members.select("pseudonym", consent_since="since", stated_under="stated_under", evidence_key="evidence_key")
    consenting = pl.DataFrame({"pseudonym": sorted(due.consenting)}, schema={"pseudonym": pl.String})
    open_ones = "segment = ? and recipient = ? and until is null"
    books.run_with("create or replace temp table consenting as select * from incoming", consenting)
    books.run_with("create or replace temp table present as select * from incoming", now)
    standing = f"select pseudonym from memberships where {open_ones}"
    ended = f"select count(*) as n from ({standing}) where pseudonym not in (select pseudonym from present)"
    entered = f"select count(*) as n from present where pseudonym not in ({standing})"
    counts = tuple(int(books.rows(query, *bound)["n"][0]) for query in (entered, ended))
    books.run(
        f"""update memberships set until = ?, ended_by = case
                when pseudonym not in (select pseudonym from present) then
                    case when pseudonym in (select pseudonym from consenting) then 'segment' else 'consent' end
                else 'renewed' end
            where {open_ones} and (pseudonym, consent_since) not in (select pseudonym, consent_since from present)""",
        at,
        *bound,
    )
    books.run(
        f"""insert into memberships by name
            select ? as segment, ? as recipient, pseudonym, ?::timestamp as since, consent_since, stated_under, evidence_key,
                ? as policy_version, ? as rung, ? as fields
            from present where pseudonym not in (select pseudonym from memberships where {open_ones})""",
        *bound,
        at,
        contracts.policy.version,
        due.recipient.transfer.rung,
        ", ".join(due.sink.fields),
        *bound,
    )
    return counts[0], counts[1]


def _let_go(home: Home, ring: Keyring, due: _Due) -> None:
    """Forget contacts that the replacement took out: an address that has changed, whoever left the segment."""
    sent = _long(due).drop_nulls() if not due.is_too_small else _long(due).clear()
    with open_vault(home, ring, purpose="audiences") as vault:
        standing = vault.handed_over.of(due.sink.recipient, audience=due.segment)
        gone = standing.join(sent, on=["subject", "kind", "normal"], how="anti")
        if not gone.is_empty():
            vault.handed_over.forget(gone["number"])
            vault.commit()


def _told(due: _Due, *, sent: int, entered: int, ended: int, invalid: int, is_dry: bool = False) -> Synced:
    funnel = due.audience.funnel
    return Synced(due.segment, due.sink.recipient, funnel, sent, entered, ended, invalid, due.is_too_small, is_dry)
