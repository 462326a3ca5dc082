"""Data Docs: a page for each dataset that was judged, as Great Expectations renders it, and a list of them.

Its pages would load styles, scripts and a logo from a dozen servers; here they are without, and forbid it. They tell what was
expected and whether it was met, of the judgement that came last. What is judged does not belong here.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.render.view.view import DefaultJinjaPageView

_OUTSIDE = re.compile(
    r"<(script|style|nav|footer|title)\b.*?</\1>|<(?:link|img|meta)\b[^>]*>", re.DOTALL | re.IGNORECASE
)
_ELSEWHERE = re.compile(r'<a\b[^>]*href="(?:\.\./|https?:)[^"]*"[^>]*>(.*?)</a>', re.DOTALL)
_HEAD = """<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }}
table {{ border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; }}
th, td {{ text-align: start; padding: .35rem .75rem; border-bottom: 1px solid #8886; vertical-align: top; }}
td.n, th.n {{ text-align: end; font-variant-numeric: tabular-nums; }}
.badge {{ border: 1px solid #8886; border-radius: .25rem; padding: 0 .3rem; }}
.fa-check-circle::before {{ content: "\\2713"; color: #15803d; }}
.fa-times::before {{ content: "\\2717"; color: #dc2626; }}
.ge-section td:nth-child(3), .ge-section th:nth-child(3), .card, .modal, .collapse, [data-toggle="collapse"] {{ display: none; }}
</style>"""


@dataclass(frozen=True)
class Verdict:
    """How one dataset was judged: by how many expectations, over how many rows and partitions, and what it missed."""

    dataset: str
    as_of: str
    expectations: int
    partitions: int
    rows: int
    failed: tuple[str, ...]


def write(folder: Path, verdict: Verdict, result: ExpectationSuiteValidationResult) -> None:
    """Put the page of a verdict in its place, and the list of all pages."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _put(folder / f"{verdict.dataset}.html", _page(verdict, result))
    _put(folder / f"{verdict.dataset}.json", json.dumps(asdict(verdict), indent=2) + "\n")
    list_verdicts(folder)


def list_verdicts(folder: Path) -> None:
    """Write the list of the pages that are there."""
    _put(folder / "index.html", _index(verdicts(folder)))


def verdicts(folder: Path) -> tuple[Verdict, ...]:
    """Return the last verdict on every dataset that was ever judged, by name."""
    told = (json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json")))
    return tuple(Verdict(**{**each, "failed": tuple(each["failed"])}) for each in told)


def _page(verdict: Verdict, result: ExpectationSuiteValidationResult) -> str:
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer

    # Of its own account it would tell a digest of the rows.
    result.meta = {"run_id": {"run_name": verdict.dataset, "run_time": verdict.as_of}}
    page = ValidationResultsPageRenderer().render(result)
    rendered: str = _view().render(page)  # type: ignore[no-untyped-call]
    body = _ELSEWHERE.sub(r"\1", _OUTSIDE.sub("", rendered).partition("<body>")[2])
    told = f"{verdict.rows:,} rows in {verdict.partitions:,} partitions, judged as of {html.escape(verdict.as_of)}"
    head = _HEAD.format(title=f"{verdict.dataset}: what was expected")
    back = f'<p><a href="index.html">All datasets</a></p><h1>{verdict.dataset}</h1><p>{told}</p>'
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head><body>{back}{body}'


@cache
def _view() -> DefaultJinjaPageView:
    """Return the view, which keeps its templates: to make them takes longer than to fill them."""
    from great_expectations.render.view.view import DefaultJinjaPageView

    return DefaultJinjaPageView()


def _index(found: Sequence[Verdict]) -> str:
    rows = "".join(
        f'<tr><td><a href="{each.dataset}.html">{each.dataset}</a></td><td>{_said(each)}</td><td class="n">{each.rows:,}</td>'
        f'<td class="n">{each.expectations:,}</td><td>{html.escape(each.as_of)}</td></tr>'
        for each in found
    )
    head = _HEAD.format(title="Data quality")
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head><body><h1>Data quality</h1>'
        "<p>What arrived and what is released, against the contracts: the last judgement of each dataset.</p>"
        '<table><thead><tr><th>Dataset</th><th>Verdict</th><th class="n">Rows</th><th class="n">Expectations</th>'
        f"<th>As of</th></tr></thead><tbody>{rows}</tbody></table></body></html>\n"
    )


def _said(verdict: Verdict) -> str:
    return f"misses {html.escape('; '.join(verdict.failed))}" if verdict.failed else "meets its contract"


def _put(file: Path, text: str) -> None:
    beside = file.with_name(f".{file.name}.part")
    beside.write_text(text, encoding="utf-8")
    beside.chmod(0o600)
    beside.replace(file)
