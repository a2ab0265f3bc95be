"""Where the real alerts, light curves and broken files are, and how a test says that they are missing."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("ALERTWATCH_TEST_DATA", ROOT.parent / "shared" / "data"))

needs_data = pytest.mark.skipif(
    not (DATA / "MANIFEST.csv").exists(),
    reason=f"real alerts not found at {DATA}; set ALERTWATCH_TEST_DATA to the folder that holds MANIFEST.csv",
)


def manifest(**wanted: str) -> list[dict[str, str]]:
    """Rows of the data's manifest whose columns have the wanted values, e.g. ``manifest(survey="ztf")``."""
    path = DATA / "MANIFEST.csv"
    if not path.exists():
        return []
    with path.open(newline="") as lines:
        return [row for row in csv.DictReader(lines) if all(row[k] == v for k, v in wanted.items())]
