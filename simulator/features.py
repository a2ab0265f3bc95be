# ruff: noqa: SIM905 - a table of names reads better than its quotes
"""The 209 features of a light-curve message: a map of name to number, some of them missing.

Those that mean something without the whole light curve are physical (position, magnitudes, colours, time
span, neighbour, period, supernova parameters); the others are noise in a plausible range. WISE colours are
missing, as they have been in ALeRCE's messages for a year.
"""

from __future__ import annotations

import numpy as np

from simulator import sky
from simulator.objects import SimObject
from simulator.sources import ActiveNucleus, Periodic, Supernova

PER_BAND = """
    Amplitude AndersonDarling Autocor_length Beyond1Std Con Eta_e ExcessVar GP_DRW_sigma GP_DRW_tau Gskew
    Harmonics_chi Harmonics_mag_1 Harmonics_mag_2 Harmonics_mag_3 Harmonics_mag_4 Harmonics_mag_5
    Harmonics_mag_6 Harmonics_mag_7 Harmonics_mse Harmonics_phase_2 Harmonics_phase_3 Harmonics_phase_4
    Harmonics_phase_5 Harmonics_phase_6 Harmonics_phase_7 IAR_phi LinearTrend MHPS_PN_flag MHPS_high
    MHPS_high_30 MHPS_low MHPS_low_365 MHPS_non_zero MHPS_ratio MHPS_ratio_365_30 MaxSlope Mean Meanvariance
    MedianAbsDev MedianBRP PairSlopeTrend PercentAmplitude Period_band Psi_CS Psi_eta Pvar Q31 Rcs
    SF_ML_amplitude SF_ML_gamma SPM_A SPM_beta SPM_chi SPM_gamma SPM_t0 SPM_tau_fall SPM_tau_rise Skew
    SmallKurtosis Std StetsonK TDE_decay TDE_decay_chi TDE_mag0 dbrightness_first_det_band
    dbrightness_forced_phot_band delta_period fleet_a fleet_chi fleet_m0 fleet_t0 fleet_w
    last_brightness_before_band max_brightness_after_band max_brightness_before_band
    median_brightness_after_band median_brightness_before_band n_forced_phot_band_after
    n_forced_phot_band_before positive_fraction ulens_chi ulens_fs ulens_mag0 ulens_t0 ulens_tE ulens_u0
""".split()
OTHERS = """
    Coordinate_x Coordinate_y Coordinate_z Multiband_period_12 PPE_12 Power_rate_1_2_12 Power_rate_1_3_12
    Power_rate_1_4_12 Power_rate_2_12 Power_rate_3_12 Power_rate_4_12 Timespan color_variation_12 distpsnr1
    g_r_max_12 g_r_max_corr_12 g_r_mean_12 g_r_mean_corr_12 mean_chinr_12 mean_distnr_12 mean_sharpnr_12
    ps_g_r ps_i_z ps_r_i sgscore1 sigma_distnr_12
""".split()
WISE = "W1_W2 W2_W3 W3_W4 g_W1 g_W2 g_W3 g_W4 r_W1 r_W2 r_W3 r_W4".split()
NOISE = [f"{name}_{fid}" for name in PER_BAND for fid in (1, 2)] + OTHERS
NAMES = sorted(NOISE + WISE)


def features(found: SimObject) -> dict[str, float | None]:
    """All features of an object; a few more are missing at random, the same every time."""
    rng = np.random.default_rng([found.seed, found.index, 3])
    noise = dict(zip(NOISE, rng.lognormal(-1, 1, len(NOISE)).tolist(), strict=True))
    values: dict[str, float | None] = {**dict.fromkeys(WISE), **noise, **_physical(found)}
    for name in rng.choice(PER_BAND, 4):
        values[f"{name}_1"] = None
    return {name: values[name] for name in NAMES}


def _physical(found: SimObject) -> dict[str, float | None]:
    x, y, z = (float(c) for c in sky.vector(found.ra, found.dec))
    mag = found.source.reference or 19.5
    return {
        "Coordinate_x": x,
        "Coordinate_y": y,
        "Coordinate_z": z,
        "Mean_1": mag + 0.3,
        "Mean_2": mag,
        "Timespan": float(found.days),
        "sgscore1": found.host.star_score if found.host else None,
        "distpsnr1": found.host.distance if found.host else None,
        **_of_source(found),
    }


def _of_source(found: SimObject) -> dict[str, float | None]:
    """What the kind of source adds."""
    source = found.source
    if isinstance(source, Periodic):
        return {"Multiband_period_12": source.period, "Amplitude_1": source.amplitude, "PPE_12": 0.8}
    if isinstance(source, ActiveNucleus):
        return {"GP_DRW_tau_1": source.tau, "GP_DRW_tau_2": source.tau}
    if isinstance(source, Supernova):
        first = found.light_curve.first(since=source.explosion) or source.explosion
        return {"SPM_tau_rise_1": source.rise, "SPM_t0_1": source.explosion - first, "g_r_max_12": 0.05}
    return {}
