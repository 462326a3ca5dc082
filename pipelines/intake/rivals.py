"""What a row that waits lost its place to: the row of its own batch and of its own id that was accepted.

Kept beside the waiting row, as long as that itself, so that a replay can tell which of the two came first; what a row
ranks by is stored nowhere else. Not here: the ranking (`precedence`).
"""

from __future__ import annotations

import duckdb

from pipelines.intake.judging import Judgement
from pipelines.intake.settling import content_sql

TYPE = "struct(refused boolean, received timestamp, own_at timestamp, content ubigint, rival_file bigint, rival_place bigint)"


def beside(connection: duckdb.DuckDBPyConnection, judgement: Judgement, rows: str, *, position: int) -> str:
    """SQL: the same rows (place, raw, file_no, rival, …), which arrived in the batch at `position`, each with its rival.

    A row whose id cannot be read has none, and keeps the one it had.
    """
    contract = judgement.contract
    if contract.kind != "event" or not contract.key or not _has_accepted(connection, position):
        return rows
    lines = f"(select file_no::integer as file_no, place, raw, null::varchar as fault from ({rows}) where place > 0)"
    connection.execute(f"""
        create or replace table rivals_found as
        select named.file_no, named.place, a.rival
        from (select file_no, place, event_key from ({judgement.judged(lines)})) as named
        join (
            select event_key, struct_pack(refused := is_refused_, received := received_, own_at := own_at,
                content := {content_sql(contract)}, rival_file := origin_file, rival_place := place) as rival
            from accepted join origins using (file_no) where origin_batch = {position:d}) as a using (event_key)""")
    return (
        "select waiting.* replace (coalesce(found.rival, waiting.rival) as rival) "
        f"from ({rows}) as waiting left join rivals_found as found using (file_no, place)"
    )


def _has_accepted(connection: duckdb.DuckDBPyConnection, position: int) -> bool:
    query = f"select 1 from accepted join origins using (file_no) where origin_batch = {position:d} limit 1"
    return connection.execute(query).fetchone() is not None
