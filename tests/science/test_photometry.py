import pytest

from alertwatch.alert import Detection
from alertwatch.photometry import flux, is_excluded, magnitude, reference_flux, total_flux


def detection(**fields: object) -> Detection:
    return Detection(**({"mjd": 60000.0, "band": "g"} | fields))  # type: ignore[arg-type]


def njy(mag: float) -> float:
    value = flux(mag)
    assert value is not None
    return value


def test_fluxes_are_nanojansky_on_the_ab_system() -> None:
    assert flux(31.4) == 1.0
    assert flux(None) is None
    assert magnitude(njy(19.5)) == pytest.approx(19.5)
    assert magnitude(0.0) is None
    assert magnitude(-3.0) is None
    assert magnitude(float("inf")) is None


def test_the_brokers_corrected_magnitude_gives_the_total_flux() -> None:
    total = total_flux(detection(mag_corr=18.0, e_mag_corr=0.1, mag=19.0, positive=True))
    assert total is not None
    assert total[0] == pytest.approx(njy(18.0))
    assert total[1] == pytest.approx(njy(18.0) * 0.0921, rel=1e-3)


@pytest.mark.parametrize(("positive", "sign"), [(True, 1), (False, -1)])
def test_without_it_the_total_is_the_reference_plus_or_minus_the_difference(positive: bool, sign: int) -> None:
    total = total_flux(detection(mag_ref=18.0, dist_ref=0.3, mag=20.0, e_mag=0.1, positive=positive))
    assert total is not None
    assert total[0] == pytest.approx(njy(18.0) + sign * njy(20.0))


@pytest.mark.parametrize("missing", ["mag_ref", "dist_ref", "mag", "e_mag", "positive"])
def test_half_of_the_data_gives_no_total_flux(missing: str) -> None:
    known = {"mag_ref": 18.0, "dist_ref": 0.3, "mag": 20.0, "e_mag": 0.1, "positive": True}
    assert total_flux(detection(**(known | {missing: None}))) is None


def test_a_corrected_magnitude_with_an_error_above_one_is_not_used() -> None:
    assert total_flux(detection(mag_corr=18.0, e_mag_corr=1.5)) is None
    assert total_flux(detection(mag_corr=18.0)) is None


def test_the_reference_flux_is_told_or_follows_from_total_and_difference() -> None:
    told = detection(mag_ref=18.0)
    total = njy(18.0) + njy(20.0)
    derived = detection(band="r", mag_corr=magnitude(total), mag=20.0, positive=True)
    assert reference_flux([told, derived, detection(band="i")]) == pytest.approx({"g": njy(18), "r": njy(18)})


def test_dubious_detections_and_those_of_another_source_are_left_out() -> None:
    assert is_excluded(detection(dubious=True))
    assert is_excluded(detection(dist_ref=1.5))
    assert not is_excluded(detection(dubious=False, dist_ref=0.2))
    assert not is_excluded(detection())
