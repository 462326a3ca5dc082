"""What a judgement of a dataset says, whoever made it. Nothing here judges."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True)
class QualityResult:
    """The verdict on a dataset: `failed` names the expectations that were missed."""

    dataset: str
    partitions: int
    rows: int
    expectations: int
    failed: tuple[str, ...]

    @property
    def success(self) -> bool:
        """Whether every expectation was met in every partition."""
        return not self.failed

    def told(self, as_of: datetime) -> dict[str, Any]:
        """Return the facts by name, with the instant for which they hold."""
        return {**asdict(self), "as_of": as_of.astimezone(UTC).isoformat(timespec="seconds")}
