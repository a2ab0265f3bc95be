"""Light curves have the shapes that the textbooks give them."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.sources import SHAPES, ActiveNucleus, Outburst, Periodic, Supernova, TidalDisruption, magnitude

R = 2


def supernova(kind: str, redshift: float = 0.03) -> Supernova:
    return Supernova(kind, 100.0, 18.0, 18.0, redshift, 0.0, None)


def mags(source: Supernova | TidalDisruption | Outburst, days: list[float], band: int = R) -> list[float]:
    mjd = np.array(days)
    return magnitude(source.difference(mjd, np.full(len(mjd), band))).tolist()


@pytest.mark.parametrize("kind", SHAPES)
def test_a_supernova_rises_to_its_peak_and_declines(kind: str) -> None:
    source = supernova(kind)
    early, peak, later, late = mags(source, [105, source.peak, source.peak + 30, source.peak + 90])
    assert peak == pytest.approx(18.0, abs=0.05)
    assert early > peak + 1
    assert peak < later < late


def test_nothing_is_there_before_the_explosion() -> None:
    assert supernova("SN Ia").difference(np.array([50.0, 99.9]), np.array([1, 2])).tolist() == [0.0, 0.0]


def test_a_type_ia_falls_by_about_a_magnitude_in_r_within_a_month_and_a_plateau_does_not() -> None:
    ia, plateau = supernova("SN Ia", 0.0), supernova("SN II", 0.0)
    assert 0.8 < mags(ia, [ia.peak + 28])[0] - 18 < 2.2
    assert mags(plateau, [plateau.peak + 50])[0] - 18 < 0.7


def test_a_distant_supernova_is_slower() -> None:
    near, far = supernova("SN Ia", 0.0), supernova("SN Ia", 0.5)
    assert far.peak - far.explosion == pytest.approx(1.5 * (near.peak - near.explosion))


def test_supernovae_redden_with_age() -> None:
    source = supernova("SN Ia", 0.0)
    g, r = mags(source, [105, 140], band=1), mags(source, [105, 140], band=2)
    assert g[0] - r[0] < g[1] - r[1]


def test_a_tidal_disruption_fades_slowly_and_stays_blue() -> None:
    source = TidalDisruption(100.0, 18.0, 25.0, 17.0)
    assert 1.0 < mags(source, [source.peak + 100])[0] - mags(source, [source.peak])[0] < 3.0
    assert mags(source, [200.0], band=1) < mags(source, [200.0], band=2)


def test_the_random_walk_has_its_amplitude_and_memory() -> None:
    mjd = np.arange(0, 200_000, 5.0)
    walk = ActiveNucleus(18.0, 0.2, 100.0, seed=1).walk(mjd)
    assert walk.std() == pytest.approx(0.2, rel=0.15)
    assert np.corrcoef(walk[:-20], walk[20:])[0, 1] == pytest.approx(np.exp(-1), abs=0.12)


def test_a_flare_brightens_the_nucleus_by_what_it_says() -> None:
    source = ActiveNucleus(18.0, 0.0, 100.0, 1, flare=1.5, flare_start=50, flare_rise=30)
    assert source.brightening(np.array([40.0, 80.0])).tolist() == pytest.approx([0.0, 1.5])


@pytest.mark.parametrize("kind", ["RR Lyrae", "eclipsing binary", "LPV"])
def test_a_variable_star_comes_back_after_its_period(kind: str) -> None:
    star = Periodic(kind, 17.0, 0.8, 12.5, 0.0)
    mjd, band = np.linspace(0, 12, 50), np.full(50, R)
    assert star.difference(mjd, band) == pytest.approx(star.difference(mjd + 12.5, band), abs=1e-3)


def test_an_outburst_is_over_after_two_weeks() -> None:
    source = Outburst(100.0, 17.0, 5.0, None)
    assert mags(source, [103])[0] == pytest.approx(17.0, abs=0.2)
    assert mags(source, [120])[0] > 22
