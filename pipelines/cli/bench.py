"""`crosslife bench`: the ratios this product promises, measured here and now."""

from __future__ import annotations

import click

from pipelines import settings
from pipelines.cli.options import debug_option, json_option
from pipelines.cli.terminal import Progress, print_json, print_table


@click.command()
@click.argument("name")
@click.option("--quick", is_flag=True, help="A smaller measurement, done within 45 seconds on two cores.")
@json_option
@debug_option
def bench(name: str, quick: bool, as_json: bool) -> None:
    """Measure NAME (intake, models) against a plain script doing the same work.

    \b
    Example:
      crosslife bench intake --quick --json
    """
    settings.silence()
    from pipelines import bench as room

    if name not in room.NAMES:
        raise click.BadParameter(f"there is {', '.join(room.NAMES)}", param_hint="NAME")
    report = room.run(name, quick=quick, progress=Progress(is_silent=as_json))
    if as_json:
        print_json(report)
        return
    print_table(f"bench {name}", columns=["figure", "value"], rows=[[k, v] for k, v in report["figures"].items()])
