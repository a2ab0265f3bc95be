"""Young supernovae: the stamp classifier says SN, first seen days ago, and nothing speaks for a star or a rock.

Defaults are those of ALeRCE's SN_Fast notebook, the vetoes of its early-classification step, and quality cuts
of Fink and BOOM, as said at each; what they keep of real supernovae is in docs/filters.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from alertwatch import extinction, history, sky, times
from alertwatch.alert import Alert, Part, Survey
from alertwatch.cuts import (
    above,
    all_of,
    any_of,
    at_least,
    at_most,
    below,
    flag,
    guaranteed,
    not_,
    not_applicable,
    noted,
    one_of,
)
from alertwatch.filter import Criterion, Filter, Parameters, parameter
from alertwatch.taxonomy import canonical_best, probability

SN = frozenset({"SN"})

VETOING = {("stamp_classifier", "1.0.4")}
"""Classifiers that send no SN that is negative, a PS1 star (0.5, 1″) or near a known solar-system object."""


class YoungSNParameters(Parameters):
    """Thresholds. A veto that the classifier applied already is *guaranteed* where its own data are missing."""

    min_probability: float = parameter(0.5, "least P(SN); ALeRCE SN_Fast", ge=0, le=1)
    min_minutes_apart: float = parameter(
        30,
        "ZTF: detections over this time make up for a lower P(SN): no asteroid stays; ours",
        unit="min",
        ge=0,
    )
    max_age_days: float = parameter(
        5, "most time since the object's first alert; Fink, and measured", unit="d", gt=0, le=100
    )
    min_real_bogus: float = parameter(0.5, "least ZTF drb (Fink) or LSST reliability (BOOM)", ge=0, le=1)
    min_snr: float = parameter(6, "Rubin: least signal-to-noise ratio of the detection; Fink", ge=0)
    star_score: float = parameter(0.5, "ZTF: a PS1 source above this is a star; ALeRCE early step", ge=0, le=1)
    star_radius: float = parameter(
        1, "ZTF: a star nearer than this is a veto; ALeRCE early step", unit="arcsec", ge=0
    )
    asteroid_radius: float = parameter(
        5, "ZTF: a known solar-system object this near is a veto; Fink", unit="arcsec", ge=0, le=30
    )
    min_galactic_latitude: float = parameter(10, "least |b|; Fink early cuts", unit="deg", ge=0, le=90)
    min_ecliptic_latitude: float = parameter(
        20, "ZTF: least |ecliptic latitude| of a source seen once; SN_Fast", unit="deg", ge=0, le=90
    )
    max_extinction: float = parameter(1, "ZTF: most Galactic A_g (SFD); SN_Fast", unit="mag", gt=0)
    only_new_ids: bool = parameter(
        True,
        "ZTF: the object id is of the alert's year (in January also of the year before); drops old variables"
        " that flare again, costs 2 % of the SNe; ours",
    )
    brighter_than: float | None = parameter(
        None, "limit of the difference magnitude, if any; ours", unit="mag", gt=0, lt=40
    )
    gold_gap_days: float = parameter(
        3,
        "gold: a deep enough non-detection at most this long before the first detection; ours",
        unit="d",
        gt=0,
    )


class YoungSN(Filter[YoungSNParameters]):
    """Supernova candidates of the ZTF and Rubin stamp classifiers within days of their first detection.

    Graded *gold* when a non-detection shows that the source was not there shortly before, else *silver*.
    """

    streams = frozenset({"ztf_stamp", "rubin_stamp"})
    classes = SN
    needs = frozenset({Part.OBJECT, Part.DETECTIONS, Part.NON_DETECTIONS, Part.CROSSMATCHES})

    def wants(self, alert: Alert) -> bool:
        """Drops what the message alone rules out: asteroids, and low Rubin probabilities.

        ZTF's messages tell no time. That of the Kafka record would do for the year in the object id tonight,
        but not for a topic that is published again next year.
        """
        if alert.solar_system:
            return False
        if alert.survey == Survey.ZTF:
            return True
        found = probability(alert.classification, SN)
        return found is None or found >= self.parameters.min_probability

    def criteria(self, alert: Alert) -> Iterator[Criterion]:
        """What both surveys are asked, with the questions of the alert's own in between."""
        p, own = self.parameters, alert.detection
        now, first = history.time(alert), history.first_detection(alert)
        age = now - first if now is not None and first is not None else None
        yield one_of("top class", canonical_best(alert.classification), SN)
        yield at_most("age", age, p.max_age_days, "d")
        yield at_least("real, not bogus", own.real_bogus if own else None, p.min_real_bogus)
        yield from self._of_ztf(alert) if alert.survey == Survey.ZTF else self._of_rubin(alert)
        yield above("|galactic latitude|", _latitude(alert, sky.galactic), p.min_galactic_latitude, "deg")
        if p.brighter_than is not None:
            yield below("difference magnitude", own.mag if own else None, p.brighter_than, "mag")

    def grade(self, alert: Alert) -> str:
        """Gold: a non-detection as deep as the first detection within ``gold_gap_days`` before it."""
        first, *_ = history.detections(alert) or (None,)
        if first is None or first.mag is None or first.mjd != history.first_detection(alert):
            return "silver"
        since, mag = first.mjd - self.parameters.gold_gap_days, first.mag
        before = history.non_detections(alert) or ()
        return "gold" if any(since <= n.mjd < first.mjd and n.limit >= mag for n in before) else "silver"

    def _of_ztf(self, alert: Alert) -> Iterator[Criterion]:
        p, own, past = self.parameters, alert.detection, history.detections(alert)
        minutes = (past[-1].mjd - past[0].mjd) * 1440 if past else None
        yield any_of(
            "confident or confirmed",
            at_least("P(SN)", probability(alert.classification, SN), p.min_probability),
            at_least("detections over", minutes, p.min_minutes_apart, "min"),
        )
        yield _promised(alert, flag("brighter than the reference", own.positive if own else None))
        star = self._not_a_star(alert)
        yield _promised(alert, star) if p.star_score >= 0.5 and p.star_radius <= 1 else star
        yield _promised(alert, self._not_an_asteroid(alert))
        yield any_of(
            "seen twice or off the ecliptic",
            at_least("detections", len(past) if past is not None else None, 2),
            above("|ecliptic latitude|", _latitude(alert, sky.ecliptic), p.min_ecliptic_latitude, "deg"),
        )
        where = history.position(alert)
        dust = extinction.extinction(*where, "g") if where else None
        yield below("Galactic extinction A_g", dust, p.max_extinction, "mag")
        if p.only_new_ids:
            yield noted(flag("new object id", _id_is_new(alert)), alert.object_id)

    def _of_rubin(self, alert: Alert) -> Iterator[Criterion]:
        p, own = self.parameters, alert.detection
        yield at_least("P(SN)", probability(alert.classification, SN), p.min_probability)
        yield at_least("signal-to-noise", own.snr if own else None, p.min_snr)
        yield flag("brighter than the template", own.positive if own else None)
        yield not_applicable("not a star", "Pan-STARRS does not cover Rubin's sky")
        if alert.solar_system is False:
            yield not_applicable("not an asteroid", "Rubin names known solar-system objects itself")
        else:
            yield flag("not an asteroid", alert.solar_system, wanted=False)

    def _not_a_star(self, alert: Alert) -> Criterion:
        p, near = self.parameters, alert.crossmatch("PS1")
        if near is None and Part.CROSSMATCHES in alert.parts:
            return noted(flag("not a star", True), "no Pan-STARRS source near")
        score = above("sgscore", near.star_score if near else None, p.star_score)
        return not_(
            "not a star", all_of("", score, below("at", near.distance if near else None, p.star_radius, "″"))
        )

    def _not_an_asteroid(self, alert: Alert) -> Criterion:
        near = alert.crossmatch("MPC")
        if near is None and Part.CROSSMATCHES in alert.parts:
            return noted(flag("not an asteroid", True), "no known solar-system object near")
        distance = above(
            "not an asteroid", near.distance if near else None, self.parameters.asteroid_radius, "″"
        )
        return noted(distance, near.source_id if near else None)


def _promised(alert: Alert, criterion: Criterion) -> Criterion:
    """The criterion, guaranteed where the classifier that sent the alert applies it itself."""
    by = alert.classification
    if by is None or (by.classifier, by.version) not in VETOING:
        return criterion
    return guaranteed(criterion, f"{by.classifier} {by.version}")


def _latitude(alert: Alert, system: Callable[[float, float], tuple[float, float]]) -> float | None:
    where = history.position(alert)
    return abs(system(*where)[1]) if where else None


def _id_is_new(alert: Alert) -> bool | None:
    """Whether the year in a ZTF object id (``ZTF26…``) is the alert's, or in January the one before."""
    now, year = history.time(alert), alert.object_id[3:5]
    if now is None or not year.isdecimal():
        return None
    date = times.to_datetime(now)
    return date.year - (2000 + int(year)) in ((0, 1) if date.month == 1 else (0,))
