"""SQL over the ledger: holders, and their statements on one purpose in order of time."""

from __future__ import annotations

from pipelines.contracts.models import InboundContract
from pipelines.lake import days_of, partition_file, read_columns
from pipelines.settings import Home

ACCOUNT = "user_id"
"""The kind of holder whose grant takes back what its person refused under any other name; no other's does."""

_OPAQUE = frozenset({"user_id", "anonymous_id"})
_BLANKS = r"^[\t-\r ]+|[\t-\r ]+$"


def holder_key(s: str, *, kind: str, key: str) -> str:
    """SQL: the key under which the ledger knows whoever bears the identifier `s` of a kind.

    NULL where SQL does not know the identifier's normal form: beyond plain e-mail addresses and opaque ids only the vault
    does, and a holder whom the two spell apart would not be found (`has_more_spellings`).
    """
    normal = s
    if kind == "email":
        normal = (
            f"case when strlen({s}) = length({s}) then lower(nullif(regexp_replace({s}, '{_BLANKS}', '', 'g'), '')) end"
        )
    elif has_more_spellings(kind):
        normal = "null::varchar"
    return holder_key_of_hash(f"sha256({normal})", kind=f"'{kind}'", key=key)


def has_more_spellings(kind: str) -> bool:
    """Say whether identifiers of a kind are written in more ways than `holder_key` can bring into one form."""
    return kind not in _OPAQUE


def holder_key_of_hash(digest: str, *, kind: str, key: str) -> str:
    """SQL: the same key, from the SHA-256 of the normal form, so that whoever is named by a hash alone can be asked for.

    64 bits of SHA-256 over key, kind and digest; a secret prefix is sound where most of the outer digest is withheld.
    """
    keyed = f"sha256({key} || 'consent/' || {kind} || ':' || {digest})"
    return f"(('0x' || substr({keyed}, 1, 16))::ubigint::hugeint - 9223372036854775808)::bigint"


def statements(home: Home, ledger: InboundContract, *, purpose: str) -> str | None:
    """SQL: `holder`, `since`, `is_granted` of every statement on one purpose; None where none has come in.

    Of two statements of one instant the refusal holds, in whatever order they came. A statement holds for everybody whom it
    names, but a grant that an account states grants nothing to the address named beside it: addresses can be guessed, and
    the account's own is reached through the account.
    """
    files = [partition_file(home, ledger.name, day) for day in days_of(home, ledger.name)]
    if not files:
        return None
    rows = " union all ".join(f"({read_columns(file, ledger.lake_columns)})" for file in files)
    since = ledger.field(ledger.event_time or "").stored_as[0]
    is_granted = ledger.field("granted").stored_as[0]
    holders = {f.stored_as[0]: f.identifier_kind or "" for f in ledger.fields if f.treatment == "holder_key"}
    accounts = [column for column, kind in holders.items() if kind == ACCOUNT]
    no_account = "".join(f" and {account} is null" for account in accounts)
    each = " union all ".join(
        f"select {holder} as holder, {since} as since, {is_granted} as is_granted from stated where {holder} is not null"
        + (f" and (not {is_granted} or (true{no_account}))" if has_more_spellings(kind) else "")
        for holder, kind in holders.items()
    )
    return (
        f"with stated as materialized (select * from ({rows}) where purpose = '{purpose}') "
        f"select holder, since, bool_and(is_granted) as is_granted from ({each}) group by holder, since"
    )
