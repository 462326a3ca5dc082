"""A copy of the contracts in which one thing can be made wrong."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines import settings
from pipelines.contracts import ContractViolation, Finding, load


@dataclass(frozen=True)
class Copy:
    folder: Path

    def change(self, file: str, old: str, new: str) -> int:
        """Replace the first `old` by `new`, and return the line on which it stood."""
        path = self.folder / file
        text = path.read_text()
        assert old in text, f"{file} does not say {old!r}"
        path.write_text(text.replace(old, new, 1))
        return text[: text.index(old)].count("\n") + 1

    def findings(self) -> tuple[Finding, ...]:
        with pytest.raises(ContractViolation) as caught:
            load(self.folder)
        assert str(caught.value) == "\n".join(str(finding) for finding in caught.value.findings)
        return caught.value.findings


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(Path(shutil.copytree(settings.CONTRACTS_DIR, tmp_path / "data_contracts")))
