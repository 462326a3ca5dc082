from __future__ import annotations

from pathlib import Path

from pipelines import contracts, settings
from pipelines.evidence.clauses import Clause, Obligation
from pipelines.evidence.pages import write_matrix, write_record
from pipelines.evidence.processing import record_of


def test_the_record_of_processing_tells_every_purpose_and_asks_for_nothing_outside(tmp_path: Path) -> None:
    terms = contracts.load(settings.CONTRACTS_DIR)
    write_record(tmp_path / "p.html", record_of(terms))
    page = (tmp_path / "p.html").read_text(encoding="utf-8").replace("<wbr>", "")
    assert [
        name for name in (*terms.taxonomy.purposes, *terms.inbound, *terms.internal) if f"<h3>{name}</h3>" not in page
    ] == []
    assert "default-src 'none'" in page
    assert "://" not in page
    assert "<script" not in page


def test_the_matrix_shows_what_is_not_covered_and_what_a_home_has_as_evidence(tmp_path: Path) -> None:
    kept = Clause("O1", Obligation(clause="§1", holds="<kept>", evidence=("batch", "key")), ("tests/x.py::test_x",), ())
    lost = Clause("O2", Obligation(clause="§2", holds="lost", missing="all of it"), (), ())
    write_matrix(tmp_path / "m.html", [kept, lost], {"batch": "entry 7 of 2026-06-30"})
    page = (tmp_path / "m.html").read_text(encoding="utf-8").replace("<wbr>", "")
    assert "1 covered, 0 in part, 1 not covered" in page
    assert '<span class="told">not covered</span>' in page
    assert "all of it" in page
    assert "batch: entry 7 of 2026-06-30<br>key: none yet" in page
    assert "&lt;kept&gt;" in page
