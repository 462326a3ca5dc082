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
            "run `crosslife evidence verify` and keep a copy of the folder. Where a backup reaches as far as the anchor, put it "
            "back; else `crosslife evidence restart` begins a new chapter, which says that it does"
        )


class LedgerUnwritable(LedgerProblem):
    """The disk does not take or give what it should; the chain is as it was."""

    def __init__(self, home: Home, error: OSError) -> None:
        super().__init__(
            f"nothing can be recorded in {folder_of(home)} ({type(error).__name__}): see that it can be written, and that there "
            "is space. What has happened is recorded by the next command that can"
        )
