"""What a subscription's conditions ask of an alert, in one small value that the outbox keeps."""

from __future__ import annotations

import msgspec

from alertwatch.alert import Alert, Detection
from alertwatch.taxonomy import canonical


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An alert at a glance; ``None`` is *not known*, and meets no condition.

    ``mjd`` is the alert's time, MJD UTC; ``class_name`` the canonical top class and ``probability`` its own;
    ``mag`` the difference magnitude (AB) in ``band`` of a source brighter than its reference (of a fainter one
    it is what is lacking); ``ra`` and ``dec`` degrees; ``age_days`` time since the object's first
    detection [d]; ``grade`` the filter's.
    """

    mjd: float | None = None
    class_name: str | None = None
    classifier: str | None = None
    probability: float | None = None
    band: str | None = None
    mag: float | None = None
    ra: float | None = None
    dec: float | None = None
    age_days: float | None = None
    grade: str | None = None

    @classmethod
    def of(cls, alert: Alert, grade: str | None = None) -> Facts:
        """The facts of an alert: those of its own detection, else of the object's latest one."""
        seen = alert.detection or _latest(alert)
        bright = seen if seen is not None and seen.positive is not False else None
        message = alert.classification
        best = message.best if message else None
        return cls(
            mjd=alert.time,
            class_name=canonical(best) if best else None,
            classifier=message.classifier if message else None,
            probability=message.probabilities[best] if message and best else None,
            band=bright.band if bright else None,
            mag=bright.mag if bright else None,
            ra=alert.ra if alert.ra is not None or seen is None else seen.ra,
            dec=alert.dec if alert.dec is not None or seen is None else seen.dec,
            age_days=_age(alert),
            grade=grade,
        )

    def over(self, earlier: Facts | None) -> Facts:
        """These facts, with what they do not know from ``earlier`` ones, and the age as of their own time."""
        if earlier is None:
            return self
        pairs = [(name, getattr(self, name)) for name in self.__struct_fields__]
        known = {name: value if value is not None else getattr(earlier, name) for name, value in pairs}
        if self.class_name is not None:  # a probability belongs to its class
            known["probability"], known["classifier"] = self.probability, self.classifier
        if self.mag is not None:
            known["band"] = self.band
        ages = [age for age in (self.age_days, earlier._age_at(self.mjd)) if age is not None]
        known["age_days"] = max(ages, default=None)  # the earliest first detection that anyone told of
        return Facts(**known)

    def _age_at(self, mjd: float | None) -> float | None:
        if self.age_days is None or self.mjd is None or mjd is None:
            return self.age_days
        return max(0.0, self.age_days + mjd - self.mjd)


def _latest(alert: Alert) -> Detection | None:
    return max(alert.detections, key=lambda d: d.mjd, default=None)


def _age(alert: Alert) -> float | None:
    """Since the first detection, as filters count it: see `alertwatch.history.first_detection`."""
    told = () if alert.summary is None else (alert.summary.first_mjd,)
    first = min((mjd for mjd in (*told, *(d.mjd for d in alert.detections)) if mjd is not None), default=None)
    return None if first is None or alert.time is None else max(0.0, alert.time - first)
