"""`crosslife lineage`: what a column is made of, what is made of it, and whether anything tells more than it may."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.cli.failures import REFUSED
from pipelines.cli.options import debug_option, json_option, place
from pipelines.cli.terminal import print_json

if TYPE_CHECKING:
    from pipelines.lineage import Column, Dependency, Graph, Tainted


@click.group()
def lineage() -> None:
    """Where every published figure comes from, column by column, and what is taken away on the way.

    \b
    Columns are named dataset.column:
      landing/accounts.email                  a field as it arrives
      course_progress.learner_pseudonym       a column of the lake or of a model
      release/agg_completion_rates.enrolled   a published column
    """


@lineage.command()
@click.argument("column")
@click.option("--downstream", is_flag=True, help="What is made of it, instead of what it is made of.")
@click.option(
    "--rows",
    is_flag=True,
    help="Also what decides which rows there are (filters, joins, groups), and who is whom in the vault.",
)
@debug_option
def show(column: str, *, downstream: bool, rows: bool) -> None:
    """Show what a column is made of, down to the fields that arrive, and at last by what somebody could be known on the way.

    \b
    Example:
      crosslife lineage show release/agg_completion_rates.completion_rate
      crosslife lineage show landing/accounts.email --downstream
    """
    from pipelines.lineage import VAULT

    graph, tainted = _graph()
    start = _column(column, graph)
    seen = set[object]()

    def walk(at: Column, depth: int, how: str) -> None:
        labels = ", ".join(sorted(tainted.labels.get(at, ())))
        click.echo(f"{'  ' * depth}{at}{how}{f'   [{labels}]' if labels else ''}{'   …' if at in seen else ''}")
        is_folded = at.dataset == VAULT and depth and not rows
        if at in seen or is_folded:
            return
        seen.add(at)
        for after, found in _next(graph, at, downstream=downstream, rows=rows):
            walk(after, depth + 1, _how(found))

    walk(start, 0, "")
    if not downstream:
        click.echo(
            "\nby what somebody could be known on the way, whatever decides between values and about rows included:"
        )
        for layer, labels in _known_by(start, graph, tainted).items():
            click.echo(f"  {layer:<8}  {', '.join(sorted(labels)) or 'nothing'}")


@lineage.command()
@click.argument("source")
@click.argument("target")
@debug_option
@click.pass_context
def path(ctx: click.Context, source: str, target: str) -> None:
    """Show the shortest way from one column to another, by values where there is one; exit code 3 where there is none.

    \b
    Example:
      crosslife lineage path landing/accounts.email release/agg_completion_rates.enrolled
    """
    graph, _ = _graph()
    found = graph.path(_column(source, graph), _column(target, graph))
    if found is None:
        click.echo(f"{target} is not made of {source}")
        ctx.exit(REFUSED)
    for each in found or ():
        click.echo(str(each))


@lineage.command()
@json_option
@debug_option
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> None:
    """Check that no column tells more of a person than it may: every leak with its path, exit code 3.

    \b
    Example:
      crosslife lineage check
    """
    graph, tainted = _graph()
    columns = sum(len(dataset.columns) for dataset in graph.datasets.values())
    if as_json:
        leaks = [
            {"column": str(leak.column), "why": leak.why, "path": list(map(str, leak.path))} for leak in tainted.leaks
        ]
        print_json({"datasets": len(graph.datasets), "columns": columns, "leaks": leaks})
    else:
        for leak in tainted.leaks:
            click.secho(f"crosslife: {leak}", fg="red", err=True)
        click.echo(f"{columns:,} columns of {len(graph.datasets)} datasets, {len(tainted.leaks)} leaks")
    ctx.exit(REFUSED if tainted.leaks else 0)


@lineage.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "openlineage"]),
    default="json",
    show_default=True,
    help="One JSON object, or one OpenLineage event a line.",
)
@debug_option
def export(form: str) -> None:
    """Write the whole graph: every column, what it is made of and how, and, as JSON, what it still tells.

    As OpenLineage (2-0-2) one line a dataset that is made: its job, what it reads, its columns with their types and
    owners, and of each column the columns it comes from. What runs did of it stands in <home>/evidence/openlineage/.

    \b
    Example:
      crosslife lineage export > lineage.json
      crosslife lineage export --format openlineage > lineage.ndjson
    """
    if form == "openlineage":
        _export_events()
        return
    graph, tainted = _graph()
    print_json(
        {
            name: {
                "layer": dataset.layer,
                "columns": {
                    column: {
                        "tells": sorted(tainted.labels[at]),
                        "made_of": [_edge(each) for each in sorted(dataset.columns[column])],
                    }
                    for at, column in ((at, at.name) for at in dataset.all_columns())
                },
                "rows": [_edge(each) for each in sorted(dataset.rows)],
            }
            for name, dataset in graph.datasets.items()
        }
    )


@lineage.command()
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("crosslife-lineage.html"),
    show_default=True,
    help="The file to write.",
)
@debug_option
def page(out: Path) -> None:
    """Write the graph as one page to walk, to be opened in a browser: no server, no script, no row.

    \b
    Every run writes it, too, as <home>/evidence/lineage.html.

    Example:
      crosslife lineage page --out lineage.html
    """
    from pipelines.lineage import write_page

    graph, tainted = _graph()
    write_page(out, graph, tainted, place(home=None, policy=None).contracts())
    click.echo(f"{out}: {sum(len(dataset.columns) for dataset in graph.datasets.values()):,} columns")


def _export_events() -> None:
    # The client of OpenLineage takes a while to import.
    from pipelines.lineage import events

    here = place(home=None, policy=None)
    graph, _ = _graph()
    for event in events.of_graph(graph, here.contracts(), at=here.as_of):
        click.echo(event)


def _graph() -> tuple[Graph, Tainted]:
    from pipelines import warehouse
    from pipelines.lineage import assemble
    from pipelines.lineage import check as flow

    contracts = place(home=None, policy=None).contracts()
    graph = assemble(contracts, warehouse.compiled_models())
    return graph, flow(graph, contracts)


def _known_by(column: Column, graph: Graph, tainted: Tainted) -> dict[str, set[str]]:
    """Return for each layer between a column and what arrives the labels that its columns bear."""
    found: dict[str, set[str]] = {}
    for each in (column, *graph.ancestors(column, but_through="vault")):
        found.setdefault(graph.datasets[each.dataset].layer, set()).update(tainted.labels[each])
    return found


def _column(text: str, graph: Graph) -> Column:
    from pipelines.lineage import Column

    names = [name for name in graph.datasets if text.startswith(f"{name}.")]
    for name in names:
        if (own := text.removeprefix(f"{name}.")) in graph.datasets[name].columns:
            return Column(name, own)
    known = f"; {names[0]} has {', '.join(graph.datasets[names[0]].columns)}" if names else ""
    raise click.UsageError(f"{text} is no column{known}")


def _next(graph: Graph, at: Column, *, downstream: bool, rows: bool) -> list[tuple[Column, Dependency]]:
    if downstream:
        return [(column, each) for column, each in graph.downstream(at) if column.name != "*"]
    dataset = graph.datasets[at.dataset]
    found = graph.upstream(at) if rows else tuple(sorted(dataset.columns[at.name]))
    return [(each.column, each) for each in found]


def _how(found: Dependency) -> str:
    words: list[str] = [] if found.part == "value" else [found.part]
    words += dict.fromkeys(each.name for each in found.through if each.name != "compute")
    return f"   ({', '.join(words)})" if words else ""


def _edge(found: Dependency) -> dict[str, object]:
    return {"column": str(found.column), "part": found.part, "through": [each.name for each in found.through]}
