"""A simulated night: its objects, the messages that ALeRCE's classifiers send of them, and the truth.

    night = Night(5000, seed=1, date=date(2026, 3, 15))
    night.messages    # in the order of their Kafka timestamps
    night.truth       # what every object really is

The same arguments give the same night, bit by bit. ``date`` names the UTC day, and so the topics; ZTF observes
from 02:30 to 12:40 UT of it. Messages come minutes after the exposure; some come hours late, and a few come
late enough to be sent twice, under this day's topic and the next one's, when topics switch at 23:00 UT.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import count, islice
from typing import Any

import numpy as np

from alertwatch import times
from simulator import classifiers, wire
from simulator.common import twins
from simulator.features import features
from simulator.mixture import Mixture, dull, interesting
from simulator.objects import SimObject
from simulator.population import Population
from simulator.sources import Supernova
from simulator.survey import RUBIN, ZTF
from simulator.truth import Truth, truth_of

TOPICS = {
    "ztf_stamp": "stamp_classifier_{date}",
    "ztf_lc": "lc_classifier_ztf_{date}",
    "rubin_stamp": "rubin_stamp_classifier_{date}",
}
"""Topic patterns by reader. On ALeRCE's two clusters Rubin's topic has the name of ZTF's; on one it cannot."""

LATE, TWICE = 0.005, 0.002  # shares of the ZTF stamp messages

Opinion = tuple[str, str, dict[str, float]]
"""Classifier, version, probabilities."""


@dataclass(frozen=True, slots=True)
class SimMessage:
    """One Kafka record to be. ``mjd`` is the exposure's time (UTC), ``timestamp_ms`` that of the record."""

    stream: str
    topic: str
    key: str
    payload: bytes
    timestamp_ms: int
    object_id: str
    alert_id: str
    mjd: float


