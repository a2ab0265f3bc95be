"""Every real packet of both surveys through a real broker to the database."""

from __future__ import annotations

from pathlib import Path

import pytest

from alertwatch.store import dead_letters, tables
from consumer import readers
from tests.readers.examples import packets
from tests.service.conftest import Place
from tests.support.data import needs_data
from tests.support.service import Installation

TOPICS = 8  # the embedded broker keeps 5 MB of a partition


def alerts(survey: str, payload: bytes) -> set[tuple[str, str, str]]:
    reader = readers.get(f"{survey}_packet")
    found = [reader.glance(part) for part in reader.split(payload)]
    return {(alert.survey, alert.object_id, alert.alert_id) for alert in found}


@needs_data
@pytest.mark.slow
def test_every_real_packet_flows_to_the_database(tmp_path: Path, place: Place) -> None:
    stem, expected, sent = place.broker.topic("packets"), set(), 0
    for survey in ("ztf", "lsst"):
        payloads = [path.read_bytes() for path in packets(survey)]
        for number in range(TOPICS):
            place.broker.produce(f"{stem}_{survey}_{number}", payloads[number::TOPICS])
        expected |= {alert for payload in payloads for alert in alerts(survey, payload)}
        sent += len(payloads)
    topics = {f"^{stem}_{survey}_.*": f"{survey}_packet" for survey in ("ztf", "lsst")}
    installation = Installation(tmp_path, *place, topics, ["every_packet"])

    installation.finish()

    assert installation.messages_done() == sent
    found = [(match.survey, match.object_id, match.alert_id) for match in installation.matches()]
    assert sorted(found) == sorted(expected)
    with installation.reading() as tx:
        assert dead_letters.count(tx) == 0
        stored = {(row.survey, row.object_id) for row in tx.execute(tables.objects.select())}
    assert stored == {alert[:2] for alert in expected}
