"""Since when and until when each person of the vault consents to one purpose, derived once from what they stated.

What a statement is worth stands in `ledger`, how long a refusal lasts in `hearing`. Not here: who may do what by it.
"""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import polars as pl

from pipelines.consent import hearing
from pipelines.contracts.models import InboundContract
from pipelines.identity.vault import Vault
from pipelines.settings import Home

_IS_BROWSER = "(voice = 'browser' or is_signal)"


def periods(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    ledger: InboundContract,
    vault: Vault,
    *,
    purpose: str,
    browsers_bind: bool = False,
    among: pl.Series | None = None,
) -> None:
    """Make the temp table `consent_periods`: a row for each time in which a person consents to a purpose.

    `subject`, `since` (included), `until` (not included; infinite while it holds), `stated_under` (version of the policy) and
    `evidence_key` of the statement that it rests on, `ended_by` (`withdrawal`, `browser`; NULL while it holds). Instants are UTC.

    Consent begins with a grant of the account, or of an address of whoever has none. It ends with a refusal under any name:
    account, address (one that is only claimed, too) or a browser that nobody else ever used. It goes on once every refusal
    was answered by a proven grant (`hearing.weigh_refusals`); a grant that came after a refusal and is not proven never
    counts. A new version of the policy ends nothing. With `browsers_bind` the account answers for no browser. Browsers have
    no periods of their own. Of all subjects, unless only some are asked for.
    """
    asked = among
    if among is not None:
        theirs = vault.sole_users().filter(pl.col("user").is_in(among.implode()))
        among = pl.concat([among, theirs["browser"]]).unique()
    hearing.hear(connection, home, ledger, vault, purpose=purpose, browsers_bind=browsers_bind, among=among)
    hearing.hear_browsers(connection, vault)
    if asked is not None:
        connection.register("asked", asked.to_frame("subject"))
        connection.execute("delete from stated where subject not in (select subject from asked)")
        connection.unregister("asked")
    hearing.weigh_refusals(connection, browsers_bind=browsers_bind)
    _find_grants(connection)
    _find_blocked(connection)
    connection.execute("""
        create or replace temp table consent_periods as
        with begun as (select subject, min(since) as since from counted where is_main group by subject),
        starts as (
            select begun.subject, begun.since from begun asof left join blocked
                on begun.subject = blocked.subject and begun.since >= blocked.since
            where coalesce(blocked.until <= begun.since, true)
            union
            select blocked.subject, blocked.until from blocked join begun using (subject)
            where not isinf(blocked.until) and blocked.until > begun.since),
        ended as (
            select starts.*, coalesce(blocked.since, 'infinity'::timestamp) as until, blocked.ended_by
            from starts asof left join blocked on starts.subject = blocked.subject and starts.since < blocked.since)
        select ended.subject, ended.since, until, stated_under, evidence_key, ended_by
        from ended asof join counted on ended.subject = counted.subject and ended.since >= counted.since
        order by ended.subject, ended.since""")


def standing(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    ledger: InboundContract,
    vault: Vault,
    *,
    purpose: str,
    at: datetime,
    browsers_bind: bool = False,
    is_lasting: bool = False,
    among: pl.Series | None = None,
) -> pl.DataFrame:
    """Return what stands at an instant, by all that is known now of what was stated until then; sorted by subject.

    `subject`, `state`, `since`, `stated_under`, `evidence_key`; `state` is `granted`, `withdrawn` (refused after a time of
    consent), `refused` (without one) or `refused_by_browser` (by nothing else: it stated so, or signalled it in rows). Whoever
    is not there consents to nothing. With `is_lasting` nobody grants of whom a later refusal is known that nothing answers.
    """
    periods(connection, home, ledger, vault, purpose=purpose, browsers_bind=browsers_bind, among=among)
    lasts = "isinf(until)" if is_lasting else "false"
    ends = "subject in (select subject from refused where isinf(until))" if is_lasting else "false"
    instant = f"'{at.astimezone(UTC).replace(tzinfo=None)}'::timestamp"
    return connection.execute(f"""
        with refusing as (
            select subject, {_IS_BROWSER} as is_browser, min(since) as since,
                arg_min(struct_pack(stated_under, evidence_key), struct_pack(since, evidence_key)) as said
            from refused where (since <= {instant} and until > {instant}) or {lasts} group by subject, is_browser),
        first as (select *, row_number() over (partition by subject order by is_browser) as number from refusing),
        consented as (select distinct subject from consent_periods where since <= {instant})
        select subject, 'granted' as state, since, stated_under, evidence_key
        from consent_periods where since <= {instant} and until > {instant} and not {ends}
        union all
        select subject, case when is_browser then 'refused_by_browser' when consented.subject is not null then 'withdrawn'
            else 'refused' end, since, said.stated_under, said.evidence_key
        from first left join consented using (subject) where number = 1
        order by subject""").pl()


def _find_grants(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `counted`: of each subject and instant the grant that counts there, of their account or an address of theirs."""
    connection.execute("""
        create or replace temp table counted as
        with refusing as (select subject, min(since) as first_at from refused group by subject),
        counting as (
            select stated.* from stated left join refusing using (subject)
            where is_granted and voice in ('account', 'contact') and (is_proven or coalesce(since < first_at, true))),
        graded as (
            select subject, since, bool_or(is_main) as is_main,
                min(struct_pack(is_other := not is_main, is_stale := not is_proven, evidence_key, stated_under)) as best
            from counting group by subject, since)
        select subject, since, is_main, best.stated_under as stated_under, best.evidence_key as evidence_key from graded""")


def _find_blocked(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `blocked`: the times in which anything is refused, those that touch as one; by what each began."""
    connection.execute(f"""
        create or replace temp table blocked as
        with reaching as (
            select subject, since, until, {_IS_BROWSER} as is_browser, max(until) over (
                partition by subject order by since, is_browser, until
                rows between unbounded preceding and 1 preceding) as reached
            from refused),
        numbered as (
            select *, coalesce(since > reached, true) as is_first, sum(coalesce(since > reached, true)::int) over (
                partition by subject order by since, is_browser, until rows unbounded preceding) as number
            from reaching)
        select subject, min(since) as since, max(until) as until,
            case when bool_or(is_first and is_browser) then 'browser' else 'withdrawal' end as ended_by
        from numbered group by subject, number""")
