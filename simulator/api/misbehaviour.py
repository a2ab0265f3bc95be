"""How the simulated services go wrong: slow, refusing, failing, talking nonsense, or saying nothing."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.api.answers import Answer, as_json


@dataclass(frozen=True, kw_only=True)
class Misbehaviour:
    """What is wrong with the services; the default is nothing. Replace it whole to change it.

    ``delay``: seconds before every answer. ``status``: answer everything with it (429 and 503 with
    ``retry_after`` seconds, if given). ``failing_objects``: 500 for requests that name one of these.
    ``garbage``: 200 with half a JSON document. ``silent``: take the request and never answer.
    ``requests``: all this for so many requests only.
    """

    delay: float = 0.0
    status: int | None = None
    retry_after: float | None = None
    failing_objects: tuple[str, ...] = ()
    garbage: bool = False
    silent: bool = False
    requests: int | None = None

    def instead_of(self, target: str) -> Answer | None:
        """What to answer a request (its path and query) instead of the truth, or ``None``."""
        if self.status is not None:
            headers = {"Retry-After": f"{self.retry_after:g}"} if self.retry_after is not None else {}
            answer = as_json({"message": "the simulator was told to refuse"}, self.status)
            return Answer(answer.status, answer.body, headers=headers)
        if any(object_id in target for object_id in self.failing_objects):
            return as_json({"message": "Internal Server Error"}, 500)
        if self.garbage:
            return Answer(200, b'{"detections": [{"mjd": 6131')
        return None
