"""Midtrans' HTTP notifications: signed with the shop's server key, each state of a transaction told once or again.

Sources: "HTTP(S) Notification / Webhooks" and "Verifying Notification Authenticity" of docs.midtrans.com. Which state an
order ends in is a model's affair (`int_orders_paid`).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import polars_hash as plh

from pipelines.intake.dialects.dialect import Dialect, Proof, Texts

SERVER_KEY = "midtrans_server_key"
FORGED = "forged_signature"

_AMOUNT = r"\d{1,15}\.\d{2}"
# All that tells one state of a transaction from another. Only order, code and amount are signed: were the rest left out,
# whoever holds one genuine signature could have a made-up state stand in the place of a true one that comes later.
_STATE = (
    *("order_id", "transaction_id", "transaction_status", "status_code", "gross_amount", "fraud_status"),
    *("transaction_time", "settlement_time", "refund_amount"),
)


def are_signed(texts: Sequence[pl.Series], secret: bytes) -> pl.Series:
    """Say of each row whether it is signed with the shop's server key: SHA-512 over order, status code, amount and key.

    `texts` are the columns order_id, status_code, gross_amount and signature_key as they came.
    """
    *signed, signature = texts
    whole = pl.DataFrame(signed).select(whole=pl.concat_str(pl.all(), pl.lit(secret.decode())))
    expected = whole.select(plh.col("whole").chash.sha2_512()).to_series()
    return (expected == signature.str.to_lowercase()).fill_null(value=False)


def _amount(s: str) -> str:
    """The text of an amount as Midtrans writes it, a string with two decimals; any other is no amount.

    A JSON number (`375000.0`) has lost the text that was signed, and can be verified no more.
    """
    return f"case when regexp_full_match({s}, '{_AMOUNT}') then {s} when {s} is not null then 'unsigned' end"


def _state(at: Texts) -> str:
    """What identifies a notification: a repetition has the same text, another state another."""
    parts = ", ".join(f"coalesce({at(path)}, '')" for path in _STATE)
    return f"case when {at('transaction_id')} is not null then concat_ws(chr(31), {parts}) end"


def _occurred_at(at: Texts) -> str:
    """When the money was settled, else when the transaction began."""
    return f"coalesce(nullif({at('settlement_time')}, ''), {at('transaction_time')})"


def _refunded_at(s: str) -> str:
    """When money was last given back: Midtrans lists every refund, its clock sorts as text."""
    listed = f"case when starts_with({s}, '[') and json_valid({s}) then {s} end"
    return f"list_max(json_extract_string({listed}, '$[*].created_at'))"


DIALECT = Dialect(
    leaves={"gross_amount": _amount, "refunds": _refunded_at},
    makes={"notification_id": _state, "occurred_at": _occurred_at},
    proof=Proof(
        secret=SERVER_KEY,
        paths=("order_id", "status_code", "gross_amount", "signature_key"),
        reason=FORGED,
        holds=are_signed,
    ),
)
