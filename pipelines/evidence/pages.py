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
(UU PDP Art. 31). Made from the contracts; a build is refused where what is published is made of anything else. How long it is to
be kept is the promise; what carries it out, and what does not yet, stands in the clause matrix (O30 to O33)."""
_MATRIX = """Each obligation of the policy: what keeps it (rule and code), and the tests that would show that it is not kept.
<span class="done">covered</span> and <span class="told">in part</span> mean tests that were seen to fail, each with a fault
that was planted; nothing else counts. What is not built says so. The faults stand in data_contracts/obligations.yaml."""


def write_record(file: Path, record: Record) -> None:
    """Write the record of processing."""
    parts = [head(f"Record of processing, policy {record.policy_version}", _RECORD), "<h2>What for</h2>"]
    for each in record.activities:
        told = {
            "clause": _text(each.clause),
            "lawful bases": _list(each.lawful_bases),
            "held for it": _names(each.datasets),
            "published": _names(each.published) or "nothing",
            "recipients": _list(each.recipients) or "none",
        }
        parts.append(_section(each.purpose, _text(each.description), told))
    zones = "".join(f"<dt>{_text(name)}</dt><dd>{_text(said)}</dd>" for name, said in record.zones)
    parts.append(f"<h2>Where it lies</h2><dl>{zones}</dl><h2>What is held</h2>")
    for held in record.datasets:
        told = {
            "owner": f"{_text(held.owner)}, domain {_text(held.domain)}",
            "categories": _names(held.categories),
            "of whom": _names(held.subjects) or "nobody by itself",
            "identifiers": _list(held.identifiers) or "none",
            "purposes": _list(f"{purpose}: {basis}" for purpose, basis in held.purposes),
            "consent": _text(held.consent),
            "kept": _text(held.retention),
            "published in": _names(held.published_in) or "nothing",
        }
        parts.append(_section(held.dataset, _text(held.description), told))
    put(file, "".join([*parts, END]))


def write_matrix(file: Path, matrix: Sequence[Clause], latest: Mapping[str, str]) -> None:
    """Write the clause matrix; `latest` says of each kind of evidence what is the latest of it in this home."""
    counts = {status: sum(each.status == status for each in matrix) for status in ("covered", "in part", "not covered")}
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    parts = [head("Clause matrix", f"{_MATRIX}<br><b>{told}</b>"), "<nav>"]
    for status in counts:
        links = ", ".join(f'<a href="#{each.id}">{_text(each.id)}</a>' for each in matrix if each.status == status)
        parts.append(f"<p>{_mark(status)} {links or 'none'}</p>")
    parts += ["</nav>", *(_clause(each, latest) for each in matrix), END]
    put(file, "".join(parts))


def _clause(clause: Clause, latest: Mapping[str, str]) -> str:
    said = clause.obligation
    told = {
        "not built": _text(said.missing),
        "rule": _list(said.rules),
        "code": _list(said.code),
        "seen red": _list(f"{test}, with a fault in {', '.join(_faulty(clause, test))}" for test in clause.proven),
        "not seen red": _list(f"{test} as it is now" for test in clause.unproven),
        "evidence": _list(f"{each}: {latest.get(each, 'none yet')}" for each in said.evidence),
    }
    return _section(clause.id, _text(said.holds), told, beside=f" {_text(said.clause)} {_mark(clause.status)}")


def _faulty(clause: Clause, test: str) -> list[str]:
    return sorted({fault.file for fault in clause.obligation.faults if fault.test == test})


def _section(name: str, text: str, told: Mapping[str, str], *, beside: str = "") -> str:
    """Return one thing with what is told of it, by name; what is empty is left out."""
    listed = "".join(f"<dt>{title}</dt><dd>{said}</dd>" for title, said in told.items() if said)
    title = f"<h3>{_text(name)}{beside}</h3>"
    return f'<section class="column" id="{html.escape(name)}">{title}<p>{text}</p><dl>{listed}</dl></section>'


def _mark(status: str) -> str:
    return f'<span class="{"done" if status == "covered" else "told"}">{status}</span>'


def _list(words: Iterable[str]) -> str:
    return "<br>".join(map(_text, words))


def _names(words: Iterable[str]) -> str:
    return ", ".join(map(_text, words))


def _text(word: str) -> str:
    # A long name may be broken at its underscores and slashes, and nowhere else.
    return html.escape(word).replace("_", "_<wbr>").replace("/", "/<wbr>")
