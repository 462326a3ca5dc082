"""What one living person consents to at an instant, as it is answered to whoever names them.

What a statement is worth stands in `ledger`, what follows from all of them in `periods`. Not here: reading arguments, and who
may do what by the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from pipelines import engine
from pipelines.consent.periods import standing
from pipelines.contracts import Contracts
from pipelines.identity.keyring import Keyring
from pipelines.identity.vault import open_vault
from pipelines.lake.manifest import staging_dir
from pipelines.settings import Home

NEVER_ASKED = "never_asked"


def of_person(
    home: Home, ring: Keyring, contracts: Contracts, *, kind: str, value: str, at: datetime, purposes: Sequence[str]
) -> pl.DataFrame | None:
    """Return what somebody consents to at an instant (aware): a row for each of the purposes, in their order.

    `purpose`, `state` (as in `standing`; `never_asked` where nothing that was stated until then counts), `since` (UTC, aware),
    `stated_under` (version of the policy), `has_evidence`; None where the vault knows nobody of this identifier. What came in
    later of an earlier instant is known here. The vault is opened, which is logged, and nobody becomes known. Raises
    ValueError for a purpose that is not in the taxonomy, and what opening the vault raises.
    """
    if unknown := sorted(set(purposes) - set(contracts.taxonomy.purposes)):
        raise ValueError(f"no purpose is named {', '.join(unknown)}: take those of taxonomy.yaml")
    asked = pl.DataFrame({"kind": [kind], "value": [value]}, schema={"kind": pl.String, "value": pl.String})
    spill = staging_dir(home) / "spill"
    spill.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (
        engine.connect(parquet_keys=ring.parquet_keys(), temp_dir=spill) as connection,
        open_vault(home, ring, purpose="consents of one person") as vault,
    ):
        found = vault.find(asked)["subject"].drop_nulls()
        if found.is_empty():
            return None
        engine.set_secret(connection, "event_key", ring.event_key().hex())
        ledger, answers = contracts.inbound["consents"], list[pl.DataFrame]()
        for purpose in purposes:
            binds = purpose in contracts.policy.browser_refusals.purposes
            stands = standing(connection, home, ledger, vault, purpose=purpose, at=at, browsers_bind=binds, among=found)
            answers.append(_answer(purpose, stands))
    return pl.concat(answers)


def _answer(purpose: str, stands: pl.DataFrame) -> pl.DataFrame:
    """Return the one row of a purpose from what stands of one person, who is not there where nothing does."""
    asked = pl.DataFrame({"purpose": [purpose]})
    return asked.join(stands.with_columns(purpose=pl.lit(purpose)), on="purpose", how="left").select(
        "purpose",
        pl.col("state").fill_null(NEVER_ASKED),
        pl.col("since").dt.replace_time_zone("UTC"),
        "stated_under",
        has_evidence=pl.col("evidence_key").is_not_null(),
    )
