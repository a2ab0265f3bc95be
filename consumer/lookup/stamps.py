"""The images of an alert, from ALeRCE's stamp services: nice to have, so little is waited for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
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

    @property
    def clients(self) -> Sequence[ApiClient]:
        """The services that are asked."""
        return tuple(self._apis.values())

    def cutouts(self, survey: str, object_id: str, alert_id: str) -> Cutouts | None:
        """The images as the survey sent them (gzipped FITS); ``None`` when they cannot be had just now."""
        api = self._apis.get(survey)
        if api is None:
            return None
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
