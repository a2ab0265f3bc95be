"""The images of alerts: ZTF's of the packet service (``get_stamp``), Rubin's of the multisurvey API.

Both answer with gzipped FITS as the surveys made it: ZTF's has 63 × 63 pixels of 1.01 arcsec, counts on a flat
sky, first row north, first column east, and no coordinates; Rubin's 30 × 30 pixels of 0.2 arcsec, nJy, at
whatever angle the camera had, told by a PC matrix. ``format=png`` of the real services is not imitated.
"""

from __future__ import annotations

import gzip

import numpy as np
from numpy.typing import NDArray

from simulator.api.answers import Answer, Query, Refusal, fastapi_error
from simulator.api.catalogue import Catalogue
from simulator.api.packets import one_of
from simulator.api.scene import KINDS, camera_of, image
from simulator.objects import SimObject

BLOCK = 2880  # bytes: FITS files are multiples of it
LSST_KINDS = {f"cutout{kind.capitalize()}": kind for kind in KINDS}


def get_stamp(catalogue: Catalogue, query: Query) -> Answer:
    """``get_stamp?oid=…&candid=…&type=science|template|difference&format=fits``."""
    kind = _choice(query, "type", KINDS)
    _choice(query, "format", ("fits",))
    found, mjd = one_of(catalogue, query)
    return _answer(found, mjd, kind)


def lsst_stamp(catalogue: Catalogue, query: Query) -> Answer:
    """``stamps_api/stamp?oid=…&measurement_id=…&survey_id=lsst&stamp_type=cutoutScience&file_format=fits``."""
    for name in ("oid", "measurement_id", "survey_id", "stamp_type", "file_format"):
        if name not in query:
            missing = {"type": "missing", "loc": ["query", name], "msg": "Field required", "input": None}
            raise fastapi_error(422, [missing])
    known = catalogue.alert(query["measurement_id"][0])
    kind = LSST_KINDS.get(query["stamp_type"][0])
    if known is None or known[0].found.is_ztf or query["oid"][0] != known[0].found.object_id or kind is None:
        raise fastapi_error(404, "AVRO not found")
    return _answer(known[0].found, known[1], kind)


def _answer(found: SimObject, mjd: float, kind: str) -> Answer:
    name = f"{found.object_id}_{found.alert_id(mjd)}_{kind}.fits.gz"
    disposition = {"Content-Disposition": f"attachment; filename={name}"}
    body = gzip.compress(fits(found, mjd, image(found, mjd, kind)), mtime=0)
    return Answer(200, body, "application/fits+gzip", disposition)


def _choice(query: Query, name: str, choices: tuple[str, ...]) -> str:
    value = query.get(name, [""])[0]
    if value not in choices:
        wrong = {name: f"Stamp type The value '{value}' is not a valid choice for '{name}'."}
        raise Refusal(400, {"errors": wrong, "message": "Input payload validation failed"})
    return value


def fits(found: SimObject, mjd: float, pixels: NDArray[np.float32]) -> bytes:
    """The FITS file of an image of the object."""
    height, width = pixels.shape
    cards: dict[str, str | float] = {
        "SIMPLE": "T",
        "BITPIX": -32,
        "NAXIS": 2,
        "NAXIS1": width,
        "NAXIS2": height,
    }
    if not found.is_ztf:
        cards |= _coordinates(found, mjd)
    header = "".join(f"{key:<8}= {value:>20}".ljust(80) for key, value in cards.items()) + "END"
    data = pixels.astype(">f4").tobytes()
    return _padded(header.encode(), b" ") + _padded(data, b"\0")


def _coordinates(found: SimObject, mjd: float) -> dict[str, str | float]:
    """As in Rubin's stamps: a linear matrix around the source, without projection names."""
    camera = camera_of(found, mjd)
    (a, b), (c, d) = (camera.to_sky / 3600).tolist()
    matrix = {"PC1_1": a, "PC1_2": b, "PC2_1": c, "PC2_2": d}
    return {
        "BUNIT": "'nJy     '",
        "WCSAXES": 2,
        **dict.fromkeys(("CRPIX1", "CRPIX2"), (camera.size + 1) / 2),
        **{key: f"{value:.12E}" for key, value in matrix.items()},
        **dict.fromkeys(("CDELT1", "CDELT2"), 1.0),
        "CRVAL1": round(found.ra, 12),
        "CRVAL2": round(found.dec, 12),
    }


def _padded(part: bytes, filling: bytes) -> bytes:
    return part.ljust(-(-len(part) // BLOCK) * BLOCK, filling)
