"""ZTF: which of ALeRCE's services an alert needs, and when their answers can be trusted."""

from __future__ import annotations

import time

import structlog
from msgspec.structs import replace

from alertwatch import times
from alertwatch.alert import Alert, Detection, Part
from alertwatch.errors import ApiUnavailable, BadAnswer, NotReadyYet
from consumer.lookup.alerce_ztf import AlercePackets, AlerceTap, AlerceZtf
from consumer.lookup.enrich import Clock, Lookup, own_detection, time_of, until, with_part
from consumer.lookup.http import About, ApiClient

ONE_NIGHT = 1.0  # a light-curve message follows the detection that caused it within this [d]
SETTLED_SECONDS = 2 * 3600.0  # after this the tables are taken to hold all that they will of a message's night

log = structlog.get_logger(__name__)


class ZtfLookup(Lookup):
    """ZTF: the alert's own packet, which has everything; else the database by REST, and neighbours by TAP."""

    IN_PACKET = frozenset({Part.OBJECT, Part.DETECTIONS, Part.NON_DETECTIONS, Part.CROSSMATCHES})
    IN_DATABASE = frozenset({Part.OBJECT, Part.DETECTIONS, Part.NON_DETECTIONS})

    def __init__(
        self,
        api: ApiClient,
        packets: ApiClient | None = None,
        tap: ApiClient | None = None,
        clock: Clock = time.time,
    ) -> None:
        super().__init__((client for client in (api, packets, tap) if client), clock)
        self._api = AlerceZtf(api)
        self._packets = AlercePackets(packets) if packets else None
        self._tap = AlerceTap(tap) if tap else None

    def down_for(self) -> float:
        """TAP alone completes nothing."""
        services = (self._api, self._packets)
        return min(service.api.down_for() for service in services if service)

    def _look_up(self, alert: Alert, missing: frozenset[Part], about: About) -> Alert:
        has_candid = alert.alert_id.isdecimal()
        if has_candid and self._packets and missing & self.IN_PACKET:
            alert = self._from_packet(alert, self._packets, about)
        if missing & self.IN_DATABASE - alert.parts:
            alert = self._from_database(alert, about)
        if has_candid and self._tap and Part.CROSSMATCHES in missing - alert.parts:
            found = self._tap.crossmatches(about, alert.alert_id)
            alert = with_part(alert, Part.CROSSMATCHES, crossmatches=found)
        if Part.CLASSIFICATIONS in missing:
            opinions = self._api.classifications(about)
            alert = with_part(alert, Part.CLASSIFICATIONS, classifications=(*alert.classifications, *opinions))
        if Part.FEATURES in missing:
            alert = with_part(alert, Part.FEATURES, features=self._api.features(about))
        return alert

    def _from_packet(self, alert: Alert, packets: AlercePackets, about: About) -> Alert:
        """With the packet's parts; unchanged when it cannot be had, since the database may do instead.

        A packet's history is of 30 days. Where the object is older, the database tells the whole of it.
        """
        try:
            packet = packets.alert(about, alert.alert_id, alert.stream, alert.received)
        except (NotReadyYet, BadAnswer, ApiUnavailable) as error:
            log.debug("no packet, so the database is asked", object=alert.object_id, reason=str(error))
            return alert
        whole = packet.summary is not None and packet.summary.first_mjd is not None
        return replace(
            packet,
            classifications=alert.classifications,
            features=alert.features,
            parts=(packet.parts if whole else packet.parts - self.IN_DATABASE) | alert.parts,
        )

    def _from_database(self, alert: Alert, about: About) -> Alert:
        curve = self._api.light_curve(about)
        own = own_detection(alert, curve.detections) if alert.alert_id.isdecimal() else None
        if own is None:
            self._check_current(alert, curve.detections)
        found = self._api.object(about)
        if found.placeholder:
            raise NotReadyYet(f"{alert.object_id} is a placeholder until its light curve is in the database")
        place = own or found
        return replace(
            alert,
            mjd=own.mjd if own else alert.mjd,
            ra=place.ra,
            dec=place.dec,
            detections=curve.detections,
            non_detections=curve.non_detections,
            summary=found.summary,
            parts=alert.parts | self.IN_DATABASE,
        )

    def _check_current(self, alert: Alert, detections: tuple[Detection, ...]) -> None:
        """A light-curve message names no detection; the one that caused it should be there, of that night.

        Unless ALeRCE works off a backlog: the message is of now, the detection of days ago. So once the message
        is hours old, the database is taken at its word.
        """
        now = time_of(alert)
        last = max((d.mjd for d in until(now, detections)), default=None)
        if last is None:
            raise NotReadyYet(f"{alert.object_id} has no detection yet")
        if now - last > ONE_NIGHT and self._clock() - times.to_unix(now) < SETTLED_SECONDS:
            raise NotReadyYet(f"{alert.object_id} has no detection of the night of its message yet")
