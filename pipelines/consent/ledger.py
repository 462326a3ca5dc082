"""SQL over the ledger: holders, and their statements on one purpose in order of time."""

from __future__ import annotations

from pipelines.contracts.interactions import last_interaction
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
    """SQL: `holder`, `since`, `is_granted`, `is_proven`, `stated_under`, `evidence_key` of every statement on one purpose that
    counts; None where none has come in.

    Of two statements of one instant the refusal holds, in whatever order they came. A statement holds for everybody whom it
    names, but a grant that an account states grants nothing to the address named beside it: addresses can be guessed, and
    the account's own is reached through the account.

    Once its holder has refused, a grant counts only where it is proven (`is_proven`): it was stated by the person, not by an
    import, and bears evidence that no earlier statement on any purpose bore. Grants without proof that come after the
    holder's first refusal or proven grant are left out; to what another holder refused they are no answer either.
    """
    files = [partition_file(home, ledger.name, day) for day in days_of(home, ledger.name)]
    if not files:
        return None
    rows = " union all ".join(f"({read_columns(file, ledger.lake_columns)})" for file in files)
    evidence, under = ledger.field("evidence").stored_as[0], ledger.field("policy_version").stored_as[0]
    return f"""
        with told as materialized (
            select {_told(ledger)}, {under} as stated_under, {evidence} as evidence_key from ({rows})),
        borne as (
            select evidence_key, min(since) as first_at from told where evidence_key is not null group by evidence_key),
        stated as (
            select told.*, coalesce(is_own and since = first_at, false) as is_fresh
            from told left join borne using (evidence_key) where purpose = '{purpose}'),
        of_holders as (
            select holder, since, bool_and(is_granted) as is_granted, bool_and(is_granted) and bool_or(is_fresh) as is_proven,
                min(struct_pack(is_granted, is_stale := not is_fresh, evidence_key, stated_under)) as said
            from ({_by_holder(ledger)}) group by holder, since),
        decided as (
            select *, min(since) filter (is_proven or not is_granted) over (partition by holder) as decided_at from of_holders)
        select holder, since, is_granted, is_proven, said.stated_under as stated_under, said.evidence_key as evidence_key
        from decided where is_proven or not is_granted or coalesce(since < decided_at, true)"""


def deciding_columns(ledger: InboundContract) -> tuple[str, ...]:
    """Return the columns of the ledger by which somebody is found to have granted or refused a purpose."""
    stating = [ledger.field(path) for path in ("purpose", "granted", ledger.event_time or "", "evidence")]
    own = [column for each in ledger.interactions for column in each.columns]
    return tuple(dict.fromkeys((*ledger.holder_columns, *(field.stored_as[0] for field in stating), *own)))


def _told(ledger: InboundContract) -> str:
    """SQL: what is read of a stored statement; `is_own` where it is an interaction, as the ledger's contract has it."""
    since, is_granted = ledger.field(ledger.event_time or "").stored_as[0], ledger.field("granted").stored_as[0]
    own = last_interaction(ledger)
    return (
        f"{', '.join(ledger.holder_columns)}, purpose, {since} as since, {is_granted} as is_granted, "
        f"{f'({own}) is not null' if own else 'false'} as is_own"
    )


def _by_holder(ledger: InboundContract) -> str:
    """SQL: a row of `stated` for each holder for whom it speaks."""
    holders = {f.stored_as[0]: f.identifier_kind or "" for f in ledger.fields if f.treatment == "holder_key"}
    no_account = "".join(f" and {column} is null" for column, kind in holders.items() if kind == ACCOUNT)
    return " union all ".join(
        f"select {column} as holder, since, is_granted, is_fresh, stated_under, evidence_key from stated "
        f"where {column} is not null"
        + (f" and (not is_granted or (true{no_account}))" if has_more_spellings(kind) else "")
        for column, kind in holders.items()
    )
