"""The JSON of Midtrans' HTTP notifications, by method and state, with the signature that proves where they come from.

Which notifications are sent, and in which order they arrive, is in `payments`.
"""

from __future__ import annotations

import hashlib
import json
import random
import uuid
from typing import NamedTuple

from pipelines.demo.world.people import Person
from pipelines.demo.world.span import local_text

# The shop's key at Midtrans is a secret; this one is printed here so that whoever reads a demo can check its signatures.
DEMO_SERVER_KEY = "KUNCI-SERVER-DEMO-BUKAN-RAHASIA"
MERCHANT_ID = "G000000001"

_BANKS = {"bca": "91019", "bni": "8578", "bri": "12208", "cimb": "1119", "permata": "8562"}
_CARDS = ("48111111", "52111111", "49111111", "54103300", "46163311")  # the service's own test cards begin like these
_ACQUIRERS = ("bni", "mandiri", "cimb", "bri")
_ISSUERS = ("gopay", "ovo", "dana", "airpay shopee", "linkaja")
_CONFIRMED = frozenset({"settlement", "refund", "partial_refund"})


class Transaction(NamedTuple):
    """One attempt to pay an order. `members` is the JSON text of what only its method has.

    `identifiers` are the kinds and values that lead to the buyer; `gross` is as the service writes it.
    """

    order_id: str
    transaction_id: str
    method: str
    gross: str
    created_at: int
    expires_at: int
    members: str
    identifiers: tuple[tuple[str, str], ...]


class State(NamedTuple):
    """What becomes of a transaction at one instant. `fraud` is empty where the method has no such judgement.

    `refunds` are the instants and amounts of all that has been given back by then.
    """

    status: str
    code: str
    fraud: str
    at: int
    settled_at: int = 0
    refunds: tuple[tuple[int, int], ...] = ()
    reason: str = ""


def begin(
    order_id: str,
    method: str,
    *,
    amount_idr: int,
    created_at: int,
    expires_at: int,
    learner: int,
    person: Person,
    rng: random.Random,
) -> Transaction:
    """Return a new transaction; the buyer pays by the same card every time."""
    transaction_id = str(uuid.UUID(int=rng.getrandbits(128), version=4))
    members, identifiers = _members(method, learner=learner, person=person, rng=rng)
    return Transaction(
        order_id=order_id,
        transaction_id=transaction_id,
        method=method,
        gross=f"{amount_idr}.00",
        created_at=created_at,
        expires_at=expires_at,
        members=members,
        identifiers=(("transaction_id", transaction_id), *identifiers),
    )


def signature(order_id: str, code: str, gross: str, *, key: str = DEMO_SERVER_KEY) -> str:
    """Return the signature of a notification: SHA-512 over order, status code, amount and the shop's key, in hex."""
    return hashlib.sha512(f"{order_id}{code}{gross}{key}".encode()).hexdigest()


def notification(transaction: Transaction, state: State, *, gross: str = "", signed: str = "") -> str:
    """Return a notification; with another amount or signature where somebody tampered with it."""
    signed = signed or signature(transaction.order_id, state.code, transaction.gross)
    settled = f'"settlement_time":"{_clock(state.settled_at)}",' if state.settled_at else ""
    fraud = f'"fraud_status":"{state.fraud}",' if state.fraud else ""
    return (
        f'{{{transaction.members}{_outcome(transaction, state)}"transaction_time":"{_clock(transaction.created_at)}",'
        f'"transaction_status":"{state.status}","transaction_id":"{transaction.transaction_id}",'
        f'"status_message":"midtrans payment notification","status_code":"{state.code}","signature_key":"{signed}",'
        f'{settled}"payment_type":"{_payment_type(transaction.method)}","order_id":"{transaction.order_id}",'
        f'"merchant_id":"{MERCHANT_ID}","gross_amount":"{gross or transaction.gross}",{fraud}'
        f'"expiry_time":"{_clock(transaction.expires_at)}","currency":"IDR"}}'
    )


def _payment_type(method: str) -> str:
    if method in _BANKS:
        return "bank_transfer"
    return "cstore" if method in ("indomaret", "alfamart") else method


