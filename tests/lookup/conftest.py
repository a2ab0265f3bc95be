"""What the tests of look-ups share: a scripted API, a clock that is moved by hand, fast settings."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from alertwatch.settings import ApiSettings
from consumer.lookup.http import ApiClient
from tests.lookup import fake_api
from tests.lookup.fake_api import FakeApi


class Clock:
    """Seconds since 1970, as the test says; sleeping takes no time."""

    def __init__(self, now: float) -> None:
        self.now = now
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock(1_780_000_000.0)


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with fake_api.running() as server:
        yield server


@pytest.fixture
def another_api() -> Iterator[FakeApi]:
    with fake_api.running() as server:
        yield server


@pytest.fixture
def client(api: FakeApi, clock: Clock) -> Iterator[Callable[..., ApiClient]]:
    """Makes clients of the scripted API with the given settings."""
    made: list[ApiClient] = []

    def make(server: FakeApi = api, **settings: Any) -> ApiClient:
        chosen = ApiSettings(**{"url": server.url, "requests_per_second": 1e6, **settings})
        made.append(ApiClient("test API", chosen.url, chosen, clock, clock.sleep))
        return made[-1]

    yield make
    for each in made:
        each.close()
