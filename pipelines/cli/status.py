"""`crosslife status`: what stands in a home, in counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from pipelines import settings
from pipelines.cli.landed import unreachable, unread_folders
from pipelines.cli.options import debug_option, home_option, json_option, place
from pipelines.cli.terminal import print_json, print_table

_BALANCE = ("rows_in", "accepted", "superseded", "duplicates", "quarantined", "refused")


@click.command()
@home_option
@json_option
@debug_option
def status(home: Path | None, as_json: bool) -> None:
    """Show files, batches with their balance, days that await their models, the last release, and the keys.

    \b
    Example:
      crosslife status --home ./home --json
    """
    from pipelines import intake

    here = place(home=home)
    sources = here.contracts().inbound
    unknown = intake.unknown_sources(here.home, sources)
    found = {
        "home": str(here.home.root),
        "unknown_sources": list(unknown),
        **_lake(here.home),
        "release": _release(here.home),
        "keys": _keys(here.home),
    }
    if as_json:
        print_json(found)
        return
    _print(found)
    if unknown:
        click.secho(unread_folders(unknown, sources=sources), fg="yellow")
    if lost := intake.unreachable_files(here.home, sources):
        click.secho(unreachable(lost), fg="yellow")


def _lake(home: settings.Home) -> dict[str, Any]:
    from pipelines import lake
    from pipelines.intake import dropping

    if not home.manifest_file.exists():
        return {"batches": [], "files": {}, "stale_days": {}, "quarantine": {}}
    with lake.open_manifest(home) as manifest:
        batches = [asdict(batch) for batch in manifest.batches()]
        sources = sorted({batch["source"] for batch in batches})
        files = {source: len(manifest.known_files(source)) for source in sources}
        waiting = dropping.totals(manifest)
        stale = {dataset: len(days) for dataset, days in manifest.staleness().days().items()}
    return {"batches": batches, "files": files, "stale_days": stale, "quarantine": waiting}


def _release(home: settings.Home) -> dict[str, Any] | None:
    import json

    file = home.release / "release.json"
    if not file.exists():
        return None
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def _keys(home: settings.Home) -> dict[str, Any] | None:
    from pipelines.identity import keys

    if not home.keyring_file.exists():
        return None
    found = keys.status(home)
    return {"master_source": found.master_source, "count": len(found.keys), "is_vault_present": found.is_vault_present}


def _print(found: Mapping[str, Any]) -> None:
    keys, release = found["keys"], found["release"]
    click.echo(f"home: {found['home']}")
    click.echo(
        f"keys: {keys['count']}, master {keys['master_source']}" if keys else "keys: none (`crosslife keys init`)"
    )
    _print_batches(found["batches"])
    if found["quarantine"]:
        told = "quarantine: {came:,} rows came, {replayed:,} replayed, {dropped:,} dropped, {waiting:,} wait"
        click.echo(told.format(**found["quarantine"]))
    waiting = ", ".join(f"{dataset} {days}" for dataset, days in found["stale_days"].items())
    click.echo(f"days that await their models: {waiting or 'none'}")
    click.echo(f"release: as of {release['as_of']}" if release else "release: none yet")
    tables = release["tables"] if release else ()
    sealed = ", ".join(f"{each['name']} {each['sealed_rows']:,}" for each in tables if each.get("sealed_rows"))
    if sealed:
        click.echo(f"sealed rows, published as before their source fell: {sealed}")


def _print_batches(batches: Sequence[Mapping[str, Any]]) -> None:
    if not batches:
        click.echo("batches: none (files land in landing/<source>/, then `crosslife run`)")
        return
    print_table(
        "Batches: rows in are accepted, superseded, duplicates, quarantined or refused",
        columns=["source", *[name.replace("_", " ") for name in _BALANCE]],
        rows=[[batch["source"], *_counts(batch["balance"])] for batch in batches],
    )


def _counts(balance: Mapping[str, Any]) -> list[int]:
    found = [balance.get(name, 0) for name in _BALANCE]
    return [sum(value.values()) if isinstance(value, Mapping) else value for value in found]
