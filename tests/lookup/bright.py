"""A filter, the messages that it wants, and a process of its own that looks them up: to be killed."""

from __future__ import annotations

import io
import sys
import threading
import time
from collections.abc import Iterator

import fastavro

from alertwatch.alert import Alert, Part
from alertwatch.filter import Criterion, Filter, Outcome, Parameters
from alertwatch.settings import ApiSettings, DatabaseSettings, LookupSettings, Settings
from alertwatch.store import Store, candidates
from consumer.judging import Judges
from consumer.lookup.worker import LookupWorkers
from tests.lookup.ztf_answers import CANDID, OID

STAMP_SCHEMA = {
    "type": "record",
    "name": "stamp",
    "fields": [
        {"name": "objectId", "type": "string"},
        {"name": "candid", "type": "long"},
        {
            "name": "probabilities",
            "type": {
                "type": "record",
                "name": "probabilities",
                "fields": [{"name": c, "type": "float"} for c in ("SN", "AGN", "VS", "asteroid", "bogus")],
            },
        },
    ],
}


class Bright(Filter[Parameters]):
    """Matches what its own detection shows brighter than 19 mag."""

    streams = frozenset({"ztf_stamp"})
    needs = frozenset({Part.DETECTIONS})

    def criteria(self, alert: Alert) -> Iterator[Criterion]:
        own = alert.detection
        bright = own is not None and own.mag is not None and own.mag < 19
        yield Criterion(name="bright", outcome=Outcome.PASS if bright else Outcome.FAIL)


def stamp(object_id: str = OID, candid: str = CANDID) -> bytes:
    probabilities = {"SN": 0.75, "AGN": 0.25, "VS": 0.0, "asteroid": 0.0, "bogus": 0.0}
    message = {"objectId": object_id, "candid": int(candid), "probabilities": probabilities}
    file = io.BytesIO()
    fastavro.writer(file, STAMP_SCHEMA, [message])
    return file.getvalue()


def main(database_url: str, api_url: str) -> None:
    """Work until no candidate waits."""
    stop = threading.Event()
    settings = Settings(
        apis={"ztf": ApiSettings(url=api_url, requests_per_second=1e6)},
        lookups=LookupSettings(lease_seconds=1.0),
    )
    with Store.open(DatabaseSettings(url=database_url)) as store:
        workers = LookupWorkers(store, Judges({"bright": Bright("bright", Parameters())}, 10), settings, stop)
        workers.start()
        waiting = True
        while waiting:
            time.sleep(0.05)
            with store.read() as tx:
                waiting = candidates.count(tx, time.time()).waiting > 0
        workers.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
