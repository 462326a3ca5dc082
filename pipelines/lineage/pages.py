"""The graph as one page to walk: each column with what it is made of and what is made of it, as links. No script, no request.

Not here: what the graph says (assembling) or whether it may (taint).
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pipelines.contracts import Contracts
from pipelines.lineage.dependencies import Column, Dependency
from pipelines.lineage.graph import LANDING, RELEASE, Dataset, Graph
from pipelines.lineage.labels import LABELS, Tainted
from pipelines.lineage.operations import COMPUTE

_LAYERS = {
    "release": "Published",
    "model": "Models",
    "lake": "Lake",
    "vault": "Vault",
    "landing": "As it arrives",
}
_LEAD = """Every column from the field that arrives to the published figure.
<span class="done">green</span> is what is done on the way: a treatment, or an operation.
<span class="told">amber</span> is what a column still tells of a person.
What decides which rows a table has stands below its name."""
_FEW = 12
_HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>TITLE</title>
<style>
:root { color-scheme: light dark; --line: #8886; --way: light-dark(#15803d, #4ade80); --told: light-dark(#b45309, #fbbf24); }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; }
h2 { border-bottom: 2px solid var(--line); margin-top: 3rem; }
h3 { margin: 2rem 0 0; font-size: 1.1rem; }
.column { border-top: 1px solid var(--line); padding: .4rem 0 .4rem .5rem; }
.column:target { outline: 2px solid var(--way); outline-offset: 2px; }
.column p { margin: .1rem 0; }
.name { font-weight: 600; }
.of { color: GrayText; margin: 0 0 .5rem; }
.told, .done { border: 1px solid var(--line); border-radius: .25rem; padding: 0 .3rem; font-size: .85rem; white-space: nowrap; }
.told { color: var(--told); } .done { color: var(--way); }
nav ul { columns: 18rem; padding-left: 1rem; }
dl { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; gap: .2rem 1rem; margin: .4rem 0; }
dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; }
</style></head><body>
<h1>TITLE</h1>
<p>LEAD</p>
"""
END = "</body></html>\n"


def write(file: Path, graph: Graph, tainted: Tainted, contracts: Contracts) -> None:
    """Write the page; it names columns and treatments and bears no row."""
    put(file, page(graph, tainted, contracts))


