import pytest
from msgspec.structs import replace

from alertwatch.alert import Alert, CrossMatch, Part
from alertwatch.filter import Criterion, Outcome, Result
from filters.young_sn import YoungSN, YoungSNParameters
from tests.filters.examples import (
    FIRST,
    HOST,
    LIMIT,
    NOW,
    OWN,
    RUBIN,
    RUBIN_SN,
    VETOING,
    ZTF_SN,
    at,
    classified,
    first,
    own,
    without,
)

EARLIER = replace(OWN, mjd=NOW - 0.03, alert_id="earlier")  # 43 minutes before
ONCE = first(replace(ZTF_SN, detections=(OWN,)), first_mjd=NOW)
ON_THE_ECLIPTIC = (150.0, 12.0)  # galactic latitude 47
VETOED = replace(ZTF_SN, classifications=(VETOING,))
NO_VETO_DATA = own(without(VETOED, Part.CROSSMATCHES, crossmatches=()), positive=None)
STAR = CrossMatch(catalog="PS1", distance=0.4, star_score=0.9)
ROCK = CrossMatch(catalog="MPC", source_id="433", distance=2.0)


def star(score: float | None, distance: float | None) -> Alert:
    return replace(ZTF_SN, crossmatches=(replace(STAR, star_score=score, distance=distance),))


ACCEPTED = {
    "ZTF: sure and seen twice": ZTF_SN,
    "ZTF: seen once, far from the ecliptic": ONCE,
    "ZTF: unsure but seen over 43 minutes": classified(
        first(replace(ZTF_SN, detections=(EARLIER, OWN)), first_mjd=EARLIER.mjd), SN=0.36, AGN=0.34, VS=0.3
    ),
    "ZTF: five days old": first(ZTF_SN, first_mjd=NOW - 5.0),
    "ZTF: on the ecliptic but seen twice": at(ZTF_SN, *ON_THE_ECLIPTIC),
    "ZTF: on a star by its score but 3 arcsec away": star(0.9, 3.0),
    "ZTF: on a galaxy, distance unknown": star(0.1, None),
    "ZTF: far from a source of unknown kind": star(None, 4.0),
    "ZTF: no Pan-STARRS source near": replace(ZTF_SN, crossmatches=()),
    "ZTF: an asteroid passes 12 arcsec away": replace(
        ZTF_SN, crossmatches=(HOST, replace(ROCK, distance=12.0))
    ),
    "ZTF: the classifier has vetoed what cannot be seen": NO_VETO_DATA,
    "ZTF: an object of December in January": first(
        replace(
            ZTF_SN,
            object_id="ZTF25zzzzzzz",
            mjd=61045.0,
            received=61045.0,
            detections=(replace(OWN, mjd=61045.0),),
        ),
        first_mjd=61044.0,
    ),
    "Rubin: sure": RUBIN_SN,
    "Rubin: no cross-match catalogue, no non-detections": without(RUBIN_SN, Part.CROSSMATCHES),
}

REJECTED = {
    "top class": classified(ZTF_SN, SN=0.3, AGN=0.6, VS=0.1),
    "confident or confirmed": classified(ONCE, SN=0.4, AGN=0.3, VS=0.3),
    "age": first(ZTF_SN, first_mjd=NOW - 5.1),
    "age, of an id used again after years": first(ZTF_SN, first_mjd=58300.0),
    "real, not bogus": own(ZTF_SN, real_bogus=0.4),
    "brighter than the reference": own(ZTF_SN, positive=False),
    "not a star": star(0.9, 0.4),
    "not an asteroid": replace(ZTF_SN, crossmatches=(HOST, ROCK)),
    "|galactic latitude|": at(ZTF_SN, 300.0, 30.0),
    "seen twice or off the ecliptic": at(ONCE, *ON_THE_ECLIPTIC),
    "Galactic extinction A_g": at(ZTF_SN, 56.702, 68.096),
    "new object id": replace(ZTF_SN, object_id="ZTF19abcdefg"),
    "age, of a broken promise": first(VETOED, first_mjd=NOW - 50),
    "brighter than the reference, of a broken promise": own(VETOED, positive=False),
    "P(SN)": classified(RUBIN_SN, RUBIN, SN=0.4, AGN=0.3, VS=0.3),
    "signal-to-noise": own(RUBIN_SN, snr=5.0),
    "brighter than the template": own(RUBIN_SN, positive=False),
    "real, not bogus, of Rubin": own(RUBIN_SN, real_bogus=0.3),
    "age, of Rubin": first(RUBIN_SN, first_mjd=NOW - 9.0),
    "|galactic latitude|, of Rubin": at(RUBIN_SN, 266.4, -29.0),
    "not an asteroid, of Rubin": replace(RUBIN_SN, solar_system=True),
}

UNKNOWN = {
    "top class": replace(ZTF_SN, classifications=()),
    "age": first(ZTF_SN, first_mjd=None),
    "age, without its history": without(ZTF_SN, Part.DETECTIONS),
    "real, not bogus": own(ZTF_SN, real_bogus=None),
    "confident or confirmed": classified(without(ONCE, Part.DETECTIONS), SN=0.4, AGN=0.3, VS=0.3),
    "brighter than the reference": own(ZTF_SN, positive=None),
    "not a star": star(None, None),
    "not a star, of a stellar source at unknown distance": star(0.9, None),
    "not an asteroid": without(ZTF_SN, Part.CROSSMATCHES, crossmatches=(HOST,)),
    "seen twice or off the ecliptic": at(without(ONCE, Part.DETECTIONS), *ON_THE_ECLIPTIC),
    "|galactic latitude|": own(replace(ZTF_SN, ra=None, dec=None), ra=None),
    "new object id": replace(ZTF_SN, object_id="unnamed"),
    "signal-to-noise": own(RUBIN_SN, snr=None),
    "not an asteroid, of Rubin": replace(RUBIN_SN, solar_system=None),
    "brighter than the template": own(RUBIN_SN, positive=None),
}


