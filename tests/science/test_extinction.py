import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from astropy_healpix import HEALPix

from alertwatch import extinction

# SFD E(B−V) from the full-resolution map as NED and IRSA give it; the pixels here are 0.9 degrees wide.
KNOWN = {
    "M 101": (210.802, 54.349, 0.009, 0.003),
    "NGC 7331": (339.267, 34.416, 0.091, 0.02),
    "IC 342": (56.702, 68.096, 0.558, 0.08),
}


@pytest.mark.parametrize("name", KNOWN)
def test_the_reddening_towards_well_known_galaxies_is_the_published_one(name: str) -> None:
    ra, dec, ebv, tolerance = KNOWN[name]
    assert extinction.reddening(ra, dec) == pytest.approx(ebv, abs=tolerance)


def test_the_map_is_read_in_its_own_frame_and_ordering() -> None:
    grid = HEALPix(nside=64, order="ring", frame="galactic")
    for pixel in (0, 1234, 25000, 49151):
        centre = grid.healpix_to_skycoord(pixel).icrs
        value = extinction._map()[pixel]
        assert extinction.reddening(centre.ra.deg, centre.dec.deg) == pytest.approx(value, rel=1e-3)


def test_the_galactic_centre_is_hidden_and_the_pole_is_clear() -> None:
    centre, pole = (
        SkyCoord(l=0, b=0, frame="galactic", unit=units.deg).icrs,
        SkyCoord(192.86, 27.13, unit="deg"),
    )
    assert extinction.extinction(centre.ra.deg, centre.dec.deg, "g") > 30
    assert extinction.extinction(pole.ra.deg, pole.dec.deg, "g") < 0.1


def test_bluer_bands_suffer_more() -> None:
    values = [extinction.extinction(56.7, 68.1, band) for band in "ugrizy"]
    assert values == sorted(values, reverse=True)


def test_the_coefficients_are_those_of_schlafly_and_finkbeiner() -> None:
    assert extinction.extinction(56.7, 68.1, "g") / extinction.reddening(56.7, 68.1) == pytest.approx(3.303)


def test_a_band_without_a_coefficient_is_an_error() -> None:
    with pytest.raises(KeyError):
        extinction.extinction(56.7, 68.1, "W1")
