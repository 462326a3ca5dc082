"""The record of processing and the clause matrix as pages to read: no script, no request, no row.

What they say does not belong here.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pipelines.evidence.clauses import Clause
from pipelines.evidence.processing import Record
from pipelines.lineage.pages import END, head, put

_RECORD = """What personal data is processed for, on which basis, which, whose, how it is protected and how long it is kept
(UU PDP Art. 31). Made from the contracts; a build is refused where what is published is made of anything else."""
_MATRIX = """Each obligation of the policy: what keeps it, and how one would see that it is not kept.
<span class="done">covered</span> and <span class="told">in part</span> mean tests that were seen to fail, each with a fault
that was planted; nothing else counts. What is not built says so."""


def write_record(file: Path, record: Record) -> None:
    """Write the record of processing."""
    activities = [
        [
            f"<b>{_text(each.purpose)}</b><br>{_text(each.description)}",
            _text(each.clause),
            _list(each.lawful_bases),
            _list(each.datasets),
            _list(each.published),
            _list(each.recipients) or "none",
        ]
        for each in record.activities
    ]
    datasets = [
        [
            f"<b>{_text(each.dataset)}</b><br>{_text(each.description)}<br>{_text(each.owner)}, domain {_text(each.domain)}",
            _list(each.categories),
            _list(each.subjects) or "nobody by itself",
            _list(each.identifiers) or "none",
            _list(f"{purpose}: {basis}" for purpose, basis in each.purposes),
            _text(each.retention),
            _list(each.published_in) or "nothing",
        ]
        for each in record.datasets
    ]
    parts = [
        head(f"Record of processing, policy {record.policy_version}", _RECORD),
        "<h2>What for</h2>",
        _table(("purpose", "clause", "lawful bases", "held for it", "published", "recipients"), activities),
        "<h2>What is held</h2>",
        _table(
            (
                "dataset",
                "categories",
                "of whom",
                "identifiers: what becomes of them",
                "purposes",
                "kept",
                "published in",
            ),
            datasets,
        ),
        END,
    ]
    put(file, "".join(parts))


def write_matrix(file: Path, matrix: Sequence[Clause], latest: Mapping[str, str]) -> None:
    """Write the clause matrix; `latest` says of each kind of evidence what is the latest of it in this home."""
    counts = {status: sum(each.status == status for each in matrix) for status in ("covered", "in part", "not covered")}
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    parts = [
        head("Clause matrix", f"{_MATRIX}<br><b>{told}</b>"),
        _table(
            ("obligation", "status", "rule", "code", "test, seen red", "latest evidence", "not built"),
            [_clause(each, latest) for each in matrix],
        ),
        END,
    ]
    put(file, "".join(parts))


def _clause(clause: Clause, latest: Mapping[str, str]) -> list[str]:
    said = clause.obligation
    kind = "done" if clause.status == "covered" else "told"
    tests = _list(clause.proven) + "".join(f"<br>{_text(test)}: not seen red as it is now" for test in clause.unproven)
    return [
        f'<b id="{html.escape(clause.id)}">{_text(clause.id)}</b> {_text(said.clause)}<br>{_text(said.holds)}',
        f'<span class="{kind}">{clause.status}</span>',
        _list(said.rules),
        _list(said.code),
        tests,
        _list(f"{each}: {latest.get(each, 'none yet')}" for each in said.evidence),
        _text(said.missing),
    ]


def _table(names: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    titles = "".join(f"<th>{_text(name)}</th>" for name in names)
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table>"


def _list(words: Iterable[str]) -> str:
    return "<br>".join(map(_text, words))


def _text(word: str) -> str:
    # A long name may be broken at its underscores, and nowhere else.
    return html.escape(word).replace("_", "_<wbr>")
