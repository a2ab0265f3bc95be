"""One HTTP API, shared by all worker threads of the process: polite, patient, and clear about what went wrong.

An answer about one object, even a bad one, is told apart from an API that is down: a 404 is `NotReadyYet`, a
malformed answer or a 500 is `BadAnswer`, and only connection errors, time-outs, 429, 502, 503, 504 (or a 500
for several objects in a row) are `ApiUnavailable`.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlencode

import httpx

from alertwatch.errors import ApiUnavailable, BadAnswer, DecodeError, NotReadyYet
from alertwatch.settings import ApiSettings
from alertwatch.times import retry_after
from consumer.lookup.answers import Answers
from consumer.lookup.breaker import Breaker

RETRY_SECONDS = (0.2, 0.6)  # after connection errors: a dropped keep-alive is nothing to wait a minute for
MOST_ANSWER_BYTES = 50_000_000
OVERLOADED = frozenset({429, 502, 503, 504})


class About(NamedTuple):
    """What a request is about: an object, and the time (epoch seconds) before which no answer counts."""

    object_id: str
    since: float


class ApiClient:
    """GET requests to one API. ``clock`` (epoch seconds) and ``sleep`` are for scheduling only."""

    def __init__(
        self,
        name: str,
        url: str,
        settings: ApiSettings,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = name
        self.requests = 0
        self._settings = settings
        self._clock = clock
        self._sleep = sleep
        self._http = httpx.Client(
            base_url=url,
            timeout=settings.timeout_seconds,
            follow_redirects=True,
            headers={"User-Agent": "alertwatch"},
        )
        self._name = f"{name} at {self._http.base_url.host}"
        self._breaker = Breaker(self._name, settings.breaker_failures, settings.breaker_seconds, clock)
        self._answers = Answers(settings.cache_seconds, clock)
        self._slots = threading.BoundedSemaphore(settings.max_concurrent)
        self._next_start = 0.0
        self._lock = threading.Lock()

    def get(self, path: str, params: Mapping[str, str], about: About, *, missing: int = 404) -> Any:
        """The answer as Python values; ``missing`` is the status by which this path says *unknown object*."""
        answer = self.raw(path, params, about, missing=missing)
        try:
            return json.loads(answer, parse_constant=lambda _: None)  # NaN and infinity are no numbers
        except ValueError:
            self.forget(about.object_id)
            raise BadAnswer(
                f"the {self._name} gave no JSON for {about.object_id}: {_excerpt(answer)}"
            ) from None

    def raw(self, path: str, params: Mapping[str, str], about: About, *, missing: int = 404) -> bytes:
        """The raw answer, from the cache where one was asked for since ``about.since``.

        Raises `NotReadyYet` (unknown object), `BadAnswer`, `ApiUnavailable`.
        """
        request = f"{path}?{urlencode(sorted(params.items()))}"
        answer = self._answers.get(about.object_id, request, about.since)
        if answer is None:
            asked = self._clock()
            answer = self._ask(path, params, about.object_id, missing)
            self._answers.put(about.object_id, request, asked, answer)
        return answer

    def forget(self, object_id: str) -> None:
        """Never use again what was answered about this object."""
        self._answers.forget(object_id)

    def down_for(self) -> float:
        """Seconds until this API may be asked again; 0 when it may be asked now."""
        return self._breaker.left()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _ask(self, path: str, params: Mapping[str, str], object_id: str, missing: int) -> bytes:
        self._breaker.check()
        try:
            with self._slots:
                response, body = self._send(path, params)
        except httpx.TransportError as error:
            raise self._unavailable(f"{type(error).__name__}: {error}") from error
        except httpx.HTTPError as error:
            self._breaker.success()
            raise BadAnswer(f"the {self._name} gave no usable answer for {object_id}: {error}") from error
        return self._accept(response, body, object_id, missing)

    def _send(self, path: str, params: Mapping[str, str]) -> tuple[httpx.Response, bytes]:
        """One request; a connection that fails or breaks is tried again at once."""
        for pause in RETRY_SECONDS:
            try:
                return self._exchange(path, params)
            except httpx.TimeoutException:
                raise
            except httpx.TransportError:
                self._sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter
        return self._exchange(path, params)

    def _exchange(self, path: str, params: Mapping[str, str]) -> tuple[httpx.Response, bytes]:
        """One exchange within the time-out as a whole: an answer that only drips in is none."""
        self._wait_turn()
        deadline = time.monotonic() + self._settings.timeout_seconds
        body = bytearray()
        with self._http.stream("GET", path, params=dict(params)) as response:
            for chunk in response.iter_bytes():
                body += chunk
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout(f"no whole answer within {self._settings.timeout_seconds:g} s")
                if len(body) > MOST_ANSWER_BYTES:
                    raise httpx.DecodingError(f"more than {MOST_ANSWER_BYTES} bytes")
        return response, bytes(body)

    def _wait_turn(self) -> None:
        """Keep to the requests per second, all threads together."""
        with self._lock:
            self.requests += 1
            now = self._clock()
            start = max(now, self._next_start)
            self._next_start = start + 1.0 / self._settings.requests_per_second
        if start > now:
            self._sleep(start - now)

    def _accept(self, response: httpx.Response, body: bytes, object_id: str, missing: int) -> bytes:
        status = response.status_code
        if status in OVERLOADED:
            hold = retry_after(response.headers.get("Retry-After"), self._clock())
            raise self._unavailable(f"HTTP {status}", hold)
        if status >= 500 and status != missing:
            reason = f"the {self._name} fails for {object_id}: HTTP {status} {_excerpt(body)}"
            left = self._breaker.failure(f"HTTP {status}", of=object_id)
            raise ApiUnavailable(reason, retry_after=left) if left else BadAnswer(reason)
        self._breaker.success()
        if status in {404, missing}:
            raise NotReadyYet(f"the {self._name} does not know {object_id} yet (HTTP {status})")
        if status != 200:
            raise BadAnswer(f"the {self._name} refuses {object_id}: HTTP {status} {_excerpt(body)}")
        return body

    def _unavailable(self, reason: str, hold: float | None = None) -> ApiUnavailable:
        left = self._breaker.failure(reason, hold=hold)
        return ApiUnavailable(f"the {self._name} does not answer: {reason}", retry_after=left)


@contextmanager
def readable(what: str, about: About) -> Iterator[None]:
    """Turn what goes wrong while a malformed answer is read into `BadAnswer`."""
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError, DecodeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise BadAnswer(f"the {what} of {about.object_id} cannot be read: {reason}") from error


def _excerpt(body: bytes) -> str:
    return repr(body[:80].decode(errors="replace"))
