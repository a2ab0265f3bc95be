"""The images of the packet service: ``get_stamp`` by object, candid and type, gzipped FITS as in the packet.

63 × 63 pixels of 1.01 arcsec, north up, the object in the middle: the survey's counts on a flat sky, with the
noise that its limiting magnitude tells. ``format=png`` of the real service is not imitated.
"""

from __future__ import annotations

import gzip

import numpy as np
from numpy.typing import NDArray

from simulator.api.answers import Answer, Query, Refusal
from simulator.api.catalogue import Catalogue
from simulator.api.packets import COUNT_ZERO_POINT, one_of
from simulator.api.photometry import is_positive, measured, reference
from simulator.objects import SimObject

SIZE = 63  # pixels
PIXEL = 1.01  # arcsec
SPREAD = 0.85  # of the point-spread function, pixels (2 arcsec FWHM)
SKY = 150.0  # counts
KINDS = ("science", "template", "difference")
BLOCK = 2880  # bytes: FITS files are multiples of it


def get_stamp(catalogue: Catalogue, query: Query) -> Answer:
    """``get_stamp?oid=…&candid=…&type=science|template|difference&format=fits``."""
    kind = _choice(query, "type", KINDS)
    _choice(query, "format", ("fits",))
    found, mjd = one_of(catalogue, query)
    name = f"{found.object_id}_{found.alert_id(mjd)}_{kind}.fits.gz"
    disposition = {"Content-Disposition": f"attachment; filename={name}"}
    body = gzip.compress(fits(image(found, mjd, kind)), mtime=0)
    return Answer(200, body, "application/fits+gzip", disposition)


def _choice(query: Query, name: str, choices: tuple[str, ...]) -> str:
    value = query.get(name, [""])[0]
    if value not in choices:
        wrong = {name: f"Stamp type The value '{value}' is not a valid choice for '{name}'."}
        raise Refusal(400, {"errors": wrong, "message": "Input payload validation failed"})
    return value


def image(found: SimObject, mjd: float, kind: str) -> NDArray[np.float32]:
    """Counts, rows from south to north and columns from east to west."""
    row = int(np.flatnonzero(found.visits.mjd == mjd)[0])
    random = np.random.default_rng([int(found.alert_id(mjd)), KINDS.index(kind)])
    noise = _counts(float(found.visits.limit[row])) / 5 / np.sqrt(4 * np.pi) / SPREAD
    counts = random.normal(0.0, noise, (SIZE, SIZE))
    if kind != "template":
        sign = 1.0 if is_positive(found, row) else -1.0
        counts += sign * _counts(measured(found, row)["magpsf"]) * _point(0.0, 0.0)
    if kind != "difference":
        mag, distance = reference(found, row)
        counts += SKY + _counts(mag) * _point(distance / PIXEL * 0.6, distance / PIXEL * 0.8)
    return counts.astype(np.float32)


def _counts(mag: float) -> float:
    return float(10 ** (0.4 * (COUNT_ZERO_POINT - mag)))


def _point(right: float, up: float) -> NDArray[np.float64]:
    """A point source of one count, so many pixels from the middle."""
    y, x = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
    squared = (x - right) ** 2 + (y - up) ** 2
    spread: NDArray[np.float64] = np.exp(-squared / (2 * SPREAD**2)) / (2 * np.pi * SPREAD**2)
    return spread


def fits(pixels: NDArray[np.float32]) -> bytes:
    """A FITS file with one image."""
    height, width = pixels.shape
    cards = {"SIMPLE": "T", "BITPIX": -32, "NAXIS": 2, "NAXIS1": width, "NAXIS2": height}
    header = "".join(f"{key:<8}= {value:>20}".ljust(80) for key, value in cards.items()) + "END"
    data = pixels.astype(">f4").tobytes()
    return header.encode().ljust(BLOCK) + data.ljust(-(-len(data) // BLOCK) * BLOCK, b"\0")
