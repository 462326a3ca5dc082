"""Landing, as Dagster sees it: one external asset a source, and the sensor that notices settled files.

Dagster never makes these assets; people and connectors drop files. Not here: reading a file (intake).
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import dagster as dg

from pipelines import intake, settings
from pipelines.contracts import InboundContract
from pipelines.defs.extract import DATABASE, GROUP
from pipelines.defs.partitions import ARRIVALS_TAG, JOB_NAME, key_of
from pipelines.defs.site import contracts_in_force, now, owner
from pipelines.defs.unexpected import by_kind
from pipelines.intake.files import settled_files


def key(source: str) -> dg.AssetKey:
    """Return the asset key of a landed source."""
    return dg.AssetKey(["landing", source])


def specs() -> list[dg.AssetSpec]:
    """Return one external asset for each inbound contract."""
    return [_spec(contract) for contract in contracts_in_force().inbound.values()]


def fingerprint(landing: Path, files: Sequence[Path]) -> str:
    """Return a name for exactly these files at these sizes and times; the same files have the same name."""
    facts = [(file.relative_to(landing).as_posix(), file.stat()) for file in files]
    text = "\n".join(f"{name}\t{status.st_size}\t{status.st_mtime_ns}" for name, status in facts)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _spec(contract: InboundContract) -> dg.AssetSpec:
    return dg.AssetSpec(
        key(contract.name),
        deps=[DATABASE] if contract.extract else [],
        group_name=GROUP,
        description=f"{contract.description}\n\nRaw files as they arrive; kept for days, then removed.",
        owners=[owner(contract.owner)],
        kinds={"file"},
    )


@dg.sensor(
    name="landing",
    job_name=JOB_NAME,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts a run when new files have settled in the landing folder.",
)
@by_kind("looking for files that have landed")
def arrivals(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Ask for one run when files have settled that the lake does not hold."""
    home = settings.home()
    found = {source: tuple(settled_files(home, source)) for source in contracts_in_force().inbound}
    name = fingerprint(home.landing, [file for files in found.values() for file in files])
    if name == context.cursor or not any(found.values()):
        return dg.SkipReason("nothing has landed since the last look")
    context.update_cursor(name)
    if not intake.pending(home, contracts_in_force()):
        return dg.SkipReason("what has landed is already in the lake")
    request = dg.RunRequest(run_key=name, partition_key=key_of(now()), tags={ARRIVALS_TAG: "landed"})
    return dg.SensorResult(run_requests=[request], asset_events=_observations(found))


def _observations(found: Mapping[str, Sequence[Path]]) -> list[dg.AssetObservation]:
    return [
        dg.AssetObservation(
            key(source), metadata={"files": len(files), "bytes": sum(file.stat().st_size for file in files)}
        )
        for source, files in found.items()
        if files
    ]
