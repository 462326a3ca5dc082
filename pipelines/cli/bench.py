"""`crosslife bench`: the ratios this product promises, measured here and now."""

from __future__ import annotations

from collections.abc import Mapping

import click

from pipelines import settings
from pipelines.cli.options import debug_option, json_option
from pipelines.cli.terminal import Progress, print_json, print_table


@click.command()
@click.argument("name")
@click.option(
    "--quick", is_flag=True, help="A smaller measurement, within 45 seconds on two cores (history: two minutes)."
)
@click.option(
    "--source", "sources", multiple=True, help="A source to measure by itself, or `all`; for intake alone, repeatable."
)
@click.option(
    "--rows",
    type=click.IntRange(min=1_000),
    help="Rows of each source (400000, quick 100000), or events of models (5000000).",
)
@json_option
@debug_option
def bench(name: str, quick: bool, sources: tuple[str, ...], rows: int | None, as_json: bool) -> None:
    """Measure NAME (intake, models, history, retention) against a plain script doing the same, or against less history.

    Without --source, intake is measured on bulk web events, Great Expectations included. With it, each source is measured
    on rows of the demo, told again and again; the plain script is made from its contract.

    \b
    Examples:
      crosslife bench intake --quick --json
      crosslife bench intake --source payments --source meta_pixel
      crosslife bench intake --source all --rows 200000
      crosslife bench models --rows 20000000
      crosslife bench history
      crosslife bench retention
    """
    settings.silence()
    from pipelines import bench as room

    if name not in room.NAMES:
        raise click.BadParameter(f"there is {', '.join(room.NAMES)}", param_hint="NAME")
    if sources and name != "intake":
        raise click.BadParameter("only intake is measured source by source", param_hint="--source")
    if rows and not sources and name != "models":
        raise click.BadParameter("say of which --source, or `--source all`", param_hint="--rows")
    known = room.source_names() if sources else ()
    if unknown := sorted(set(sources) - {room.ALL, *known}):
        message = f"there is no source {', '.join(unknown)}: use {room.ALL}, {', '.join(known)}"
        raise click.BadParameter(message, param_hint="--source")
    report = room.run(name, quick=quick, sources=sources, rows=rows, progress=Progress(is_silent=as_json))
    if as_json:
        print_json(report)
        return
    if sources:
        print_table("bench intake", columns=["source", *_COLUMNS], rows=_by_source(report["figures"]))
        return
    print_table(f"bench {name}", columns=["figure", "value"], rows=[[k, v] for k, v in report["figures"].items()])


_COLUMNS = ("ratio", "seconds", "plain_seconds", "rows_per_second", "plain_rows_per_second", "peak_gib")


def _by_source(figures: Mapping[str, float]) -> list[list[object]]:
    """Return one line a source of figures named `<source>.<figure>`."""
    names = dict.fromkeys(name.split(".", 1)[0] for name in figures)
    return [[name, *(f"{figures[f'{name}.{figure}']:,.2f}" for figure in _COLUMNS)] for name in names]