def _members(
    method: str, *, learner: int, person: Person, rng: random.Random
) -> tuple[str, tuple[tuple[str, str], ...]]:
    # Numbers that somebody could pay to carry a run of zeros where the shop's customer number would stand.
    digits = f"0000{rng.randrange(10**7):07d}"
    if method == "permata":
        number = _BANKS[method] + digits
        return f'"permata_va_number":"{number}",', (("va_number", number),)
    if method in _BANKS:
        number = _BANKS[method] + digits
        return f'"va_numbers":[{{"va_number":"{number}","bank":"{method}"}}],', (("va_number", number),)
    if method == "echannel":
        return f'"biller_code":"70012","bill_key":"9{digits}",', (("bill_key", f"9{digits}"),)
    if method in ("indomaret", "alfamart"):
        return f'"store":"{method}","payment_code":"257{digits}",', (("payment_code", f"257{digits}"),)
    if method == "qris":
        issuer = rng.choice(_ISSUERS)
        kind = "on-us" if issuer == "gopay" else "off-us"
        return f'"transaction_type":"{kind}","issuer":"{issuer}","acquirer":"gopay",', ()
    if method == "credit_card":
        return _card(learner, person=person, rng=rng)
    return "", ()


def _card(learner: int, *, person: Person, rng: random.Random) -> tuple[str, tuple[tuple[str, str], ...]]:
    # 7919 has no factor in common with 10,000: no two learners under 50,000 have the same masked card.
    masked = f"{_CARDS[learner // 10_000 % len(_CARDS)]}-{learner * 7919 % 10_000:04d}"
    customer = json.dumps(
        {"full_name": person.name, "email": person.email, "phone": person.phone},
        separators=(",", ":"),
        ensure_ascii=False,
    )
    kind, bank = rng.choice(("credit", "credit", "debit")), rng.choice(_ACQUIRERS)
    members = f'"masked_card":"{masked}","card_type":"{kind}","bank":"{bank}","customer_details":{customer},'
    return members, (("masked_card", masked),)


def _outcome(transaction: Transaction, state: State) -> str:
    """The members that a state adds: the bank's answer, what was received, what was given back."""
    text, number = "", int(transaction.transaction_id[:8], 16)
    if transaction.method == "credit_card" and state.status not in ("pending", "expire", "cancel"):
        code, answer = ("51", "Insufficient Funds") if number % 2 else ("05", "Do Not Honour")
        if state.status != "deny" or state.fraud == "deny":
            code, answer = "00", "Approved"
        text = (
            f'"three_ds_version":"2","eci":"05","channel_response_message":"{answer}","channel_response_code":"{code}",'
        )
        if code == "00":
            text += f'"approval_code":"{transaction.created_at}{number % 1000:03d}",'
    elif transaction.method in _BANKS and transaction.method != "permata":
        paid = f'{{"paid_at":"{_clock(state.settled_at)}","amount":"{transaction.gross}"}}' if state.settled_at else ""
        text = f'"payment_amounts":[{paid}],'
    elif transaction.method in ("indomaret", "alfamart") and state.status in _CONFIRMED:
        text = f'"approval_code":"{transaction.created_at}{number % 10**6:06d}",'
    elif transaction.method == "shopeepay" and state.status in _CONFIRMED:
        text = f'"shopeepay_reference_number":"{number:010d}",'
    if state.refunds:
        text += _refunds(transaction, state, number=number)
    return text


def _refunds(transaction: Transaction, state: State, *, number: int) -> str:
    reason = json.dumps(state.reason, ensure_ascii=False)
    entries = ",".join(
        f'{{"refund_chargeback_id":{number % 10**6 + place},"refund_amount":"{amount}.00","created_at":"{_clock(at)}",'
        f'"reason":{reason},"refund_key":"kembali-{number % 10**8:08d}-{place}","refund_method":"online"}}'
        for place, (at, amount) in enumerate(state.refunds, start=1)
    )
    total = sum(amount for _, amount in state.refunds)
    return f'"refund_amount":"{total}.00","refunds":[{entries}],'


def _clock(at: int) -> str:
    """The service's clock: Jakarta's, without an offset."""
    return local_text(at).replace("T", " ")
