"""What of a batch is a child's: rows that say so, rows that bear what must not come back, and rows of whoever is noted as one.

Rows are refused chunk by chunk before any identifier is resolved, and once more over the whole batch, so that the order of
rows does not matter. What a batch shows is noted in the vault; what is stored of these people already is taken out
elsewhere, at the end of the run (`minors`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time

import duckdb
import polars as pl

from pipelines.contracts import Contracts, periods
from pipelines.contracts.ages import of_age_on
from pipelines.contracts.interactions import first_interaction
from pipelines.contracts.models import InboundContract
from pipelines.contracts.registers import Policy
from pipelines.identity import matching
from pipelines.identity.merging import CONTACTS
from pipelines.identity.tombstones import ROW, Burial
from pipelines.identity.vault import Vault
from pipelines.intake.judging import Judgement
from pipelines.intake.reasons import MINOR
from pipelines.intake.treatments import JAKARTA_OFFSET_HOURS

_BROWSER, _ACCOUNT, _BIRTH = "anonymous_id", "user_id", "birth_date"
_PEOPLE = (_ACCOUNT, *CONTACTS)


@dataclass(frozen=True)
class Terms:
    """From which age on nobody is a child, and how what a batch shows of one is kept from coming back.

    `owning` is the column by which rows of other sources belong to those of this one, where there is one.
    """

    years: int
    burial: Burial
    owning: str | None = None


class Minority:
    """The look of one batch at `chunk`, and at its end at `accepted`."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, judgement: Judgement, vault: Vault, *, terms: Terms
    ) -> None:
        self._connection, self._judgement, self._vault, self._terms = connection, judgement, vault, terms
        self._accounts: list[pl.DataFrame] = []
        self._browsers: list[pl.Series] = []
        self._rows: list[pl.Series] = []

    def refuse(self) -> None:
        """Refuse the rows of `chunk` that are a child's, and remember whom and what else they show."""
        self._refuse_by_age()
        if not self._vault.tombstones.is_empty:
            self._refuse_buried()
        refused = f"reason = '{MINOR}'"
        browsers = self._columns(_BROWSER)
        if browsers:
            self._browsers += [self._values(column, f"{refused} and {self._names_somebody}") for column in browsers]
        if self._terms.owning:
            self._rows.append(self._values(self._terms.owning, refused))

    def conclude(self) -> int:
        """Note whom the batch showed, bury what must not come back, and take what is theirs out of `accepted`.

        Returns how many rows that were.
        """
        self._note_accounts()
        self._note_browsers()
        rows = self._take_out()
        self._bury(pl.concat(self._rows) if self._rows else pl.Series(dtype=pl.String), kind=self._row_kind)
        return rows

    def _refuse_by_age(self) -> None:
        birth, account = self._columns(_BIRTH), self._columns(_ACCOUNT)
        if not birth or not account:
            return
        first = first_interaction(self._judgement.contract) or "own_at"
        day = f"({first} + interval {JAKARTA_OFFSET_HOURS} hours)::date"
        is_child = f"reason is null and {day} < {of_age_on(birth[0], years=self._terms.years)}"
        columns = {kind: column for kind in _PEOPLE for column in self._columns(kind)}
        listed = ", ".join(f"{column} as {kind}" for kind, column in columns.items())
        told = self._connection.execute(f"select distinct {listed} from chunk where {is_child} order by all").pl()
        if told.height:
            self._accounts.append(told)
            self._set_refused(is_child)

    def _refuse_buried(self) -> None:
        asked = [(kind, column, False) for kind, column in self._identifiers if kind not in matching.KINDS]
        asked += [(kind, column, True) for kind, column in self._identifiers if kind in matching.KINDS]
        if through := self._judgement.contract.owned_through:
            asked.append((f"{ROW}{through.dataset}", through.column, False))
        if not asked:
            return
        values = " union ".join(
            f"select '{kind}' as kind, unnest({_items(column, is_list=is_list)}) as value from chunk where reason is null"
            for kind, column, is_list in asked
        )
        found = self._connection.execute(f"select * from ({values}) where value is not null").pl()
        buried = self._vault.tombstones.buried(found, at=self._terms.burial.since)
        if buried.is_empty():
            return
        self._connection.register("buried", buried.to_arrow())
        tests = {}
        for kind, column, is_list in asked:
            theirs = f"(select list(value) from buried where kind = '{kind}')"
            tests[kind, column] = f"coalesce(list_has_any({_items(column, is_list=is_list)}, {theirs}), false)"
        nobody = f"not ({self._names_somebody})"
        # A browser was a child's alone: whoever signs in on it is somebody else.
        hits = [f"({test} and {nobody})" if kind == _BROWSER else test for (kind, _), test in tests.items()]
        self._set_refused(f"reason is null and ({' or '.join(hits)})")
        for column in self._columns(_BROWSER):
            self._lift(column, tests[_BROWSER, column])
        self._connection.unregister("buried")

    def _lift(self, column: str, is_buried: str) -> None:
        """Let a browser come back that somebody else signs in on."""
        others = self._values(column, f"reason is null and is_consented and {self._names_somebody} and {is_buried}")
        if len(others):
            self._vault.tombstones.lift(others.to_frame("value").with_columns(kind=pl.lit(_BROWSER)))

    def _note_accounts(self) -> None:
        if not self._accounts:
            return
        told = self._vault.minors.told_of(pl.concat(self._accounts))
        self._vault.minors.note(told.people, evidence=_BIRTH, at=self._terms.burial.since)
        self._vault.tombstones.bury(told.own, self._terms.burial)

    def _note_browsers(self) -> None:
        found = pl.concat(self._browsers) if self._browsers else pl.Series(dtype=pl.String)
        if len(found):
            alone = self._vault.minors.lone_browsers(found)
            self._vault.minors.note(alone["subject"].drop_nulls(), evidence="browser", at=self._terms.burial.since)
            self._bury(alone["value"], kind=_BROWSER)

    def _take_out(self) -> int:
        contract = self._judgement.contract
        noted = self._vault.minors.noted()
        if not contract.owner_columns or noted.is_empty():
            return 0
        self._connection.register("noted", self._vault.pseudonyms(noted, domain=contract.domain).to_arrow())
        theirs = " or ".join(
            f"coalesce({column} in (select pseudonym from noted), false)" for column in contract.owner_columns
        )
        if self._terms.owning:
            owning = f"select distinct {self._terms.owning}::varchar as value from accepted where {theirs}"
            self._rows.append(self._connection.execute(owning).pl()["value"])
        found = self._connection.execute(f"select count(*) from accepted where {theirs}").fetchone()
        self._connection.execute(f"delete from accepted where {theirs}")
        self._connection.unregister("noted")
        return int(found[0]) if found else 0

    def _bury(self, values: pl.Series, *, kind: str) -> None:
        if len(values):
            pairs = values.to_frame("value").with_columns(kind=pl.lit(kind))
            self._vault.tombstones.bury(pairs, self._terms.burial)

    def _set_refused(self, condition: str) -> None:
        self._connection.execute(f"update chunk set reason = '{MINOR}', raw = null where {condition}")

    def _values(self, column: str, condition: str) -> pl.Series:
        query = f"select distinct {column}::varchar as value from chunk where {condition} and {column} is not null order by 1"
        return self._connection.execute(query).pl()["value"]

    def _columns(self, kind: str) -> list[str]:
        return [column for column, f in self._judgement.naming() if f.identifier_kind == kind]

    @property
    def _identifiers(self) -> list[tuple[str, str]]:
        known = {_BROWSER, *_PEOPLE, *matching.KINDS}
        return [(f.identifier_kind, column) for column, f in self._judgement.naming() if f.identifier_kind in known]

    @property
    def _names_somebody(self) -> str:
        """SQL: whether a row bears what leads to a person, not to a browser alone."""
        columns = [column for kind, column in self._identifiers if kind != _BROWSER]
        return f"({' or '.join(f'{column} is not null' for column in columns) or 'false'})"

    @property
    def _row_kind(self) -> str:
        return f"{ROW}{self._judgement.contract.name}"


def terms_of(contract: InboundContract, contracts: Contracts, *, as_of: datetime) -> Terms:
    """Return what holds for a batch of a source."""
    through = [each.owned_through for each in contracts.inbound.values() if each.owned_through]
    owning = next((each.column for each in through if each.dataset == contract.name), None)
    return Terms(contracts.policy.minority.years, burial(contracts.policy, as_of=as_of), owning)


def burial(policy: Policy, *, as_of: datetime) -> Burial:
    """Return how a child is kept from coming back: for as long as anything at all is kept."""
    last = periods.last_day(periods.day_of(as_of, timezone=policy.timezone), policy.longest_window)
    since = as_of.astimezone(UTC).replace(tzinfo=None)
    return Burial(MINOR, since, until=datetime.combine(last + periods.ONE_DAY, time()))


def _items(column: str, *, is_list: bool) -> str:
    return f"string_split({column}, chr(31))" if is_list else f"[{column}::varchar]"
