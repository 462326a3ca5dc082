"""Rows that must prove who sent them: what a chunk's rows prove is judged before anything of them is believed.

What a proof is, a dialect says. Not here: the secret's own keeping (identity).
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from pipelines.intake.dialects import Proof


def verify(
    connection: duckdb.DuckDBPyConnection, proof: Proof, *, columns: Mapping[str, str], secret: bytes | None
) -> None:
    """Give every accepted row of `chunk` that does not prove its sender the proof's reason.

    `columns` bear the texts of the proof's paths, in their order. Without a secret nothing is proved.
    """
    listed = ", ".join(columns)
    found = connection.execute(f"select distinct {listed} from chunk where reason is null").pl()
    unproven = found.filter(~proof.holds(found.get_columns(), secret)) if secret else found
    if unproven.is_empty():
        return
    connection.register("unproven", unproven.to_arrow())
    same = " and ".join(f"chunk.{column} = unproven.{column}" for column in columns)
    connection.execute(
        f"update chunk set reason = '{proof.reason}' from unproven where chunk.reason is null and {same}"
    )
    connection.unregister("unproven")
