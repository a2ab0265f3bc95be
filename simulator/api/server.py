"""One HTTP server with all of ALeRCE's services for the objects of a simulated night.

    with ApiServer(Catalogue(night)) as api:
        api.urls["ztf"]                              # http://127.0.0.1:PORT/ztf/v1
        api.misbehaviour = Misbehaviour(status=503)  # from now on

Paths are those of the real services, on one address: ``/ztf/v1/…`` (REST), ``/get_avro_info`` and
``/get_stamp`` (packets), ``/tap/sync``, ``/object_api/…``, ``/lightcurve_api/…``, ``/probability_api/…`` and
``/stamps_api/…`` (Rubin). ``POST /_control`` with a JSON object of `Misbehaviour`'s fields sets what goes
wrong; ``GET /_control`` tells what was asked.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from simulator.api import lsst, packets, stamps, tap, ztf
from simulator.api.answers import Answer, Query, Refusal, as_json, flask_not_found
from simulator.api.catalogue import Catalogue
from simulator.api.misbehaviour import Misbehaviour

Handler = Callable[..., Any]
OBJECT = r"/ztf/v1/objects/(?P<object_id>[^/]+)"

ROUTES: list[tuple[str, str, Handler]] = [
    ("objects", r"/ztf/v1/objects/?", ztf.list_objects),
    ("object", OBJECT, ztf.one_object),
    ("detections", OBJECT + "/detections", ztf.detections),
    ("non_detections", OBJECT + "/non_detections", ztf.non_detections),
    ("lightcurve", OBJECT + "/lightcurve", ztf.light_curve),
    ("magstats", OBJECT + "/magstats", ztf.magstats),
    ("probabilities", OBJECT + "/probabilities", ztf.probabilities),
    ("features", OBJECT + "/features", ztf.feature_rows),
    ("classifiers", r"/ztf/v1/classifiers/?", ztf.classifiers),
    ("packet", "/get_avro_info", packets.get_avro_info),
    ("stamp", "/get_stamp", stamps.get_stamp),
    ("tap", "/tap/sync", tap.sync),
    ("lsst_stamp", "/stamps_api/stamp", stamps.lsst_stamp),
    ("lsst_objects", "/object_api/list_objects", lsst.list_objects),
    ("lsst_object", "/object_api/object", lsst.one_object),
    ("lsst_detections", "/lightcurve_api/detections", lsst.detections),
    ("lsst_non_detections", "/lightcurve_api/non_detections", lsst.non_detections),
    ("lsst_forced_photometry", "/lightcurve_api/forced-photometry", lsst.forced_photometry),
    ("lsst_lightcurve", "/lightcurve_api/lightcurve", lsst.light_curve),
    ("lsst_probability", "/probability_api/probability", lsst.probability),
]
PATTERNS = [(name, re.compile(pattern), handler) for name, pattern, handler in ROUTES]


class ApiServer:
    """Serves a catalogue from background threads until closed. ``requests`` counts by route name."""

    def __init__(self, catalogue: Catalogue, port: int = 0, host: str = "127.0.0.1") -> None:
        self.catalogue, self.misbehaviour = catalogue, Misbehaviour()
        self.requests: Counter[str] = Counter()
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server((host, port), _Request)
        self._server.api = self
        self.port = int(self._server.server_address[1])
        self.url = f"http://{host if host != '0.0.0.0' else '127.0.0.1'}:{self.port}"  # noqa: S104
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def urls(self) -> dict[str, str]:
        """Addresses of the services: ztf, packets, tap, lsst."""
        return {
            "ztf": f"{self.url}/ztf/v1",
            "packets": self.url,
            "tap": f"{self.url}/tap",
            "lsst": self.url,
        }

    def answer(self, target: str, form: str = "") -> Answer | None:
        """The answer to one request (path and query, and a posted form); ``None``: none at all."""
        parts = urlsplit(target)
        name, handler, arguments = route(parts.path)
        wrong = self._next(name)
        if wrong.delay:
            self.closing.wait(wrong.delay)
        if wrong.silent:
            while not self.closing.is_set() and self.misbehaviour.silent:
                time.sleep(0.05)
            return None
        if (instead := wrong.instead_of(target)) is not None:
            return instead
        return _true_answer(handler, self.catalogue, parse_qs(f"{parts.query}&{form}"), arguments)

    def _next(self, name: str) -> Misbehaviour:
        """Count a request; the misbehaviour that it meets, itself counted down if it is a limited one."""
        with self._lock:
            self.requests[name] += 1
            wrong = self.misbehaviour
            if wrong.requests is not None:
                left = wrong.requests - 1
                self.misbehaviour = replace(wrong, requests=left) if left > 0 else Misbehaviour()
            return wrong

    def control(self, settings: dict[str, Any]) -> Answer:
        """Set what goes wrong; 400 for an unknown key."""
        try:
            wanted = {**settings, "failing_objects": tuple(settings.get("failing_objects", ()))}
            self.misbehaviour = Misbehaviour(**wanted)
        except TypeError as error:
            return as_json({"message": str(error)}, 400)
        return self.state()

    def state(self) -> Answer:
        """What goes wrong now, and what was asked so far."""
        return as_json({"misbehaviour": asdict(self.misbehaviour), "requests": dict(self.requests)})

    def close(self) -> None:
        """Stop serving; connections that wait for an answer get none."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> ApiServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def route(path: str) -> tuple[str, Handler | None, dict[str, str]]:
    """Name, handler and path arguments of a path; "unknown" without a handler if there is none."""
    for name, pattern, handler in PATTERNS:
        if (match := pattern.fullmatch(path)) is not None:
            return name, handler, match.groupdict()
    return "unknown", None, {}


def _true_answer(
    handler: Handler | None, catalogue: Catalogue, query: Query, arguments: dict[str, str]
) -> Answer:
    try:
        if handler is None:
            raise flask_not_found()
        found = handler(catalogue, query, **arguments)
    except Refusal as refusal:
        return refusal.answer
    return found if isinstance(found, Answer) else as_json(found)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    api: ApiServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is its own business; anything else is ours."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    @property
    def api(self) -> ApiServer:
        return cast(_Server, self.server).api

    def do_GET(self) -> None:
        """Answer a request, or state what is going on."""
        self._send(self.api.state() if self.path == "/_control" else self.api.answer(self.path))

    def do_POST(self) -> None:
        """Take instructions, or a query as a form (TAP)."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self._send(
            self.api.control(json.loads(body)) if self.path == "/_control" else self.api.answer(self.path, body)
        )

    def _send(self, answer: Answer | None) -> None:
        if answer is None:
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Stay quiet."""
