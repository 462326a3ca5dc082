"""`crosslife docs`: what every model and column means, as one page."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.cli.options import debug_option


@click.command()
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("crosslife-models.html"),
    show_default=True,
    help="The file to write.",
)
@debug_option
def docs(out: Path) -> None:
    """Write dbt's documentation of all models as one page, to be opened in a browser: no server, no home, no row.

    \b
    It says of each model what one of its rows is, of each column what it means, how it is tested, and what it is made of.

    Example:
      crosslife docs --out models.html
    """
    from pipelines import warehouse

    manifest = warehouse.write_docs(out)
    models = sum(node["resource_type"] == "model" for node in manifest["nodes"].values())
    click.echo(f"{out}: {models} models")
