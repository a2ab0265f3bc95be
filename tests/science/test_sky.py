import numpy as np
import pytest
from astropy import units
from astropy.coordinates import BarycentricMeanEcliptic, SkyCoord
from hypothesis import given
from hypothesis import strategies as st

from alertwatch import sky

ARCSEC = 1 / 3600
RA = st.floats(0, 360, exclude_max=True)
DEC = st.floats(-90, 90)


def all_over_the_sky() -> SkyCoord:
    random = np.random.default_rng(7)
    ra, dec = random.uniform(0, 360, 200), np.degrees(np.arcsin(random.uniform(-1, 1, 200)))
    return SkyCoord([*ra, 0, 0, 180], [*dec, 90, -90, 0], unit="deg")


def test_galactic_coordinates_are_those_of_astropy() -> None:
    sample = all_over_the_sky()
    for icrs, truth in zip(sample, sample.galactic, strict=True):
        longitude, latitude = sky.galactic(icrs.ra.deg, icrs.dec.deg)
        assert sky.separation(longitude, latitude, truth.l.deg, truth.b.deg) < 0.1


def test_ecliptic_coordinates_are_those_of_astropy() -> None:
    sample = all_over_the_sky()
    for icrs, truth in zip(sample, sample.transform_to(BarycentricMeanEcliptic()), strict=True):
        longitude, latitude = sky.ecliptic(icrs.ra.deg, icrs.dec.deg)
        assert sky.separation(longitude, latitude, truth.lon.deg, truth.lat.deg) < 0.1


def test_separations_are_those_of_astropy_from_milliarcseconds_to_antipodes() -> None:
    for ra1, dec1, ra2, dec2 in [(10, 20, 10 + 1e-7, 20), (0, 89.9999, 180, 89.9999), (30, 40, 210, -40)]:
        truth = SkyCoord(ra1, dec1, unit="deg").separation(SkyCoord(ra2, dec2, unit="deg"))
        assert sky.separation(ra1, dec1, ra2, dec2) == pytest.approx(truth.to_value(units.arcsec), rel=1e-6)


@given(RA, DEC)
def test_angles_stay_in_their_ranges_and_a_point_is_at_no_distance_from_itself(ra: float, dec: float) -> None:
    for system in (sky.galactic, sky.ecliptic):
        longitude, latitude = system(ra, dec)
        assert 0 <= longitude <= 360
        assert -90 <= latitude <= 90
    assert sky.separation(ra, dec, ra, dec) == 0
