"""The images of a ZTF alert, from ALeRCE's packet service: nice to have, so little is waited for them."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from alertwatch.alert import Cutouts
from alertwatch.errors import ApiUnavailable, BadAnswer, NotReadyYet
from alertwatch.settings import ApiSettings
from consumer.lookup.http import About, ApiClient

PATIENCE_SECONDS = 3.0  # for one of the three images

log = structlog.get_logger(__name__)


class Stamps:
    """Asks for the three images of an alert; one that fails repeatedly is left alone for a while."""

    def __init__(self, settings: ApiSettings, clock: Callable[[], float] = time.time) -> None:
        """``settings``: of the ZTF API; its ``packets`` must be set."""
        assert settings.packets is not None
        patience = min(PATIENCE_SECONDS, settings.timeout_seconds)
        hurried = settings.model_copy(update={"timeout_seconds": patience, "cache_seconds": 0.0})
        self._api = ApiClient("ZTF stamp service", settings.packets, hurried, clock)

    def cutouts(self, object_id: str, candid: str) -> Cutouts | None:
        """The images as the survey sent them (gzipped FITS); ``None`` when they cannot be had just now."""
        try:
            return Cutouts(**{kind: self._image(object_id, candid, kind) for kind in Cutouts.__struct_fields__})
        except (ApiUnavailable, BadAnswer, NotReadyYet) as error:
            log.info("a message goes without images", object=object_id, reason=str(error))
            return None

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def _image(self, object_id: str, candid: str, kind: str) -> bytes:
        params = {"oid": object_id, "candid": candid, "survey_id": "ztf", "type": kind, "format": "fits"}
        return self._api.raw("get_stamp", params, About(object_id, 0.0))
