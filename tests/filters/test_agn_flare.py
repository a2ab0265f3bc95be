import pytest
from msgspec.structs import replace

from alertwatch.alert import Alert, Classification, Detection, NonDetection, Part
from alertwatch.filter import Outcome, Result
from alertwatch.store import precision
from filters.agn_flare import AGNFlare, AGNFlareParameters
from tests.filters.examples import (
    AGN_FLARE,
    FLARE,
    NOW,
    YEAR,
    classified,
    quiet,
    without,
)

STAMP = Classification(
    classifier="stamp_classifier", version="1.0.4", probabilities={"AGN": 0.45, "SN": 0.3, "VS": 0.25}
)
BY_STAMP = replace(AGN_FLARE, stream="ztf_stamp", classifications=(STAMP,))
BLANK: dict[str, None] = {"mag_corr": None, "e_mag_corr": None}


def seen(*detections: Detection) -> Alert:
    return replace(AGN_FLARE, detections=detections)


def packet(days_ago: float, mag: float) -> Detection:
    """An epoch as the packet tells it: reference and difference, no corrected magnitude."""
    return replace(quiet(days_ago, **BLANK), mag=mag, mag_ref=19.0, dubious=None)


LIMITS = tuple(NonDetection(mjd=NOW - 40 - 20 * i, band="r", limit=20.5) for i in range(15))
NEW = tuple(packet(day, 17.9) for day in (4.0, 2.0, 0.0))

ACCEPTED = {
    "one magnitude over the year's median": AGN_FLARE,
    "by the stamp classifier, with AGN on top": BY_STAMP,
    "first alerts of all: against the reference image": seen(*NEW),
    "only non-detections before: they are at the reference flux": replace(seen(*NEW), non_detections=LIMITS),
    "a dubious epoch apart": seen(*YEAR, quiet(50.0, mag=12.0, dubious=True), *FLARE),
    "one unknown epoch among many": seen(*YEAR, quiet(50.0, **BLANK), *FLARE),
    "negative against a bright reference, before": seen(
        *(quiet(40 + 20 * i, mag=19.0, positive=False) for i in range(15)), *FLARE
    ),
}

REJECTED = {
    "P(AGN) + P(QSO) + P(Blazar)": classified(AGN_FLARE, AGN=0.3, QSO=0.1, SNIa=0.6),
    "stamp class": replace(BY_STAMP, classifications=(replace(STAMP, probabilities={"AGN": 0.4, "SN": 0.6}),)),
    "nights of flare, of a usual night": seen(*YEAR, quiet(3.0), quiet(0.0)),
    "nights of flare, of one night only": seen(*YEAR, FLARE[-1], replace(FLARE[-1], mjd=NOW - 0.02)),
    "nights of flare, of half a magnitude": seen(*YEAR, *(replace(d, mag_corr=18.5) for d in FLARE)),
    "nights of flare, of a wild object": seen(
        *(quiet(40 + 20 * i, mag=17.6 + 0.2 * i) for i in range(15)), *FLARE
    ),
    "nights of flare, of large errors": seen(*YEAR, *(replace(d, e_mag_corr=0.5) for d in FLARE)),
    "nights of flare, of long ago": seen(*YEAR, *(replace(d, mjd=d.mjd - 35) for d in FLARE), quiet(0.0)),
    "nights of flare, of another band": seen(
        *(quiet(40 + 20 * i, band="g", mag=17.9) for i in range(15)),
        *(replace(d, band="g") for d in FLARE),
    ),
    "nights of flare, of dubious epochs": seen(*YEAR, *(replace(d, dubious=True) for d in FLARE)),
    "nights of flare, of another source": seen(*YEAR, *(replace(d, dist_ref=2.0) for d in FLARE)),
}

UNKNOWN = {
    "P(AGN) + P(QSO) + P(Blazar)": replace(AGN_FLARE, classifications=()),
    "stamp class": replace(BY_STAMP, classifications=()),
    "nights of flare, no detections told": without(AGN_FLARE, Part.DETECTIONS),
    "nights of flare, no non-detections told": without(AGN_FLARE, Part.NON_DETECTIONS),
    "nights of flare, no time": replace(AGN_FLARE, received=None),
    "nights of flare, reference unknown": seen(*(replace(d, mag_ref=None) for d in NEW)),
    "nights of flare, sign unknown": seen(*(replace(d, positive=None) for d in NEW)),
    "nights of flare, one of two nights unknown": seen(*YEAR, FLARE[0], replace(FLARE[-1], mag_corr=None)),
    "nights of flare, half of the year unknown": seen(*(replace(d, mag_corr=None) for d in YEAR), *FLARE),
}


def agn_flare(**parameters: float) -> AGNFlare:
    return AGNFlare("agn_flare", AGNFlareParameters.model_validate(parameters))


@pytest.mark.parametrize("case", ACCEPTED)
def test_a_flare_matches(case: str) -> None:
    assert agn_flare().judge(ACCEPTED[case]).result is Result.MATCH


@pytest.mark.parametrize("case", REJECTED)
def test_no_flare_or_no_active_galaxy_is_no_match(case: str) -> None:
    verdict = agn_flare().judge(REJECTED[case])
    assert verdict.result is Result.NO_MATCH
    assert case.split(", of ", maxsplit=1)[0] in {c.name for c in verdict.criteria if c.outcome is Outcome.FAIL}


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_cannot_be_told_is_unknown(case: str) -> None:
    verdict = agn_flare().judge(UNKNOWN[case])
    assert verdict.result is Result.UNKNOWN
    assert case.split(", ", maxsplit=1)[0] in {c.name for c in verdict.criteria if c.outcome is Outcome.UNKNOWN}


def test_the_message_alone_rules_out_other_classes_and_lets_pass_what_it_cannot_tell() -> None:
    assert agn_flare().wants(AGN_FLARE)
    assert not agn_flare().wants(REJECTED["P(AGN) + P(QSO) + P(Blazar)"])
    assert not agn_flare().wants(REJECTED["stamp class"])
    assert agn_flare().wants(UNKNOWN["stamp class"])


def test_the_probabilities_of_agn_qso_and_blazar_add_up_even_when_none_is_on_top() -> None:
    spread = classified(AGN_FLARE, AGN=0.2, QSO=0.2, Blazar=0.2, YSO=0.4)
    assert agn_flare().judge(spread).result is Result.MATCH


def test_photometry_after_the_alert_does_not_make_a_flare() -> None:
    future = (quiet(-1.0, mag=17.0), quiet(-2.0, mag=17.0))
    calm = REJECTED["nights of flare, of a usual night"]
    with_future = replace(calm, detections=calm.detections + future)
    assert agn_flare().judge(with_future) == agn_flare().judge(calm)


def test_a_person_reads_how_bright_it_is_and_usually_was() -> None:
    note = agn_flare().judge(AGN_FLARE).criteria[-1].note
    assert note == "r: 17.80 mag, usually 19.05"


def test_thresholds_are_settings() -> None:
    assert agn_flare(min_brightening=1.5).judge(AGN_FLARE).result is Result.NO_MATCH
    assert agn_flare(min_nights=4).judge(AGN_FLARE).result is Result.NO_MATCH


def test_what_people_call_a_star_was_a_wrong_match_and_a_quasar_a_right_one() -> None:
    assert precision.is_right("QSO", AGNFlare.sought) is True
    assert precision.is_right("LPV", AGNFlare.sought) is False
