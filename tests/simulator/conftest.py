"""One small night for all tests of the simulator."""

from __future__ import annotations

import datetime as dt

import pytest

from simulator.night import Night


@pytest.fixture(scope="session")
def night() -> Night:
    return Night(2000, seed=3, date=dt.date(2026, 3, 15))
