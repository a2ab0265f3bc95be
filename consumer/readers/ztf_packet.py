"""ZTF's own alert packets, schemas 1.x to 4.x: containers with the candidate, its history and cutouts."""

from __future__ import annotations

from typing import Any

from alertwatch.alert import Alert, Cutouts, Survey
from consumer.avro import Frame, View
from consumer.readers import ztf_records
from consumer.readers.framed import FramedReader
from consumer.readers.ztf_records import alert_id, object_id, own_detection, solar_system


def _fields(names: str, **inner: Any) -> dict[str, Any]:
    return {**dict.fromkeys(names.split()), **inner}


_IDS = _fields("objectId? alertId? candid?")
_DETECTION = "candid? jd fid isdiffpos? ra dec magpsf sigmapsf distnr? magnr? sigmagnr? rb? drb? ssdistnr?"
_MATCHES = " ".join(
    f"objectidps{n}? sgmag{n}? srmag{n}? simag{n}? szmag{n}? sgscore{n}? distpsnr{n}?" for n in (1, 2, 3)
)
_OLD_MATCH = "sgscore? sgmag? srmag? simag? szmag?"
_CANDIDATE = (
    f"{_DETECTION} {_MATCHES} {_OLD_MATCH} ssmagnr? ssnamenr? neargaia? maggaia? ndethist? jdstarthist?"
)
_FORCED = "jd fid forcediffimflux forcediffimfluxunc magzpsci"
_STAMP = {"stampData": None}

GLANCE = View({**_IDS, "candidate": _fields(_DETECTION)})
READ = View(
    {
        **_IDS,
        "candidate": _fields(_CANDIDATE),
        "prv_candidates?": _fields(f"{_DETECTION} diffmaglim"),
        "fp_hists?": _fields(_FORCED),
    },
    whole=True,
)
CUTOUTS = View({"cutoutScience?": _STAMP, "cutoutTemplate?": _STAMP, "cutoutDifference?": _STAMP}, whole=True)


class ZtfPacket(FramedReader):
    """Reads ZTF's alert packets, and the alerts of brokers that keep its field names."""

    def _glance(self, frame: Frame, received: float | None) -> Alert:
        packet = frame.view(GLANCE)
        own = own_detection(packet)
        return Alert(
            survey=Survey.ZTF,
            stream=self.name,
            object_id=object_id(packet),
            alert_id=alert_id(packet),
            mjd=own.mjd,
            received=received,
            ra=own.ra,
            dec=own.dec,
            solar_system=solar_system(packet["candidate"]),
            detections=(own,),
        )

    def _read(self, frame: Frame, received: float | None) -> Alert:
        return ztf_records.alert(frame.view(READ), self.name, received)

    def cutouts(self, payload: bytes) -> Cutouts | None:
        """The three gzipped FITS images; a missing one is ``None``."""
        found = self._open(payload).view(CUTOUTS)
        images = {kind: found.get(f"cutout{kind.title()}") for kind in ("science", "template", "difference")}
        return Cutouts(**{kind: image["stampData"] if image else None for kind, image in images.items()})
