"""Who refuses a purpose now, as subjects of the vault, and until when their rows are concerned. No row is touched here.

A refusal takes back what was granted before it, and holds until the next proven grant under the same identifier or by the
person's account: rows before the first such grant after the last refusal are concerned, in whatever order the statements
arrived. What is proven, and whose a statement is, stands in the room `consent`.
"""

from __future__ import annotations

import duckdb
import polars as pl

from pipelines import consent
from pipelines.contracts.models import InboundContract
from pipelines.identity.vault import Vault
from pipelines.settings import Home


def find(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    ledger: InboundContract,
    vault: Vault,
    *,
    purpose: str,
    browsers_bind: bool = False,
) -> bool:
    """Make the table `refusing` (subject, until, is_own) of a purpose; say whether it holds anybody.

    Somebody refuses by any identifier the vault knows of them. A browser that was only ever linked to one user is that
    user's, and refuses with them (`is_own` is false). With `browsers_bind` what rows alone refused counts as well. `until` is
    infinite where no grant has followed.
    """
    consent.hear(connection, home, ledger, vault, purpose=purpose, browsers_bind=browsers_bind)
    consent.weigh_refusals(connection)
    connection.execute("""
        create or replace temp table own_refusals as
        select subject, max(until) as until from refused group by subject""")
    connection.register("sole_users", vault.sole_users())
    connection.execute("""
        create or replace temp table refusing as
        select subject, max(until) as until, bool_or(is_own and isinf(until)) as is_own from (
            select subject, until, true as is_own from own_refusals
            union all
            select browser, until, false from sole_users join own_refusals on sole_users.user = own_refusals.subject)
        group by subject""")
    connection.unregister("sole_users")
    return _count(connection, "refusing") > 0


def denials(connection: duckdb.DuckDBPyConnection, vault: Vault, *, domain: str) -> bool:
    """Make the table `denials` (pseudonym, until) of those in `refusing` who have one in the domain; say if any."""
    subjects = connection.execute("select subject from refusing").pl()["subject"]
    connection.register("named", vault.pseudonyms(subjects, domain=domain))
    connection.execute("""
        create or replace temp table denials as
        select pseudonym, until, subject, is_own from named join refusing using (subject)""")
    connection.unregister("named")
    return _count(connection, "denials") > 0


def leaving(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Return `subject`, `pseudonym`, `is_own` of those in `denials` who refuse for good."""
    return connection.execute("select subject, pseudonym, is_own from denials where isinf(until)").pl()


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0
