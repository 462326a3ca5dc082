"""One table as its contract wants it read: which columns, which marks, and the SQL for both.

Only columns that the contract lists are ever selected. Not here: connections, files, marks that were reached.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg import sql

from pipelines.contracts.extracts import Extract
from pipelines.contracts.models import InboundContract
from pipelines.extract.copying import Row

# By the object id that PostgreSQL gives its types.
_INSTANTS = {1082: "date", 1114: "timestamp", 1184: "timestamptz"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHOWN = 60
# A line of more than 1 MiB goes to quarantine whole: no more of it than that needs to be held in memory.
_LONGEST_ROW = 1_100_000
_COLUMNS = """
    select a.attname, coalesce(nullif(t.typbasetype, 0), t.oid)::int, has_column_privilege(a.attrelid, a.attnum, 'select')
    from pg_attribute a join pg_type t on t.oid = a.atttypid
    where a.attrelid = to_regclass(%s) and a.attnum > 0 and not a.attisdropped order by a.attnum
"""
# JSON never holds these two raw, so that no row needs quoting but one with a json column of several lines.
_DELIMITER, _QUOTE = b"\x02", b"\x01"
_COPY = sql.SQL("""
    copy (select {mark}, left(row_to_json(r)::text, {longest})
        from (select {columns} from {table} where {condition}) as r {order})
    to stdout (format csv, delimiter {delimiter}, quote {quote})
""")
# Far out, instants do not fit into microseconds; infinite ones tell nothing, and are treated as none.
_MICROS = sql.SQL("""
    case when isfinite({column}) then
        (extract(epoch from greatest(least({column}, '9999-12-31'), '0001-01-01')) * 1000000)::bigint
    end
""")


class Unsuitable(RuntimeError):
    """A table lacks what its contract requires."""


@dataclass(frozen=True)
class Table:
    """A table of the database: the columns that are read of it, its marks with their types, what the contract ignores."""

    name: sql.Identifier
    columns: tuple[str, ...]
    marks: Mapping[str, str]
    ignored: tuple[str, ...]


def find(connection: psycopg.Connection, contract: InboundContract, rule: Extract) -> Table | None:
    """Return the table of a source as the database has it, or None. Raises Unsuitable, naming what is missing."""
    name = sql.Identifier(*rule.table.split("."))
    rows = connection.execute(_COLUMNS, [name.as_string(connection)]).fetchall()
    if not rows:
        return None
    types = {column: oid for column, oid, is_readable in rows if is_readable}
    wanted = [field.path for field in contract.fields]
    required = [field.path for field in contract.fields if field.required]
    missing = [path for path in dict.fromkeys((*required, *rule.mark)) if path not in types]
    if missing:
        message = (
            f"table {rule.table} has no readable column {', '.join(missing)}: the contract requires it. Name the columns as the "
            f"contract does (a view will do: `extract: {{table: …}}`), grant select on them, or mend {contract.file.name}"
        )
        raise Unsuitable(message)
    untimely = [path for path in rule.mark if types[path] not in _INSTANTS]
    if untimely:
        message = f"column {', '.join(untimely)} of table {rule.table} is no instant: make it timestamptz"
        raise Unsuitable(message)
    return Table(
        name=name,
        columns=tuple(path for path in wanted if path in types),
        marks={path: _INSTANTS[types[path]] for path in rule.mark},
        ignored=tuple(_shown(column) for column, _, _ in rows if column not in wanted),
    )


def rows(connection: psycopg.Connection, table: Table, *, floor: int | None) -> Iterator[Row]:
    """Yield the rows from a mark on (None: all) and those without one, in the order of their marks."""
    with connection.cursor() as cursor, cursor.copy(query(table, floor=floor)) as copy:
        for data in copy:
            mark, _, row = bytes(data).rstrip(b"\n").partition(_DELIMITER)
            yield (int(mark) if mark else None), (_unquoted(row) if row.startswith(_QUOTE) else row)


def query(table: Table, *, floor: int | None) -> sql.Composed:
    """Return the COPY of a table's rows, two columns each: the mark in microseconds, the row as JSON."""
    marks = [sql.Identifier("r", column) for column in table.marks]
    micros = [_MICROS.format(column=mark) for mark in marks]
    latest = sql.SQL("greatest({})").format(sql.SQL(", ").join(micros)) if marks else sql.SQL("null")
    # The plain column can be read off an index.
    order = sql.SQL("order by {}").format(marks[0] if len(marks) == 1 else latest) if marks else sql.SQL("")
    return _COPY.format(
        mark=latest,
        longest=sql.Literal(_LONGEST_ROW),
        columns=sql.SQL(", ").join(map(sql.Identifier, table.columns)),
        table=table.name,
        condition=_condition(table, floor),
        order=order,
        delimiter=sql.Literal(_DELIMITER.decode()),
        quote=sql.Literal(_QUOTE.decode()),
    )


def _condition(table: Table, floor: int | None) -> sql.Composable:
    bound = None if floor is None else _instant(floor)
    if bound is None or not table.marks:
        return sql.SQL("true")
    later, without = [], []
    for column, kind in table.marks.items():
        parts = {
            "column": sql.Identifier(column),
            "bound": sql.Literal(bound),
            "kind": sql.Identifier("pg_catalog", kind),
        }
        later.append(sql.SQL("({column} >= {bound}::{kind} and {column} < 'infinity')").format(**parts))
        without.append(sql.SQL("({column} is null or {column} in ('infinity', '-infinity'))").format(**parts))
    return sql.SQL("({} or ({}))").format(sql.SQL(" or ").join(later), sql.SQL(" and ").join(without))


def _instant(micros: int) -> str | None:
    """Return a mark as SQL reads it, without an offset; None where it lies before all calendars."""
    try:
        return (_EPOCH + timedelta(microseconds=micros)).replace(tzinfo=None).isoformat(sep=" ")
    except OverflowError:
        return None


def _unquoted(row: bytes) -> bytes:
    """Return the one line of a row that was quoted: a json column may hold line ends between its tokens."""
    plain = row[1:-1].replace(_QUOTE * 2, _QUOTE)
    return plain.replace(b"\n", b" ").replace(b"\r", b" ")


def _shown(column: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in column)[:_SHOWN]
