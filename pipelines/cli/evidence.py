"""`crosslife evidence`: what was recorded, and whether anybody changed it. Never shows more than the ledger holds."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines.cli.entries import lines_of, tell
from pipelines.cli.failures import REFUSED
from pipelines.cli.options import debug_option, home_option, json_option, place
from pipelines.cli.terminal import print_json

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from pipelines.evidence import Clause

_KEY_DIGITS = 64
_LINE = 120


@click.group()
def evidence() -> None:
    """What happened here, recorded so that nobody can change it unseen.

    Batches, interventions, releases, keys, policies and refusals become entries of one chain: each bears the digest of the
    one before and a signature. Of a person an entry bears the digest of a ciphertext and nothing else.
    """


@evidence.command("list")
@click.option(
    "--kind",
    help="Only of this kind: batch, intervention, drop, release, key, policy, backup, denial, person, access, genesis.",
)
@click.option("--last", type=click.IntRange(min=1), default=20, show_default=True, help="How many, the newest.")
@home_option
@json_option
@debug_option
def list_(kind: str | None, last: int, home: Path | None, as_json: bool) -> None:
    """List what was recorded, the oldest first; exit code 3 where the entries do not follow each other.

    A batch is named by its id, a release by its edition; a release says up to which entry it was made of what is recorded.

    \b
    Example:
      crosslife evidence list --kind release
    """
    from pipelines import evidence as room

    if kind and kind not in room.KINDS:
        raise click.UsageError(f"there is no kind {kind}; there are {', '.join(room.KINDS)}")
    here = place(home=home).home
    found = [each for each in room.read(here) if kind in (None, each.kind)]
    faults = room.faults_of_links(here)
    if as_json:
        print_json({"entries": [asdict(each) for each in found[-last:]], "faults": list(faults)})
    else:
        for line in list(lines_of(found))[-last:]:
            click.echo(line)
        if not found:
            click.echo(f"nothing is recorded in {here.root}" + (f" of the kind {kind}" if kind else ""), err=True)
    for fault in faults:
        click.secho(f"{fault}: do not believe what is listed, run `crosslife evidence verify`", fg="red", err=True)
    if faults:
        click.get_current_context().exit(REFUSED)


@evidence.command()
@click.option("--public-key", help="Verify with this key (64 hexadecimal digits) instead of the home's keyring.")
@click.option(
    "--anchor",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="With --public-key: a file of anchored heads to compare with.",
)
@home_option
@json_option
@debug_option
def verify(public_key: str | None, anchor: Path | None, home: Path | None, as_json: bool) -> None:
    """Look at every entry, link and signature, at the head, and at what was anchored elsewhere.

    Exit code 3 at a finding: keep a copy of the folder and ask who could write there. Exit code 1 where the anchor cannot be
    reached, which says nothing of the ledger. Somebody without any key of the home can do it, too: with the public key that
    `crosslife evidence key` once showed, and a copy of the anchor's file.

    \b
    Example:
      crosslife evidence verify --home ./home
    """
    from pipelines import evidence as room
    from pipelines.identity import keys

    if anchor and not public_key:
        raise click.UsageError("--anchor goes with --public-key; else the home's own anchor_url is used")
    here = place(home=home).home
    if public_key:
        anchored = anchor.read_bytes().splitlines(keepends=True) if anchor else None
        verdict = room.look(here, key=_public_key(public_key), anchored=anchored)
    else:
        verdict = room.look_with_keys(here, keys.open_keyring(here))
    if as_json:
        print_json({"is_sound": verdict.is_sound, **asdict(verdict)})
    else:
        tell(verdict, has_own_anchor=not public_key)
    if not verdict.is_sound:
        click.get_current_context().exit(REFUSED)


@evidence.command()
@home_option
@debug_option
def key(home: Path | None) -> None:
    """Show the public key that signatures are verified by: keep it, and let auditors keep it, outside this home.

    \b
    Example:
      crosslife evidence key --home ./home
    """
    from pipelines import evidence as room
    from pipelines.identity import keys

    ring = keys.open_keyring(place(home=home).home)
    click.echo(room.public_key_text(room.signing_key(ring).public_key()))


@evidence.command()
@json_option
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("crosslife-processing.html"),
    show_default=True,
    help="The page to write.",
)
@debug_option
def processing(as_json: bool, out: Path) -> None:
    """Write the record of processing (UU PDP Art. 31): what for, on which basis, which data, whose, how long.

    It is made from the contracts, and held against what the models really read: exit code 3 where they differ. Every run
    writes it, too, as <home>/evidence/processing.html.

    \b
    Example:
      crosslife evidence processing --json
    """
    from pipelines import evidence as room
    from pipelines import lineage, warehouse

    contracts = place(home=None).contracts()
    room.refuse_drift(contracts, lineage.assemble(contracts, warehouse.compiled_models()))
    record = room.record_of(contracts)
    if as_json:
        print_json(asdict(record))
        return
    room.write_record(out, record)
    click.echo(
        f"{out}: {len(record.activities)} purposes, {len(record.datasets)} datasets, as the models really read them"
    )


@evidence.command()
@home_option
@json_option
@debug_option
def clauses(home: Path | None, as_json: bool) -> None:
    """Show for each obligation of the policy whether it is covered: by a test that was seen to fail, and by nothing else.

    Rules, code, tests and the latest evidence stand on the page that every run writes, <home>/evidence/clauses.html.

    \b
    Example:
      crosslife evidence clauses --json
    """
    from pipelines import evidence as room

    found = room.matrix()
    if as_json:
        latest = room.latest(place(home=home).home, {each for clause in found for each in clause.obligation.evidence})
        print_json({"clauses": [_clause(clause, latest) for clause in found]})
        return
    for clause in found:
        color = {"covered": "green", "in part": "yellow"}.get(clause.status)
        click.echo(
            f"{clause.id:<4} {clause.obligation.clause:<6} {click.style(f'{clause.status:<12}', fg=color)} ", nl=False
        )
        click.echo(textwrap.shorten(clause.obligation.holds, _LINE, placeholder=" …"))
        if clause.obligation.missing:
            click.echo(f"{'':25}not built: {clause.obligation.missing}")


def _clause(clause: Clause, latest: Mapping[str, str]) -> dict[str, Any]:
    told = clause.obligation.model_dump(exclude={"faults"})
    told["evidence"] = {each: latest.get(each) for each in clause.obligation.evidence}
    return {"id": clause.id, "status": clause.status, **told, "proven": clause.proven, "unproven": clause.unproven}


def _public_key(text: str) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text))
    except ValueError:
        raise click.UsageError(f"--public-key takes {_KEY_DIGITS} hexadecimal digits") from None
