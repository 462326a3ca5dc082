"""SQL over the ledger: holders, and their statements on one purpose in order of time."""

from __future__ import annotations

from pipelines.contracts.models import InboundContract
from pipelines.lake import days_of, partition_file, read_columns
from pipelines.settings import Home


def holder_key(s: str, *, kind: str, key: str) -> str:
    """SQL: the key under which the ledger knows whoever bears the identifier `s` of a kind.

    An e-mail's normal form is lower case and trimmed, of tabs and line ends as of blanks; other identifiers are opaque.
    """
    normal = f"lower(regexp_replace(nfc_normalize({s}), '^\\s+|\\s+$', '', 'g'))" if kind == "email" else s
    return holder_key_of_hash(f"sha256({normal})", kind=f"'{kind}'", key=key)


def holder_key_of_hash(digest: str, *, kind: str, key: str) -> str:
    """SQL: the same key, from the SHA-256 of the normal form, so that whoever is named by a hash alone can be asked for.

    64 bits of SHA-256 over key, kind and digest; a secret prefix is sound where most of the outer digest is withheld.
    """
    keyed = f"sha256({key} || 'consent/' || {kind} || ':' || {digest})"
    return f"(('0x' || substr({keyed}, 1, 16))::ubigint::hugeint - 9223372036854775808)::bigint"


def statements(home: Home, ledger: InboundContract, *, purpose: str) -> str | None:
    """SQL: `holder`, `since`, `is_granted` of every statement on one purpose; None where none has come in.

    Of two statements of one instant the refusal holds, in whatever order they came.
    """
    files = [partition_file(home, ledger.name, day) for day in days_of(home, ledger.name)]
    if not files:
        return None
    rows = " union all ".join(f"({read_columns(file, ledger.lake_columns)})" for file in files)
    holders = [field.stored_as[0] for field in ledger.fields if field.treatment == "holder_key"]
    since = ledger.field(ledger.event_time or "").stored_as[0]
    is_granted = ledger.field("granted").stored_as[0]
    each = " union all ".join(
        f"select {holder} as holder, {since} as since, {is_granted} as is_granted from stated where {holder} is not null"
        for holder in holders
    )
    return (
        f"with stated as materialized (select * from ({rows}) where purpose = '{purpose}') "
        f"select holder, since, bool_and(is_granted) as is_granted from ({each}) group by holder, since"
    )
