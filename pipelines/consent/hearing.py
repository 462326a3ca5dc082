"""What the subjects of the vault have stated on one purpose, under every name the vault knows them by, and what refused lasts.

Here: the tables `stated` and `refused`, from which both withdrawal and the periods of consent follow. Not here: what a
statement alone is worth (`ledger`), when somebody's consent began and ended (`periods`).
"""

from __future__ import annotations

import duckdb
import polars as pl

from pipelines.consent.ledger import ACCOUNT, holder_key_of_hash, statements
from pipelines.contracts.models import InboundContract
from pipelines.identity.vault import Vault
from pipelines.settings import Home

_BROWSER = "anonymous_id"
_KEY = "getvariable('event_key')"


def hear(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    ledger: InboundContract,
    vault: Vault,
    *,
    purpose: str,
    browsers_bind: bool = False,
    among: pl.Series | None = None,
) -> None:
    """Make the temp table `stated`: a row for each statement that counts on a purpose and each subject whom it is of.

    `subject`, `holder`, `voice` (`account`; `contact`: an address of theirs; `claim`: one that another had first; `claimant`:
    an account that states the address of whoever is known by it alone; `browser`), `is_main` (by it they can begin to
    consent: the account, or the addresses of whoever has none, or a browser for itself), `since`, `is_granted`, `is_proven`,
    `stated_under`, `evidence_key`, `is_signal`: with `browsers_bind` also what rows refused that keep no name, as the vault
    remembers it.
    The connection knows the event key. Of all subjects, unless only some are asked for.
    """
    connection.execute("""
        create or replace temp table stated (
            subject bigint, holder bigint, voice varchar, is_main boolean, since timestamp, is_granted boolean,
            is_proven boolean, stated_under varchar, evidence_key bigint, is_signal boolean)""")
    if not _gather(connection, home, ledger, vault, purpose=purpose, with_rows=browsers_bind):
        return
    claimants = vault.claimants()
    if among is not None:
        claimants = claimants.filter(pl.col("owner").is_in(among.implode()))
        among = pl.concat([among, claimants["claimant"]]).unique()
    for identifiers in vault.digests(among):
        _add_stated(connection, identifiers)
    # Whoever is known by an address alone may be the account that states it: what that account refuses, they refuse, until
    # it grants again. It takes nothing back that they refused themselves: anybody can state an address.
    connection.register("claimants", claimants)
    connection.execute("""
        insert into stated
        select owner, holder, 'claimant', false, since, is_granted, is_proven, stated_under, evidence_key, is_signal
        from stated join claimants on claimant = subject where voice = 'account'""")
    connection.unregister("claimants")


def _gather(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    ledger: InboundContract,
    vault: Vault,
    *,
    purpose: str,
    with_rows: bool,
) -> bool:
    """Make the temp table `statements`, of holders; say whether there is any."""
    query = statements(home, ledger, purpose=purpose)
    parts = [f"select *, false as is_signal from ({query})"] if query else []
    noted = vault.refusals.of(purpose) if with_rows else pl.DataFrame()
    if noted.height:
        connection.register("noted", noted.to_arrow())
        parts.append("""
            select holder, unnest(list_distinct([first_at, last_at])) as since, false as is_granted, false as is_proven,
                null::varchar as stated_under, null::bigint as evidence_key, true as is_signal
            from noted""")
    if not parts:
        return False
    connection.execute(f"create or replace temp table statements as {' union all by name '.join(parts)}")
    if noted.height:
        connection.unregister("noted")
    return True


def hear_browsers(connection: duckdb.DuckDBPyConnection, vault: Vault) -> None:
    """Turn what browsers stated, in `stated`, into what their only user stated on them; of any other nothing is left."""
    connection.register("sole_users", vault.sole_users())
    connection.execute("""
        insert into stated
        select "user", holder, 'browser', false, since, is_granted, is_proven, stated_under, evidence_key, is_signal
        from stated join sole_users on browser = subject where voice = 'browser' and is_main""")
    connection.unregister("sole_users")
    connection.execute("delete from stated where voice = 'browser' and is_main")


def weigh_refusals(connection: duckdb.DuckDBPyConnection, *, browsers_bind: bool = False) -> None:
    """Make the temp table `refused` from `stated`: its columns without what only grants have, and `until`.

    A refusal lasts until the next proven grant under the same identifier or by the subject's account, infinitely where none
    has followed. With `browsers_bind`, what a browser refused is granted by that browser alone (policy §7).
    """
    answerable = (
        "case when refusals.voice <> 'browser' then refusals.subject end" if browsers_bind else "refusals.subject"
    )
    connection.execute(f"""
        create or replace temp table refused as
        with refusals as (select * from stated where not is_granted),
        proofs as (select subject, holder, voice, since from stated where is_granted and is_proven)
        select refusals.subject, refusals.holder, refusals.voice, refusals.since,
            coalesce(least(same.since, account.since), 'infinity'::timestamp) as until,
            refusals.stated_under, refusals.evidence_key, refusals.is_signal
        from refusals
        asof left join proofs as same
            on refusals.subject = same.subject and refusals.holder = same.holder and refusals.since < same.since
        asof left join (select subject, since from proofs where voice = 'account') as account
            on {answerable} = account.subject and refusals.since < account.since""")


def _add_stated(connection: duckdb.DuckDBPyConnection, identifiers: pl.DataFrame) -> None:
    connection.register("identifiers", identifiers)
    connection.execute(f"""
        insert into stated
        with named as (
            select subject, holder_kind, is_claim, {holder_key_of_hash("digest", kind="holder_kind", key=_KEY)} as holder,
                bool_or(holder_kind = '{ACCOUNT}') over (partition by subject) as has_account
            from identifiers),
        speaking as (
            select subject, holder, has_account, case when holder_kind = '{ACCOUNT}' then 'account'
                when holder_kind = '{_BROWSER}' then 'browser' when is_claim then 'claim' else 'contact' end as voice
            from named)
        select subject, holder, voice, voice in ('account', 'browser') or (voice = 'contact' and not has_account),
            since, is_granted, is_proven, stated_under, evidence_key, is_signal
        from speaking join statements using (holder)""")
    connection.unregister("identifiers")
