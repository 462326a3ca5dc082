"""Stored rows of those who refuse, as SQL over `stored` and `denials`: which they are, whose, and what is left of them.

Files and the vault do not belong here.
"""

from __future__ import annotations

from pipelines.contracts.models import ConsentRule, InboundContract


def is_denied(contract: InboundContract) -> str:
    """SQL over `stored`: whether a row's owner refuses; of several owners, whether any does."""
    denied = " or ".join(
        f"exists (select 1 from denials where {_is_owner(contract, column)})" for column in contract.owner_columns
    )
    return f"(stored.{_rule(contract).stored_as} and ({denied}))"


def owners(contract: InboundContract, *, source: str) -> str:
    """SQL for `subject`, once each: those whose refusal concerns rows of the source."""
    columns = contract.owner_columns
    is_stored = f"stored.{_rule(contract).stored_as}"
    found = (
        f"select subject from {source} as stored join denials on {_is_owner(contract, column)} where {is_stored}"
        for column in columns
    )
    return " union ".join(found)


def stripped(contract: InboundContract, *, source: str) -> str:
    """SQL for the source's rows, without what may not be kept where a row is denied."""
    rule = _rule(contract)
    columns = []
    for column in contract.lake_columns:
        name = column.name
        if name == rule.stored_as:
            columns.append(f"{name} and not is_denied as {name}")
        elif name != "policy_version" and rule.withholds(name):
            columns.append(f"case when not is_denied then {name} end as {name}")
        else:
            columns.append(name)
    # Told once a row: asked anew for each column, it took nine times as long.
    told = f"select stored.*, {is_denied(contract)} as is_denied from {source} as stored"
    return f"select {', '.join(columns)} from ({told})"


def _is_owner(contract: InboundContract, column: str) -> str:
    fields = [contract.event_time or ""] if contract.kind == "event" else contract.version_fields
    at = contract.field(fields[0]).stored_as[0]
    return f"denials.pseudonym = stored.{column} and coalesce(stored.{at}, '-infinity'::timestamp) < denials.until"


def _rule(contract: InboundContract) -> ConsentRule:
    if contract.consent is None:
        message = f"{contract.name} has no rule of consent"
        raise ValueError(message)
    return contract.consent
