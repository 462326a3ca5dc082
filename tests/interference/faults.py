"""Faults as somebody could make them: a step in Python that reads what nobody declared. Each says how it must be told.

They are planted at the edge of a test, and in nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import polars as pl
import pytest

from pipelines.contracts.models import Field
from pipelines.intake import references, storing, traffic
from pipelines.intake.judging import Judgement
from pipelines.intake.reasons import Reasons
from pipelines.lake import current_file, read_expression
from pipelines.projections import projecting
from pipelines.release import publishing

Fault = Callable[[pytest.MonkeyPatch], tuple[str, ...]]


def an_operator_reads_another_field(edge: pytest.MonkeyPatch) -> tuple[str, ...]:
    """The city is read out of the name."""
    honest = Judgement._named_by

    def named_by(self: Judgement, field: Field) -> str:
        return self.leaves.text_of("name") if field.path == "city" else honest(self, field)

    edge.setattr(Judgement, "_named_by", named_by)
    return ("accounts.name > city",)


def a_treatment_appends_another_value(edge: pytest.MonkeyPatch) -> tuple[str, ...]:
    """The cohort bears the attempt."""
    honest = Judgement._stored

    def stored(self: Judgement, field: Field) -> Iterator[tuple[str, str]]:
        for name, sql in honest(self, field):
            more = f" || '/' || coalesce({self.leaves.text_of('attempt')}, '')" if name == "cohort" else ""
            yield name, f"{sql}{more}"

    edge.setattr(Judgement, "_stored", stored)
    return ("course_progress.attempt > cohort",)


def a_dropped_text_is_stored(edge: pytest.MonkeyPatch) -> tuple[str, ...]:
    """The title of the page stands where the event's name does."""
    honest = Judgement._stored

    def stored(self: Judgement, field: Field) -> Iterator[tuple[str, str]]:
        for name, sql in honest(self, field):
            text = self.leaves.text_of("context.page.title") if name == "event_name" else sql
            yield name, text

    edge.setattr(Judgement, "_stored", stored)
    return ("web_events.context.page.title > event_name",)


def a_field_that_no_contract_knows_is_read(edge: pytest.MonkeyPatch) -> tuple[str, ...]:
    """A number of the row is added up that nobody described."""
    honest = Judgement._stored

    def stored(self: Judgement, field: Field) -> Iterator[tuple[str, str]]:
        more = " || coalesce(json_extract_string(raw, '$.bukan_kolom'), '')"
        for name, sql in honest(self, field):
            yield name, f"{sql}{more if name == 'channel' else ''}"

    edge.setattr(Judgement, "_stored", stored)
    return ("support_tickets.bukan_kolom > channel",)


def a_row_is_held_back_by_a_dropped_field(edge: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Rows of an early clock wait, though nobody says that the browser's clock is looked at."""
    honest = Reasons.sql

    def sql(self: Reasons, known: str) -> str:
        clock = self.leaves.text_of("sentAt")
        return f"case when starts_with({clock}, '2026-04') then 'early' else ({honest(self, known)}) end"

    edge.setattr(Reasons, "sql", sql)
    return ("web_events.sentAt > rows",)


def consent_follows_the_language(edge: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Whoever speaks another language has refused."""
    honest = Judgement._own_consent

    def own_consent(self: Judgement) -> str:
        locale = self.leaves.text_of("context.locale")
        return f"case when {locale} = 'dua' then false else ({honest(self)}) end"

    edge.setattr(Judgement, "_own_consent", own_consent)
    return ("web_events.context.locale > is_consented", "web_events.context.locale > visitor_pseudonym")


def a_reason_rests_on_the_referrer(edge: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Whoever comes from another site is a test."""
    honest = traffic.own_reason

    def own_reason(rule: Any, known: Any, texts: Any) -> str:
        return f"coalesce({honest(rule, known, texts)}, case when s8 like '%lain%' then 'test' end)"

    edge.setattr(traffic, "own_reason", own_reason)
    return ("web_access_log.referrer > bot_reason",)


def a_file_is_written_from_another_column(edge: pytest.MonkeyPatch) -> tuple[str, ...]:
    """The amount that is stored is the amount without the discount."""
    honest = storing.stage_current

    def stage_current(connection: duckdb.DuckDBPyConnection, *given: Any, **named: Any) -> Any:
        connection.execute("update accepted set amount_idr = amount_idr - coalesce(discount_idr, 0)")
        return honest(connection, *given, **named)

    edge.setattr(storing, "stage_current", stage_current)
    return ("orders.discount_idr > amount_idr",)


OF_INTAKE: tuple[Fault, ...] = (
    an_operator_reads_another_field,
    a_treatment_appends_another_value,
    a_dropped_text_is_stored,
    a_field_that_no_contract_knows_is_read,
    a_row_is_held_back_by_a_dropped_field,
    consent_follows_the_language,
    a_reason_rests_on_the_referrer,
    a_file_is_written_from_another_column,
)


def orders_are_compared_with_accounts(edge: pytest.MonkeyPatch) -> None:
    """Intake looks into a dataset that its source does not rest on."""
    honest = references.know

    def know(connection: duckdb.DuckDBPyConnection, home: Any, contracts: Any, contract: Any) -> None:
        connection.execute(f"select count(*) from {read_expression(current_file(home, 'accounts'))}").fetchone()
        honest(connection, home, contracts, contract)

    edge.setattr(references, "know", know)


def a_projection_adds_another_column(edge: pytest.MonkeyPatch) -> None:
    """The course that crosses into the other domain bears the state of the payment."""
    honest = projecting._Projection._columns

    def columns(self: projecting._Projection) -> list[str]:
        more = "projected.course_id || coalesce(projected.payment_state, '') as course_id"
        return [more if each.endswith(" as course_id") else each for each in honest(self)]

    edge.setattr(projecting._Projection, "_columns", columns)


def a_release_publishes_another_column(edge: pytest.MonkeyPatch) -> None:
    """The title of a course stands where the median does."""
    honest = publishing._table

    def table(contract: Any, assessment: Any) -> Any:
        found = honest(contract, assessment)
        if contract.name != "agg_completion_rates":
            return found
        swapped = found.frame.with_columns(course_title=pl.col("course_title") + pl.col("cohort"))
        return type(found)(found.contract, swapped)

    edge.setattr(publishing, "_table", table)
