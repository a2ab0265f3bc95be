import pytest

from alertwatch.alert import Classification
from alertwatch.taxonomy import CANONICAL, canonical, canonical_best, members, probability

# The classes of each classifier, in its own words.
TAXONOMIES = {
    "lc_classifier 1.1.13": "AGN Blazar CEP CV/Nova DSCT E LPV Periodic-Other QSO RRL SLSN SNIa SNIbc SNII YSO",
    "BHRF 2.1.0": "SNIa SESN SNII SNIIn SLSN TDE Microlensing QSO AGN Blazar YSO CV/Nova LPV EA EB/EW "
    "Periodic-Other RSCVn CEP RRLab RRLc DSCT",
    "ATAT 1.0.0": "SNIa SNIbc SNIIb SNII SNIIn SLSN TDE Microlensing QSO AGN Blazar YSO CV/Nova LPV EA EB/EW "
    "Periodic-Other RSCVn CEP RRLab RRLc DSCT",
    "stamp_classifier 1.0.4": "SN AGN VS asteroid bogus",
    "stamp_classifier_2025_beta 2.1.1": "SN AGN VS asteroid bogus satellite",
    "ATLAS stamps": "agn asteroid bogus sn vs",
}


@pytest.mark.parametrize("taxonomy", TAXONOMIES)
def test_every_class_of_every_classifier_has_a_canonical_name(taxonomy: str) -> None:
    assert {canonical(name) for name in TAXONOMIES[taxonomy].split()} <= CANONICAL


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SNIbc", "SESN"),
        ("SNIIb", "SESN"),
        ("EA", "E"),
        ("EB/EW", "E"),
        ("RRLab", "RRL"),
        ("RRLc", "RRL"),
        ("sn", "SN"),
        ("agn", "AGN"),
        ("vs", "VS"),
    ],
)
def test_classes_that_mean_the_same_get_one_name(name: str, expected: str) -> None:
    assert canonical(name) == expected


def test_a_class_that_nobody_knows_keeps_its_name() -> None:
    assert canonical("Kilonova") == "Kilonova"
    assert members("Kilonova") == {"Kilonova"}


def test_a_group_holds_the_classes_of_all_taxonomies() -> None:
    assert {"SN", "SNIa", "SESN", "SNIIn"} <= members("SN")
    assert members("AGN") == {"AGN", "QSO", "Blazar"}
    assert members("TDE") == {"TDE"}


def test_the_best_class_is_the_classifiers_own_top_one_under_its_canonical_name() -> None:
    classified = Classification(classifier="x", probabilities={"RRLab": 0.6, "E": 0.4})
    assert canonical_best(classified) == "RRL"
    assert canonical_best(None) is None
    assert canonical_best(Classification(classifier="x", probabilities={})) is None


def test_probabilities_of_split_classes_add_up() -> None:
    classified = Classification(classifier="x", probabilities={"SNIbc": 0.2, "SNIIb": 0.3, "SNIa": 0.5})
    assert probability(classified, {"SESN"}) == pytest.approx(0.5)


def test_a_class_outside_the_classifiers_taxonomy_has_no_probability_not_a_zero_one() -> None:
    classified = Classification(classifier="x", probabilities={"SN": 1.0})
    assert probability(classified, {"TDE"}) is None
    assert probability(None, {"SN"}) is None
