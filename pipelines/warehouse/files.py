"""The warehouse file: where the new one is built, how it takes the old one's place. What is in it, the models say."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pipelines.settings import Home


class WarehouseMissing(FileNotFoundError):
    """There is no warehouse yet."""


def building_file(home: Home) -> Path:
    """Return the place where the new file is built."""
    return home.warehouse / ".building.duckdb"


def existing_file(home: Home) -> Path:
    """Return the warehouse file. Raises WarehouseMissing."""
    if not home.warehouse_file.exists():
        message = f"{home.warehouse_file} does not exist: build it with `crosslife run`"
        raise WarehouseMissing(message)
    return home.warehouse_file


def swap_in(home: Home) -> None:
    """Put the new file in the old one's place; a reader keeps the file that it has open."""
    os.replace(building_file(home), home.warehouse_file)  # noqa: PTH105 - the name of the promise


def clear(home: Home) -> None:
    """Remove what an unfinished build left."""
    for file in home.warehouse.glob(f"{building_file(home).name}*"):
        file.unlink()
    shutil.rmtree(home.warehouse / ".spill", ignore_errors=True)
