"""The streaming half of a batch: files → judged chunks → treated rows without a raw identifier.

Lines are judged block by block; every half million rows the raw values that a chunk still bears are mapped (identifiers by
the vault, addresses and browsers by dictionaries) and only treated columns go on. Not here: duplicates, days, files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime

import duckdb
import polars as pl
import pyarrow as pa

from pipelines.contracts.models import Field
from pipelines.contracts.traffic import COLUMN as BOT_REASON
from pipelines.identity.vault import Vault
from pipelines.intake import consulting, linking, mapping, refusing, traffic, verifying
from pipelines.intake.blocks import Gathering, blocks, prefetched
from pipelines.intake.formats import SCHEMA
from pipelines.intake.judging import Judgement, held_column
from pipelines.intake.minority import Minority, Terms
from pipelines.intake.operators import is_mapped, operator_of
from pipelines.intake.reasons import LOSSY_TREATMENTS, is_matched
from pipelines.intake.shapes import repeats
from pipelines.intake.sightings import Sightings

CHUNK_ROWS = 500_000
CHUNK_ROWS_TO_PROVE = 50_000  # each of them keeps its whole text until it has proved its sender
_FEW_SHAPES = 200
_HEAD_ROWS = 2_000

Progress = Callable[[str, int], None]


class Chunks:
    """The rows of one batch as they stream through one DuckDB connection.

    Needs the tables `known_<source>` (value) of every source that rows must refer to, and `statements` where there are
    any. Leaves two tables: `accepted` (file_no, place, received_, is_refused_, own_at, is_consented, the lake's columns)
    and `rejected` (file_no, place, reason, raw); what else is counted comes from `counted`.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        judgement: Judgement,
        *,
        vault: Vault,
        at: datetime,
        policy_version: str,
        known: Mapping[str, Collection[str]],
        has_statements: bool,
        secret: bytes | None,
        minority: Terms,
        progress: Progress,
    ) -> None:
        self._connection = connection
        self._judgement = judgement
        self._vault = vault
        self._at = at
        self._policy_version = policy_version
        self._known = known
        self._has_statements = has_statements
        self._secret = secret
        self.minority = Minority(connection, judgement, vault, terms=minority)
        self._progress = progress
        self._gathering = Gathering()
        self._waiting = 0
        self.rows_in = 0
        self._shapes: dict[int, list[list[str]]] = {}
        self._marks: Counter[str] = Counter()
        self.sightings = Sightings(judgement.leaves)
        self._prepare()

    def add(self, batches: Iterator[pa.RecordBatch], *, file_no: int) -> None:
        """Take in the lines of one file; those of small files are judged together."""
        for block in prefetched(blocks(batches)):
            self._gathering.add(block, file_no=file_no)
            if self._gathering.is_enough:
                self._judge()
            if self._waiting >= (CHUNK_ROWS_TO_PROVE if self._judgement.proofs else CHUNK_ROWS):
                self.flush()

    def add_broken(self, reason: str, *, file_no: int) -> None:
        """Note that a file broke off, or could not be read at all, as one row of its own."""
        self._connection.execute("insert into rejected values (?, 0, ?, '')", [file_no, reason])
        self.rows_in += 1

    def flush(self) -> None:
        """Map the raw values of the chunk and move its rows on."""
        self._judge()
        if not self._waiting:
            return
        self._count()
        self._verify()
        self.minority.refuse()
        refusing.note(self._connection, self._judgement, self._vault)
        self._consult()
        self._resolve()
        self._tell_traffic()
        self._count_lost()
        self._connection.execute(mapping.accepting(self._judgement, policy_version=self._policy_version))
        self._connection.execute(
            "insert into rejected select file_no, place, reason, raw from chunk where reason is not null"
        )
        self._connection.execute("create or replace temp table chunk as select * from chunk limit 0")
        self._progress(self._judgement.contract.name, self._waiting)
        self._waiting = 0

    def counted(self) -> tuple[dict[str, int], dict[str, int]]:
        """Return (marks by name, unknown fields by dotted name), over every row read."""
        return dict(sorted(self._marks.items())), dict(sorted(self.sightings.unknown.items()))

    def _prepare(self) -> None:
        empty = pa.table(
            {"file_no": pa.array([], pa.int32()), **{n: pa.array([], SCHEMA.field(n).type) for n in SCHEMA.names}}
        )
        self._connection.register("lines", empty)
        self._connection.execute(f"create or replace temp table chunk as {self._judgement.judged('lines')} limit 0")
        self._connection.execute(
            "create or replace temp table rejected (file_no integer, place bigint, reason varchar, raw varchar)"
        )
        self._connection.register(
            "resolved", pl.DataFrame(schema={"kind": pl.String, "value": pl.String, "pseudonym": pl.String})
        )
        for column, f in self._judgement.carried():
            if is_mapped(f):
                self._connection.register(f"map_{column}", operator_of(f, known=self._known)([]))
        if self._judgement.contract.traffic:
            traffic.map_user_agents(self._connection, None)
            traffic.map_addresses(self._connection, None, self._judgement.known_traffic)
        self._connection.execute(
            mapping.accepting(self._judgement, policy_version=self._policy_version).replace(
                "insert into accepted", "create or replace table accepted as"
            )
        )

    def _judge(self) -> None:
        if (taken := self._gathering.take()) is None:
            return
        block, begins = taken
        self._connection.register("lines", block)
        if begins and len(self._shapes) < _FEW_SHAPES:
            # Most rows of a source look alike: once their shapes are known, no row has to carry its own.
            head = self._connection.execute(self._judgement.shapes(f"(from lines limit {_HEAD_ROWS})"))
            self._shapes.update((h, shape) for h, shape in head.fetchmany(_FEW_SHAPES) if not repeats(shape))
        self._connection.execute(f"insert into chunk {self._judgement.judged('lines', known_shapes=self._shapes)}")
        self._waiting += len(block)
        self.rows_in += len(block)

    def _verify(self) -> None:
        proof = self._judgement.leaves.dialect.proof
        if proof:
            columns = self._judgement.proofs
            verifying.verify(self._connection, proof, columns=columns, secret=self._secret)

    def _consult(self) -> None:
        if self._has_statements:
            carried = self._judgement.carried()
            columns = {f.identifier_kind: column for column, f in carried if f.identifier_kind and not is_mapped(f)}
            consulting.consult(self._connection, columns, key=self._judgement.key_sql, vault=self._vault)

    def _count(self) -> None:
        """Count what is noted beside the rows' fates; memory stays bounded however many kinds of rows there are."""
        for bits, rows in self._connection.execute("select marks, count(*) from chunk group by marks").fetchall():
            self._marks.update({name: rows for index, name in enumerate(self._judgement.marks) if bits >> index & 1})
        query = "select file_no, shape_hash, any_value(shape), count(*) from chunk group by file_no, shape_hash"
        found = self._connection.execute(query)
        while shapes := found.fetchmany(_HEAD_ROWS):
            for file_no, shape_hash, shape, rows in shapes:
                self.sightings.add(file_no, shape_hash, self._shapes.get(shape_hash, shape), rows)

    def _count_lost(self) -> None:
        """Count the values that a treatment could not make safe or holds back, by field; only of rows that are kept."""
        values, joins = mapping.mapped(self._judgement, policy_version=self._policy_version)
        lost = {}
        for column, f in self._judgement.carried():
            if f.treatment in LOSSY_TREATMENTS:
                lost[f.path] = f"chunk.{column} is not null and {values.get(f.stored_as[0])} is null"
        lost |= self._judgement.losing
        counted = {f"dropped:{path}": condition for path, condition in lost.items()}
        for f in self._judgement.contract.fields:
            if f.treatment == "hold_back":
                counted[f"held_back:{f.path}"] = held_column(f.path)
        if counted:
            counts = ", ".join(f"count(*) filter ({condition})" for condition in counted.values())
            query = f"select {counts} from chunk {mapping.needed(joins, counts)} where {self._kept}"
            row = self._connection.execute(query).fetchone()
            self._marks.update({name: n for name, n in zip(counted, row or (), strict=False) if n})

    def _tell_traffic(self) -> None:
        """Make the maps that tell which rows are no visitor's, and count those by their reason."""
        rule = self._judgement.contract.traffic
        if rule is None:
            return
        columns = {f.path: column for column, f in self._judgement.carried()}
        traffic.map_user_agents(self._connection, columns.get(rule.user_agent or ""))
        traffic.map_addresses(self._connection, columns.get(rule.ip or ""), self._judgement.known_traffic)
        values, joins = mapping.mapped(self._judgement, policy_version=self._policy_version)
        told = values[BOT_REASON]
        query = (
            f"select {told} as why, count(*) from chunk {mapping.needed(joins, told)} where reason is null group by why"
        )
        self._marks.update({f"bots:{why}": rows for why, rows in self._connection.execute(query).fetchall() if why})

    def _resolve(self) -> None:
        contract = self._judgement.contract
        columns = {f.path: column for column, f in self._judgement.carried()}
        wanted = [
            f"select distinct '{f.identifier_kind}' as kind, {column} as value from chunk where {self._usable(column)}"
            + (f" and {columns[f.instead_of]} is null" if f.instead_of and not is_matched(f) else "")
            for column, f in self._judgement.carried()
            if f.treatment == "pseudonymise"
        ]
        if wanted:
            identifiers = self._connection.execute(" union ".join(wanted)).pl()
            self._connection.register("resolved", self._vault.resolve(identifiers, domain=contract.domain, at=self._at))
        for column, f in self._judgement.carried():
            if is_mapped(f):
                mapped = operator_of(f, known=self._known)(self._distinct(column, f))
                self._connection.register(f"map_{column}", mapped)
        self._keep_attributes()
        linking.keep_links(self._connection, self._judgement, self._vault, is_usable=self._usable)

    def _keep_attributes(self) -> None:
        """Give the vault what only it may hold (fields treated `vault`), with the identifier they belong to."""
        carried = {
            f.path: column for column, f in self._judgement.carried() if f.treatment in ("vault", "pseudonymise")
        }
        sealed = [f.path for _, f in self._judgement.carried() if f.treatment == "vault"]
        if not sealed:
            return
        columns = ", ".join(f'{carried[path]} as "{path}"' for path in carried)
        rows = self._connection.execute(f"select {columns}, tie_at as updated_at from chunk where reason is null").pl()
        self._vault.store_attributes(rows)

    def _distinct(self, column: str, f: Field) -> list[str]:
        """Return the values that are to be mapped: those of denied rows too, where such a row keeps what becomes of them."""
        rule = self._judgement.contract.consent
        kept = self._kept if rule and all(rule.withholds(name) for name in f.stored_as) else "reason is null"
        rows = self._connection.execute(
            f"select distinct {column} from chunk where {kept} and {column} is not null order by 1"
        ).fetchall()
        return [row[0] for row in rows]

    @property
    def _kept(self) -> str:
        """SQL: whether a row's values are stored; a denial that drops single columns leaves the others."""
        rule = self._judgement.contract.consent
        return "reason is null" if rule and rule.denied_drops else "reason is null and is_consented"

    def _usable(self, column: str) -> str:
        return f"{self._kept} and {column} is not null"
