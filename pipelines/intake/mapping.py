"""SQL that puts a chunk's maps in the place of its raw values: which column each gives, by which join. No rows are read here."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.contracts.traffic import COLUMN as BOT_REASON
from pipelines.intake import traffic
from pipelines.intake.judging import Judgement
from pipelines.intake.operators import is_mapped, stored_values


def accepting(judgement: Judgement, *, policy_version: str) -> str:
    """SQL: what goes on from `chunk` to `accepted`, without a raw value."""
    contract = judgement.contract
    values, joins = mapped(judgement, policy_version=policy_version)
    rule = contract.consent
    columns = []
    for column in contract.lake_columns:
        value = values.get(column.name, f"chunk.{column.name}")
        if rule and rule.withholds(column.name) and column.name not in ("policy_version", rule.stored_as):
            value = f"case when is_consented then {value} end"
        columns.append(f"({value})::{column.sql_type} as {column.name}")
    day = "dt, own_at, " if contract.event_time else ""
    extra = "" if rule else "true as is_consented, "
    listed = ", ".join(columns)
    return (
        f"insert into accepted select chunk.file_no, chunk.place, chunk.tie_at as received_, "
        f"chunk.own_consent is not distinct from false as is_refused_, {day}{extra}{listed} "
        f"from chunk {' '.join(joins.values())} where reason is null{' order by dt' if contract.event_time else ''}"
    )


def mapped(judgement: Judgement, *, policy_version: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the SQL of every column that a map gives, and the joins by the name of what they join, a row at most each."""
    values = {"policy_version": f"'{policy_version}'"}
    joins = {}
    for column, f in judgement.carried():
        if f.treatment == "pseudonymise":
            kind = f"{column}_.kind = '{f.identifier_kind}'"
            joins[f"{column}_"] = f"left join resolved as {column}_ on chunk.{column} = {column}_.value and {kind}"
            stored = judgement.contract.field(f.instead_of).stored_as[0] if f.instead_of else f.stored_as[0]
            found = f"{column}_.pseudonym"
            values[stored] = f"coalesce({values[stored]}, {found})" if stored in values else found
        elif is_mapped(f):
            joins[f"map_{column}"] = f"left join map_{column} on chunk.{column} = map_{column}.value"
            values |= stored_values(f, f"map_{column}", key=judgement.key_sql)
    if rule := judgement.contract.traffic:
        raw = {f.path: column for column, f in judgement.carried()}
        for name, path in (("map_agents", rule.user_agent), ("map_inside", rule.ip)):
            if path:
                joins[name] = f"left join {name} on chunk.{raw[path]} = {name}.value"
        inside = "case when map_inside.value is not null then 'internal' end" if rule.ip else "null"
        told = "map_agents.told" if rule.user_agent else "null"
        values[BOT_REASON] = f"coalesce({told}, {inside}, chunk.{traffic.OWN})"
    if judgement.contract.consent:
        values[judgement.contract.consent.stored_as] = "chunk.is_consented"
    return values, joins


def needed(joins: Mapping[str, str], sql: str) -> str:
    """Return the joins of what SQL speaks of; none of the others adds or takes away a row."""
    return " ".join(join for name, join in joins.items() if f"{name}." in sql)
