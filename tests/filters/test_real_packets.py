"""young_sn on real ZTF packets, each as if the stamp classifier had put SN on top."""

import pytest
from msgspec.structs import replace

from alertwatch.filter import Outcome, Result, Verdict
from consumer import readers
from filters.young_sn import YoungSN, YoungSNParameters
from tests.filters.examples import BETA
from tests.support.data import DATA, needs_data

pytestmark = needs_data
FINK = "ztf/astrolabsoftware__fink-broker/all_distribute_topics"

ACCEPTED = {
    "ZTF23ablhveg": f"{FINK}/part-00075-dea622d9-4eba-41b7-b447-ad23575f1a29-c000.avro",
    "ZTF23ablezxw": f"{FINK}/part-00110-dea622d9-4eba-41b7-b447-ad23575f1a29-c000.avro",
    "ZTF23abjtxza": f"{FINK}/part-00522-94c8c97a-d3d4-4180-86fa-c1661356bba3-c000.avro",
}

REJECTED = {
    "not an asteroid": "ztf/AmpelProject__Ampel-core/real/351439254715015005.avro",  # (150590) 2000 WQ75
    "not a star": "ztf/alercebroker__ALVERTS/examples/1000151433015015013.avro",
    "age": "ztf/AmpelProject__Ampel-core/real/351404621415015000.avro",
    "new object id": "ztf/alercebroker__pipeline/avros/3044341005815015012.avro",
    "brighter than the reference": "ztf/astrolabsoftware__fink-alert-simulator/datasim/697252844815010001.avro",
    "seen twice or off the ecliptic": "ztf/AmpelProject__Ampel-ZTF/recent_alerts/522193343215015003.avro",
    "|galactic latitude|": f"{FINK}/part-00061-09de403b-932d-46a5-ba1a-81ce1ad5ec25-c000.avro",
    "real, not bogus": f"{FINK}/part-00135-dea622d9-4eba-41b7-b447-ad23575f1a29-c000.avro",
}

UNKNOWN = {
    "real, not bogus": "ztf/AmpelProject__Ampel-ZTF/recent_alerts/522193343215015013.avro",  # SN Ia before drb
    "age": "ztf/dmitryduev__kowalski/20200202/1127561442515015001.avro",  # SN Ia on an older 3-sigma history
}


def judged(path: str) -> Verdict:
    packet = readers.get("ztf_packet").read((DATA / path).read_bytes())
    alert = replace(packet, stream="ztf_stamp", classifications=(BETA,))
    return YoungSN("young_sn", YoungSNParameters()).judge(alert)


def named(verdict: Verdict, outcome: Outcome) -> list[str]:
    return [criterion.name for criterion in verdict.criteria if criterion.outcome is outcome]


@pytest.mark.parametrize("object_id", ACCEPTED)
def test_a_new_source_beside_no_star_matches(object_id: str) -> None:
    assert judged(ACCEPTED[object_id]).result is Result.MATCH


@pytest.mark.parametrize("criterion", REJECTED)
def test_a_real_contaminant_fails_on_its_own_criterion_alone(criterion: str) -> None:
    verdict = judged(REJECTED[criterion])
    assert verdict.result is Result.NO_MATCH
    assert named(verdict, Outcome.FAIL) == [criterion]


@pytest.mark.parametrize("criterion", UNKNOWN)
def test_a_real_supernova_with_a_datum_missing_is_unknown_rather_than_lost(criterion: str) -> None:
    verdict = judged(UNKNOWN[criterion])
    assert verdict.result is Result.UNKNOWN
    assert named(verdict, Outcome.UNKNOWN) == [criterion]
