"""What conditions are asked of: the facts of an alert."""

from __future__ import annotations

import pytest

from alertwatch.alert import Detection
from alertwatch.facts import Facts
from tests.store.examples import an_alert


@pytest.mark.parametrize(
    ("positive", "seen"), [(True, ("g", 18.5)), (None, ("g", 18.5)), (False, (None, None))]
)
def test_the_magnitude_of_what_faded_below_its_reference_is_no_brightness(
    positive: bool | None, seen: tuple[str | None, float | None]
) -> None:
    detection = Detection(mjd=60000.25, band="g", mag=18.5, positive=positive)
    facts = Facts.of(an_alert(detections=(detection,)))
    assert (facts.band, facts.mag) == seen


def test_what_a_faded_alert_does_not_tell_is_known_from_the_one_before() -> None:
    before = Facts(mjd=60000.0, band="r", mag=19.0)
    faded = Detection(mjd=60001.0, band="g", mag=17.0, positive=False)
    facts = Facts.of(an_alert(mjd=60001.0, detections=(faded,))).over(before)
    assert (facts.mjd, facts.band, facts.mag) == (60001.0, "r", 19.0)
