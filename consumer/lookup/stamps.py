"""The images of an alert, from ALeRCE's stamp services: nice to have, so little is waited for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Literal

import structlog

from alertwatch.alert import Cutouts, Detection
from alertwatch.errors import ApiUnavailable, BadAnswer, NotReadyYet
from alertwatch.settings import ApiSettings
from consumer.lookup.http import About, ApiClient

PATIENCE_SECONDS = 3.0  # for one of the three images

log = structlog.get_logger(__name__)


class Stamps:
    """Asks for the three images of an alert; a service that fails repeatedly is left alone for a while.

    ZTF's come from the packet service, where the settings name one, Rubin's from the API itself.
    """

    def __init__(
        self, apis: Mapping[Literal["ztf", "lsst"], ApiSettings], clock: Callable[[], float] = time.time
    ) -> None:
        self._apis: dict[str, ApiClient] = {}
        if (ztf := apis.get("ztf")) and ztf.packets:
            self._apis["ztf"] = ApiClient("ZTF stamp service", ztf.packets, _hurried(ztf), clock)
        if lsst := apis.get("lsst"):
            self._apis["lsst"] = ApiClient("Rubin stamp service", lsst.url, _hurried(lsst), clock)
        self._under_way: dict[tuple[str, str, str], Future[Cutouts | None]] = {}
        self._lock = threading.Lock()

    @property
    def clients(self) -> Sequence[ApiClient]:
        """The services that are asked."""
        return tuple(self._apis.values())

    def cutouts(self, survey: str, object_id: str, alert_id: str) -> Cutouts | None:
        """The images as the survey sent them (gzipped FITS); ``None`` when they cannot be had just now.

        Who asks while another asks for the same gets the same answer: a match's are wanted by who stores them
        and by who tells of it.
        """
        api = self._apis.get(survey)
        if api is None:
            return None
        key = survey, object_id, alert_id
        with self._lock:
            if (other := self._under_way.get(key)) is None:
                mine = self._under_way[key] = Future()
        if other is not None:
            return other.result()
        found = None
        try:
            found = self._asked(api, survey, object_id, alert_id)
        finally:
            with self._lock:
                del self._under_way[key]
            mine.set_result(found)
        return found

    def _asked(self, api: ApiClient, survey: str, object_id: str, alert_id: str) -> Cutouts | None:
        try:
            return Cutouts(
                **{
                    kind: api.raw(*_request(survey, object_id, alert_id, kind), About(object_id, 0.0))
                    for kind in Cutouts.__struct_fields__
                }
            )
        except (ApiUnavailable, BadAnswer, NotReadyYet) as error:
            log.info("images are not to be had", object=object_id, alert=alert_id, reason=str(error))
            return None

    def close(self) -> None:
        """Close the connections."""
        for api in self._apis.values():
            api.close()


def source_id(alert_id: str, detections: Sequence[Detection]) -> str | None:
    """The survey's id of the alert; a light-curve message has none, so that of the newest detection."""
    if alert_id.isdecimal():
        return alert_id
    return next((d.alert_id for d in reversed(detections) if d.alert_id and d.alert_id.isdecimal()), None)


def _request(survey: str, object_id: str, alert_id: str, kind: str) -> tuple[str, dict[str, str]]:
    """Path and parameters of one image."""
    about = {"survey_id": survey, "oid": object_id}
    if survey == "ztf":
        return "get_stamp", about | {"candid": alert_id, "type": kind, "format": "fits"}
    name = f"cutout{kind.capitalize()}"
    return "stamps_api/stamp", about | {"measurement_id": alert_id, "stamp_type": name, "file_format": "fits"}


def _hurried(settings: ApiSettings) -> ApiSettings:
    patience = min(PATIENCE_SECONDS, settings.timeout_seconds)
    return settings.model_copy(update={"timeout_seconds": patience, "cache_seconds": 0.0})
