"""What compliance gets of a run, as Dagster sees it: Data Docs and the evidence ledger. Not here: what they tell."""

from __future__ import annotations

import dagster as dg

from pipelines import evidence, quality
from pipelines.defs import intake, recording, release, warehouse
from pipelines.defs.site import Site, contracts_in_force
from pipelines.defs.unexpected import by_kind

DATA_DOCS = dg.AssetKey(["evidence", "data_docs"])
LEDGER = dg.AssetKey(["evidence", "ledger"])
PAGES = dg.AssetKey(["evidence", "pages"])


def data_docs() -> dg.AssetsDefinition:
    """Return the asset of the pages that tell what was expected of each dataset, and whether it was met."""

    @dg.asset(
        key=DATA_DOCS,
        deps=[*(intake.key(name) for name in contracts_in_force().inbound), release.ASSESSED],
        group_name="evidence",
        kinds={"html"},
        owners=["team:compliance"],
        description="Great Expectations' Data Docs: the last judgement of each dataset, one page each, without any value.",
    )
    @by_kind("telling of the data's quality")
    def told(site: dg.ResourceParam[Site]) -> dg.MaterializeResult[None]:
        found = quality.verdicts(site.home.data_docs)
        missed = [each.dataset for each in found if each.failed]
        return dg.MaterializeResult(
            metadata={
                "pages": len(found),
                "expectations": sum(each.expectations for each in found),
                "missed_by": ", ".join(missed) or "none",
                "place": str(site.home.data_docs / "index.html"),
            }
        )

    return told


def ledger() -> dg.AssetsDefinition:
    """Return the asset of the evidence ledger: what this run did is recorded, and the head kept at the anchor."""

    @dg.asset(
        key=LEDGER,
        deps=[*(intake.key(name) for name in contracts_in_force().inbound), intake.WITHDRAWALS, release.ANALYTICS],
        group_name="evidence",
        kinds={"file"},
        owners=["team:compliance"],
        description="What happened, one signed entry each, chained so that nobody changes it unseen, and anchored elsewhere.",
    )
    @by_kind("recording what happened")
    def recorded(site: dg.ResourceParam[Site]) -> dg.MaterializeResult[None]:
        added = recording.record(site)
        site.say("evidence: all that happened is recorded")
        return dg.MaterializeResult(metadata={"added": added, "anchor": recording.anchor(site)})

    return recorded


def pages() -> dg.AssetsDefinition:
    """Return the asset of the pages that compliance walks: lineage, record of processing, clause matrix."""

    @dg.asset(
        key=PAGES,
        deps=[LEDGER, *(warehouse.key(name) for name in contracts_in_force().outbound)],
        group_name="evidence",
        kinds={"html"},
        owners=["team:compliance"],
        description="Lineage from field to figure, the record of processing (UU PDP Art. 31), and what keeps each clause.",
    )
    @by_kind("writing the pages of compliance")
    def written(site: dg.ResourceParam[Site]) -> dg.MaterializeResult[None]:
        folder, matrix = site.home.evidence, evidence.matrix()
        evidence.write_record(folder / "processing.html", evidence.record_of(site.contracts))
        named = {each for clause in matrix for each in clause.obligation.evidence}
        evidence.write_matrix(folder / "clauses.html", matrix, evidence.latest(site.home, named))
        covered = sum(clause.status == "covered" for clause in matrix)
        names = ("lineage.html", "processing.html", "clauses.html")
        return dg.MaterializeResult(
            metadata={
                "covered": covered,
                "clauses": len(matrix),
                "places": ", ".join(str(folder / each) for each in names),
            }
        )

    return written