def put(file: Path, text: str) -> None:
    """Write a page, whole or not at all."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(file)


def head(title: str, lead: str) -> str:
    """Return the beginning of a page: what it is, in a style that asks for nothing from outside."""
    return _HEAD.replace("TITLE", html.escape(title)).replace("LEAD", lead)


def page(graph: Graph, tainted: Tainted, contracts: Contracts) -> str:
    """Return the page as HTML."""
    used = _used(graph)
    words = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in LABELS.items())
    done = "".join(
        f"<dt>{html.escape(name)}</dt><dd>{html.escape(each.removes)}</dd>"
        for name, each in contracts.taxonomy.treatments.items()
    )
    parts = [
        head("Lineage", _LEAD),
        f"<details><summary>What the words mean</summary><dl>{words}</dl><h3>Treatments</h3><dl>{done}</dl></details>",
    ]
    layers = {layer: [each for each in graph.datasets.values() if each.layer == layer] for layer in _LAYERS}
    parts.append("<nav>")
    for layer, title in _LAYERS.items():
        links = "".join(
            f'<li><a href="#{_anchor(each.name)}">{html.escape(_plain(each.name))}</a></li>'
            for each in sorted(layers[layer], key=lambda each: each.name)
        )
        parts.append(f"<h2>{title}</h2><ul>{links}</ul>")
    parts.append("</nav>")
    for layer, title in _LAYERS.items():
        parts.append(f"<h2>{title}, column by column</h2>")
        parts += [_dataset(each, graph, tainted, used) for each in sorted(layers[layer], key=lambda each: each.name)]
    return "".join([*parts, END])


def _used(graph: Graph) -> Mapping[Column, list[tuple[str, Dependency]]]:
    """Return for each column what is made of it: columns, and tables whose rows it decides about."""
    found: dict[Column, list[tuple[str, Dependency]]] = {}
    for dataset in graph.datasets.values():
        for name, own in dataset.columns.items():
            for each in sorted(own):
                found.setdefault(each.column, []).append((f"{dataset.name}.{name}", each))
        for each in sorted(dataset.rows):
            found.setdefault(each.column, []).append((dataset.name, each))
    return found


def _dataset(
    dataset: Dataset, graph: Graph, tainted: Tainted, used: Mapping[Column, list[tuple[str, Dependency]]]
) -> str:
    facts = [f"domain {dataset.domain}"] if dataset.domain else []
    facts += [f"for {', '.join(sorted(dataset.purposes))}"] if dataset.purposes else []
    rows = _rows(dataset.rows) if dataset.rows else ""
    columns = "".join(_column(Column(dataset.name, name), graph, tainted, used) for name in dataset.columns)
    return (
        f'<section id="{_anchor(dataset.name)}"><h3>{html.escape(_plain(dataset.name))}</h3>'
        f"<p class='of'>{html.escape('; '.join(facts))}</p>{rows}{columns}</section>"
    )


def _rows(found: Iterable[Dependency]) -> str:
    """Return what decides about rows; where that is nearly everything that arrives, behind a line to be opened."""
    listed = sorted(found)
    if len(listed) <= _FEW:
        return f"<p class='of'>its rows are decided by {_links(listed)}</p>"
    return f"<details class='of'><summary>its rows are decided by {len(listed)} columns</summary>{_links(listed)}</details>"


def _column(column: Column, graph: Graph, tainted: Tainted, used: Mapping[Column, list[tuple[str, Dependency]]]) -> str:
    labels = _labels(column, tainted)
    made_of = graph.datasets[column.dataset].columns[column.name]
    above = f"<p>made of {_links(made_of)}</p>" if made_of else ""
    below = ", ".join(
        f'<a href="#{_anchor(name)}">{html.escape(name)}</a>{_how(each)}'
        for name, each in dict.fromkeys(used.get(column, ()))
    )
    way = _way(column, graph, tainted) if graph.datasets[column.dataset].layer == "release" else ""
    return (
        f'<div class="column" id="{_anchor(str(column))}"><p><span class="name">{html.escape(column.name)}</span> {labels}</p>'
        f"{above}{f'<p>goes into {below}</p>' if below else ''}{way}</div>"
    )


def _way(column: Column, graph: Graph, tainted: Tainted) -> str:
    """Return for a published column where it comes from, and by what somebody could be known on the way, layer by layer.

    The vault tells whose a pseudonym is: what it was told of somebody, by whichever source, stands on a line of its own.
    """
    layers: dict[str, list[Column]] = {layer: [] for layer in reversed(_LAYERS)}
    near = graph.ancestors(column, but_through="vault")
    for each in (*near, column):
        layers[graph.datasets[each.dataset].layer].append(each)
    behind = sorted(set(graph.ancestors(column)) - set(near))
    lines = [_known_by(_LAYERS[layer], columns, tainted) for layer, columns in layers.items()]
    if behind:
        lines.append(_known_by("Whose a pseudonym is", behind, tainted))
    sources = sorted({_plain(each.dataset) for each in layers["landing"]})
    return (
        f"<details><summary>comes from {html.escape(', '.join(sources)) or 'nothing that arrives'}; "
        f"by what somebody could be known on the way</summary><dl>{''.join(lines)}</dl></details>"
    )


def _known_by(title: str, columns: Sequence[Column], tainted: Tainted) -> str:
    """Return those of the columns that tell of a person, and of how many."""
    told = ", ".join(
        f'<a href="#{_anchor(str(each))}">{html.escape(str(each))}</a> {_labels(each, tainted)}'
        for each in sorted(columns)
        if tainted.labels[each]
    )
    return f"<dt>{title}</dt><dd>{told or 'nothing'}, of {_counted(len(columns))}</dd>"


def _counted(columns: int) -> str:
    return f"{columns} column{'' if columns == 1 else 's'}"


def _labels(column: Column, tainted: Tainted) -> str:
    return " ".join(f'<span class="told">{html.escape(label)}</span>' for label in sorted(tainted.labels[column]))


def _links(found: Iterable[Dependency]) -> str:
    return ", ".join(
        f'<a href="#{_anchor(str(each.column))}">{html.escape(str(each.column))}</a>{_how(each)}'
        for each in sorted(found)
    )


def _how(each: Dependency) -> str:
    words = ([] if each.part == "value" else [each.part]) + [done.name for done in each.through if done.name != COMPUTE]
    return "".join(f' <span class="done">{html.escape(word)}</span>' for word in dict.fromkeys(words))


def _plain(name: str) -> str:
    return name.removeprefix(LANDING).removeprefix(RELEASE)


def _anchor(name: str) -> str:
    return html.escape(name.replace(" ", "_"), quote=True)
