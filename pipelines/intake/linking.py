"""Timed links that the rows of a chunk state: those that bear both a browser's and a learner's id. The vault keeps them."""

from __future__ import annotations

from collections.abc import Callable

import duckdb

from pipelines.identity.vault import Vault
from pipelines.intake.judging import Judgement


def keep_links(
    connection: duckdb.DuckDBPyConnection, judgement: Judgement, vault: Vault, *, is_usable: Callable[[str], str]
) -> None:
    """Give the vault the edges of `chunk`; `is_usable` is the SQL of whether a row's value in a column is kept."""
    kinds = {f.identifier_kind: column for column, f in judgement.carried() if f.treatment == "pseudonymise"}
    if not {"anonymous_id", "user_id"} <= kinds.keys():
        return
    anonymous, user = kinds["anonymous_id"], kinds["user_id"]
    pairs = connection.execute(
        f"select {anonymous} as anonymous_id, {user} as user_id, min(own_at) as linked_at from chunk "
        f"where {is_usable(anonymous)} and {user} is not null group by all order by all"
    ).pl()
    vault.link(pairs)
