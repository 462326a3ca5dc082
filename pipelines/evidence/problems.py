"""Why nothing can be recorded, and what to do then. Not here: how it is found out."""

from __future__ import annotations

from pipelines.evidence.places import folder_of
from pipelines.settings import Home


class LedgerProblem(RuntimeError):
    """Nothing can be recorded."""


class LedgerBroken(LedgerProblem):
    """The evidence ledger is not what was written; nothing is added to it before somebody has looked."""

    def __init__(self, home: Home, what: str) -> None:
        super().__init__(
            f"the evidence ledger in {folder_of(home)} was altered: {what}. Nothing is added to it and nothing is published: "
            "run `crosslife evidence verify`, keep a copy of the folder, and put it back from a backup that reaches as far as "
            "the anchor"
        )


class LedgerUnwritable(LedgerProblem):
    """The disk does not take or give what it should; the chain is as it was."""

    def __init__(self, home: Home, error: OSError) -> None:
        super().__init__(
            f"nothing can be recorded in {folder_of(home)} ({type(error).__name__}): see that it can be written, and that there "
            "is space. What has happened is recorded by the next command that can"
        )


class AnchorDenies(LedgerProblem):
    """The anchor knows another chain than the one that is here: an old copy of it was put back, or it was written anew."""

    def __init__(self, home: Home, entry: int) -> None:
        super().__init__(
            f"the anchor knows another entry {entry:,} than the one in {folder_of(home)}: nothing is published, no head is "
            "kept beside it. Put the ledger back from a backup that reaches as far as the anchor; where it was the anchor that "
            "was exchanged, give the right one (`crosslife keys set anchor_url`)"
        )