class Night:
    """A night of about ``n_alerts`` messages (some more: the last objects' and the duplicates).

    ``new_sn_top``: ZTF objects whose first alert tonight has SN on top, 23 unless said (fewer in a night of
    less than 1,600); the resulting enrichment is in `summary`.
    """

    def __init__(
        self, n_alerts: int = 5000, seed: int = 1, date: dt.date | None = None, new_sn_top: int | None = None
    ) -> None:
        self.n_alerts, self.seed, self.date = n_alerts, seed, date or last_complete_night()
        self.mjd = self.date.toordinal() - dt.date(1858, 11, 17).toordinal()
        self.mixture = Mixture.of(n_alerts, new_sn_top)
        self.opinions: dict[str, dict[str, Opinion]] = {}
        self._rng = np.random.default_rng([seed, self.mjd, 7])
        numbers = count(1)
        self._ztf = Population(ZTF, self.mjd, self.date.year, seed, numbers)
        self._rubin = Population(RUBIN, self.mjd, self.date.year, seed, numbers)
        self.objects: dict[str, SimObject] = {}
        self.messages = self._messages()

    # -- messages ----------------------------------------------------------------------------------------

    def _messages(self) -> list[SimMessage]:
        stamps = list(self._ztf_stamps())
        messages = [*stamps, *self._light_curves(stamps), *self._rubin_stamps(), *self._again(stamps)]
        messages += self._common_stamps()
        return sorted(messages, key=lambda m: (m.timestamp_ms, m.topic, m.alert_id))

    def _ztf_stamps(self) -> Iterator[SimMessage]:
        sent = 0
        for found in self._drawn(self._ztf, self.mixture.new_sn_top, self.mixture.ztf_stamps):
            for mjd in found.alert_times:
                yield self._ztf_stamp(found, mjd)
            sent += len(found.alert_times)
            if sent >= self.mixture.ztf_stamps:
                return

    def _rubin_stamps(self) -> Iterator[SimMessage]:
        sent, wanted = 0, self.mixture.rubin_stamps
        for found in self._drawn(self._rubin, min(self.mixture.new_sn_top, max(1, wanted // 40)), wanted):
            for mjd in found.alert_times:
                yield self._rubin_stamp(found, mjd)
            sent += len(found.alert_times)
            if sent >= wanted:
                return

    def _common_stamps(self) -> Iterator[SimMessage]:
        """Of sources that Rubin sees as well; the last that is drawn, so that all else stays as it would be."""
        for found in twins(self._rubin, list(self.objects.values()), self.mixture.common):
            self.objects[found.object_id] = found
            for mjd in found.alert_times:
                yield self._rubin_stamp(found, mjd)

    def _drawn(self, sky: Population, new_sn_top: int, stamps: int) -> Iterator[SimObject]:
        """The interesting objects, then dull ones without end; all are kept in `objects`."""
        for source in (interesting(sky, new_sn_top, stamps), dull(sky)):
            for found in source:
                self.objects[found.object_id] = found
                yield found

    def _ztf_stamp(self, found: SimObject, mjd: float) -> SimMessage:
        probabilities = self._stamp_opinion(found, "stamp_classifier", "stamp_classifier_1.0.4")
        candid = found.alert_id(mjd)
        payload = wire.ztf_stamp(found.object_id, candid, probabilities)
        return self._message("ztf_stamp", found, payload, candid, mjd, self._delay())

    def _rubin_stamp(self, found: SimObject, mjd: float) -> SimMessage:
        probabilities = self._stamp_opinion(found, "stamp_classifier_rubin_beta", "2.0.2")
        source_id = found.alert_id(mjd)
        payload = wire.rubin_stamp(
            found.object_id,
            source_id,
            probabilities,
            mjd_tai=times.to_tai(mjd),
            position=(found.ra, found.dec),
            solar_system=found.known is not None,
        )
        return self._message("rubin_stamp", found, payload, source_id, mjd, self._delay())

    def _light_curves(self, stamps: list[SimMessage]) -> Iterator[SimMessage]:
        """Of objects with a history, the interesting first; each soon after one of its stamp messages."""
        last = {m.object_id: m for m in stamps}
        grown = [found for oid in last if (found := self.objects[oid]).story in {"old", "flare"}]
        for found in islice(sorted(grown, key=lambda o: o.truth_class == "VS"), self.mixture.ztf_lcs):
            called = self._late_class(found)
            levels = classifiers.light_curve(self._rng, called, float(self._rng.uniform(0.35, 0.9)))
            self._keep(found, ("lc_classifier", "lc_classifier_1.1.13", levels["all"]))
            payload = wire.ztf_lc(found.object_id, features(found), levels)
            alert_id = "sha256-" + hashlib.sha256(payload).hexdigest()[:32]
            stamp = last[found.object_id]
            delay = times.from_unix_ms(stamp.timestamp_ms) - stamp.mjd + self._delay()
            yield self._message("ztf_lc", found, payload, alert_id, stamp.mjd, delay)

    def _late_class(self, found: SimObject) -> str:
        """What the light-curve classifier calls it: right seven times in eight, for AGN of any sort."""
        right = classifiers.LC_CLASS.get(found.kind, found.kind)
        if self._rng.random() < 0.875:
            return right if right in {c for leaves in classifiers.LC_TREE.values() for c in leaves} else "QSO"
        return str(self._rng.choice(["Periodic-Other", "YSO", "QSO", "CEP"]))

    def _again(self, stamps: list[SimMessage]) -> Iterator[SimMessage]:
        """Messages that come twice: late, around 23:00 UT, under this day's topic and the next one's."""
        number = max(2, round(TWICE * len(stamps)))
        chosen = [stamps[0], *(stamps[int(i)] for i in self._rng.integers(1, len(stamps), number - 1))]
        switch = self._milliseconds(self.mjd + 23 / 24)
        for number, stamp in enumerate(chosen):
            yield replace(stamp, timestamp_ms=switch - 30_000 + number)
            yield replace(stamp, timestamp_ms=switch + 30_000 + number, topic=self.topic(stamp.stream, 1))

    def _message(
        self, stream: str, found: SimObject, payload: bytes, alert_id: str, mjd: float, delay: float
    ) -> SimMessage:
        return SimMessage(
            stream=stream,
            topic=self.topic(stream),
            key=found.object_id,
            payload=payload,
            timestamp_ms=self._milliseconds(mjd + delay),
            object_id=found.object_id,
            alert_id=alert_id,
            mjd=mjd,
        )

    def _delay(self) -> float:
        """Days from the exposure to the message: some ten minutes; for a few, hours."""
        if self._rng.random() < LATE:
            return float(self._rng.uniform(2, 8) / 24)
        return float(self._rng.lognormal(2.3, 0.35) / 1440)

    # -- classifications ---------------------------------------------------------------------------------

    def _stamp_opinion(self, found: SimObject, classifier: str, version: str) -> dict[str, float]:
        if found.known is not None:
            probabilities = classifiers.certain_asteroid()
        else:
            probabilities = classifiers.stamp(self._rng, found.called, self._top(found))
        self._keep(found, (classifier, version, probabilities))
        return probabilities

    def _top(self, found: SimObject) -> float:
        """Probability of the class on top: 0.30 to 0.84 for SN, higher for real ones than for others."""
        if found.called != "SN":
            return float(self._rng.uniform(0.35, 0.95))
        real = isinstance(found.source, Supernova)
        return float(0.30 + 0.54 * self._rng.beta(*((2.5, 1.5) if real else (1.5, 2.5))))

    def _keep(self, found: SimObject, opinion: Opinion) -> None:
        """The API shows a classifier's first opinion of an object."""
        self.opinions.setdefault(found.object_id, {}).setdefault(opinion[0], opinion)

    # -- names and times -----------------------------------------------------------------------------------

    def topic(self, stream: str, days_later: int = 0) -> str:
        """The daily topic of a stream."""
        return topic(stream, self.date + dt.timedelta(days=days_later))

    @staticmethod
    def _milliseconds(mjd: float) -> int:
        return round(1000 * times.to_unix(mjd))

    # -- truth ---------------------------------------------------------------------------------------------

    @cached_property
    def truth(self) -> list[Truth]:
        """What every object of the night really is."""
        streams: dict[str, list[str]] = {}
        for message in self.messages:
            streams.setdefault(message.object_id, []).append(message.stream)
        return [
            truth_of(found, tops=self._tops(object_id), streams=streams[object_id])
            for object_id, found in self.objects.items()
            if object_id in streams
        ]

    def _tops(self, object_id: str) -> set[str]:
        """The classes that its classifiers put on top."""
        return {max(values, key=values.__getitem__) for _, _, values in self.opinions[object_id].values()}

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The night in numbers, with the enrichment that everything measured on it depends on."""
        return {
            "date": self.date.isoformat(),
            "seed": self.seed,
            "messages": len(self.messages),
            "by_stream": dict(Counter(m.stream for m in self.messages)),
            "topics": sorted({m.topic for m in self.messages}),
            "objects": len(self.objects),
            "new_sn_top": self.mixture.new_sn_top,
            "enrichment": round(self.mixture.enrichment, 1),
            "young_sn": sum(t.young_sn for t in self.truth),
            "flares": sum(t.flare for t in self.truth),
            "common": sum(t.same_as is not None for t in self.truth),
            "recycled": sum(t.recycled for t in self.truth),
        }


@cache
def topic(stream: str, date: dt.date) -> str:
    """The topic of a stream on a date."""
    return TOPICS[stream].format(date=f"{date:%Y%m%d}")


def last_complete_night(now: dt.datetime | None = None) -> dt.date:
    """The latest date whose last message (two minutes past 23:00 UT) lies in the past."""
    return ((now or dt.datetime.now(dt.UTC)) - dt.timedelta(hours=23, minutes=2)).date()
