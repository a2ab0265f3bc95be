"""Against the simulated ALeRCE: whichever service tells it, the verdict is the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from alertwatch import times
from alertwatch.alert import Alert
from alertwatch.errors import NotReadyYet
from alertwatch.filter import Filter
from alertwatch.settings import ApiSettings
from consumer import readers
from consumer.lookup import apis
from consumer.lookup.enrich import Lookup
from filters.agn_flare import AGNFlare, AGNFlareParameters
from filters.young_sn import YoungSN, YoungSNParameters
from simulator.api.catalogue import Catalogue
from simulator.api.server import ApiServer
from simulator.night import Night

FILTERS: list[Filter] = [  # type: ignore[type-arg]
    YoungSN("young_sn", YoungSNParameters()),
    AGNFlare("agn_flare", AGNFlareParameters()),
]


@pytest.fixture(scope="module")
def night() -> Night:
    return Night(600, seed=3, date=dt.date(2026, 3, 15))


@pytest.fixture(scope="module")
def server(night: Night) -> Iterator[ApiServer]:
    catalogue = Catalogue(night)
    catalogue.sent_long_ago()
    with ApiServer(catalogue) as running:
        yield running


@pytest.fixture
def lookups(server: ApiServer) -> Iterator[dict[str, Lookup]]:
    ztf = ApiSettings(
        url=server.urls["ztf"],
        packets=server.urls["packets"],
        tap=server.urls["tap"],
        requests_per_second=1e6,
    )
    built = apis.build({"ztf": ztf, "lsst": ApiSettings(url=server.urls["lsst"], requests_per_second=1e6)})
    yield built
    for lookup in built.values():
        lookup.close()


def wanted(night: Night, stream: str) -> list[tuple[Filter, Alert]]:  # type: ignore[type-arg]
    """Messages of a stream with the filters that want them."""
    reader = readers.get(stream)
    sent = {m.payload: times.from_unix_ms(m.timestamp_ms) for m in night.messages if m.stream == stream}
    alerts = [reader.read(payload, received) for payload, received in sent.items()]
    return [(f, a) for a in alerts for f in FILTERS if stream in f.streams and f.wants(a)][:40]


@pytest.mark.parametrize("stream", ["ztf_stamp", "ztf_lc", "rubin_stamp"])
def test_every_wanted_message_of_a_night_is_completed(
    stream: str, night: Night, lookups: dict[str, Lookup]
) -> None:
    for filter_, alert in wanted(night, stream):
        lookup = lookups[alert.survey]
        complete = lookup.complete(alert, filter_.needs)
        assert filter_.needs - lookup.not_served <= complete.parts
        assert all(d.mjd <= (complete.time or 0) + 1e-4 for d in complete.detections)
        if stream != "ztf_lc":
            assert complete.detection is not None


def test_the_database_gives_the_verdict_that_the_packet_gives(
    night: Night, server: ApiServer, lookups: dict[str, Lookup], monkeypatch: pytest.MonkeyPatch
) -> None:
    without = apis.build(
        {"ztf": ApiSettings(url=server.urls["ztf"], tap=server.urls["tap"], requests_per_second=1e6)}
    )
    compared = 0
    for filter_, alert in wanted(night, "ztf_stamp"):
        by_packet = filter_.judge(lookups["ztf"].complete(alert, filter_.needs))
        try:
            by_tables = filter_.judge(without["ztf"].complete(alert, filter_.needs))
        except NotReadyYet:
            continue  # ss_ztf keeps the neighbour of an object's first alert only
        assert by_tables.result == by_packet.result, alert.object_id
        compared += 1
    without["ztf"].close()
    assert compared >= 10
