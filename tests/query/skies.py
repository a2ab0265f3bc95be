"""A database of matches of every kind, and the brute-force answer to any selection of them."""

from __future__ import annotations

import random
from typing import Any

from alertwatch import sky
from alertwatch.alert import Alert, Classification, Detection
from alertwatch.filter import Judged
from alertwatch.query.selection import Order, Selection
from alertwatch.store import Store, healpix, labels, tags, verdicts
from alertwatch.store.labels import Label
from alertwatch.store.queries import Match
from tests.store.examples import a_verdict

CLASSES = ("SN", "SNIa", "SNIbc", "sn", "AGN", "QSO", "VS", "asteroid", "Wonder")
SUPERNOVAE = {"SN", "SNIa", "SNIbc", "sn"}
FILTERS = ("young_sn", "agn_flare")
SAID = ("SN Ia", "bogus")
TAGS = ("VLT", "paper 2")


def matches(count: int = 300, seed: int = 5) -> list[Judged]:
    """Matches that lie in clumps, with round values (so that limits are met) and values that are not known."""
    dice = random.Random(seed)
    return [_match(dice, number) for number in range(count)]


def fill(store: Store, judged: list[Judged]) -> None:
    """Store matches, what people said of every seventh object, and a tag of every fifth."""
    with store.write() as tx:
        verdicts.save(tx, judged, now=1.7e9)
        for number, one in enumerate(judged[::7]):
            said = {"label": SAID[number % 2], "by": "ana", "via": "command", "added_at": 1.7e9}
            labels.add(tx, Label(survey=one.alert.survey, object_id=one.alert.object_id, **said))
        for number, one in enumerate(judged[::5]):
            tags.add(tx, (one.alert.survey, one.alert.object_id), [TAGS[number % 2]], "ana", 1.7e9)


def expected(stored: list[Match], said: dict[tuple[str, str], set[str]], wanted: Selection) -> list[Match]:
    """What a selection finds, by asking each match in turn; tags stand in ``said`` with a # before them."""
    found = [m for m in stored if _holds(m, said.get((m.survey, m.object_id), set()), wanted)]
    return sorted(found, key=_ORDER[wanted.order])[: wanted.limit]


def _match(dice: random.Random, number: int) -> Judged:
    def perhaps(value: Any) -> Any:
        return None if dice.random() < 0.1 else value

    name = perhaps(dice.choice(CLASSES))
    known = Classification(classifier="c", probabilities={name: dice.randint(0, 10) / 10}) if name else None
    survey = dice.choice(("ztf", "lsst"))
    object_id = f"ZTF26{number // 2:07d}" if survey == "ztf" else str(313853517906477000 + number // 2)
    alert_id = str(2**62 + number)
    mjd = perhaps(61000.0 + dice.randint(0, 40) / 4)
    mag = perhaps(dice.randint(170, 210) / 10)
    place = perhaps((150.0 + dice.randint(-8, 8), dice.choice((-30.0, 2.0, 89.5)) + dice.randint(0, 9) / 20))
    alert = Alert(
        survey=survey,
        stream="ztf_stamp",
        object_id=object_id,
        alert_id=alert_id,
        mjd=mjd,
        ra=place[0] if place else None,
        dec=place[1] if place else None,
        classifications=(known,) if known else (),
        detections=(Detection(mjd=mjd or 61000.0, band="g", alert_id=alert_id, mag=mag),),
    )
    return Judged(alert, (a_verdict(dice.choice(FILTERS)),))


_ORDER = {
    Order.NEWEST: lambda m: (m.mjd is None, -(m.mjd or 0), -m.id),
    Order.OLDEST: lambda m: (m.mjd is None, m.mjd or 0, m.id),
    Order.BRIGHTEST: lambda m: (m.mag is None, m.mag or 0, -m.id),
    Order.PROBABILITY: lambda m: (m.probability is None, -(m.probability or 0), -m.id),
}


def _holds(match: Match, said: set[str], wanted: Selection) -> bool:
    place = None if match.ra is None or match.dec is None else (match.ra, match.dec)
    conditions = {
        "filter": lambda value: match.filter == value,
        "survey": lambda value: match.survey == value,
        "class_name": lambda value: _is_of(match.class_name, value),
        "min_probability": lambda value: match.probability is not None and match.probability >= value,
        "since": lambda value: match.mjd is not None and match.mjd >= value,
        "until": lambda value: match.mjd is not None and match.mjd < value,
        "brighter": lambda value: match.mag is not None and match.mag < value,
        "fainter": lambda value: match.mag is not None and match.mag > value,
        "cone": lambda value: place is not None and sky.separation(*value[:2], *place) <= 3600 * value.radius,
        "moc": lambda value: place is not None and _in_ranges(value.ranges, healpix.pixel(*place)),
        "objects": lambda value: match.object_id in value,
        "numbers": lambda value: match.id in value,
        "label": lambda value: value.lower() in {word.lower() for word in said},
        "tag": lambda value: f"#{value.lower()}" in {word.lower() for word in said},
    }
    return all(
        condition(getattr(wanted, name))
        for name, condition in conditions.items()
        if getattr(wanted, name) is not None
    )


def _is_of(name: str | None, wanted: str) -> bool:
    if name is None:
        return False
    return name in SUPERNOVAE if wanted.lower() == "sn" else name.lower() == wanted.lower()


def _in_ranges(ranges: tuple[tuple[int, int], ...], pixel: int) -> bool:
    return any(first <= pixel <= last for first, last in ranges)