def young_sn(**parameters: float | bool | None) -> YoungSN:
    return YoungSN("young_sn", YoungSNParameters.model_validate(parameters))


def criterion(alert: Alert, name: str, **parameters: float | bool | None) -> Criterion:
    return next(c for c in young_sn(**parameters).judge(alert).criteria if c.name == name)


@pytest.mark.parametrize("case", ACCEPTED)
def test_a_young_supernova_matches(case: str) -> None:
    verdict = young_sn().judge(ACCEPTED[case])
    assert [c for c in verdict.criteria if c.outcome in {Outcome.FAIL, Outcome.UNKNOWN}] == []
    assert verdict.result is Result.MATCH


@pytest.mark.parametrize("case", REJECTED)
def test_one_failed_criterion_is_no_match_and_is_named(case: str) -> None:
    verdict = young_sn().judge(REJECTED[case])
    assert verdict.result is Result.NO_MATCH
    assert case.split(", of ", maxsplit=1)[0] in {c.name for c in verdict.criteria if c.outcome is Outcome.FAIL}


@pytest.mark.parametrize("case", UNKNOWN)
def test_one_missing_datum_leaves_it_unknown_and_is_named(case: str) -> None:
    verdict = young_sn().judge(UNKNOWN[case])
    assert verdict.result is Result.UNKNOWN
    name = case.split(", ", maxsplit=1)[0] if case not in {c.name for c in verdict.criteria} else case
    assert name in {c.name for c in verdict.criteria if c.outcome is Outcome.UNKNOWN}


def test_the_message_alone_rules_out_asteroids_and_improbable_rubin_sources() -> None:
    message = without(replace(ZTF_SN, detections=()), Part.DETECTIONS)
    assert young_sn().wants(message)
    assert not young_sn().wants(replace(message, solar_system=True))
    assert young_sn().wants(replace(message, object_id="ZTF18abcdefg")), "the record's year is not the alert's"
    assert young_sn().wants(classified(message, SN=0.3, AGN=0.2, VS=0.2, asteroid=0.2, bogus=0.1))
    assert not young_sn().wants(classified(RUBIN_SN, RUBIN, SN=0.3, AGN=0.2, VS=0.2))


def test_a_message_without_a_time_or_a_probability_is_let_through() -> None:
    assert young_sn().wants(replace(ZTF_SN, detections=(), mjd=None, received=None))
    assert young_sn().wants(replace(RUBIN_SN, classifications=()))


def test_the_vetoes_of_the_old_classifier_are_guaranteed_where_their_data_are_missing() -> None:
    for name in ("brighter than the reference", "not a star", "not an asteroid"):
        assert criterion(NO_VETO_DATA, name).outcome is Outcome.GUARANTEED
        assert "stamp_classifier 1.0.4" in (criterion(NO_VETO_DATA, name).note or "")


def test_a_stricter_star_veto_than_the_classifiers_is_not_guaranteed_by_it() -> None:
    assert criterion(NO_VETO_DATA, "not a star", star_radius=2.0).outcome is Outcome.UNKNOWN
    assert criterion(NO_VETO_DATA, "not a star", star_score=0.3).outcome is Outcome.UNKNOWN


def test_the_new_classifier_guarantees_nothing() -> None:
    blind = replace(NO_VETO_DATA, classifications=ZTF_SN.classifications)
    assert young_sn().judge(blind).result is Result.UNKNOWN


def test_catalogues_that_do_not_cover_rubin_are_not_applicable_rather_than_unknown() -> None:
    for name in ("not a star", "not an asteroid"):
        assert criterion(RUBIN_SN, name).outcome is Outcome.NOT_APPLICABLE


def test_the_year_in_the_id_can_be_ignored() -> None:
    old = REJECTED["new object id"]
    assert young_sn(only_new_ids=False).judge(old).result is Result.MATCH


def test_age_is_measured_at_the_alert_so_that_a_backlog_changes_nothing() -> None:
    late = replace(ZTF_SN, received=NOW + 300)
    assert young_sn().judge(late) == young_sn().judge(ZTF_SN)


def test_a_brightness_limit_is_on_the_difference_magnitude() -> None:
    assert young_sn(brighter_than=18.0).judge(ZTF_SN).result is Result.NO_MATCH
    assert young_sn(brighter_than=18.7).judge(ZTF_SN).result is Result.MATCH
    assert young_sn(brighter_than=18.7).judge(own(ZTF_SN, mag=None)).result is Result.UNKNOWN


@pytest.mark.parametrize(
    ("limits", "grade"),
    [
        ((LIMIT,), "gold"),
        ((replace(LIMIT, limit=19.0),), "silver"),
        ((replace(LIMIT, mjd=FIRST.mjd - 3.5),), "silver"),
        ((replace(LIMIT, mjd=FIRST.mjd + 0.5),), "silver"),
        ((replace(LIMIT, limit=19.0), replace(LIMIT, mjd=FIRST.mjd - 2.9)), "gold"),
        ((), "silver"),
    ],
)
def test_gold_needs_a_deep_non_detection_shortly_before_the_first_detection(limits, grade) -> None:  # type: ignore[no-untyped-def]
    assert young_sn().judge(replace(ZTF_SN, non_detections=limits)).grade == grade


def test_a_source_whose_first_detection_is_not_in_its_history_is_not_gold() -> None:
    assert young_sn().judge(first(ZTF_SN, first_mjd=NOW - 4.5)).grade == "silver"


def test_only_matches_are_graded() -> None:
    assert young_sn().judge(REJECTED["age"]).grade is None
